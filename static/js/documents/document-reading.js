/** On the page of a document: the progress of the reading, and then the page with the whole text. */
import { readDocument } from "./api.js";
import { isBeingRead, stateOf } from "./document-state.js";

class DocumentReading extends HTMLElement {
  /** Show the new state of a document. */
  show(item) {
    if (item.id !== this.dataset.id) return;
    if (item.deleted) location.replace("/documents");
    else if (isBeingRead(item)) this.textContent = stateOf(item);
    else location.reload();
  }

  /** Fetch the state, which may have changed while the page had no connection. */
  async refresh() {
    const { id } = this.dataset;
    try {
      this.show(await readDocument(id));
    } catch ({ status }) {
      if (status === 404) this.show({ id, deleted: true });
    }
  }
}

customElements.define("document-reading", DocumentReading);
