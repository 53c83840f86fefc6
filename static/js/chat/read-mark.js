/** Tells the server that an answer was read: its end was on the page while the page was visible. */
import { changeWorkflow } from "../api.js";

export class ReadMark {
  #unread = null;

  /** Mark answers that ended while the page was hidden. */
  watch(signal) {
    document.addEventListener("visibilitychange", () => this.#tell(), { signal });
  }

  /** The entry of the chat that the page shows. */
  show(workflow) {
    this.#unread = workflow.unread ? workflow : null;
    this.#tell();
  }

  async #tell() {
    if (document.hidden || !this.#unread) return;
    const { id, seq } = this.#unread;
    this.#unread = null;
    // If the request fails, the next one marks the chat as read.
    await changeWorkflow(id, { readSeq: seq }).catch(() => {});
  }
}
