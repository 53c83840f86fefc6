/**
 * Where a question is written. Enter sends it, Shift and Enter break the line, Escape stops the
 * answer. A question that could not be sent stays where it is, with a Retry.
 */
import { startRound, stopRound } from "./api.js";
import { choicesOf } from "./choices.js";
import { t } from "./texts.js";

export class ChatComposer extends HTMLElement {
  #controller = null;

  connectedCallback() {
    this.#controller = new AbortController();
    const { signal } = this.#controller;
    this.#form.addEventListener("submit", (event) => this.#submit(event), { signal });
    this.#field.addEventListener("keydown", (event) => this.#enter(event), { signal });
    this.#field.addEventListener("input", () => this.#grow(), { signal });
    document.addEventListener("keydown", (event) => this.#escape(event), { signal });
    this.#grow();
  }

  disconnectedCallback() {
    this.#controller.abort();
  }

  /** Ask a question of whom is chosen or named, unless one is on its way or being answered. */
  async send(prompt, assistant = null) {
    if (this.#running || this.#sending || !prompt.trim()) return;
    const choices = choicesOf(this.#form);
    if (assistant) Object.assign(choices, { assistant, model: undefined });
    const body = { prompt, ...choices, workflowId: this.#workflowId || undefined };
    this.#text = prompt;
    this.#failure = "";
    this.#sending = true;
    try {
      const workflowId = await startRound(body);
      this.#text = "";
      this.#tell("chat:started", workflowId);
    } catch (error) {
      // The question may have got there although the answer to it did not come back.
      if (this.#text) this.#failure = error.message;
    } finally {
      this.#sending = false;
    }
  }

  /** The server has a question: it is not to be sent again. */
  arrived(prompt) {
    if (this.#text.trim() !== prompt.trim()) return;
    this.#text = "";
    this.#failure = "";
  }

  /** Put a text after what is written already. */
  add(text) {
    this.#text = [this.#text, text].filter((part) => part.trim()).join("\n\n");
    this.#field.focus();
  }

  get #form() {
    return this.querySelector("form");
  }

  get #field() {
    return this.querySelector("textarea");
  }

  get #page() {
    return this.closest("[data-workflow]").dataset;
  }

  get #workflowId() {
    return this.#page.workflow;
  }

  get #running() {
    return this.#page.running === "true";
  }

  get #text() {
    return this.#field.value;
  }

  set #text(value) {
    this.#field.value = value;
    this.#grow();
  }

  get #sending() {
    return this.ariaBusy === "true";
  }

  set #sending(value) {
    this.ariaBusy = value ? "true" : null;
    this.#field.readOnly = value;
  }

  set #failure(reason) {
    this.querySelector(".composer-error").hidden = !reason;
    this.querySelector(".composer-reason").textContent = reason && t("Not sent. {reason}", { reason });
  }

  #submit(event) {
    event.preventDefault();
    if (event.submitter?.classList.contains("stop")) this.#stop();
    else this.send(this.#text);
  }

  #enter(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.send(this.#text);
  }

  /** Escape belongs first to whatever is open and closes with it. */
  #escape(event) {
    if (event.key !== "Escape" || event.defaultPrevented || event.isComposing) return;
    if (!document.querySelector(":popover-open")) this.#stop();
  }

  async #stop() {
    if (!this.#running) return;
    await stopRound(this.#workflowId).catch((error) => this.#tell("chat:failed", error.message));
  }

  /** Browsers without `field-sizing` are told the height of the text. */
  #grow() {
    if (CSS.supports("field-sizing", "content")) return;
    this.#field.style.blockSize = "auto";
    this.#field.style.blockSize = `${this.#field.scrollHeight}px`;
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { bubbles: true, detail }));
  }
}
