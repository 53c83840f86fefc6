/**
 * Who answers, and with which model. A chat remembers both; a new chat begins with what was chosen
 * last in this browser. The models are asked of the server, which asks the endpoint.
 */
import { t } from "./texts.js";

const REMEMBERED = "choice";

class ChatChoice extends HTMLElement {
  #listed = new Map();
  #touched = false;

  connectedCallback() {
    if (!this.#assistant) return;
    this.addEventListener("change", () => this.#change());
    document.addEventListener("chat:started", this);
    if (!this.closest("[data-workflow]").dataset.workflow) this.#recall();
    if (this.#assistant.querySelector("[data-models]")) this.#list();
  }

  disconnectedCallback() {
    document.removeEventListener("chat:started", this);
  }

  handleEvent() {
    this.#touched = false;
  }

  /** Follow what was chosen for the chat in another tab, unless something is being chosen here. */
  show({ assistant, model }) {
    if (this.#touched || !this.#assistant || !assistant) return;
    this.#assistant.value = assistant;
    this.#model.dataset.chosen = model ?? "";
    this.#offer();
  }

  get #assistant() {
    return this.querySelector("#assistant");
  }

  get #model() {
    return this.querySelector("#model");
  }

  #change() {
    this.#touched = true;
    if (!this.#model.hidden) this.#model.dataset.chosen = this.#model.value;
    this.#offer();
    const choice = { assistant: this.#assistant.value, model: this.#model.dataset.chosen };
    try {
      localStorage.setItem(REMEMBERED, JSON.stringify(choice));
    } catch {
      // Without a place to remember it, it is chosen anew.
    }
  }

  #recall() {
    try {
      const { assistant, model } = JSON.parse(localStorage.getItem(REMEMBERED)) ?? {};
      const known = [...this.#assistant.options].some((option) => option.value === assistant);
      if (!known) return;
      this.#assistant.value = assistant;
      this.#model.dataset.chosen = model ?? "";
    } catch {
      // What is remembered is none of ours.
    }
  }

  async #list() {
    const response = await fetch("/api/chatbot/assistants").catch(() => null);
    if (!response?.ok) return;
    const { assistants } = await response.json();
    this.#listed = new Map(assistants.map((assistant) => [assistant.name, assistant]));
    this.#offer();
  }

  /** Offer the models of the assistant that is chosen. */
  #offer() {
    const { models = [], defaultModel, note } = this.#listed.get(this.#assistant.value) ?? {};
    const chosen = this.#model.dataset.chosen || defaultModel || models[0];
    const names = new Set([...(chosen ? [chosen] : []), ...models]);
    const offered = this.#listed.has(this.#assistant.value) && names.size > 0 && hasModels(this);
    this.#model.replaceChildren(...[...names].sort().map((name) => new Option(name, name)));
    if (chosen) this.#model.value = chosen;
    this.#model.hidden = this.#model.disabled = !offered;
    this.#tell(note);
  }

  #tell(note) {
    const line = this.closest("form").querySelector(".choice-note");
    line.hidden = !note;
    line.textContent = note ? t("The models can't be listed. {reason}", { reason: note }) : "";
  }
}

function hasModels(choice) {
  return choice.querySelector("#assistant").selectedOptions[0]?.hasAttribute("data-models");
}

customElements.define("chat-choice", ChatChoice);
