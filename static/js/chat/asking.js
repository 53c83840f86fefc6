/**
 * Sends questions. The page gets an event before, so that it expects the round, and one afterwards.
 *
 * A request may reach the server although its response is lost. So each request has an id, which is
 * sent again with a retry, and the server does not start a second round.
 */
import { queuePrompt, startRound } from "../api.js";

/** The ids of the requests that the server has not confirmed yet. */
const names = new Map();

/**
 * Ask a question, or regenerate an answer.
 * @param {HTMLElement} element Gets the events "chat:asking", with whether a round is expected, and
 *   "chat:started".
 * @param {object} body
 * @param {() => void} [sent] Called before the page changes to a new chat.
 * @returns {Promise<object | null>} the question in the queue, if it waits there
 */
export async function ask(element, body, sent = () => {}) {
  const tell = (type, detail) => {
    element.dispatchEvent(new CustomEvent(type, { bubbles: true, detail }));
  };
  const requestId = nameOf(body) ?? newName();
  remember(body, requestId);
  const { running } = element.closest("[data-workflow]").dataset;
  const { workflowId, queued } = await place({ ...body, requestId }, running === "true", tell);
  names.delete(keyOf(body));
  sent();
  if (!queued) tell("chat:started", workflowId);
  return queued;
}

/** Start a round, or queue the question if another one is being answered. */
async function place(body, running, tell) {
  const mayWait = body.workflowId && body.replaces === undefined;
  if (mayWait && running) return queuePrompt(body);
  tell("chat:asking", true);
  try {
    return { workflowId: await startRound(body), queued: null };
  } catch (error) {
    tell("chat:asking", false);
    // Another tab was faster.
    if (mayWait && error.status === 409) return queuePrompt(body);
    throw error;
  }
}

/** The id under which the same question may already have been sent. */
export function nameOf(body) {
  return names.get(keyOf(body));
}

/** Restore the id under which a question may already have been sent. */
export function remember(body, requestId) {
  names.set(keyOf(body), requestId);
}

/** The server has the prompt: from now on, the same question is a new request. */
export function forget(prompt) {
  for (const key of names.keys()) {
    const [, , asked] = JSON.parse(key);
    if (asked === null || asked === prompt.trim()) names.delete(key);
  }
}

/** The key of a question: without its assistant, unless an answer is regenerated. */
function keyOf({ workflowId, replaces, prompt, assistant }) {
  const again = prompt === undefined ? assistant : null;
  return JSON.stringify([workflowId, replaces, prompt?.trim(), again]);
}

function newName() {
  const [high, low] = crypto.getRandomValues(new BigUint64Array(2));
  return high.toString(36) + low.toString(36).padStart(13, "0");
}
