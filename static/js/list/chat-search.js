/**
 * The search in the list: finds chats while the user types, and highlights the words. The address
 * keeps the query.
 */
import { listWorkflows } from "../api.js";
import { fillRow, newRow, showMatch } from "./chat-row.js";
import { isComposing } from "../keys.js";
import { PageLink } from "./page-link.js";
import { plural, t } from "../texts.js";

const PAUSE = 200;

class ChatSearch extends HTMLElement {
  #timer = 0;
  #searches = 0;
  #more = null;

  connectedCallback() {
    this.#more = new PageLink(this.querySelector(".older"), (next) => this.#load(next));
    this.#field.addEventListener("input", () => this.#wait());
    this.addEventListener("keydown", (event) => this.#key(event));
    this.querySelector("form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#search();
    });
    if (this.#field.value.trim() !== this.#asked) this.#search();
  }

  disconnectedCallback() {
    clearTimeout(this.#timer);
    this.#more.disconnect();
  }

  get #field() {
    return this.querySelector(".search-field");
  }

  get #query() {
    return this.#field.value.trim();
  }

  get #found() {
    return this.querySelector(".found");
  }

  get #state() {
    return this.querySelector(".found-state");
  }

  /** The query in the address. */
  get #asked() {
    return new URLSearchParams(location.search).get("q")?.trim() ?? "";
  }

  #wait() {
    clearTimeout(this.#timer);
    if (this.#query) this.#timer = setTimeout(() => this.#search(), PAUSE);
    else this.#search();
  }

  async #search() {
    clearTimeout(this.#timer);
    const query = this.#query;
    const search = (this.#searches += 1);
    this.#remember(query);
    this.#found.ariaBusy = query ? "true" : null;
    if (!query) {
      this.#show([], "");
      this.#found.hidden = true;
      return;
    }
    const page = await listWorkflows({ q: query }).catch((error) => ({ error }));
    // Ignore the response to an earlier query.
    if (search !== this.#searches) return;
    this.#found.ariaBusy = null;
    this.#found.hidden = false;
    if (page.error) this.#say(page.error.message, true);
    else this.#show(page.workflows, query, page.next);
  }

  #show(workflows, query, next = null) {
    this.#found.querySelector("ol").replaceChildren();
    this.#add(workflows, query, next);
    this.#tell(query, workflows.length, next !== null);
  }

  /** Show and announce the number of results. */
  #tell(query, count, more) {
    const some = more
      ? t("The first {count} chats found", { count })
      : plural("{count} chat found", "{count} chats found", count);
    const text = count ? some : t("Nothing found for “{query}”.", { query });
    this.#say(query ? text : "", count === 0);
  }

  #say(text, seen) {
    this.#state.classList.toggle("visually-hidden", !seen);
    this.#state.textContent = text;
  }

  #add(workflows, query, next) {
    const rows = workflows.map((workflow) => {
      const row = fillRow(newRow(), workflow, workflow.id === this.#currentId);
      showMatch(row, workflow.match, query);
      return row;
    });
    this.#found.querySelector("ol").append(...rows);
    this.#more.show(next);
  }

  async #load(before) {
    const query = this.#query;
    const page = await listWorkflows({ q: query, before });
    if (query === this.#query) this.#add(page.workflows, query, page.next);
  }

  get #currentId() {
    return this.closest("[data-workflow]").dataset.workflow;
  }

  #remember(query) {
    const url = new URL(location);
    if (query) url.searchParams.set("q", query);
    else url.searchParams.delete("q");
    history.replaceState(history.state, "", url);
  }

  #key(event) {
    if (event.target !== this.#field || isComposing(event)) return;
    if (event.key === "Escape" && this.#field.value) {
      this.#field.value = "";
      this.#search();
    } else if (event.key === "ArrowDown") {
      const list = this.#found.hidden ? this.closest("chat-list") : this.#found;
      list.querySelector(".chats .chat-link")?.focus();
    } else return;
    event.preventDefault();
  }
}

customElements.define("chat-search", ChatSearch);
