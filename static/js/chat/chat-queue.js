/**
 * The questions that wait until the answer before them is complete. They stand above the question
 * field, and can be sent at once, edited, and taken back into the field. Loaded with the first one.
 */
import { editQueued, removeQueued, sendQueued } from "../api.js";
import { grow } from "../composer/growing.js";
import { keepFocus } from "../focus.js";
import { isComposing, isSend } from "../keys.js";
import { t } from "../texts.js";

export class ChatQueue extends HTMLElement {
  /** When each question has changed last; what has left the queue never comes back. */
  #versions = new Map();
  /** The questions whose removal was requested, with no response. */
  #unconfirmed = new Set();

  connectedCallback() {
    this.addEventListener("submit", (event) => this.#submit(event));
    this.addEventListener("click", (event) => this.#click(event));
    this.addEventListener("keydown", (event) => this.#key(event));
    this.#app.addEventListener("edit-last", () => this.#editLast());
  }

  /** Show a question as it is now. */
  show({ id, content, status, place, refused, updatedAt }) {
    if (updatedAt < (this.#versions.get(id) ?? 0)) return;
    this.#versions.set(id, status === "queued" ? updatedAt : Infinity);
    const known = this.#item(id);
    if (status !== "queued") {
      if (known) this.#take(known, status);
      return;
    }
    const item = known ?? this.#create(id);
    item.querySelector(".queued-text").textContent = content;
    item.dataset.refused = refused ?? "";
    item.querySelector(".queued-refused").textContent = refused ? this.#reason(refused) : "";
    if (known && Number(item.dataset.place) === place) return;
    item.dataset.place = place;
    const next = this.#items.find((other) => other !== item && Number(other.dataset.place) > place);
    keepFocus(() => this.#list.insertBefore(item, next ?? null));
  }

  /** Show the questions that the server has rendered in the place of those here. */
  replace(items) {
    const kept = new Set(items.map((item) => item.dataset.queued));
    for (const item of this.#items) {
      if (!kept.has(item.dataset.queued)) this.#take(item);
    }
    for (const item of items) {
      const { queued, place, refused, updated } = item.dataset;
      const fields = { place: Number(place), refused, updatedAt: Number(updated) };
      this.show({ id: queued, content: this.#textOf(item), status: "queued", ...fields });
    }
  }

  /** Why a question was not sent when its turn came, in the language of the page. */
  #reason(code) {
    const { content } = document.getElementById("queued-reasons");
    const reasons = [...content.children];
    return (reasons.find((each) => each.dataset.code === code) ?? reasons.at(-1)).textContent;
  }

  #create(id) {
    const template = document.getElementById("queued-template");
    const item = document.importNode(template.content.firstElementChild, true);
    item.dataset.queued = id;
    return item;
  }

  /** A question has left the queue; what is being written in its editor goes to the field. */
  #take(item, status) {
    const text = this.#textOf(item);
    const edited = item.querySelector("textarea")?.value ?? text;
    const returns = this.#unconfirmed.delete(item.dataset.queued) && status === "removed";
    keepFocus(() => item.remove());
    if (edited.trim() && edited !== text) this.#rescue(edited);
    else if (returns) this.#composer.add(text);
  }

  #rescue(text) {
    this.#composer.add(text);
    this.#fail(t("The question was sent or removed before your change was saved. Your text is in the question field."));
  }

  async #submit(event) {
    event.preventDefault();
    event.stopPropagation();
    const item = event.target.closest(".queued");
    if (item.hasAttribute("data-busy")) return;
    item.toggleAttribute("data-busy", true);
    try {
      await this.#act(item, event.submitter?.dataset.act);
    } catch (error) {
      this.#fail(error.message);
    } finally {
      item.removeAttribute("data-busy");
    }
  }

  #act(item, name) {
    if (name === "send") return this.#send(item.dataset.queued);
    if (name === "remove") return this.#remove(item.dataset.queued);
    return this.#save(item);
  }

  async #send(id) {
    const { queued } = await sendQueued(this.#workflow, id);
    if (queued) this.show(queued);
  }

  /** Take a question out of the queue, and its text into the field. */
  async #remove(id) {
    const text = this.#textOf(this.#item(id));
    try {
      const removed = await removeQueued(this.#workflow, id);
      this.show(removed);
      this.#composer.add(removed.content);
    } catch (error) {
      // Without a response, the stream tells whether the question has left the queue.
      if (!error.status && this.#item(id)) this.#unconfirmed.add(id);
      else if (!error.status) this.#composer.add(text);
      throw error;
    }
  }

  #click(event) {
    const item = event.target.closest(".queued");
    if (event.target.closest(".cancel")) this.#close(item);
    const link = event.target.closest(".queued-edit");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    this.#edit(item);
  }

  #editLast() {
    const last = this.#items.at(-1);
    if (last && this.#app.dataset.running === "true") this.#edit(last);
  }

  #edit(item) {
    const open = item.querySelector("textarea");
    if (open) {
      open.focus();
      return;
    }
    const template = document.getElementById("queue-editor-template");
    const editor = document.importNode(template.content.firstElementChild, true);
    const field = editor.querySelector("textarea");
    field.value = this.#textOf(item);
    field.addEventListener("input", () => grow(field));
    item.append(editor);
    grow(field);
    field.focus();
    field.setSelectionRange(field.value.length, field.value.length);
  }

  #key(event) {
    const item = event.target.closest(".queued");
    if (event.target.localName !== "textarea" || isComposing(event)) return;
    if (event.key === "Escape") {
      event.preventDefault();
      this.#close(item);
    } else if (isSend(event)) {
      event.preventDefault();
      event.target.form.requestSubmit();
    }
  }

  async #save(item) {
    const { value } = item.querySelector("textarea");
    if (!value.trim()) return;
    const edited = await editQueued(this.#workflow, item.dataset.queued, value).catch((error) => {
      // It has left the queue: the stream shows that, and moves the text to the field.
      if (error.status !== 409 && error.status !== 404) throw error;
    });
    if (!edited) return;
    this.show(edited);
    this.#close(item);
  }

  #close(item) {
    keepFocus(
      () => item.querySelector(".prompt-editor").remove(),
      () => item.querySelector(".queued-edit"),
    );
  }

  #fail(reason) {
    this.dispatchEvent(new CustomEvent("chat:failed", { bubbles: true, detail: reason }));
  }

  #textOf(item) {
    return item.querySelector(".queued-text").textContent;
  }

  #item(id) {
    return this.#items.find((item) => item.dataset.queued === id);
  }

  get #items() {
    return [...this.#list.children];
  }

  get #list() {
    return this.querySelector(".queue-list");
  }

  get #app() {
    return this.closest("chat-app");
  }

  get #composer() {
    return this.#app.querySelector("chat-composer");
  }

  get #workflow() {
    return this.#app.dataset.workflow;
  }
}

customElements.define("chat-queue", ChatQueue);
