/**
 * The menu of a button: one for the rows of the list, the title of a chat and its messages.
 *
 * It follows the menu button pattern of the ARIA Authoring Practices: Enter, Space and Down open it
 * at its first item, Up at its last; arrows, Home, End and letters move; Escape and Tab close it
 * and return the focus. The browser closes it with a click outside.
 */
import { isOffered, prepareItem, run, subjectOf } from "./actions.js";
import { newItems } from "./table.js";

/** Milliseconds within which letters are one word. */
const PAUSE = 500;
/** Pixels between the menu and the edge of the window. */
const MARGIN = 8;

let shown = null;
let pressed = null;

// A click on the button of an open menu has closed it before the click arrives.
document.addEventListener("pointerdown", () => (pressed = shown?.button), { capture: true });

/**
 * Open the menu of a button, unless this click has just closed it.
 * @param {HTMLElement} button
 * @param {boolean} byPointer
 */
export function toggle(button, byPointer) {
  if (byPointer && pressed === button) pressed = null;
  else open(button);
}

/** Open the menu of a button, at its first or its last item. */
export function open(button, atLast = false) {
  shown?.close();
  shown = new Menu(button);
  shown.items.at(atLast ? -1 : 0)?.focus({ preventScroll: true });
}

class Menu {
  #element = document.createElement("div");
  #controller = new AbortController();
  #subject;
  #typed = "";
  #timer = 0;

  constructor(button) {
    this.button = button;
    this.#subject = subjectOf(button);
    this.#element.append(...this.#newItems());
    Object.assign(this.#element, { className: "popup", popover: "auto", role: "menu" });
    this.#element.ariaLabel = button.ariaLabel;
    const { signal } = this.#controller;
    this.#element.addEventListener("keydown", (event) => this.#key(event));
    this.#element.addEventListener("click", (event) => this.#click(event));
    this.#element.addEventListener("pointerover", (event) => this.#point(event));
    this.#element.addEventListener("toggle", (event) => this.#toggled(event));
    for (const type of ["scroll", "resize"]) {
      addEventListener(type, () => this.#place(), { capture: true, passive: true, signal });
    }
    // Inside the list, a popover on a phone: one that opens outside of it would close it.
    button.closest("nav, main, header, body").append(this.#element);
    this.#element.showPopover();
    button.setAttribute("aria-expanded", "true");
    this.#place();
  }

  get items() {
    return [...this.#element.children];
  }

  close() {
    if (shown === this) shown = null;
    this.#controller.abort();
    clearTimeout(this.#timer);
    this.button.setAttribute("aria-expanded", "false");
    this.#element.remove();
  }

  #newItems() {
    const { menu } = this.button.dataset;
    const items = newItems(menu).filter((item) => isOffered(item, this.#subject));
    for (const item of items) {
      Object.assign(item, { role: "menuitem", tabIndex: -1 });
      prepareItem(item, this.#subject);
    }
    return items;
  }

  #leave() {
    this.close();
    this.button.focus({ preventScroll: true });
  }

  #toggled({ newState }) {
    if (newState === "closed") this.close();
  }

  #click(event) {
    const item = event.target.closest("[data-command]");
    if (!item) return;
    event.stopPropagation();
    // A link is followed by the browser, also once it is gone.
    this.#leave();
    if (!item.href) run(item.dataset.command, this.#subject, item);
  }

  #point({ target }) {
    target.closest("[role=menuitem]")?.focus({ preventScroll: true });
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    event.stopPropagation();
    if (event.key === "Tab") {
      this.#leave(); // from the button, the browser goes on
      return;
    }
    if (event.key === "Enter") return;
    if (event.key === "Escape") this.#leave();
    else if (event.key === " " && !this.#typed) document.activeElement.click();
    else if (event.key.length === 1) this.#type(event.key);
    else if (!this.#move(event.key)) return;
    event.preventDefault();
  }

  #move(key) {
    const { items } = this;
    const { length } = items;
    const at = items.indexOf(document.activeElement);
    const to = { ArrowDown: (at + 1) % length, ArrowUp: at - 1, Home: 0, End: -1 }[key];
    if (to === undefined) return false;
    items.at(Math.max(to, -1)).focus({ preventScroll: true });
    return true;
  }

  /** Go to the next item that begins with what was typed; the same letter again goes on. */
  #type(letter) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => (this.#typed = ""), PAUSE);
    this.#typed += letter.toLocaleLowerCase();
    const same = [...this.#typed].every((each) => each === this.#typed[0]);
    const wanted = same ? this.#typed[0] : this.#typed;
    const { items } = this;
    const at = items.indexOf(document.activeElement) + (same ? 1 : 0);
    const following = [...items.slice(at), ...items.slice(0, at)];
    following.find((item) => labelOf(item).startsWith(wanted))?.focus({ preventScroll: true });
  }

  /** Below the button, or above it where there is more room. */
  #place() {
    const button = this.button.getBoundingClientRect();
    const { width, height } = this.#element.getBoundingClientRect();
    const below = button.bottom + height + MARGIN < innerHeight || button.top < height;
    const top = below ? Math.min(button.bottom, innerHeight - height - MARGIN) : button.top - height;
    const left = Math.min(button.left, innerWidth - width - MARGIN);
    this.#element.style.top = `${Math.max(MARGIN, top)}px`;
    this.#element.style.left = `${Math.max(MARGIN, left)}px`;
  }
}

function labelOf(item) {
  return item.querySelector("span").textContent.toLocaleLowerCase();
}
