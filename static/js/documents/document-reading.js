/** On the page of a document: how far it is read, and then the page with all of its text. */
import { isBeingRead, stateOf } from "./document-state.js";

class DocumentReading extends HTMLElement {
  /** Take what is new of a document. */
  show(item) {
    if (item.id !== this.dataset.id) return;
    if (item.deleted) location.replace("/documents");
    else if (isBeingRead(item)) this.textContent = stateOf(item);
    else location.reload();
  }

  /** Ask for what nobody has said while the page had no connection. */
  async refresh() {
    const { id } = this.dataset;
    const response = await fetch(`/api/documents/${id}?limit=1`).catch(() => null);
    if (response?.status === 404) this.show({ id, deleted: true });
    else if (response?.ok) this.show((await response.json()).document);
  }
}

customElements.define("document-reading", DocumentReading);
