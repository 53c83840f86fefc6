/**
 * A semaphore of connections for all windows, made of Web Locks. Browsers open about six to a server
 * that speaks HTTP/1.1, for all windows together, and a seventh page would wait for ever. So windows
 * in view share a few permits: the one that came to the front last acquires one, if need be from the
 * window that has held its permit longest. The connections are those to a host, so installations at
 * several paths of it share the permits.
 */
import { browserStore } from "../storage.js";

const PERMITS = 3;
const NAME = "quart-chat-seat";

export class ConnectionSemaphore {
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

  get held() {
    return this.#release !== null;
  }

  /** Acquire a permit: a free one, or another window's. */
  async acquire() {
    this.#waiting?.abort();
    try {
      for (let number = 0; number < PERMITS && !this.held; number += 1) {
        await this.#request(number, { ifAvailable: true });
      }
      if (!this.held) await this.#request(nextNumber(), { steal: true });
    } catch {
      // A browser that may store nothing for this site gives no locks either.
      ConnectionSemaphore.#refused = true;
    }
  }

  /** Acquire the first permit that becomes free. */
  async wait() {
    const waiting = (this.#waiting = new AbortController());
    const { signal } = waiting;
    const requests = Array.from({ length: PERMITS }, (_, number) => this.#request(number, { signal }));
    await Promise.any(requests).catch(() => {});
    // Those that are not needed any more.
    waiting.abort();
  }

  release() {
    this.#waiting?.abort();
    this.#release?.();
    this.#release = null;
  }

  /** Resolves once the permit is acquired, or turns out to be another window's. */
  #request(number, options) {
    return new Promise((resolve, reject) => {
      let acquired = false;
      const hold = (lock) => {
        acquired = Boolean(lock) && !this.held;
        resolve();
        return acquired ? new Promise((release) => (this.#release = release)) : undefined;
      };
      navigator.locks.request(`${NAME}-${number}`, options, hold).catch((error) => {
        reject(error);
        if (!acquired || !this.held) return;
        this.#release = null;
        this.#onLost();
      });
    });
  }
}

/** Permits are taken from other windows in turn. */
function nextNumber() {
  const number = (Number(browserStore.read(NAME)) || 0) % PERMITS;
  browserStore.write(NAME, number + 1);
  return number;
}

/** How the browser speaks to the server; of a page that came through the service worker it says nothing. */
function protocol() {
  const entries = ["navigation", "resource"].flatMap((type) => performance.getEntriesByType(type));
  return entries.find(({ nextHopProtocol }) => nextHopProtocol)?.nextHopProtocol ?? "";
}
