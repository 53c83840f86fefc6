/** Tells the server that an answer has been seen: its end came, or was there, while somebody looked. */
import { changeWorkflow } from "../api.js";

export class ReadMark {
  #unread = null;

  /** Look at what ended while nobody did. */
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
    // A mark that stays is mended the next time.
    await changeWorkflow(id, { readSeq: seq }).catch(() => {});
  }
}
