/**
 * The models to choose from, with a search, in the place of the browser's own list. That stays the
 * form's control: a choice here is a choice there. Loaded at its first use.
 */
import { asOption, Combobox, isHit, newGroup } from "../combobox.js";
import { plural, t } from "../texts.js";

let picker = null;

/**
 * Open the picker, or close it.
 * @param {HTMLButtonElement} button
 * @param {HTMLSelectElement} select
 */
export function toggle(button, select) {
  picker ??= new ModelPicker(button, select);
  picker.toggle();
}

class ModelPicker {
  #button;
  #select;
  #panel;
  #combobox;
  #pressed = false;

  constructor(button, select) {
    this.#button = button;
    this.#select = select;
    const template = button.parentElement.querySelector("template");
    button.after(document.importNode(template.content, true));
    this.#panel = button.parentElement.querySelector(".models");
    this.#combobox = new Combobox(this.#field, this.#list);
    this.#field.addEventListener("input", () => this.#search());
    this.#list.addEventListener("click", (event) => this.#choose(event));
    this.#panel.addEventListener("keydown", (event) => this.#key(event));
    this.#panel.addEventListener("beforetoggle", (event) => this.#toggled(event.newState));
    // A click on the button of an open picker has closed it before the click arrives.
    const press = () => (this.#pressed = this.#isOpen);
    button.addEventListener("pointerdown", press, { capture: true });
    for (const type of ["resize", "scroll"]) addEventListener(type, () => this.#place());
    // The list of the models may arrive while it is open.
    new MutationObserver(() => this.#isOpen && this.#show()).observe(select, { childList: true });
  }

  toggle() {
    if (this.#pressed) {
      this.#pressed = false;
      return;
    }
    this.#field.value = "";
    this.#panel.showPopover();
    this.#show();
    this.#place();
    this.#field.focus({ preventScroll: true });
  }

  get #field() {
    return this.#panel.querySelector("input");
  }

  get #list() {
    return this.#panel.querySelector("[role=listbox]");
  }

  get #isOpen() {
    return this.#panel.matches(":popover-open");
  }

  #toggled(state) {
    this.#button.setAttribute("aria-expanded", String(state === "open"));
  }

  #search() {
    this.#combobox.moved = false;
    this.#show();
    this.#place();
  }

  #show() {
    const query = this.#field.value.trim();
    const entries = [...this.#select.children].map((entry) => this.#entry(entry, query));
    this.#list.replaceChildren(...entries.filter(Boolean));
    const { options } = this.#combobox;
    const chosen = options.find((option) => option.ariaChecked === "true");
    this.#combobox.active = (!query && chosen) || options[0];
    const status = this.#panel.querySelector("[role=status]");
    const { length } = options;
    const some = plural("{count} result", "{count} results", length);
    status.textContent = length ? some : t("Nothing found for “{query}”.", { query });
    status.classList.toggle("visually-hidden", length > 0);
  }

  /** An option of the select, or the group of its options, as far as the query fits. */
  #entry(entry, query) {
    if (entry.matches("option")) return isHit(entry.label, query) ? this.#option(entry) : null;
    const options = [...entry.children].filter(({ label }) => isHit(label, query));
    return options.length ? newGroup(entry.label, options.map((one) => this.#option(one))) : null;
  }

  #option({ label, index, selected }) {
    const template = this.#panel.querySelector("template");
    const option = document.importNode(template.content.firstElementChild, true);
    option.querySelector("span").textContent = label;
    option.setAttribute("aria-checked", String(selected));
    return asOption(option, String(index));
  }

  #choose({ target }) {
    const option = target.closest("[role=option]");
    if (!option) return;
    this.#select.selectedIndex = Number(option.dataset.key);
    this.#select.dispatchEvent(new Event("change", { bubbles: true }));
    this.#leave();
  }

  #key(event) {
    if (event.key === "Escape") event.preventDefault();
    if (event.key === "Escape" || event.key === "Tab") this.#leave();
  }

  #leave() {
    this.#panel.hidePopover();
    this.#button.focus({ preventScroll: true });
  }

  /** Above the button, where the answer is not being written, or below it where there is room. */
  #place() {
    if (!this.#isOpen) return;
    const { left, top, bottom } = this.#button.getBoundingClientRect();
    const { width, height } = this.#panel.getBoundingClientRect();
    const above = top - height - GAP;
    const place = above >= GAP ? above : Math.min(bottom + GAP, innerHeight - height - GAP);
    this.#panel.style.top = `${Math.max(GAP, place)}px`;
    this.#panel.style.left = `${Math.max(GAP, Math.min(left, innerWidth - width - GAP))}px`;
  }
}

/** Pixels around the panel. */
const GAP = 8;
