/**
 * Asking: the page is told before, so that it shows the round when it comes, and afterwards.
 *
 * A request whose answer is lost may have got there all the same. Each has a name, which it has again
 * when it is sent again, so that the server does not begin a second round.
 */
import { startRound } from "../api.js";

/** The names of the requests of which nobody knows yet that they have got there. */
const names = new Map();

/**
 * Ask a question, or have one answered again.
 * @param {HTMLElement} element Is told "chat:asking", whether a round is to come, and "chat:started".
 * @param {object} body
 * @param {() => void} [sent] What is to be done before the page goes on in a new chat.
 */
export async function ask(element, body, sent = () => {}) {
  const tell = (type, detail) => {
    element.dispatchEvent(new CustomEvent(type, { bubbles: true, detail }));
  };
  const requestId = nameOf(body) ?? newName();
  remember(body, requestId);
  tell("chat:asking", true);
  try {
    const workflowId = await startRound({ ...body, requestId });
    names.delete(keyOf(body));
    sent();
    tell("chat:started", workflowId);
  } catch (error) {
    tell("chat:asking", false);
    throw error;
  }
}

/** The name under which something may have been asked already. */
export function nameOf(body) {
  return names.get(keyOf(body));
}

/** Know of the name under which something may have been asked already. */
export function remember(body, requestId) {
  names.set(keyOf(body), requestId);
}

/** A prompt has come back from the server: what is asked from now on is asked anew. */
export function forget(prompt) {
  for (const key of names.keys()) {
    const [, , asked] = JSON.parse(key);
    if (asked === null || asked === prompt.trim()) names.delete(key);
  }
}

/** What is asked, whoever is to answer a question; of one that is asked again, by whom. */
function keyOf({ workflowId, replaces, prompt, assistant }) {
  const again = prompt === undefined ? assistant : null;
  return JSON.stringify([workflowId, replaces, prompt?.trim(), again]);
}

function newName() {
  const [high, low] = crypto.getRandomValues(new BigUint64Array(2));
  return high.toString(36) + low.toString(36).padStart(13, "0");
}
