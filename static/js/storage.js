/** What a browser keeps for a page. Where storage is full or forbidden nothing is kept, and nothing fails. */
class Store {
  #open;

  /** @param {() => Storage} open Browsers that forbid it throw when it is named. */
  constructor(open) {
    this.#open = open;
  }

  /** What was written; null where nothing is kept, or nothing of ours. */
  read(key) {
    try {
      return JSON.parse(this.#open().getItem(key));
    } catch {
      return null;
    }
  }

  write(key, value) {
    try {
      this.#open().setItem(key, JSON.stringify(value));
    } catch {
      // What it is for is then done anew, or is lost with the page.
    }
  }

  remove(key) {
    try {
      this.#open().removeItem(key);
    } catch {
      // There is none.
    }
  }
}

/** Of all tabs of this browser. */
export const browserStore = new Store(() => localStorage);

/** Of this tab alone, for as long as it is there. */
export const tabStore = new Store(() => sessionStorage);
