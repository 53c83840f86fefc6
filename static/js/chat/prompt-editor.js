/**
 * An editor in the place of a prompt. The keys are those of the question field: Enter sends a new
 * version, Escape cancels. Loaded when a prompt is edited for the first time.
 */
import { ask } from "./asking.js";
import { keepEdit, takeEdit } from "../composer/drafts.js";
import { grow } from "../composer/growing.js";
import { keepFocus } from "../focus.js";
import { isComposing, isSend } from "../keys.js";
import { t } from "../texts.js";

class PromptEditor extends HTMLElement {
  #before = "";
  #controller = new AbortController();
  #number = 0;
  #sent = false;
  #workflow = "";

  connectedCallback() {
    this.#before = this.#shown.textContent;
    this.#workflow = this.closest("[data-workflow]").dataset.workflow;
    this.#number = this.#round.number;
    this.#field.value = this.dataset.text ?? this.#before;
    window.addEventListener("pagehide", () => this.#keep(), { signal: this.#controller.signal });
    this.addEventListener("submit", (event) => this.#submit(event));
    this.addEventListener("keydown", (event) => this.#key(event));
    this.querySelector(".cancel").addEventListener("click", () => this.#close());
    this.#field.addEventListener("input", () => grow(this.#field));
    grow(this.#field);
    this.#field.focus();
    this.#field.setSelectionRange(this.#text.length, this.#text.length);
  }

  /** The round may disappear when the chat continues elsewhere: keep the edited text. */
  disconnectedCallback() {
    this.#controller.abort();
    takeEdit(this.#workflow);
    if (!this.hidden && this.#changed) this.#rescue(this.#text);
  }

  /**
   * The round has disappeared. If a round with the edited prompt has replaced it, the edit was sent,
   * even if the response was lost; a running round has its prompt once it is on the page.
   */
  async #rescue(text) {
    await null;
    const rounds = [...document.querySelectorAll("chat-round")];
    const version = rounds.find(({ versions }) => versions.includes(this.#number));
    if (version?.prompt !== text.trim()) document.querySelector("chat-app")?.rescue(text);
  }

  /** Keep the edit for a reload, or for leaving the page and coming back. */
  #keep() {
    if (!this.#changed) return;
    keepEdit({ workflow: this.#workflow, round: this.#number, text: this.#text });
  }

  get #text() {
    return this.#field.value;
  }

  get #changed() {
    return !this.#sent && this.#text !== this.#before && this.#text.trim() !== "";
  }

  get #round() {
    return this.closest("chat-round");
  }

  get #shown() {
    return this.#round.querySelector(".prompt-text");
  }

  get #field() {
    return this.querySelector("textarea");
  }

  #key(event) {
    if (isComposing(event)) return;
    if (event.key === "Escape") {
      event.preventDefault();
      this.#close();
    } else if (isSend(event) && event.target === this.#field) {
      event.preventDefault();
      this.querySelector("form").requestSubmit();
    }
  }

  async #submit(event) {
    event.preventDefault();
    event.stopPropagation();
    const prompt = this.#field.value;
    if (this.#field.readOnly || !prompt.trim()) return;
    const workflowId = this.#workflow;
    const replaces = this.#number;
    const app = this.closest("chat-app");
    this.#field.readOnly = true;
    this.#failure = "";
    this.#sent = true;
    try {
      await ask(app, { prompt, workflowId, replaces });
      this.#close();
    } catch (error) {
      this.#sent = false;
      this.#field.readOnly = false;
      this.#failure = t("Not sent. {reason}", { reason: error.message });
      if (!this.isConnected) this.#rescue(prompt);
    }
  }

  set #failure(message) {
    const line = this.querySelector(".prompt-editor-error");
    line.hidden = !message;
    line.textContent = message;
    this.#field.ariaInvalid = message ? "true" : null;
    this.#field.ariaDescribedByElements = message ? [line] : null;
  }

  #close() {
    const edit = this.#round?.querySelector(".edit");
    this.hidden = true;
    keepFocus(() => {
      this.remove();
      edit?.focus();
    });
  }
}

customElements.define("prompt-editor", PromptEditor);

/**
 * Edit the prompt of a round, or continue an edit.
 * @param {Element} round
 * @param {string} [text] The text of an earlier edit.
 */
export function editPrompt(round, text) {
  const open = round.querySelector("prompt-editor");
  if (open) {
    open.querySelector("textarea").focus();
    return;
  }
  const template = document.getElementById("editor-template");
  const editor = document.importNode(template.content.firstElementChild, true);
  if (text) editor.dataset.text = text;
  round.querySelector(".prompt-text").after(editor);
}
