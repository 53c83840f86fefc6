/**
 * On the page of a document: the progress of the reading, then the page with the whole text; and its
 * new name where another tab has renamed it.
 */
import { isBeingRead, stateOf } from "./document-state.js";
import { pathTo } from "../root.js";

class DocumentReading extends HTMLElement {
  /** Show the new state of a document. */
  show(item) {
    if (item.id !== this.dataset.id) return;
    if (item.deleted) location.replace(pathTo("/documents"));
    else if (item.status !== this.dataset.status && !isBeingRead(item)) location.reload();
    else this.#fill(item);
  }

  /** Show the state in a list of all documents. */
  replace(items) {
    const { id } = this.dataset;
    this.show(items.find((item) => item.id === id) ?? { id, deleted: true });
  }

  #fill(item) {
    this.dataset.status = item.status;
    this.textContent = stateOf(item);
    const title = document.querySelector(".document-title");
    if (title.textContent === item.name) return;
    document.title = document.title.replace(title.textContent, () => item.name);
    title.textContent = item.name;
    const field = document.querySelector("#name");
    if (!field.matches(":focus")) field.value = item.name;
  }
}

customElements.define("document-reading", DocumentReading);
