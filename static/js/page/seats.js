/**
 * Connections are few: browsers open about six to a server that speaks HTTP/1.1, for all windows
 * together, and a seventh page would wait for ever. So windows that are in view share a few seats.
 * Whoever is looked at last takes one, if need be from who has had one for the longest time.
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

  /** Whether connections have to be shared at all. Where they can't be, they are not. */
  static get scarce() {
    return Boolean(navigator.locks) && !this.#refused && !/^h[23]/.test(protocol());
  }

  get taken() {
    return this.#release !== null;
  }

  /** Take a seat: a free one, or another's. */
  async take() {
    this.#waiting?.abort();
    try {
      for (let number = 0; number < SEATS && !this.taken; number += 1) {
        await this.#sit(number, { ifAvailable: true });
      }
      if (!this.taken) await this.#sit(nextNumber(), { steal: true });
    } catch {
      // A browser that may store nothing for this site gives no locks either.
      Seat.#refused = true;
    }
  }

  /** Take the first seat that becomes free. */
  async wait() {
    const waiting = (this.#waiting = new AbortController());
    const { signal } = waiting;
    const seats = Array.from({ length: SEATS }, (_, number) => this.#sit(number, { signal }));
    await Promise.any(seats).catch(() => {});
    // Those that are not needed any more.
    waiting.abort();
  }

  leave() {
    this.#waiting?.abort();
    this.#release?.();
    this.#release = null;
  }

  /** Resolves once the seat is taken, or turns out to be another's. */
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

/** Seats are taken from others in turn. */
function nextNumber() {
  const number = (Number(browserStore.read(WORD)) || 0) % SEATS;
  browserStore.write(WORD, number + 1);
  return number;
}

/** How the browser speaks to the server; of a page that came through the service worker it says nothing. */
function protocol() {
  const entries = ["navigation", "resource"].flatMap((type) => performance.getEntriesByType(type));
  return entries.find(({ nextHopProtocol }) => nextHopProtocol)?.nextHopProtocol ?? "";
}
