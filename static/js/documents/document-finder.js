/**
 * The search in a document. The server marks all hits on the page and links to the one before and
 * after; here a hit on the same page is shown without loading the page again, Enter leads to the next
 * and Shift and Enter to the previous one, and Escape ends the search.
 */
import { enterSends, isComposing } from "../keys.js";
import { t } from "../texts.js";

class DocumentFinder extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", (event) => this.#click(event));
    this.#field.addEventListener("keydown", (event) => this.#key(event));
    this.querySelector("form").addEventListener("submit", (event) => this.#submit(event));
    if (this.#sought) this.#await();
  }

  /**
   * Be ready for the next hit, unless that would open the keyboard of a touch screen. The browser
   * takes the focus from the field when it scrolls to the hit that the address names.
   */
  #await() {
    const focus = () => enterSends() && this.#field.focus({ preventScroll: true });
    if (document.readyState === "complete") focus();
    else addEventListener("load", () => setTimeout(focus), { once: true });
  }

  get #field() {
    return this.querySelector("input");
  }

  /** What the page has been searched for. */
  get #sought() {
    return this.#field.defaultValue;
  }

  get #ways() {
    return [...this.querySelectorAll("a[data-hit]")];
  }

  #submit(event) {
    const value = this.#field.value.trim();
    if (value && value !== this.#sought) return;
    event.preventDefault();
    if (value) this.#ways.at(-1)?.click();
    else this.#end();
  }

  #key(event) {
    if (isComposing(event)) return;
    if (event.key === "Enter" && event.shiftKey) this.#ways[0]?.click();
    else if (event.key === "Escape" && this.#sought) this.#end();
    else return;
    event.preventDefault();
  }

  #end() {
    this.querySelector(".finder-close")?.click();
  }

  #click(event) {
    const way = event.target.closest("a[data-hit]");
    if (!way || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const hit = document.querySelector(`mark[data-hit="${way.dataset.hit}"]`);
    if (!hit) return;
    event.preventDefault();
    this.#show(hit, Number(way.dataset.hit));
    history.replaceState(history.state, "", this.#address(Number(hit.dataset.hit)));
  }

  #show(hit, number) {
    const current = document.querySelector("#hit");
    current?.removeAttribute("id");
    current?.removeAttribute("aria-current");
    hit.id = "hit";
    hit.setAttribute("aria-current", "true");
    hit.scrollIntoView({ block: "center" });
    const count = Number(this.#state.dataset.count);
    const more = this.#state.hasAttribute("data-more");
    this.#state.textContent = more
      ? t("{place} of more than {count}", { place: number, count })
      : t("{place} of {count}", { place: number, count });
    const places = [number - 1 || count, (number % count) + 1];
    this.#ways.forEach((way, index) => {
      way.dataset.hit = places[index];
      way.href = this.#address(places[index]);
    });
  }

  get #state() {
    return this.querySelector(".finder-state");
  }

  #address(hit) {
    return `?${new URLSearchParams({ find: this.#sought, hit })}#hit`;
  }
}

customElements.define("document-finder", DocumentFinder);
