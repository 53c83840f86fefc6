/** The link to earlier rounds: loads them as it comes near, without moving the text in view. */
import { readRounds } from "../api.js";

const NEAR = "800px 0px 0px 0px";

export class ChatEarlier extends HTMLElement {
  #controller = null;
  #observer = null;
  #loading = false;

  connectedCallback() {
    this.#controller = new AbortController();
    const { signal } = this.#controller;
    this.addEventListener("click", (event) => this.#click(event), { signal });
    this.#observer = new IntersectionObserver((entries) => this.#near(entries), {
      rootMargin: NEAR,
    });
    this.#watch();
  }

  disconnectedCallback() {
    this.#controller.abort();
    this.#observer.disconnect();
  }

  /** Use the link that comes with other rounds. */
  replaceLink(link) {
    this.#link.replaceWith(link);
    this.#watch();
  }

  get #link() {
    return this.querySelector(".earlier-link");
  }

  /** An observer reports changes; a new one also reports a link that is already near. */
  #watch() {
    this.#observer.disconnect();
    if (!this.#link.hidden) this.#observer.observe(this.#link);
  }

  #near(entries) {
    if (entries.at(-1).isIntersecting) this.#load();
  }

  #click(event) {
    if (!event.target.closest(".earlier-link")) return;
    event.preventDefault();
    this.#load();
  }

  async #load() {
    if (this.#loading) return;
    this.#loading = true;
    const link = this.#link;
    try {
      const { workflow } = this.closest("[data-workflow]").dataset;
      const { signal } = this.#controller;
      const fragment = await readRounds(workflow, { before: link.dataset.before, signal });
      if (link === this.#link) this.#insert(fragment);
    } catch (error) {
      if (error.name !== "AbortError") this.#tell(error.message);
    } finally {
      this.#loading = false;
    }
  }

  #insert(fragment) {
    const focused = this.#link === document.activeElement;
    const anchor = this.parentElement.querySelector("chat-round");
    const top = anchor.getBoundingClientRect().top;
    for (const round of fragment.rounds) round.classList.add("fresh");
    this.querySelector(".earlier").prepend(...fragment.rounds);
    settle(fragment.rounds);
    this.replaceLink(fragment.link);
    window.scrollBy({ top: anchor.getBoundingClientRect().top - top, behavior: "instant" });
    if (focused) this.#link.focus({ preventScroll: true });
  }

  #tell(detail) {
    this.dispatchEvent(new CustomEvent("chat:failed", { bubbles: true, detail }));
  }
}

/** Lay rounds out in full for two frames, so that the browser remembers their heights. */
function settle(rounds) {
  const end = () => rounds.forEach((round) => round.classList.remove("fresh"));
  requestAnimationFrame(() => requestAnimationFrame(end));
}
