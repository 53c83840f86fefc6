/**
 * The palette: finds chats, documents and commands. The server searches the chats and documents.
 *
 * It is a combobox with a list (ARIA Authoring Practices): the focus stays in the field, arrows choose
 * in the list, and Enter does what is chosen. Loaded at its first use.
 */
import { listWorkflows } from "../api.js";
import { findDocuments } from "../documents/api.js";
import { isComposing } from "../keys.js";
import { plural, t } from "../texts.js";
import { isOffered, prepareItem } from "./actions.js";
import { run } from "./attach.js";
import { newItems } from "./table.js";

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
  #timer = 0;
  #searches = 0;
  #moved = false;
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
    this.#list.addEventListener("pointermove", (event) => this.#point(event));
    // The focus stays in the field.
    this.#list.addEventListener("pointerdown", (event) => event.preventDefault());
  }

  toggle() {
    if (this.#dialog.open) {
      this.#dialog.close();
      return;
    }
    this.#subject = document.querySelector("chat-heading:not([hidden])");
    this.#field.value = "";
    this.#found = { chats: [], documents: [] };
    this.#moved = false;
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

  get #options() {
    return [...this.#list.querySelectorAll("[role=option]")];
  }

  set #busy(busy) {
    this.#list.ariaBusy = busy ? "true" : null;
  }

  get #query() {
    return this.#field.value.trim();
  }

  #wait() {
    clearTimeout(this.#timer);
    this.#moved = false;
    this.#show();
    this.#timer = setTimeout(() => this.#search(), PAUSE);
  }

  async #search() {
    const search = (this.#searches += 1);
    const query = this.#query;
    this.#busy = true;
    const [chats, documents] = await Promise.all([
      listWorkflows({ q: query, limit: query ? MOST_CHATS : LATEST_CHATS }).catch((error) => ({ error })),
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

  /** Show the commands that fit at once, and what the server has found for the last letters. */
  #show(isWhole = false) {
    const chosen = this.#chosen;
    const { chats, documents, error } = this.#found;
    const groups = [
      [t("Chats"), chats.map((chat) => this.#chat(chat))],
      [t("Documents"), documents.slice(0, MOST_DOCUMENTS).map((item) => this.#document(item))],
      [t("Actions"), this.#commands()],
    ];
    const shown = groups.filter(([, options]) => options.length);
    this.#list.replaceChildren(...shown.map(([label, options]) => group(label, options)));
    const { length } = this.#options;
    // What a person has moved to stays chosen when the server's part arrives.
    const same = this.#options.find(({ dataset }) => dataset.key === chosen?.dataset.key);
    this.#choose((isWhole && this.#moved && same) || this.#options[0]);
    if (isWhole) this.#tell(length, error);
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
    const option = this.#newOption("chat", `/chat/${id}`);
    const query = this.#query;
    if (query && match) {
      option.search = new URLSearchParams({ q: query, ...(match.round && { round: match.round }) });
      option.hash = match.round ? `round-${match.round}` : "";
      fill(option, match.title, match.snippet);
    } else fill(option, [{ text: title }]);
    return option;
  }

  #document({ id, name }) {
    const option = this.#newOption("document", `/documents/${id}`);
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
    const words = fold(this.#query).split(/\s+/);
    const offered = newItems("palette").filter((item) => isOffered(item, this.#subject));
    for (const item of offered) prepareItem(item, this.#subject);
    const fitting = offered.filter((item) => {
      const label = fold(item.querySelector("span").textContent);
      return words.every((word) => label.includes(word));
    });
    return fitting.map((item) => asOption(item, item.dataset.command));
  }

  get #chosen() {
    return this.#list.querySelector("[aria-selected=true]");
  }

  #choose(option) {
    this.#chosen?.setAttribute("aria-selected", "false");
    option?.setAttribute("aria-selected", "true");
    option?.scrollIntoView({ block: "nearest" });
    if (option) this.#field.setAttribute("aria-activedescendant", option.id);
    else this.#field.removeAttribute("aria-activedescendant");
  }

  #key(event) {
    if (isComposing(event)) return;
    const isMove = ["ArrowDown", "ArrowUp"].includes(event.key);
    if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey)) this.#dialog.close();
    else if (isMove) this.#move(event.key === "ArrowDown" ? 1 : -1);
    else if (event.key === "Enter") this.#chosen?.click();
    else return;
    event.preventDefault();
  }

  #move(step) {
    const options = this.#options;
    const { length } = options;
    this.#moved = true;
    if (length) this.#choose(options[(options.indexOf(this.#chosen) + step + length) % length]);
  }

  #point({ target }) {
    const option = target.closest("[role=option]");
    if (option && option !== this.#chosen) this.#choose(option);
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

function group(label, options) {
  const section = document.createElement("div");
  const heading = document.createElement("div");
  heading.className = "palette-group";
  heading.setAttribute("aria-hidden", "true");
  heading.textContent = label;
  section.role = "group";
  section.setAttribute("aria-label", label);
  section.append(heading, ...options);
  return section;
}

function asOption(element, key) {
  Object.assign(element, { role: "option", tabIndex: -1, id: "palette-" + key.replace(/\W+/g, "-") });
  element.setAttribute("aria-selected", "false");
  element.dataset.key = key;
  return element;
}

function fill(option, title, snippet = []) {
  option.querySelector(".palette-name").replaceChildren(...title.map(toNode));
  option.querySelector(".palette-snippet").replaceChildren(...snippet.map(toNode));
}

function toNode({ text, hit }) {
  if (!hit) return document.createTextNode(text);
  return Object.assign(document.createElement("mark"), { textContent: text });
}

/** A text for comparing: without case and accents. */
function fold(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}
