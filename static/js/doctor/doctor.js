/**
 * The stream doctor: runs the check and shows its findings.
 *
 * Every sentence is already on the page, in templates named after the findings; the values go into
 * the elements that name them.
 */
import { writeText } from "../clipboard.js";
import { diagnose } from "./diagnosis.js";
import { draw } from "./picture.js";
import { keepFocus } from "../focus.js";
import { probe } from "./probe.js";

const UNITS = { bytes: "byte", delay: "ms", longest: "ms", roundTrip: "ms", queued: "ms" };
const SECONDS = new Set(["lived", "silence", "keepalive"]);

class StreamDoctor extends HTMLElement {
  #running = null;

  connectedCallback() {
    this.addEventListener("submit", (event) => this.#start(event));
    this.addEventListener("click", (event) => {
      if (event.target.closest(".doctor-stop")) this.#running?.abort();
      if (event.target.closest(".doctor-copy")) this.#copy();
    });
    this.#part("form").hidden = false;
  }

  disconnectedCallback() {
    this.#running?.abort();
  }

  async #start(event) {
    event.preventDefault();
    if (this.#running) return;
    this.#running = new AbortController();
    this.#busy(true);
    // Measure a single stream: over HTTP/2 another would share its connection, and keep it from
    // being idle, so that the check could not find a proxy that cuts idle connections.
    this.#tell("stream:rest");
    try {
      const seen = await probe(this.#plan(), {
        keepalive: Number(this.dataset.keepalive) * 1000,
        signal: this.#running.signal,
        onEvent: (count) => this.#say("came", { count }, ".doctor-count"),
      });
      this.#show(seen, diagnose(seen));
    } catch (error) {
      if (error.name !== "AbortError") throw error;
      this.#say("stopped");
    } finally {
      this.#running = null;
      this.#busy(false);
      this.#tell("stream:wake");
    }
  }

  /** Ask the page to close or reopen its own stream. */
  #tell(type) {
    this.dispatchEvent(new CustomEvent(type, { bubbles: true }));
  }

  #plan() {
    const plan = JSON.parse(this.dataset.plan);
    const long = this.#part("form").elements.duration.value === "long";
    return { ...plan, pause: long ? Number(this.dataset.pause) : 0 };
  }

  #busy(running) {
    const [start, stop] = [this.#part(".doctor-start"), this.#part(".doctor-stop")];
    const change = () => {
      start.disabled = running;
      stop.hidden = !running;
    };
    keepFocus(change, () => (running ? stop : start));
    this.toggleAttribute("data-running", running);
    for (const place of [".doctor-count", ".doctor-copied"]) this.#part(place).replaceChildren();
    if (running) this.#say("running");
  }

  #show(seen, { facts, events, findings, level }) {
    const result = this.#part(".doctor-result");
    result.hidden = false;
    result.dataset.level = level;
    this.#part(".doctor-findings").replaceChildren(...findings.map((it) => this.#finding(it)));
    this.#facts(seen, facts);
    this.#picture(events);
    this.#table(events);
    this.#part(".doctor-text").value = this.#asText();
    this.#say(level);
  }

  #finding({ id, level, values = {}, cures = [] }) {
    const item = this.#clone(`finding-${id}`);
    item.dataset.level = level;
    item.dataset.finding = id;
    item.append(...cures.map((cure) => this.#clone(`cure-${cure}`)));
    for (const place of item.querySelectorAll("[data-value]")) {
      const name = place.dataset.value;
      place.textContent = name in values ? written(name, values[name]) : "";
    }
    return item;
  }

  #facts({ expected, protocol, encoding, server }, facts) {
    const texts = {
      roundTrip: written("roundTrip", facts.roundTrip),
      delay: written("delay", facts.delay),
      longest: written("longest", facts.longest),
      firstByte: written("longest", facts.firstByte),
      arrived: `${written("count", facts.arrived)} / ${written("count", expected)}`,
      lived: written("lived", facts.lived),
      protocol: protocol || "—",
      encoding: encoding || "—",
      server: server || "—",
    };
    for (const [name, text] of Object.entries(texts)) {
      this.#part(`[data-fact="${name}"]`).textContent = text;
    }
  }

  #picture(events) {
    const figure = this.#part(".doctor-figure");
    figure.hidden = events.length === 0;
    if (figure.hidden) return;
    const { sent, came } = figure.dataset;
    const picture = figure.querySelector("svg");
    draw(picture, events, { sent, came, seconds: (ms) => written("lived", ms) });
    const first = this.#part(".doctor-findings > li h3").textContent;
    picture.setAttribute("aria-label", `${figure.dataset.label} ${first}`);
  }

  #table(events) {
    const start = Math.min(...events.map((event) => event.sent));
    const rows = events.map(({ number, sent, arrived, bytes }) => {
      const row = document.createElement("tr");
      for (const value of [number, sent - start, arrived - start, arrived - sent, bytes]) {
        row.append(Object.assign(document.createElement("td"), { textContent: whole(value) }));
      }
      return row;
    });
    this.#part(".doctor-events tbody").replaceChildren(...rows);
  }

  /** A report for the server's administrator: the sentences, the figures and each event. */
  #asText() {
    const clean = (element) => element.textContent.replace(/\s+/g, " ").trim();
    const all = (selector) => [...this.querySelectorAll(selector)];
    const facts = all(".doctor-facts > div").map((fact) =>
      [...fact.children].map(clean).join(": "),
    );
    const table = all(".doctor-events tr").map((row) => [...row.children].map(clean).join("\t"));
    const findings = all(".doctor-findings > li").flatMap((item) =>
      [...item.querySelectorAll("h3, p, pre")].map(clean),
    );
    const made = [location.origin, new Date().toISOString(), navigator.userAgent];
    return [...made, "", ...findings, "", ...facts, "", ...table, ""].join("\n");
  }

  async #copy() {
    const field = this.#part(".doctor-text");
    try {
      await writeText(field.value);
      this.#say("copied", {}, ".doctor-copied");
    } catch {
      field.closest("details").open = true;
      field.focus();
      field.select();
      this.#say("by-hand", {}, ".doctor-copied");
    }
  }

  #say(name, values = {}, place = ".doctor-status") {
    const words = this.#clone(`say-${name}`);
    for (const slot of words.querySelectorAll("[data-value]")) {
      slot.textContent = written(slot.dataset.value, values[slot.dataset.value]);
    }
    this.#part(place).replaceChildren(words);
  }

  #clone(name) {
    const template = this.#part(`template[data-name="${name}"]`);
    return document.importNode(template.content.firstElementChild, true);
  }

  #part(selector) {
    return this.querySelector(selector);
  }
}

function written(name, value) {
  if (value === null || value === undefined) return "—";
  if (typeof value === "string") return value;
  if (SECONDS.has(name)) return unit(value / 1000, "second", value < 9950 ? 1 : 0, "long");
  if (UNITS[name] === "ms") return unit(Math.max(0, value), "millisecond");
  return UNITS[name] ? unit(value / 1000, "kilobyte", 1) : whole(value);
}

function unit(value, name, digits = 0, unitDisplay = "short") {
  const style = { style: "unit", unit: name, unitDisplay, maximumFractionDigits: digits };
  return new Intl.NumberFormat(document.documentElement.lang, style).format(value);
}

function whole(value) {
  return new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 0 }).format(value);
}

customElements.define("stream-doctor", StreamDoctor);
