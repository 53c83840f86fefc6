/**
 * A field with a list of options: the focus stays in the field, arrows make one option the active
 * one, and Enter takes it. (ARIA Authoring Practices, combobox with a list.)
 */
import { isComposing } from "./keys.js";

export class Combobox {
  #field;
  #list;

  /**
   * @param {HTMLInputElement} field
   * @param {HTMLElement} list Has elements with the role "option", each with an id.
   */
  constructor(field, list) {
    this.#field = field;
    this.#list = list;
    field.addEventListener("keydown", (event) => this.#key(event));
    list.addEventListener("pointermove", (event) => this.#point(event));
    list.addEventListener("pointerdown", (event) => event.preventDefault());
  }

  /** Whether arrows have chosen since the list was shown. */
  moved = false;

  get options() {
    return [...this.#list.querySelectorAll("[role=option]")];
  }

  get active() {
    return this.#list.querySelector("[aria-selected=true]");
  }

  set active(option) {
    this.active?.setAttribute("aria-selected", "false");
    option?.setAttribute("aria-selected", "true");
    option?.scrollIntoView({ block: "nearest" });
    if (option) this.#field.setAttribute("aria-activedescendant", option.id);
    else this.#field.removeAttribute("aria-activedescendant");
  }

  #key(event) {
    if (isComposing(event)) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) this.#move(step);
    else if (event.key === "Enter") this.active?.click();
    else return;
    event.preventDefault();
  }

  #move(step) {
    const { options } = this;
    const { length } = options;
    this.moved = true;
    if (length) this.active = options[(options.indexOf(this.active) + step + length) % length];
  }

  #point({ target }) {
    const option = target.closest("[role=option]");
    if (option && option !== this.active) this.active = option;
  }
}

/** Make an element an option; its key names it within the list. */
export function asOption(element, key) {
  Object.assign(element, { role: "option", tabIndex: -1 });
  element.id = "option-" + key.replace(/\W+/g, "-");
  element.dataset.key = key;
  element.setAttribute("aria-selected", "false");
  return element;
}

/** Options under a label. */
export function newGroup(label, options) {
  const group = document.createElement("div");
  const heading = document.createElement("div");
  heading.className = "options-label";
  heading.setAttribute("aria-hidden", "true");
  heading.textContent = label;
  group.role = "group";
  group.setAttribute("aria-label", label);
  group.append(heading, ...options);
  return group;
}

/** Whether a text has all words of a query in it, without case and accents. */
export function isHit(text, query) {
  const folded = fold(text);
  return fold(query)
    .split(/\s+/)
    .every((word) => folded.includes(word));
}

function fold(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}
