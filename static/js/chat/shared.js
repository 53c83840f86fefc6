/**
 * A shared chat: it is shown as it goes on, and nothing can be done with it. As on the page of its
 * owner, what has ended stands in the log, and what is written below it.
 */
import { ChatAnswer } from "./chat-answer.js";
import { ChatRound } from "./chat-round.js";
import { ChatSteps } from "./chat-steps.js";
import { Conversation } from "./conversation.js";
import { settle } from "./settling.js";
import { t } from "../texts.js";

const READ_AGAIN = 2000;
const COMPLETE = t("The answer is complete.");
const NOT_WHOLE = t("There is no whole answer.");

class SharedChat extends HTMLElement {
  #conversation = new Conversation();
  #controller = null;
  #reading = false;
  #running = false;
  #source = null;

  connectedCallback() {
    this.#controller = new AbortController();
    const { signal } = this.#controller;
    this.#running = this.querySelector(".live > *") !== null;
    document.addEventListener("visibilitychange", () => this.#look(), { signal });
    this.#look();
  }

  disconnectedCallback() {
    this.#controller.abort();
    this.#source?.close();
  }

  /** Browsers allow few connections: one is held while somebody looks. */
  #look() {
    if (document.hidden) this.#source?.close();
    else this.#connect();
  }

  #connect() {
    this.#source?.close();
    const source = new EventSource(`${this.#api}/stream?since=${this.#rounds.dataset.seq}`);
    source.onopen = () => this.#say("");
    source.onmessage = (event) => this.#receive(event);
    source.onerror = () => this.#fail(source);
    this.#source = source;
  }

  #receive(event) {
    const change = this.#conversation.apply(JSON.parse(event.data));
    if (change && !this.#reading) this[change.kind](change);
    if (event.lastEventId) this.#rounds.dataset.seq = event.lastEventId;
  }

  // One method for each kind of change of the conversation.

  message({ message }) {
    const round = this.#round(message.roundNumber);
    if (message.role === "user") {
      if (round) return;
      this.#read();
      return;
    }
    const titles = JSON.parse(this.dataset.titles);
    round?.answer(message, titles[message.assistant] ?? message.assistant);
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
    if (round.parentElement !== this.#log) settle(round, this.#log);
  }

  reset() {
    this.#read();
  }

  hole() {
    this.#read();
  }

  /** Read the rounds as the server renders them, and go on from there. */
  async #read() {
    if (this.#reading) return;
    this.#reading = true;
    this.#source?.close();
    const response = await fetch(`/shared/${this.dataset.token}/rounds`).catch(() => null);
    this.#reading = false;
    if (response?.status === 404) return this.#end();
    if (!response?.ok) return setTimeout(() => this.#read(), READ_AGAIN);
    const template = document.createElement("template");
    template.innerHTML = await response.text();
    this.#rounds.replaceWith(document.importNode(template.content.querySelector(".rounds"), true));
    this.#conversation = new Conversation();
    this.#noteEnd();
    this.#look();
  }

  /** An answer may have ended while the rounds were read. */
  #noteEnd() {
    const running = this.querySelector(".live > *") !== null;
    const last = this.querySelector(".log > :last-child");
    const outcome = last?.querySelector(".outcome").textContent.trim() || COMPLETE;
    if (this.#running && !running) {
      // Why there is none is in the log, which is read out as well.
      this.#announce(last?.dataset.status === "error" ? NOT_WHOLE : outcome);
    }
    this.#running = running;
  }

  async #fail(source) {
    if (source !== this.#source) return;
    if (source.readyState !== EventSource.CLOSED) {
      this.#say(t("The connection is lost. Trying again…"));
      return;
    }
    setTimeout(() => this.isConnected && source === this.#source && this.#read(), READ_AGAIN);
  }

  #end() {
    this.#controller.abort();
    this.#source?.close();
    this.#source = null;
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

  get #api() {
    return `/api/shared/${this.dataset.token}`;
  }

  get #log() {
    return this.querySelector(".log");
  }

  get #rounds() {
    return this.querySelector(".rounds");
  }
}

customElements.define("chat-answer", ChatAnswer);
customElements.define("chat-steps", ChatSteps);
customElements.define("chat-round", ChatRound);
customElements.define("shared-chat", SharedChat);
