/**
 * Leaves a page that has lost its subject, unless the user is already on the way elsewhere: a second
 * navigation would abort the user's own. A page that stays all the same, since the user stopped the
 * navigation or it was a download, is left later; one that the way back shows again, at once.
 */

/** Milliseconds after which a navigation that has not left the page is taken for given up. */
const PATIENCE = 10_000;

export class Departure {
  #begun = -Infinity;
  #target = "";
  #timer = 0;

  /** @param {AbortSignal} signal Ends it. */
  constructor(signal) {
    window.addEventListener("beforeunload", () => (this.#begun = performance.now()), { signal });
    window.addEventListener("pageshow", (event) => event.persisted && this.#back(), { signal });
    signal.addEventListener("abort", () => clearTimeout(this.#timer));
  }

  /**
   * Replace the page by another. Further calls change nothing: they would abort the first.
   * @param {string} target
   */
  leaveFor(target) {
    if (this.#target) return;
    this.#target = target;
    this.#leave();
  }

  #leave() {
    const wait = this.#begun + PATIENCE - performance.now();
    if (wait > 0) this.#timer = setTimeout(() => this.#leave(), wait);
    else location.replace(this.#target);
  }

  #back() {
    this.#begun = -Infinity;
    clearTimeout(this.#timer);
    if (this.#target) this.#leave();
  }
}
