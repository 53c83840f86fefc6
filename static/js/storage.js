/** The browser's storage. If it is full or forbidden, nothing is stored, and nothing fails. */
import { ownName } from "./root.js";

class Store {
  #open;

  /** @param {() => Storage} open A function, since browsers that forbid storage throw on access. */
  constructor(open) {
    this.#open = open;
  }

  /** The stored value; null if there is none, or not a valid one. */
  read(key) {
    try {
      return JSON.parse(this.#open().getItem(ownName(key)));
    } catch {
      return null;
    }
  }

  write(key, value) {
    try {
      this.#open().setItem(ownName(key), JSON.stringify(value));
    } catch {
      // The value is then computed again, or lost with the page.
    }
  }

  remove(key) {
    try {
      this.#open().removeItem(ownName(key));
    } catch {
      // There is no storage.
    }
  }
}

/** Shared by all tabs of this browser. */
export const browserStore = new Store(() => localStorage);

/** For this tab alone, as long as it is open. */
export const tabStore = new Store(() => sessionStorage);
