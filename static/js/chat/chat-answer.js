/** The answer of a round: its author, its text while it is written, its sources. */
import { frameCode, frameCodeIn } from "./code-blocks.js";
import { fitIn } from "./headings.js";
import { MarkdownWriter } from "../markdown/writer.js";
import { describeUsage } from "./usage.js";
import { linkTo } from "../root.js";

export class ChatAnswer extends HTMLElement {
  #writer = null;
  /** When the final text is shown; null if it is. */
  whole = null;

  connectedCallback() {
    frameCodeIn(this.querySelector(".prose"));
  }

  /**
   * Show an answer as it is.
   * @param {object} message
   * @param {string} author
   */
  show(message, author) {
    this.hidden = false;
    this.querySelector(".answer-author").textContent = author;
    const writing = message.status === "streaming";
    this.ariaBusy = writing ? "true" : null;
    if (writing || message.html === null) this.#text.set(message.content);
    else this.whole = this.#text.finish(message.html, (step) => this.#make(step));
    this.#showSources(message);
    this.#showUsage(message.usage, author, writing);
  }

  /** Add to the text of an answer that is being written. */
  write(text) {
    this.#text.append(text);
  }

  /** Readers at the end stay there; a page that only shows a chat doesn't move them. */
  #make(step) {
    const log = this.closest("chat-log");
    if (log) log.hold(step);
    else step();
  }

  get #text() {
    this.#writer ??= new MarkdownWriter(this.#prose, (nodes) => fitIn(frameCode(nodes)));
    return this.#writer;
  }

  /** The element for Markdown; it replaces the server's plain text. */
  get #prose() {
    const prose = this.querySelector(".prose");
    if (prose.classList.contains("prose-plain")) {
      prose.classList.remove("prose-plain");
      prose.textContent = "";
    }
    return prose;
  }

  /** While the answer is being written, its line is kept free. */
  #showUsage(usage, author, writing) {
    const line = this.querySelector(".usage");
    const text = usage && !writing ? describeUsage(usage, author) : "";
    line.textContent = text;
    line.hidden = !text && !(usage && writing);
  }

  /** The Librarian's text quotes its sources already, so their cards are closed. */
  #showSources({ sources, assistant }) {
    const template = document.getElementById("source-template");
    const rows = sources.map((source) => {
      const row = template.content.firstElementChild.cloneNode(true);
      const link = row.querySelector(".source-link");
      row.querySelector(".source-number").textContent = source.number;
      link.textContent = [source.title, source.heading].filter(Boolean).join(" · ");
      if (source.url) link.href = linkTo(source.url);
      const quote = row.querySelector(".source-quote");
      quote.textContent = source.excerpt || source.quote;
      // A page of the handbook keeps its language on pages in others.
      const page = source.url?.match(/^\/handbook\/(de\/)?/);
      if (page) link.lang = quote.lang = page[1] ? "de" : "en";
      return row;
    });
    this.querySelector(".sources-list").replaceChildren(...rows);
    const box = this.querySelector(".sources");
    if (box.hidden) box.open = assistant !== "librarian";
    box.hidden = sources.length === 0;
  }
}
