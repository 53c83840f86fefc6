/**
 * The steps of a round in one line: the running step, or what came of them.
 * quart_chat/web/pages/chat/views.py has the same rule.
 */
import { number, plural, seconds, t } from "../texts.js";

/**
 * @param {Element[]} rows The rows of the steps that are part of no other.
 * @param {boolean} running Whether the round runs.
 * @param {number} more The number of steps that are not shown.
 * @returns {{text: string, type: string} | null} the line, and the type of the step that it names;
 *   null if the line would say nothing
 */
export function sumUp(rows, running, more) {
  if (!rows.length || (rows.length === 1 && isOver(rows[0]))) return null;
  if (running) return nameRunning(rows);
  const telling = rows.filter((row) => row.dataset.type !== "progress");
  if (!telling.length) telling.push(rows.at(-1));
  const warning = telling.findLast(({ dataset }) => isWarning(dataset));
  const lead = warning ?? telling[0];
  const others = telling.length - 1 + more;
  const parts = [message(lead)];
  if (others) parts.push(plural("{count} more step", "{count} more steps", others));
  // The durations of steps that are not shown are unknown.
  if (!more && !warning) parts.push(seconds(spent(telling)));
  return { text: parts.join(" · "), type: lead.dataset.type };
}

/** How long a model has thought, of the elements of its thoughts. */
export function sumUpThoughts(thoughts) {
  if (thoughts.some(({ dataset }) => dataset.status === "running")) return t("Thinking…");
  const ms = spent(thoughts);
  return ms < 1000 ? t("Thought briefly") : t("Thought for {seconds} s", { seconds: number(ms / 1000) });
}

function nameRunning(rows) {
  const lead = rows.findLast(({ dataset }) => dataset.status === "running") ?? rows.at(-1);
  const bar = lead.querySelector("progress");
  const share = bar.hidden ? "" : ` · ${number(bar.value * 100)} %`;
  return { text: message(lead) + share, type: lead.dataset.type };
}

/** Whether a step was of interest only while it ran. */
function isOver(row) {
  const { type, status } = row.dataset;
  return type === "progress" && status === "completed" && !row.querySelector(".step");
}

function isWarning({ type }) {
  return type === "warning" || type === "error";
}

function message(row) {
  return row.querySelector(".step-message").textContent.replace(/\.$/, "");
}

function spent(elements) {
  return elements.reduce((sum, { dataset }) => sum + Number(dataset.duration), 0);
}
