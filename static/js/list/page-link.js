/** A link to the next page of a list, which is loaded in its place as soon as it comes into view. */
import { t } from "../texts.js";

export class PageLink {
  #link;
  #load;
  #label;
  #busy = false;
  #observer = new IntersectionObserver((entries) => this.#seen(entries), { rootMargin: "200px" });

  /**
   * @param {HTMLAnchorElement} link Its `data-next` requests the page.
   * @param {(next: string) => Promise<void>} load Shows the page, and the link to the next.
   */
  constructor(link, load) {
    this.#link = link;
    this.#load = load;
    this.#label = link.textContent;
    link.addEventListener("click", (event) => this.#click(event));
    this.watch();
  }

  disconnect() {
    this.#observer.disconnect();
  }

  /** Whether there is another page. */
  get more() {
    return Boolean(this.#link.dataset.next);
  }

  /** Set the next page, or none. */
  show(next) {
    this.#link.dataset.next = next ?? "";
    this.#link.hidden = !next;
    this.watch();
  }

  /** Check again whether it is in view: the observer reports only changes. */
  watch() {
    this.#observer.unobserve(this.#link);
    if (this.more) this.#observer.observe(this.#link);
  }

  async load(next) {
    if (this.#busy) return;
    this.#busy = true;
    const focused = document.activeElement === this.#link;
    const known = this.#links.length;
    this.#link.textContent = t("Loading…");
    try {
      await this.#load(next);
      this.#link.textContent = this.#label;
    } catch {
      // Don't retry automatically: the link stays, with the error.
      this.#observer.unobserve(this.#link);
      this.#link.textContent = t("Try again");
    } finally {
      this.#busy = false;
    }
    // New rows are before the link, which moves out of view or disappears.
    const fresh = this.#links[known];
    if (focused && (fresh || this.#link.hidden)) (fresh ?? this.#links.at(-1))?.focus();
  }

  get #links() {
    return [...this.#link.parentElement.querySelectorAll(".chat-link")];
  }

  #click(event) {
    event.preventDefault();
    this.load(this.#link.dataset.next);
  }

  #seen(entries) {
    if (entries.some((entry) => entry.isIntersecting)) this.load(this.#link.dataset.next);
  }
}
