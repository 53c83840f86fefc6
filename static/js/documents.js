/**
 * The list of documents, live: what is uploaded here or in another tab, and how far each is read.
 *
 * On each connection the list is read once after the stream is open, so nothing is missed between
 * the two; what the stream has said since is newer than the list.
 */
import { keepFocus } from "./focus.js";
import { number, plural, t } from "./texts.js";
import { sendFiles } from "./upload.js";

const READING = new Set(["waiting", "reading"]);

class DocumentList extends HTMLElement {
  #awaited = new Set();
  #source = null;
  #said = new Map();

  connectedCallback() {
    const context = encodeURIComponent(this.dataset.context);
    const unread = this.#rows.filter(({ dataset }) => READING.has(dataset.status));
    this.#awaited = new Set(unread.map(({ dataset }) => dataset.id));
    this.#source = new EventSource(`/api/events/${context}?categories=document`);
    this.#source.onopen = () => this.#read();
    this.#source.onmessage = (event) => this.#receive(JSON.parse(event.data));
    this.addEventListener("submit", (event) => this.#submit(event));
    this.addEventListener("dragover", (event) => this.#drag(event, true));
    this.addEventListener("dragleave", (event) => this.#drag(event, false));
    this.addEventListener("drop", (event) => this.#drop(event));
    document.addEventListener("paste", this);
  }

  disconnectedCallback() {
    this.#source.close();
    document.removeEventListener("paste", this);
  }

  handleEvent(event) {
    if (event.clipboardData.files.length) this.#upload(event.clipboardData.files);
  }

  // What comes

  async #read() {
    this.#said.clear();
    const response = await fetch("/api/documents").catch(() => null);
    if (!response?.ok) return;
    const { documents } = await response.json();
    const listed = new Set(documents.map((item) => item.id));
    for (const row of this.#rows) {
      if (!listed.has(row.dataset.id) && !this.#said.has(row.dataset.id)) this.#remove(row);
    }
    for (const item of documents.reverse()) {
      if (!this.#said.has(item.id)) this.#show(item);
    }
  }

  #receive({ type, item }) {
    if (type !== "document") return;
    this.#said.set(item.id, item);
    this.#show(item);
  }

  #show(item) {
    const known = this.#rows.find((row) => row.dataset.id === item.id);
    if (item.deleted) known && this.#remove(known);
    else fill(known ?? this.#add(), item);
    this.#tell(item.id);
    this.querySelector(".documents-empty").hidden = this.#rows.length > 0;
  }

  /** What is waited for here is told to whoever does not see it, once it is read or could not be. */
  #tell(id) {
    const row = this.#rows.find(({ dataset }) => dataset.id === id);
    if (!row || READING.has(row.dataset.status) || !this.#awaited.delete(id)) return;
    this.#announce(row, row.querySelector(".document-state").textContent);
  }

  #announce(row, news) {
    const name = row.querySelector(".document-name").textContent;
    this.querySelector("#announcer").textContent = `${name}: ${news}`;
  }

  #add() {
    const row = this.querySelector("template").content.firstElementChild.cloneNode(true);
    this.#list.prepend(row);
    return row;
  }

  /** The focus goes to the row beside it, or to where the first document comes from. */
  #remove(row) {
    const beside = row.nextElementSibling ?? row.previousElementSibling;
    const next = beside?.querySelector("a") ?? this.querySelector("#files");
    keepFocus(
      () => row.remove(),
      () => next,
    );
  }

  // What people do

  #submit(event) {
    event.preventDefault();
    if (event.target.matches(".upload")) this.#upload(event.target.elements.files.files);
    else this.#delete(event.target.closest(".document"));
  }

  #drag(event, over) {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    this.toggleAttribute("data-dropping", over);
  }

  #drop(event) {
    this.#drag(event, false);
    this.#upload(event.dataTransfer.files);
  }

  async #upload(files) {
    const button = this.querySelector(".upload button");
    // A button that can't be pressed would lose the focus.
    if (button.hasAttribute("aria-disabled")) return;
    button.setAttribute("aria-disabled", "true");
    const { documents, refused } = await sendFiles(files);
    for (const { id } of documents) {
      this.#awaited.add(id);
      this.#tell(id); // the stream may have been quicker
    }
    button.removeAttribute("aria-disabled");
    this.querySelector(".upload").reset();
    this.#refuse(refused);
  }

  async #delete(row) {
    const answer = await send("DELETE", `/api/documents/${row.dataset.id}`);
    if (answer.error) this.#refuse([answer]);
    else this.#announce(row, t("Deleted"));
  }

  #refuse(refused) {
    const lines = refused.map(({ name, error }) => {
      const line = document.createElement("p");
      line.textContent = name ? `${name}: ${error.message}` : error.message;
      return line;
    });
    this.querySelector(".upload-refused").replaceChildren(...lines);
    this.querySelector("#files").ariaInvalid = lines.length ? "true" : null;
  }

  get #list() {
    return this.querySelector(".documents-list");
  }

  get #rows() {
    return [...this.#list.children];
  }
}

function fill(row, item) {
  Object.assign(row.dataset, { id: item.id, status: item.status });
  const name = row.querySelector(".document-name");
  name.href = `/documents/${item.id}`;
  name.textContent = item.name;
  row.querySelector(".document-size").textContent = size(item.size);
  row.querySelector(".document-state").textContent = state(item);
  row.querySelector("form").action = `/documents/${item.id}/delete`;
  row.querySelector("button").setAttribute("aria-label", t("Delete {name}", { name: item.name }));
  const progress = row.querySelector("progress");
  progress.hidden = !READING.has(item.status);
  progress.value = item.progress ?? 0;
}

function state({ status, step, message, passages, pages }) {
  if (status === "waiting") return t("Waiting to be read");
  if (status === "reading") return step ?? t("Being read");
  if (status === "failed") return message;
  const found = plural("{count} passage", "{count} passages", passages);
  return pages ? `${found} · ${plural("{count} page", "{count} pages", pages)}` : found;
}

function size(bytes) {
  if (bytes >= 1e6) return `${number(bytes / 1e6, 1)} MB`;
  if (bytes >= 1e3) return `${number(bytes / 1e3)} KB`;
  return plural("{count} byte", "{count} bytes", bytes);
}

async function send(method, url, body) {
  const unreachable = { error: { message: t("The server can't be reached.") } };
  const response = await fetch(url, { method, body }).catch(() => null);
  if (!response) return unreachable;
  if (response.status === 204) return {};
  return response.json().catch(() => unreachable);
}

customElements.define("document-list", DocumentList);
