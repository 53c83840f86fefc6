/**
 * The choice of assistant and model, in one list. A chat remembers the choice; a new chat begins with
 * what the user has set, or with the last choice in this browser. The server fetches the models from the endpoint; each is an option
 * whose value is the assistant, as in the form without scripts.
 */
import { browserStore } from "../storage.js";
import { t } from "../texts.js";
import { pathTo } from "../root.js";

const REMEMBERED = "quart-chat:choice";

class ChatChoice extends HTMLElement {
  #assistants = [];
  #listed = new Map();
  #touched = false;

  connectedCallback() {
    if (!this.#select) return;
    this.#assistants = [...this.#select.options].map(({ value, label, dataset }) => {
      return { name: value, title: dataset.title ?? label };
    });
    this.addEventListener("change", () => this.#change());
    // The button takes its place for the keyboard and for screen readers.
    this.#select.tabIndex = -1;
    this.#select.setAttribute("aria-hidden", "true");
    this.#button.addEventListener("click", () => this.#open());
    this.#button.addEventListener("keydown", (event) => this.#key(event));
    this.#button.addEventListener("focus", loadPicker, { once: true });
    // Only for new questions, not when an earlier answer is regenerated.
    this.closest("chat-composer").addEventListener("chat:started", this);
    const isNew = !this.closest("[data-workflow]").dataset.workflow;
    if (isNew && !this.hasAttribute("data-preferred")) this.#recall();
    this.#list();
  }

  handleEvent() {
    this.#touched = false;
  }

  /** Follow the choice for the chat in another tab, unless the user is choosing here. */
  show({ assistant, model }) {
    if (!this.#touched && this.#select && assistant) this.#choose({ assistant, model });
  }

  get #select() {
    return this.querySelector("#assistant");
  }

  get #button() {
    return this.querySelector(".model-button");
  }

  async #open() {
    const { toggle } = await loadPicker();
    toggle(this.#button, this.#select);
  }

  #key(event) {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    this.#open();
  }

  get #chosen() {
    const [option] = this.#select.selectedOptions;
    return { assistant: option?.value, model: option?.dataset.model };
  }

  #change() {
    this.#touched = true;
    this.#tell();
    browserStore.write(REMEMBERED, this.#chosen);
  }

  #recall() {
    const { assistant, model } = browserStore.read(REMEMBERED) ?? {};
    if (this.#assistants.some(({ name }) => name === assistant)) this.#choose({ assistant, model });
  }

  async #list() {
    const response = await fetch(pathTo("/api/chatbot/assistants")).catch(() => null);
    if (!response?.ok) return;
    const { assistants } = await response.json();
    this.#listed = new Map(assistants.map((assistant) => [assistant.name, assistant]));
    this.#offer(this.#chosen);
  }

  /** Select an option, and add it if it is not in the list. */
  #choose({ assistant, model }) {
    const options = [...this.#select.options].filter(({ value }) => value === assistant);
    const known = options.find(({ dataset }) => !model || dataset.model === model);
    if (known) known.selected = true;
    else this.#offer({ assistant, model });
    this.#tell();
  }

  #offer(chosen) {
    this.#select.replaceChildren(...this.#assistants.map((each) => this.#entry(each, chosen)));
    this.#tell();
  }

  /** The option of an assistant, or the group of its models with the default model first. */
  #entry({ name, title }, chosen) {
    const { models = [], defaultModel } = this.#listed.get(name) ?? {};
    const isChosen = name === chosen.assistant;
    const model = (isChosen && chosen.model) || defaultModel || models[0];
    const offered = [...new Set([defaultModel, ...[...models, model].sort()])].filter(Boolean);
    if (offered.length === 0) return new Option(title, name, false, isChosen);
    const options = offered.map((each) => {
      const option = new Option(each, name, false, isChosen && each === model);
      option.dataset.model = each;
      return option;
    });
    if (options.length === 1) return options[0];
    const group = document.createElement("optgroup");
    group.label = offered.includes(title) ? t("Models") : title;
    group.append(...options);
    return group;
  }

  /** Show on the button what is chosen, and say why the list has no more options. */
  #tell() {
    this.#button.querySelector("span").textContent = this.#select.selectedOptions[0]?.label ?? "";
    const note = this.#listed.get(this.#select.value)?.note;
    const line = this.closest("form").querySelector(".choice-note");
    line.textContent = note ? t("The models can't be listed. {reason}", { reason: note }) : "";
  }
}

function loadPicker() {
  return import("./model-picker.js");
}

customElements.define("chat-choice", ChatChoice);
