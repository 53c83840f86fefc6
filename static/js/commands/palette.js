/**
 * The palette: finds chats, documents and commands. The server searches the chats and documents.
 *
 * Loaded at its first use.
 */
import { listWorkflows } from "../api.js";
import { asOption, Combobox, isHit, newGroup } from "../combobox.js";
import { findDocuments } from "../documents/api.js";
import { plural, t } from "../texts.js";
import { isOffered, prepareItem } from "./actions.js";
import { run } from "./attach.js";
import { newItems } from "./table.js";
import { pathTo } from "../root.js";

/** Milliseconds without a key until the server is asked. */
const PAUSE = 150;
const MOST_CHATS = 8;
const LATEST_CHATS = 5;
const MOST_DOCUMENTS = 5;

let palette = null;

/** Open the palette, or close it. */
export function toggle() {
  palette ??= new Palette();
  palette.toggle();
}

class Palette {
  #dialog;
  #combobox;
  #timer = 0;
  #searches = 0;
  #subject = null;
  #found = { chats: [], documents: [] };

  constructor() {
    const template = document.querySelector("#palette-template");
    document.querySelector(".app").append(document.importNode(template.content, true));
    this.#dialog = document.querySelector("dialog.palette");
    this.#field.addEventListener("input", () => this.#wait());
    this.#dialog.addEventListener("keydown", (event) => this.#key(event));
    this.#dialog.addEventListener("close", () => this.#stop());
    this.#list.addEventListener("click", (event) => this.#click(event));
    this.#combobox = new Combobox(this.#field, this.#list);
  }

  toggle() {
    if (this.#dialog.open) {
      this.#dialog.close();
      return;
    }
    this.#subject = document.querySelector("chat-heading:not([hidden])");
    this.#field.value = "";
    this.#found = { chats: [], documents: [] };
    this.#combobox.moved = false;
    this.#dialog.showModal();
    this.#show();
    this.#search();
  }

  get #field() {
    return this.#dialog.querySelector("input");
  }

  get #list() {
    return this.#dialog.querySelector("[role=listbox]");
  }

  set #busy(busy) {
    this.#list.ariaBusy = busy ? "true" : null;
  }

  get #query() {
    return this.#field.value.trim();
  }

  #wait() {
    clearTimeout(this.#timer);
    this.#combobox.moved = false;
    this.#show();
    this.#timer = setTimeout(() => this.#search(), PAUSE);
  }

  async #search() {
    const search = (this.#searches += 1);
    const query = this.#query;
    this.#busy = true;
    const limit = query ? MOST_CHATS : LATEST_CHATS;
    const [chats, documents] = await Promise.all([
      listWorkflows({ q: query, limit }).catch((error) => ({ error })),
      query ? findDocuments(query).catch(() => []) : [],
    ]);
    // Another search has begun, or the palette is closed.
    if (search !== this.#searches) return;
    this.#busy = false;
    this.#found = { chats: chats.workflows ?? [], documents, error: chats.error };
    this.#show(true);
  }

  #stop() {
    clearTimeout(this.#timer);
    this.#searches += 1;
  }

  /**
   * Show the commands at once, and of what the server has found for fewer letters only what still
   * fits: what is shown may be chosen before the server answers.
   */
  #show(isWhole = false) {
    const { active } = this.#combobox;
    const fits = (name) => isWhole || isHit(name, this.#query);
    const chats = this.#found.chats.filter(({ title }) => fits(title));
    const documents = this.#found.documents.filter(({ name }) => fits(name));
    const { error } = this.#found;
    const groups = [
      [t("Chats"), chats.map((chat) => this.#chat(chat))],
      [t("Documents"), documents.slice(0, MOST_DOCUMENTS).map((item) => this.#document(item))],
      [t("Actions"), this.#commands()],
    ];
    const shown = groups.filter(([, options]) => options.length);
    this.#list.replaceChildren(...shown.map(([label, options]) => newGroup(label, options)));
    const { options, moved } = this.#combobox;
    // What a person has moved to stays active when the server's part arrives.
    const same = options.find(({ dataset }) => dataset.key === active?.dataset.key);
    this.#combobox.active = (isWhole && moved && same) || options[0];
    if (isWhole) this.#tell(options.length, error);
  }

  #tell(count, error) {
    const query = this.#query;
    const none = t("Nothing found for “{query}”.", { query });
    const some = plural("{count} result", "{count} results", count);
    const status = this.#dialog.querySelector("[role=status]");
    status.textContent = error?.message ?? (count ? some : none);
    status.classList.toggle("visually-hidden", count > 0 && !error);
  }

  #chat({ id, title, match }) {
    const option = this.#newOption("chat", pathTo(`/chat/${id}`));
    const query = this.#query;
    if (query && match) {
      option.search = new URLSearchParams({ q: query, ...(match.round && { round: match.round }) });
      option.hash = match.round ? `round-${match.round}` : "";
      fill(option, match.title, match.snippet);
    } else fill(option, [{ text: title }]);
    return option;
  }

  #document({ id, name }) {
    const option = this.#newOption("document", pathTo(`/documents/${id}`));
    fill(option, [{ text: name }]);
    return option;
  }

  #newOption(kind, href) {
    const template = this.#dialog.querySelector(`[data-kind="${kind}"]`);
    const option = document.importNode(template.content.firstElementChild, true);
    option.href = href;
    return asOption(option, href);
  }

  #commands() {
    const offered = newItems("palette").filter((item) => isOffered(item, this.#subject));
    for (const item of offered) prepareItem(item, this.#subject);
    return offered
      .filter((item) => isHit(item.querySelector("span").textContent, this.#query))
      .map((item) => asOption(item, item.dataset.command));
  }

  /** The key that opens the palette closes it, too. */
  #key(event) {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    this.#dialog.close();
  }

  #click(event) {
    const option = event.target.closest("[role=option]");
    if (!option) return;
    event.stopPropagation();
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    this.#dialog.close();
    if (!option.href) run(option.dataset.command, this.#subject ?? document.body, option);
  }
}

function fill(option, title, snippet = []) {
  option.querySelector(".palette-name").replaceChildren(...title.map(toNode));
  option.querySelector(".palette-snippet").replaceChildren(...snippet.map(toNode));
}

function toNode({ text, hit }) {
  if (!hit) return document.createTextNode(text);
  return Object.assign(document.createElement("mark"), { textContent: text });
}
