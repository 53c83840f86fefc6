/** A link to the next page of a list, which is loaded in its place as soon as it is scrolled to. */
import { t } from "../texts.js";

export class PageLink {
  #link;
  #load;
  #label;
  #busy = false;
  #observer = new IntersectionObserver((entries) => this.#seen(entries), { rootMargin: "200px" });

  /**
   * @param {HTMLAnchorElement} link Its `data-next` is what asks for the page.
   * @param {(next: string) => Promise<void>} load Shows the page, and the link to the one after.
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

  /** Link to a page, or to none. */
  show(next) {
    this.#link.dataset.next = next ?? "";
    this.#link.hidden = !next;
    this.watch();
  }

  /** Look again whether it is in view: it may be so all the time. */
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
      // Not again by itself: the link stays, and says so.
      this.#observer.unobserve(this.#link);
      this.#link.textContent = t("Try again");
    } finally {
      this.#busy = false;
    }
    // What is new stands before the link, which goes out of view or away.
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
