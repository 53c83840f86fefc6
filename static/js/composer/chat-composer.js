/**
 * Where a question is written. Enter sends it, Shift and Enter break the line, as Enter alone does on
 * a touch screen; Escape stops the answer, Up edits the last question. What is not sent yet survives
 * a reload; a question that could not be sent stays where it is, marked, with a Retry.
 */
import { stopRound } from "../api.js";
import { ask, forget, nameOf, remember } from "../chat/asking.js";
import { choicesOf } from "./choices.js";
import { loadDraft, saveDraft } from "./drafts.js";
import { grow } from "./growing.js";
import { enterSends, isComposing, isSend } from "../keys.js";
import { t } from "../texts.js";

// Milliseconds without a key until a draft is stored.
const PAUSE = 300;
// The share of the limit from which on characters are counted before one's eyes.
const NEAR = 0.9;

export class ChatComposer extends HTMLElement {
  #controller = null;
  #own = false;
  #saved = "";
  #saving = 0;

  connectedCallback() {
    this.#controller = new AbortController();
    const { signal } = this.#controller;
    this.#form.addEventListener("submit", (event) => this.#submit(event), { signal });
    this.#field.addEventListener("keydown", (event) => this.#key(event), { signal });
    this.#field.addEventListener("input", () => this.#written(), { signal });
    document.addEventListener("keydown", (event) => this.#escape(event), { signal });
    window.addEventListener("pagehide", () => this.#keep(), { signal });
    if (!enterSends()) this.querySelector(".composer-hint").replaceChildren();
    const { text, requestId } = loadDraft(this.#workflowId);
    this.#saved = text;
    if (requestId) remember(this.#question(text), requestId);
    this.#text ||= text;
    if (!this.#workflowId && !location.hash) this.#invite();
  }

  disconnectedCallback() {
    this.#controller.abort();
  }

  /** Ask a question of whom is chosen or named, unless one is on its way or being answered. */
  async send(prompt, assistant = null) {
    if (this.#running || this.#sending || !prompt.trim()) return;
    this.#failure = "";
    if (!(await this.#uploaded())) return;
    const choices = choicesOf(this.#form);
    if (assistant) Object.assign(choices, { assistant, model: undefined });
    const body = { ...this.#question(prompt), ...choices };
    // An example is asked instead of what is written, which is still to be asked.
    const kept = assistant ? this.#text : "";
    this.#text = prompt;
    this.#sending = true;
    try {
      await ask(this, body, () => this.#sent());
      this.#invite();
      if (kept) this.#text = kept;
    } catch (error) {
      // The question may have got there although the answer to it did not come back.
      if (kept) this.#tell("chat:failed", error.message);
      else if (this.#text) this.#failure = error.message;
      if (kept) this.#text = kept;
    } finally {
      this.#sending = false;
    }
  }

  /** The server has a question: it is not to be sent again. */
  arrived(prompt) {
    forget(prompt);
    if (this.#text.trim() !== prompt.trim()) return;
    this.#sent();
    this.#failure = "";
  }

  /** Put a text after what is written already. */
  add(text) {
    this.#text = [this.#text, text].filter((part) => part.trim()).join("\n\n");
    this.#field.focus();
  }

  /** The next key writes here, unless something else has the focus; a touch screen would show its own. */
  #invite() {
    const focused = document.activeElement;
    const free = focused === document.body || this.contains(focused);
    if (enterSends() && free) this.#field.focus({ preventScroll: true });
  }

  /** Wait for files that are on their way; false where one was not taken. */
  async #uploaded() {
    const { uploading } = this.querySelector("document-picker");
    if (!uploading) return true;
    this.#sending = true;
    const taken = await uploading;
    this.#sending = false;
    if (!taken) this.#failure = t("A file was not taken.");
    return taken;
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

  #question(prompt) {
    return { prompt, workflowId: this.#workflowId || undefined };
  }

  get #running() {
    return this.#page.running === "true";
  }

  get #text() {
    return this.#field.value;
  }

  set #text(value) {
    this.#field.value = value;
    this.#changed();
  }

  get #sending() {
    return this.ariaBusy === "true";
  }

  set #sending(value) {
    this.ariaBusy = value ? "true" : null;
    this.#field.readOnly = value;
  }

  set #failure(reason) {
    this.#form.toggleAttribute("data-failed", Boolean(reason));
    this.#field.ariaInvalid = reason ? "true" : null;
    this.querySelector(".composer-error").hidden = !reason;
    this.querySelector(".composer-reason").textContent = reason && t("Not sent. {reason}", { reason });
  }

  #submit(event) {
    event.preventDefault();
    if (event.submitter?.classList.contains("stop")) this.#stop();
    else this.send(this.#text);
  }

  /** Keys within the field; while letters are put together they belong to the input method. */
  #key(event) {
    if (isComposing(event)) return;
    const { key, shiftKey, altKey, ctrlKey, metaKey } = event;
    if (isSend(event)) {
      event.preventDefault();
      this.send(this.#text);
    } else if (key === "ArrowUp" && !this.#text && !(shiftKey || altKey || ctrlKey || metaKey)) {
      event.preventDefault();
      this.#tell("edit-last");
    }
  }

  /** Escape belongs first to whatever is open and closes with it. */
  #escape(event) {
    if (event.key !== "Escape" || event.defaultPrevented || isComposing(event)) return;
    if (!document.querySelector(":popover-open, dialog[open]")) this.#stop();
  }

  async #stop() {
    if (!this.#running) return;
    await stopRound(this.#workflowId).catch((error) => this.#tell("chat:failed", error.message));
  }

  #written() {
    this.#own = true;
    this.#changed();
  }

  #changed() {
    grow(this.#field);
    this.#count();
    clearTimeout(this.#saving);
    this.#saving = setTimeout(() => this.#save(), PAUSE);
  }

  /** Say how much is written once the limit is near. */
  #count() {
    const limit = Number(this.#field.dataset.limit);
    const near = this.#field.value.length > NEAR * limit;
    const line = this.querySelector(".composer-count");
    if (!near && line.hidden) return;
    // The server counts code points.
    const count = near ? [...this.#field.value].length : 0;
    line.hidden = count <= NEAR * limit;
    line.toggleAttribute("data-over", count > limit);
    line.textContent = t("{count} of {limit} characters", { count, limit });
  }

  #save() {
    clearTimeout(this.#saving);
    if (this.#text !== this.#saved) this.#store();
  }

  /**
   * The page goes. Another tab may have sent the draft that both began with, or changed it: what was
   * written here is kept, and what only stands here is not.
   */
  #keep() {
    this.#save();
    if (this.#own && this.#text) this.#store();
  }

  #store() {
    const text = this.#text;
    this.#saved = text;
    saveDraft(this.#workflowId, { text, requestId: nameOf(this.#question(text)) });
  }

  /** What has been sent is no draft any more. */
  #sent() {
    this.#own = false;
    this.#text = "";
    this.#save();
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { bubbles: true, detail }));
  }
}
