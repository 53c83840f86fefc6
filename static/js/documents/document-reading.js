/** On the page of a document: the progress of the reading, and then the page with the whole text. */
import { isBeingRead, stateOf } from "./document-state.js";

class DocumentReading extends HTMLElement {
  /** Show the new state of a document. */
  show(item) {
    if (item.id !== this.dataset.id) return;
    if (item.deleted) location.replace("/documents");
    else if (isBeingRead(item)) this.textContent = stateOf(item);
    else location.reload();
  }

  /** Show the state in a list of all documents. */
  replace(items) {
    const { id } = this.dataset;
    this.show(items.find((item) => item.id === id) ?? { id, deleted: true });
  }
}

customElements.define("document-reading", DocumentReading);
