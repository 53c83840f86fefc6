/**
 * The documents for the next question, as chips in the question's form. They are chosen from a list or
 * uploaded here; a document that is still being read shows its progress, and the server refuses a
 * question about it until it is ready.
 */
import { listDocuments, uploadFiles } from "../documents/api.js";
import { isBeingRead, warningsOf } from "../documents/document-state.js";
import { known, newest } from "../documents/newest.js";
import { t } from "../texts.js";
import { pathTo } from "../root.js";

class DocumentPicker extends HTMLElement {
  #controller = null;
  #documents = [];
  #following = [];
  #gone = new Set();
  #sought = null;
  #touched = false;
  // The text in place of an empty list.
  #unread = LOADING;

  /** Resolves once all uploads have ended, with whether all files were accepted. */
  uploading = null;

  connectedCallback() {
    this.#controller = new AbortController();
    const on = (target, type, action) =>
      target.addEventListener(type, action, { signal: this.#controller.signal });
    on(this.#panel, "toggle", (event) => this.#toggled(event.newState));
    on(this.#search, "input", () => this.#offer());
    on(this.#search, "keydown", (event) => event.key === "Enter" && event.preventDefault());
    on(this.#panel, "change", (event) => this.#choose(event.target));
    on(this.#chips, "click", (event) => this.#remove(event.target.closest(".chip-remove")));
    // Only for new questions, not when an earlier answer is regenerated.
    on(this.closest("chat-composer"), "chat:started", () => this.#sent());
    if (this.#panel.matches(":popover-open")) this.#open();
    // The stream may have told of chosen documents before this was loaded.
    for (const id of this.#ids) if (known(id)) this.show(known(id));
  }

  disconnectedCallback() {
    this.#controller.abort();
  }

  /** Show the new state of a document. */
  show(item) {
    const chip = this.#chip(item.id);
    if (!chip) return;
    if (item.deleted) chip.remove();
    else fill(chip, item);
    this.#chips.hidden = this.#ids.length === 0;
  }

  /** All documents have been read anew. */
  replace(items) {
    this.#documents = items;
    const states = new Map(items.map((item) => [item.id, item]));
    for (const id of this.#ids) this.show(states.get(id) ?? { id, deleted: true });
  }

  /** Follow the choice for the chat in another tab, unless the user is choosing here. */
  async follow(ids) {
    if (ids.join() === this.#sought?.join()) {
      this.#following = this.#sought;
      return;
    }
    this.#following = ids;
    if (this.#touched || this.#shows(ids)) return;
    this.#sought = ids;
    const done = await this.#read();
    if (this.#sought === ids) this.#sought = null;
    if (!done || this.#touched || this.#following !== ids) return;
    for (const chip of [...this.#chips.children]) if (!ids.includes(chip.dataset.id)) chip.remove();
    for (const item of this.#documents) if (ids.includes(item.id)) this.#add(item);
    this.#chips.hidden = this.#ids.length === 0;
    // A chat may still name documents that have been deleted.
    for (const id of ids) if (!this.#chip(id)) this.#gone.add(id);
  }

  #shows(ids) {
    const there = ids.filter((id) => !this.#gone.has(id));
    return there.length === this.#ids.length && there.every((id) => this.#chip(id));
  }

  get #form() {
    return this.closest("form");
  }

  get #panel() {
    return this.querySelector(".picker-panel");
  }

  get #search() {
    return this.querySelector(".picker-search");
  }

  get #chips() {
    return this.querySelector(".chips");
  }

  get #ids() {
    return [...this.#chips.children].map((chip) => chip.dataset.id);
  }

  #chip(id) {
    return [...this.#chips.children].find((chip) => chip.dataset.id === id);
  }

  // The list

  /** Clear the search on closing: after opening, the user may type before this event arrives. */
  #toggled(state) {
    if (state === "open") this.#open();
    else this.#search.value = "";
  }

  async #open() {
    this.#unread &&= LOADING;
    this.#offer();
    this.#search.focus();
    await this.#read();
    this.#offer();
  }

  /** Whether the list could be read. */
  async #read() {
    try {
      this.#documents = await listDocuments();
      this.#unread = "";
    } catch (error) {
      this.#unread = error.message;
    }
    return !this.#unread;
  }

  #offer() {
    const wanted = this.#search.value.trim().toLowerCase();
    const ready = this.#documents.filter((item) => item.status === "ready");
    const found = ready.filter((item) => item.name.toLowerCase().includes(wanted));
    const template = this.querySelector(".option-template").content.firstElementChild;
    const rows = found.map((item) => {
      const row = template.cloneNode(true);
      const box = row.querySelector("input");
      box.value = item.id;
      box.checked = this.#ids.includes(item.id);
      row.querySelector("span").textContent = item.name;
      return row;
    });
    this.querySelector(".picker-list").replaceChildren(...rows);
    const none = ready.length ? NONE_FOUND : NONE_READY;
    this.querySelector(".picker-empty").textContent = this.#unread || (found.length ? "" : none);
  }

  #choose(control) {
    if (control.type === "file") {
      this.upload([...control.files]);
      control.value = "";
      this.#panel.hidePopover();
    } else if (control.type === "checkbox") {
      const item = this.#documents.find((known) => known.id === control.value);
      if (control.checked) this.#add(item);
      else this.#chip(item.id)?.remove();
      this.#chosen();
      this.#forgive();
    }
  }

  /** Add a chip; since the response that the item is from, the stream may have told more. */
  #add(item) {
    const state = newest(item);
    if (state.deleted || this.#chip(item.id)) return;
    const template = this.querySelector(".chip-template").content.firstElementChild;
    const chip = document.importNode(template, true);
    fill(chip, state);
    this.#chips.append(chip);
  }

  #remove(button) {
    if (!button) return;
    button.closest(".chip").remove();
    this.#chosen();
    this.#forgive();
    this.#form.querySelector("textarea").focus();
  }

  #chosen() {
    this.#touched = true;
    this.#chips.hidden = this.#ids.length === 0;
  }

  // Uploads

  /** Upload files, and choose them for the next question. */
  async upload(files) {
    if (!this.uploading) this.#forgive();
    const sent = this.#send(files, this.uploading);
    this.uploading = sent;
    this.querySelector(".picker-state").textContent = t("Uploading…");
    await sent;
    if (this.uploading !== sent) return;
    this.uploading = null;
    this.querySelector(".picker-state").textContent = "";
  }

  async #send(files, before) {
    const { documents, refused } = await uploadFiles(files);
    for (const item of documents) this.#add(item);
    this.#chosen();
    this.#complain(refused);
    return refused.length === 0 && (await before) !== false;
  }

  #sent() {
    this.#touched = false;
    this.#forgive();
  }

  /** Show files that were refused, below earlier ones. */
  #complain(lines) {
    if (!lines.length) return;
    const place = this.querySelector(".picker-error");
    place.hidden = false;
    place.append(...lines.map((line) => `${line}\n`));
  }

  #forgive() {
    const place = this.querySelector(".picker-error");
    place.hidden = true;
    place.replaceChildren();
  }
}

function fill(chip, item) {
  Object.assign(chip.dataset, { id: item.id, status: item.status });
  chip.querySelector("input").value = item.id;
  const name = chip.querySelector(".chip-name");
  name.href = pathTo(`/documents/${item.id}`);
  name.textContent = item.name;
  const reading = isBeingRead(item);
  const progress = chip.querySelector("progress");
  progress.hidden = !reading;
  progress.value = item.progress ?? 0;
  const failed = item.status === "failed";
  chip.querySelector("input").disabled = failed;
  const news = failed ? item.message : warningsOf(item).join(" ");
  chip.querySelector(".chip-state").textContent = news;
  const remove = chip.querySelector(".chip-remove");
  remove.setAttribute("aria-label", t("Don't search {name}", { name: item.name }));
}

const LOADING = t("Loading…");
const NONE_FOUND = t("No document name contains that.");
const NONE_READY = t("No document is ready. Upload one, or drop a file on the question field.");

customElements.define("document-picker", DocumentPicker);
