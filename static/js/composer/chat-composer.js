/**
 * The question field. Enter sends the question; Shift and Enter start a new line, as Enter alone does
 * on a touch screen; Escape stops the answer, Up edits the last question. A question is shown in the
 * chat at once; while an answer is being written, it is queued. A draft survives a reload, and so does
 * a question that could not be sent.
 */
import { stopRound } from "../api.js";
import { ask, forget, nameOf, remember } from "../chat/asking.js";
import { Unsent } from "../chat/outbox.js";
import { queueOutbox } from "../chat/queue-on-demand.js";
import { choicesOf } from "./choices.js";
import { loadDraft, saveDraft } from "./drafts.js";
import { grow } from "./growing.js";
import { enterSends, isComposing, isSend } from "../keys.js";
import { t } from "../texts.js";

// Milliseconds without a key until a draft is stored.
const PAUSE = 300;
// The share of the limit from which on the number of characters is shown.
const NEAR = 0.9;

export class ChatComposer extends HTMLElement {
  #controller = null;
  #delivered = null;
  #own = false;
  #saved = "";
  #saving = 0;
  #unsent = new Set();

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

  /** Ask the chosen or named assistant, unless a question is being sent. */
  async send(prompt, assistant = null) {
    if (this.#sending || !prompt.trim()) return;
    this.#failure = "";
    if (!(await this.#uploaded())) return;
    const choices = choicesOf(this.#form);
    if (assistant && assistant !== choices.assistant) {
      Object.assign(choices, { assistant, model: undefined });
    }
    const body = { ...this.#question(prompt), ...choices };
    // An example is asked in place of the draft, which stays.
    if (!assistant) this.#text = "";
    const place = this.#running ? queueOutbox(this.#app) : this.#app.querySelector("chat-log");
    const entry = new Unsent(place, prompt, {
      again: () => this.#deliver(entry, body),
      edit: () => this.#takeBack(entry),
    });
    this.#unsent.add(entry);
    await this.#deliver(entry, body);
  }

  async #deliver(entry, body) {
    if (this.#sending) return;
    entry.sending();
    this.#sending = this.#delivered = entry;
    this.#own = true;
    try {
      // Since the last attempt, another question may have begun the chat.
      const workflowId = this.#workflowId || undefined;
      const prompt = await ask(this, { ...body, workflowId }, () => this.#sent(entry));
      if (prompt) {
        await this.#app.queued({ prompt });
        this.#drop(entry);
      }
      this.#invite();
    } catch (error) {
      // The server may have received the question although its response was lost.
      if (this.#unsent.has(entry)) entry.fail(error.message);
    } finally {
      if (this.#delivered === entry) this.#sending = this.#delivered = null;
    }
  }

  #takeBack(entry) {
    this.#drop(entry);
    this.add(entry.prompt);
  }

  /** A question that has arrived leaves the way to the next, even if the response is still to come. */
  #drop(entry) {
    if (this.#delivered === entry) this.#sending = this.#delivered = null;
    this.#unsent.delete(entry);
    entry.remove();
  }

  /** The server has the question: don't send it again. */
  arrived(prompt, number) {
    forget(prompt);
    this.stored(prompt, number);
    if (this.#text.trim() === prompt.trim()) this.#text = "";
    this.#save();
  }

  /** A round is on the page: it takes the place of its question. */
  stored(prompt, number) {
    for (const entry of this.#unsent) if (entry.is(prompt, number)) this.#drop(entry);
  }

  /** The server has queued a question: don't send it again. */
  queued(prompt) {
    forget(prompt);
    for (const entry of this.#unsent) if (entry.prompt.trim() === prompt.trim()) this.#drop(entry);
    this.#save();
  }

  /** Append a text to the draft. */
  add(text) {
    this.#text = [this.#text, text].filter((part) => part.trim()).join("\n\n");
    this.#field.focus();
  }

  /**
   * Focus the field unless another element has the focus; not on touch screens, which would open
   * their keyboard.
   */
  #invite() {
    const focused = document.activeElement;
    const free = focused === document.body || this.contains(focused);
    if (enterSends() && free) this.#field.focus({ preventScroll: true });
  }

  /** Wait for uploads; false if one was refused. */
  async #uploaded() {
    const { uploading } = this.querySelector("document-picker");
    if (!uploading) return true;
    this.#sending = this.#field.readOnly = true;
    const taken = await uploading;
    this.#sending = this.#field.readOnly = false;
    if (!taken) this.#failure = t("A file was not taken.");
    return taken;
  }

  get #app() {
    return this.closest("chat-app");
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

  /** Keys within the field; during a composition they belong to the input method. */
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

  /** Escape first closes an open menu or dialog. */
  #escape(event) {
    if (event.key !== "Escape" || event.defaultPrevented || isComposing(event)) return;
    if (!document.querySelector(":popover-open, dialog[open]")) this.#stop();
  }

  async #stop() {
    if (!this.#running) return;
    const round = document.querySelector('chat-round[data-status="running"]');
    await stopRound(this.#workflowId, round?.number).catch((error) => this.#tell("chat:failed", error.message));
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

  /** Show the number of characters once the limit is near. */
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

  /** What is not sent yet, and what is being written. */
  get #draft() {
    const texts = [...this.#unsent].map(({ prompt, sent }) => (sent ? "" : prompt));
    return [...texts, this.#text].filter((text) => text.trim()).join("\n\n");
  }

  #save() {
    clearTimeout(this.#saving);
    if (this.#draft !== this.#saved) this.#store();
  }

  /**
   * The page is left. Another tab may have sent or changed the draft that both began with: store the
   * draft only if it was changed here.
   */
  #keep() {
    this.#save();
    if (this.#own && this.#draft) this.#store();
  }

  #store() {
    const text = this.#draft;
    this.#saved = text;
    saveDraft(this.#workflowId, { text, requestId: nameOf(this.#question(text)) });
  }

  /** A text that has been sent is no longer a draft; its round will take its place. */
  #sent(entry) {
    entry.sent = true;
    this.#own = this.#text !== "";
    // What is being written belongs to the chat that begins now.
    saveDraft(this.#workflowId, { text: "" });
    this.#saved = "";
    this.#changed();
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { bubbles: true, detail }));
  }
}
