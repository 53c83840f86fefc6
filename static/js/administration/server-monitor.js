/**
 * The live figures of all nodes: each event replaces what is shown of its node. Rows keep their
 * places and their focus, and only what has changed is written. The server renders the same rows
 * at first (`quart_chat/web/pages/administration/rows.py`).
 */
import { PageStream } from "../page/page-stream.js";
import { pathTo } from "../root.js";
import { t } from "../texts.js";
import { contextRow, figuresOf, roundRow } from "./rows.js";

/** Milliseconds after which a node that says nothing is no longer shown. */
const SILENCE = 5000;

export class ServerMonitor extends HTMLElement {
  #texts = {};
  #nodes = new Map();
  #first = "";
  #controller = null;
  #stream = new PageStream({
    path: pathTo("/api/admin/live"),
    onData: (data) => data.type === "figures" && this.#show(data.item),
    onState: (state) => this.#tell(state),
  });

  connectedCallback() {
    this.#texts = JSON.parse(this.dataset.texts);
    this.#first = this.querySelector("[data-node]").dataset.node;
    this.#controller = new AbortController();
    const { signal } = this.#controller;
    const attend = () => (document.hidden ? this.#stream.pause() : this.#stream.resume());
    document.addEventListener("visibilitychange", attend, { signal });
    window.addEventListener("pagehide", () => this.#stream.pause(), { signal });
    window.addEventListener("pageshow", (event) => event.persisted && attend(), { signal });
    attend();
  }

  disconnectedCallback() {
    this.#controller.abort();
    this.#stream.pause();
  }

  #tell(state) {
    const shown = state === "refused" ? "broken" : state;
    this.dataset.state = shown;
    const text = this.#texts[shown];
    if (text !== undefined) write(this.querySelector(".administration-state"), text);
  }

  #show(figures) {
    this.#nodes.set(figures.node, { figures, seen: Date.now() });
    for (const [id, { seen }] of this.#nodes) {
      if (Date.now() - seen > SILENCE) this.#nodes.delete(id);
    }
    const nodes = [...this.#nodes.values()].map((node) => node.figures);
    nodes.sort((a, b) => this.#place(a) - this.#place(b) || a.node.localeCompare(b.node));
    this.#showRounds(nodes);
    update(this.querySelector(".administration-nodes"), this.#template("node"), nodes, {
      key: (node) => node.node,
      name: "node",
      fill: (section, node) => this.#showNode(section, node, nodes.length > 1),
    });
  }

  /** The node that has rendered the page comes first. */
  #place({ node }) {
    return node === this.#first ? 0 : 1;
  }

  #showRounds(nodes) {
    const several = nodes.length > 1;
    const rows = nodes.flatMap((node) =>
      node.rounds.map((round) => roundRow(round, node, this.#texts, several)),
    );
    const list = this.querySelector(".administration-rounds");
    const had = list.contains(document.activeElement);
    update(list, this.#template("round"), rows, {
      key: (row) => row.key,
      name: "key",
      fill: (item, row) => {
        fill(item, row);
        item.querySelector("[name=workflow_id]").value = row.workflowId;
        item.querySelector("[name=round]").value = row.number;
        item.querySelector("button").ariaLabel = row.label;
      },
    });
    // The button that had the focus is gone with its round.
    if (had && !list.contains(document.activeElement)) this.querySelector("#rounds-title").focus();
    this.querySelector(".administration-none").hidden = rows.length > 0;
    const more = nodes.reduce((sum, node) => sum + node.moreRounds, 0);
    write(this.querySelector(".administration-more"), more ? t(this.#texts.more, { count: more }) : "");
  }

  #showNode(section, node, several) {
    section.querySelector("h2").id = `node-${node.node}`;
    section.setAttribute("aria-labelledby", `node-${node.node}`);
    fill(section, figuresOf(node, this.#texts, several));
    const list = section.querySelector("[data-field=busiest]");
    const rows = node.busiest.map((context) => contextRow(context, this.#texts));
    update(list, this.#template("context"), rows, {
      key: (row) => row.key,
      name: "key",
      fill: (item, row) => {
        fill(item, row);
        const lines = item.querySelector("[data-field=lines]");
        lines.hidden = row.lines.length === 0;
        while (lines.children.length > row.lines.length) lines.lastElementChild.remove();
        row.lines.forEach((line, index) => write(lines.children[index] ?? addLine(lines), line));
      },
    });
  }

  #template(name) {
    return this.querySelector(`.${name}-template`);
  }
}

/** Have a list show items: rows stay where their items do, others come and go. */
function update(list, template, items, { key, name, fill: fillRow }) {
  const rows = new Map([...list.children].map((row) => [row.dataset[name], row]));
  items.forEach((item, index) => {
    const id = key(item);
    const row = rows.get(id) ?? template.content.firstElementChild.cloneNode(true);
    rows.delete(id);
    row.dataset[name] = id;
    fillRow(row, item);
    if (list.children[index] !== row) list.insertBefore(row, list.children[index] ?? null);
  });
  for (const row of rows.values()) row.remove();
}

function fill(row, values) {
  for (const [name, value] of Object.entries(values)) {
    if (typeof value !== "string") continue;
    const place = row.querySelector(`[data-field="${name}"]`);
    if (place) write(place, value);
  }
}

function write(place, text) {
  if (place.textContent !== text) place.textContent = text;
}

function addLine(lines) {
  const line = document.createElement("li");
  line.dir = "auto";
  lines.append(line);
  return line;
}
