/** What is done for an answer, step by step: open while it goes on, a line of summary later. */
import { number, plural } from "./texts.js";

export class ChatSteps extends HTMLElement {
  #touched = false;

  connectedCallback() {
    this.querySelector("summary").addEventListener("click", () => (this.#touched = true));
  }

  /** Show a step, or what has become of it. */
  show(log) {
    const row = this.#row(log.id);
    row.dataset.status = log.status;
    row.dataset.type = log.type;
    row.dataset.duration = log.durationMs ?? "";
    row.querySelector(".step-message").textContent = log.message;
    row.querySelector(".step-time").textContent = time(log);
    this.#details.hidden = false;
    this.#summarise(log.message);
  }

  /** Sum up; unless somebody has opened or closed it, it closes. */
  end() {
    const spent = this.#rows.reduce((sum, row) => sum + Number(row.dataset.duration), 0);
    this.#summarise(duration(spent));
    if (!this.#touched) this.#details.open = false;
  }

  get #details() {
    return this.querySelector("details");
  }

  get #rows() {
    return [...this.querySelectorAll(".step")];
  }

  #summarise(detail) {
    const count = this.#rows.length;
    this.querySelector(".steps-count").textContent = plural("{count} step", "{count} steps", count);
    this.querySelector(".steps-detail").textContent = detail;
  }

  #row(id) {
    const known = this.#rows.find((row) => row.dataset.log === id);
    if (known) return known;
    const template = document.getElementById("step-template");
    const row = template.content.firstElementChild.cloneNode(true);
    row.dataset.log = id;
    this.querySelector(".steps-list").append(row);
    return row;
  }
}

function time({ status, progress, durationMs }) {
  if (durationMs !== null) return duration(durationMs);
  return status === "running" && progress !== null ? `${Math.round(progress * 100)} %` : "";
}

function duration(ms) {
  return ms < 1000 ? `${number(ms)} ms` : `${number(ms / 1000, 1)} s`;
}
