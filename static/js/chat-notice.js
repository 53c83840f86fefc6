/** What the page says about its connection, and about what it could not do. Quiet when all is well. */
import { t } from "./texts.js";

const PATIENCE = 1500;
const LONG_ENOUGH = 8000;

export class ChatNotice extends HTMLElement {
  #timer = 0;

  /**
   * Tell of a connection. A break that is mended at once is not worth a word.
   * @param {boolean} connected
   */
  connection(connected) {
    if (connected) {
      if (this.dataset.about === "connection") this.#clear();
    } else if (this.dataset.about !== "connection") {
      this.dataset.about = "connection";
      this.#after(PATIENCE, () => this.#say(navigator.onLine ? LOST : OFFLINE));
    }
  }

  /** Tell of something that has failed. */
  failure(message) {
    this.dataset.about = "failure";
    this.#say(message);
    this.#after(LONG_ENOUGH, () => this.#clear());
  }

  #say(text) {
    this.textContent = text;
    this.hidden = false;
  }

  #clear() {
    clearTimeout(this.#timer);
    delete this.dataset.about;
    this.hidden = true;
    this.textContent = "";
  }

  #after(ms, then) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(then, ms);
  }
}

const LOST = t("The connection is lost. Reconnecting…");
const OFFLINE = t("You are offline. This page goes on when you are back.");
