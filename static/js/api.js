/**
 * The requests that a page sends; those about documents are in documents/api.js. Each throws an Error
 * whose message can be shown to users, with the status of the response if there was one.
 */
import { t } from "./texts.js";
import { pathTo } from "./root.js";

const UNREACHABLE = t("The server can't be reached.");

/**
 * Start a round. The round runs on the server and the page's stream shows it, so the response is
 * read only until it names the chat.
 * @param {{prompt?: string, assistant?: string, workflowId?: string, replaces?: number}} body
 * @returns {Promise<string>} the id of the chat
 */
export async function startRound(body) {
  const response = await send("POST", pathTo("/api/chatbot/start/stream"), body);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  let match = null;
  while (!match) {
    const { value, done } = await reader.read().catch(() => ({ done: true }));
    if (done) throw new Error(UNREACHABLE);
    text += value;
    match = /^data: (.*)\n/m.exec(text);
  }
  reader.cancel().catch(() => {});
  const { type, item } = JSON.parse(match[1]);
  return type === "workflow" ? item.id : item.workflowId;
}

/**
 * Queue a question behind the answer that is being written.
 * @returns {Promise<{workflowId: string, roundNumber: number | null, queued: object | null}>}
 */
export function queuePrompt({ workflowId, ...body }) {
  return sendForJson("POST", pathTo(`/api/chatbot/${workflowId}/queue`), body);
}

/** Change the text of a queued question. */
export function editQueued(workflowId, id, prompt) {
  return sendForJson("PATCH", pathTo(`/api/chatbot/${workflowId}/queue/${id}`), { prompt });
}

/** Take a question out of the queue; the response has its text. */
export function removeQueued(workflowId, id) {
  return sendForJson("DELETE", pathTo(`/api/chatbot/${workflowId}/queue/${id}`));
}

/** Stop the answer that is being written, and send a queued question. */
export function sendQueued(workflowId, id) {
  return sendForJson("POST", pathTo(`/api/chatbot/${workflowId}/queue/${id}/send`));
}

/** An answer in a form: its Markdown source (`md`), or text and HTML for a mail (`json`). */
export function readAnswer(workflowId, roundNumber, form) {
  return send("GET", pathTo(`/chat/${workflowId}/rounds/${roundNumber}/answer.${form}`));
}

/** Import the chats of files. */
export function importChats(files) {
  const form = new FormData();
  for (const file of files) form.append("files", file);
  return sendForJson("POST", pathTo("/api/chatbot/import"), form);
}

/** Stop the running round of a chat; with a number, none that has followed it meanwhile. */
export function stopRound(workflowId, number) {
  const query = number ? `?round=${number}` : "";
  return send("POST", pathTo(`/api/chatbot/${workflowId}/stop${query}`));
}

/**
 * Fetch rounds of a chat as HTML: the latest, or those before a round.
 * @returns {Promise<{head: number, seq: number, link: Element, rounds: Element[], queue: Element[]}>}
 */
export function readRounds(workflowId, { before = "", signal } = {}) {
  const query = before && `?before=${before}`;
  return readFragment(pathTo(`/chat/${workflowId}/rounds${query}`), signal);
}

/** Fetch the latest rounds of a shared chat. */
export function readShared(token, signal) {
  return readFragment(pathTo(`/shared/${token}/rounds`), signal);
}

async function readFragment(url, signal) {
  const response = await send("GET", url, null, signal);
  const template = document.createElement("template");
  template.innerHTML = await response.text();
  const root = document.importNode(template.content.querySelector(".rounds"), true);
  const rounds = [...root.querySelectorAll("chat-round")];
  const link = root.querySelector(".earlier-link");
  const queue = [...root.querySelectorAll(".queued")];
  return { head: Number(root.dataset.head), seq: Number(root.dataset.seq), link, rounds, queue };
}

/**
 * A page of the list of chats, or of search results.
 * @param {{q?: string, before?: string}} query
 * @returns {Promise<{workflows: object[], next: string | null}>}
 */
export function listWorkflows(query) {
  return sendForJson("GET", pathTo(`/api/chatbot/workflows?${new URLSearchParams(query)}`));
}

/**
 * Change the title of a chat, whether it is pinned, which of its branches is shown, or up to where
 * it has been read.
 */
export function changeWorkflow(workflowId, change) {
  return send("PATCH", pathTo(`/api/chatbot/workflows/${workflowId}`), change);
}

/** Restore a deleted chat. */
export function restoreWorkflow(workflowId) {
  return send("POST", pathTo(`/api/chatbot/workflows/${workflowId}/restore`));
}

/** Delete a chat. */
export function deleteWorkflow(workflowId) {
  return send("DELETE", pathTo(`/api/chatbot/workflows/${workflowId}`));
}

/** Whether the chat exists; true if the server can't be asked. */
export function workflowExists(workflowId) {
  return exists(pathTo(`/api/chatbot/workflows/${workflowId}`));
}

/** Whether a chat is still shared; true if the server can't be asked. */
export function isShared(token) {
  return exists(pathTo(`/shared/${token}`));
}

async function exists(url) {
  const response = await fetch(url, { method: "HEAD" }).catch(() => null);
  return response?.status !== 404;
}

/**
 * Send a request.
 * @param {string} method
 * @param {string} url
 * @param {object | FormData} [body] An object goes as JSON.
 * @param {AbortSignal} [signal]
 */
export async function send(method, url, body, signal) {
  const init = { method, signal };
  if (body instanceof FormData) {
    init.body = body;
  } else if (body) {
    init.headers = { "Content-Type": "application/json" };
    init.body = JSON.stringify(body);
  }
  const response = await fetch(url, init).catch(() => null);
  signal?.throwIfAborted();
  if (!response) throw new Error(UNREACHABLE);
  if (response.ok) return response;
  const answer = await response.json().catch(() => null);
  const { status } = response;
  const message = answer?.error?.message ?? t("The server answered with {status}.", { status });
  throw Object.assign(new Error(message), { status });
}

/** Send a request whose response is JSON. */
export async function sendForJson(method, url, body, signal) {
  const response = await send(method, url, body, signal);
  return response.json().catch(() => {
    throw new Error(UNREACHABLE);
  });
}
