/**
 * A semaphore for connections, built from Web Locks. Browsers open about six connections to a server
 * that speaks HTTP/1.1, for all windows together, and a seventh page would wait for ever. So visible
 * windows share a few permits, called seats. The window that was focused last takes one, if
 * necessary from the window that has held one for the longest time.
 */
import { browserStore } from "../storage.js";

const SEATS = 3;
const WORD = "quart-chat-seat";

export class Seat {
  static #refused = false;
  #onLost;
  #release = null;
  #waiting = null;

  /** @param {() => void} onLost Another window has taken it. */
  constructor(onLost) {
    this.#onLost = onLost;
  }

  /** Whether connections are limited and locks are available to share them. */
  static get scarce() {
    return Boolean(navigator.locks) && !this.#refused && !/^h[23]/.test(protocol());
  }

  get taken() {
    return this.#release !== null;
  }

  /** Take a seat: a free one, or that of another window. */
  async take() {
    this.#waiting?.abort();
    try {
      for (let number = 0; number < SEATS && !this.taken; number += 1) {
        await this.#sit(number, { ifAvailable: true });
      }
      if (!this.taken) await this.#sit(nextNumber(), { steal: true });
    } catch {
      // A browser that stores nothing for this site grants no locks either.
      Seat.#refused = true;
    }
  }

  /** Take the first seat that becomes free. */
  async wait() {
    const waiting = (this.#waiting = new AbortController());
    const { signal } = waiting;
    const seats = Array.from({ length: SEATS }, (_, number) => this.#sit(number, { signal }));
    await Promise.any(seats).catch(() => {});
    // Cancel the other requests.
    waiting.abort();
  }

  leave() {
    this.#waiting?.abort();
    this.#release?.();
    this.#release = null;
  }

  /** Resolves once the seat is taken, or turns out to belong to another window. */
  #sit(number, options) {
    return new Promise((resolve, reject) => {
      let held = false;
      const hold = (lock) => {
        held = Boolean(lock) && !this.taken;
        resolve();
        return held ? new Promise((release) => (this.#release = release)) : undefined;
      };
      navigator.locks.request(`${WORD}-${number}`, options, hold).catch((error) => {
        reject(error);
        if (!held || !this.taken) return;
        this.#release = null;
        this.#onLost();
      });
    });
  }
}

/** The number of the seat to take from another window: each in turn. */
function nextNumber() {
  const number = (Number(browserStore.read(WORD)) || 0) % SEATS;
  browserStore.write(WORD, number + 1);
  return number;
}

/** The protocol of the connection; unknown for a page that came through the service worker. */
function protocol() {
  const entries = ["navigation", "resource"].flatMap((type) => performance.getEntriesByType(type));
  return entries.find(({ nextHopProtocol }) => nextHopProtocol)?.nextHopProtocol ?? "";
}
