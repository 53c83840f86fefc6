/** Asking: the page is told before, so that it shows the round when it comes, and afterwards. */
import { startRound } from "../api.js";

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
  tell("chat:asking", true);
  try {
    const workflowId = await startRound(body);
    sent();
    tell("chat:started", workflowId);
  } catch (error) {
    tell("chat:asking", false);
    throw error;
  }
}
