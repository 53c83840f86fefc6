/**
 * The list of documents, live: what is uploaded here or in another tab, and how far each is read.
 *
 * The page tells what its stream says. Once the stream is open the list is read, so nothing is
 * missed between the two; what the stream has said since is newer than the list.
 */
import { isBeingRead, stateOf } from "./document-state.js";
import { keepFocus } from "../focus.js";
import { number, plural, t } from "../texts.js";
import { sendFiles } from "./upload.js";

class DocumentList extends HTMLElement {
  #awaited = new Set();
  #said = new Set();

  connectedCallback() {
    const unread = this.#rows.filter(({ dataset }) => isBeingRead(dataset));
    this.#awaited = new Set(unread.map(({ dataset }) => dataset.id));
    this.addEventListener("submit", (event) => this.#submit(event));
    this.addEventListener("dragover", (event) => this.#drag(event, true));
    this.addEventListener("dragleave", (event) => this.#drag(event, false));
    this.addEventListener("drop", (event) => this.#drop(event));
    document.addEventListener("paste", this);
  }

  disconnectedCallback() {
    document.removeEventListener("paste", this);
  }

  handleEvent(event) {
    if (event.clipboardData.files.length) this.#upload(event.clipboardData.files);
  }

  // What comes

  /** Take what is new of a document. */
  show(item) {
    this.#said.add(item.id);
    this.#show(item);
  }

  /** Read the list, which may have changed while there was no connection. */
  async refresh() {
    const said = (this.#said = new Set());
    const response = await fetch("/api/documents").catch(() => null);
    if (!response?.ok) return;
    const { documents } = await response.json();
    // The connection is another by now, and the list is read again.
    if (said !== this.#said) return;
    const listed = new Set(documents.map((item) => item.id));
    for (const row of this.#rows) {
      if (!listed.has(row.dataset.id) && !said.has(row.dataset.id)) this.#remove(row);
    }
    for (const item of documents.reverse()) if (!said.has(item.id)) this.#show(item);
    this.#showEmpty();
  }

  #show(item) {
    const known = this.#rows.find((row) => row.dataset.id === item.id);
    if (item.deleted) known && this.#remove(known);
    else fill(known ?? this.#add(), item);
    this.#showEmpty();
    this.#tell(item.id);
  }

  /** What is waited for here is told to whoever does not see it, once it is read or could not be. */
  #tell(id) {
    const row = this.#rows.find(({ dataset }) => dataset.id === id);
    if (!row || isBeingRead(row.dataset) || !this.#awaited.delete(id)) return;
    this.#announce(row, row.querySelector(".document-state").textContent);
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
  row.querySelector(".document-state").textContent = stateOf(item);
  row.querySelector("form").action = `/documents/${item.id}/delete`;
  row.querySelector("button").setAttribute("aria-label", t("Delete {name}", { name: item.name }));
  const progress = row.querySelector("progress");
  progress.hidden = !isBeingRead(item);
  progress.value = item.progress ?? 0;
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
