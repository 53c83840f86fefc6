/**
 * A shared chat, live and read-only. As on its owner's page, finished rounds are in the log, and the
 * running round is below it.
 */
import { isShared, readShared } from "../api.js";
import { author } from "./author.js";
import { attachCopying } from "./copying.js";
import { countKept } from "./branch.js";
import { ChatAnswer } from "./chat-answer.js";
import { ChatRound } from "./chat-round.js";
import { ChatSteps } from "./chat-steps.js";
import { Conversation } from "./conversation.js";
import { keepFocus } from "../focus.js";
import "../install.js";
import { PageStream } from "../page/page-stream.js";
import { ConnectionLifecycle } from "../page/connection-lifecycle.js";
import { settle } from "./settling.js";
import { t } from "../texts.js";
import { pathTo } from "../root.js";

const READ_AGAIN = 2000;
const COMPLETE = t("The answer is complete.");
const CONNECTING = t("Connecting…");
const LOST = t("Connection lost. We'll reconnect automatically.");
const NOT_WHOLE = t("There is no complete answer.");

class SharedChat extends HTMLElement {
  #connected = false;
  #controller = null;
  #conversation = new Conversation();
  #reading = false;
  #running = false;
  #stream = new PageStream({
    path: pathTo(`/api/shared/${this.dataset.token}/stream`),
    onData: (data) => this.#receive(data),
    onState: (state) => this.#connection(state),
  });

  connectedCallback() {
    this.#controller = new AbortController();
    const { signal } = this.#controller;
    attachCopying(this, (text) => this.#announce(text), (reason) => this.#say(reason), signal);
    this.#running = this.#live.childElementCount > 0;
    this.#stream.follow("", this.#rounds.dataset.seq);
    const watch = { show() {}, hide: () => this.#stream.pause() };
    new ConnectionLifecycle(this.#stream, watch, signal);
  }

  disconnectedCallback() {
    this.#controller.abort();
  }

  async #connection(state) {
    if (state === "connecting") return;
    this.#connected ||= state === "open";
    const well = state === "open" || state === "paused";
    this.#say(well ? "" : this.#connected ? LOST : CONNECTING);
    if (state === "refused" && !(await isShared(this.dataset.token))) this.#end();
  }

  /** Ignore events while rounds are fetched: the rounds contain them, or the stream repeats them. */
  #receive(data) {
    const change = this.#conversation.apply(data);
    if (change && !this.#reading) this[change.kind](change);
  }

  // One method for each kind of change of the conversation.

  message({ message }) {
    const round = this.#round(message.roundNumber);
    if (message.role === "user") {
      if (!round) this.#read();
      return;
    }
    const titles = JSON.parse(this.dataset.titles);
    round?.answer(message, author(message, titles));
  }

  text({ message, text }) {
    this.#round(message.roundNumber)?.write(text);
  }

  log({ log }) {
    this.#round(log.roundNumber)?.step(log);
  }

  workflow({ workflow }) {
    if (workflow.deleted) {
      this.#end();
      return;
    }
    this.querySelector(".title").textContent = workflow.title;
    document.title = `${workflow.title} · quart-chat`;
    const head = Number(this.#rounds.dataset.head);
    const running = workflow.status === "running";
    if (running && !this.#running) this.#announce(t("The answer is being written."));
    this.#running = running;
    if (!running && workflow.headRound !== head) this.#read();
  }

  end({ status, end }) {
    const round = this.#round(end.roundNumber);
    if (!round) return;
    if (round.running) this.#announce(status === "error" ? NOT_WHOLE : end.message);
    round.end(status, end.message);
    round.whenWhole(() => round.parentElement === this.#live && settle(round, this.#log));
  }

  reset() {
    this.#read({ anew: true });
  }

  hole() {
    this.#stream.restart();
  }

  /** Fetch the rounds as HTML, and stream from there on. */
  async #read({ anew = false } = {}) {
    if (this.#reading) return;
    this.#reading = true;
    const { signal } = this.#controller;
    try {
      const fragment = await readShared(this.dataset.token, signal);
      this.#show(fragment, anew);
      this.#reading = false;
      this.#conversation = new Conversation();
      this.#stream.follow("", String(fragment.seq));
    } catch (error) {
      if (signal.aborted) return;
      if (error.status === 404) return this.#end();
      setTimeout(() => {
        this.#reading = false;
        if (!signal.aborted) this.#read({ anew });
      }, READ_AGAIN);
    }
  }

  /** Show a branch; finished rounds that are already shown stay, unless all are fetched again. */
  #show({ head, rounds, link }, anew) {
    const shown = [...this.#log.children];
    const parent = rounds[0]?.parent ?? null;
    const kept = anew ? 0 : countKept(numbers(shown), numbers(rounds), parent);
    const last = shown[kept - 1]?.number ?? 0;
    const fresh = rounds.filter(({ number }) => number > last);
    keepFocus(() => {
      for (const round of shown.slice(kept)) round.remove();
      this.#log.append(...fresh.filter((round) => !round.running));
      this.#live.replaceChildren(...fresh.filter((round) => round.running));
      if (kept > 0) return;
      this.querySelector(".earlier-link")?.remove();
      if (link) this.#rounds.prepend(link);
    });
    this.#rounds.dataset.head = head;
    this.#noteEnd();
  }

  /** An answer may have ended while the rounds were fetched. */
  #noteEnd() {
    const running = this.#live.childElementCount > 0;
    const last = this.#log.lastElementChild;
    const outcome = last?.querySelector(".outcome").textContent.trim() || COMPLETE;
    if (this.#running && !running) {
      // The reason is in the log, which is read out as well.
      this.#announce(last?.dataset.status === "error" ? NOT_WHOLE : outcome);
    }
    this.#running = running;
  }

  #end() {
    this.#controller.abort();
    this.#say(t("This chat is no longer shared."));
  }

  #say(text) {
    const notice = this.querySelector(".notice");
    if (notice.textContent !== text) notice.textContent = text;
  }

  #announce(text) {
    this.querySelector("#announcer").textContent = text;
  }

  #round(number) {
    return this.querySelector(`chat-round[data-round="${number}"]`);
  }

  get #live() {
    return this.querySelector(".live");
  }

  get #log() {
    return this.querySelector(".log");
  }

  get #rounds() {
    return this.querySelector(".rounds");
  }
}

function numbers(rounds) {
  return rounds.map(({ number }) => number);
}

customElements.define("chat-answer", ChatAnswer);
customElements.define("chat-steps", ChatSteps);
customElements.define("chat-round", ChatRound);
customElements.define("shared-chat", SharedChat);
