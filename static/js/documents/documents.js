/**
 * The live list of documents: uploads in this tab and in others, and the progress of each. The page
 * passes on the events of its stream, which goes on from the list that the server has rendered.
 */
import { deleteDocument, uploadFiles } from "./api.js";
import { isBeingRead, stateOf, warningsOf } from "./document-state.js";
import { attachFiles } from "./files-brought.js";
import { keepFocus } from "../focus.js";
import { date, number, plural, t } from "../texts.js";
import { pathTo } from "../root.js";

class DocumentList extends HTMLElement {
  #awaited = new Set();
  #controller = null;
  #kinds = null;
  #unsent = [];
  #uploading = null;

  connectedCallback() {
    this.#controller = new AbortController();
    const { signal } = this.#controller;
    const unread = this.#rows.filter(({ dataset }) => isBeingRead(dataset));
    this.#awaited = new Set(unread.map(({ dataset }) => dataset.id));
    this.#kinds = JSON.parse(this.dataset.kinds);
    this.addEventListener("submit", (event) => this.#submit(event), { signal });
    this.addEventListener("change", (event) => this.#chosen(event.target), { signal });
    this.addEventListener("click", (event) => this.#click(event.target), { signal });
    const failed = ({ detail }) => this.#fail(detail);
    this.addEventListener("document:failed", failed, { signal });
    attachFiles(this, (files) => this.#upload(files), { pasted: document, signal });
  }

  disconnectedCallback() {
    this.#controller.abort();
  }

  // Updates

  /** Show the new state of a document. */
  show(item) {
    const known = this.#rows.find((row) => row.dataset.id === item.id);
    if (item.deleted) known && this.#remove(known);
    else fill(known ?? this.#add(), item, this.#kinds);
    this.#showEmpty();
    this.#tell(item.id);
  }

  /** Show these documents and no others; they are in order, the latest first. */
  replace(items) {
    const ids = new Set(items.map(({ id }) => id));
    for (const row of this.#rows) if (!ids.has(row.dataset.id)) this.#remove(row);
    for (const item of [...items].reverse()) this.show(item);
    this.#showEmpty();
  }

  /** Announce to screen readers that a document of this page is ready or has failed. */
  #tell(id) {
    const row = this.#rows.find(({ dataset }) => dataset.id === id);
    if (!row || isBeingRead(row.dataset) || !this.#awaited.delete(id)) return;
    const warnings = [...row.querySelectorAll(".document-warning")];
    const news = [row.querySelector(".document-state"), ...warnings];
    this.#announce(row, news.map(({ textContent }) => textContent).join(". "));
  }

  #announce(row, news) {
    const name = row.querySelector(".document-name").textContent;
    this.querySelector("#announcer").textContent = `${name}: ${news}`;
  }

  #showEmpty() {
    this.querySelector(".documents-empty").hidden = this.#rows.length > 0;
  }

  #add() {
    const row = this.querySelector("template").content.firstElementChild.cloneNode(true);
    this.#list.prepend(row);
    return row;
  }

  /** Remove a row; the focus moves to the next row, or to the upload form. */
  #remove(row) {
    // Close the dialog that asks about a removed document.
    if (row === this.#rowOf(this.#confirmation)) this.#confirmation.closest("dialog").close();
    const beside = row.nextElementSibling ?? row.previousElementSibling;
    const next = beside?.querySelector("a") ?? this.#field;
    keepFocus(
      () => row.remove(),
      () => next,
    );
  }

  // Actions

  #submit(event) {
    const form = event.target;
    if (form === this.#confirmation) {
      event.preventDefault();
      if (event.submitter.formMethod !== "dialog") this.#delete(this.#rowOf(form));
    }
    if (form.matches(".upload")) event.preventDefault();
  }

  /** Upload files as soon as they are chosen; those chosen next are uploaded after them. */
  #chosen(field) {
    if (field !== this.#field || !field.files.length) return;
    const files = [...field.files];
    field.value = "";
    this.#upload(files);
  }

  #click(target) {
    if (target.closest(".upload-again")) this.#upload(this.#unsent);
  }

  async #upload(files) {
    if (!this.#uploading) this.#forgive();
    const sent = uploadFiles(files);
    this.#uploading = sent;
    this.querySelector(".upload-state").textContent = t("Uploading…");
    const { documents, refused, unsent } = await sent;
    for (const { id } of documents) {
      this.#awaited.add(id);
      this.#tell(id); // the stream may have been quicker
    }
    this.#unsent.push(...unsent);
    this.#again.hidden = this.#unsent.length === 0;
    if (refused.length) this.#field.setAttribute("aria-invalid", "true");
    this.#complain(refused);
    if (this.#uploading !== sent) return;
    this.#uploading = null;
    this.querySelector(".upload-state").textContent = "";
  }

  async #delete(row) {
    try {
      await deleteDocument(row.dataset.id);
      this.#announce(row, t("Deleted"));
    } catch ({ message }) {
      this.#fail(message);
    }
  }

  #fail(message) {
    if (!this.#uploading) this.#forgive();
    this.#complain([message]);
  }

  #complain(lines) {
    const place = this.querySelector(".upload-refused");
    for (const line of lines) {
      place.append(Object.assign(document.createElement("p"), { textContent: line }));
    }
  }

  #forgive() {
    this.querySelector(".upload-refused").replaceChildren();
    this.#field.removeAttribute("aria-invalid");
    keepFocus(
      () => (this.#again.hidden = true),
      () => this.#field,
    );
    this.#unsent = [];
  }

  get #again() {
    return this.querySelector(".upload-again");
  }

  get #field() {
    return this.querySelector("#files");
  }

  #rowOf({ action }) {
    return this.#rows.find((row) => row.querySelector("form").action === action);
  }

  get #confirmation() {
    return this.querySelector(".confirm-answers");
  }

  get #list() {
    return this.querySelector(".documents-list");
  }

  get #rows() {
    return [...this.#list.children];
  }
}

function fill(row, item, kinds) {
  Object.assign(row.dataset, { id: item.id, status: item.status });
  const put = (place, text) => (row.querySelector(place).textContent = text);
  put(".document-name", item.name);
  row.querySelector(".document-name").href = pathTo(`/documents/${item.id}`);
  put(".document-kind", kinds[item.kind]);
  put(".document-size", size(item.size));
  put(".document-date", date(item.createdAt * 1000, { dateStyle: "medium" }));
  put(".document-state", stateOf(item));
  row.querySelector(".document-warnings").replaceChildren(...warningsOf(item).map(warning));
  const form = row.querySelector("form");
  form.action = pathTo(`/documents/${item.id}/delete`);
  form.dataset.question = t("Delete “{name}”?", { name: item.name });
  const more = row.querySelector(".document-more");
  more.ariaLabel = `${more.title}: ${item.name}`;
  const progress = row.querySelector("progress");
  progress.hidden = !isBeingRead(item);
  progress.value = item.progress ?? 0;
}

function warning(message) {
  return Object.assign(document.createElement("span"), {
    className: "document-warning",
    textContent: message,
  });
}

function size(bytes) {
  if (bytes >= 1e6) return `${number(bytes / 1e6, 1)} MB`;
  if (bytes >= 1e3) return `${number(bytes / 1e3)} KB`;
  return plural("{count} byte", "{count} bytes", bytes);
}

customElements.define("document-list", DocumentList);
