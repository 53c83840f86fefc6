/** Rows of the list of chats, in the list itself and in search results. */
import { pathTo } from "../root.js";

/** Create a row. */
export function newRow() {
  const template = document.querySelector(".row-template");
  // In a template's document a link has no base URL, so its parts are empty.
  return document.importNode(template.content.firstElementChild, true);
}

/**
 * Show a chat in a row.
 * @param {Element} row
 * @param {object} workflow
 * @param {boolean} current Whether it is the chat that the page is about.
 */
export function fillRow(row, workflow, current) {
  const { id, title, status, pinned, unread, updatedAt } = workflow;
  Object.assign(row.dataset, { id, status, updated: updatedAt });
  Object.assign(row.dataset, { pinned: Number(pinned), unread: Number(unread) });
  const link = row.querySelector("a");
  // A search result links to a place in the chat.
  link.href = pathTo(`/chat/${id}${link.search}${link.hash}`);
  // A page about a chat, such as that of its link, is not the chat's own page.
  const place = link.pathname === location.pathname ? "page" : "true";
  link.ariaCurrent = current ? place : null;
  setTitle(row, title);
  return row;
}

/** Show in a row where a search found its words. */
export function showMatch(row, { title, snippet, round }, query) {
  const link = row.querySelector("a");
  link.search = new URLSearchParams({ q: query, ...(round && { round }) });
  link.hash = round ? `round-${round}` : "";
  row.querySelector(".chat-name").replaceChildren(...title.map(toNode));
  row.querySelector(".chat-snippet").replaceChildren(...snippet.map(toNode));
}

function setTitle(row, title) {
  const name = row.querySelector(".chat-name");
  // An unchanged title keeps the highlights of a search.
  if (name.textContent !== title) name.textContent = title;
  name.title = title;
  const more = row.querySelector(".chat-more");
  more.ariaLabel = `${more.title}: ${title}`;
}

function toNode({ text, hit }) {
  if (!hit) return document.createTextNode(text);
  const mark = document.createElement("mark");
  mark.textContent = text;
  return mark;
}

/** Whether a row comes before another: pinned ones first, then the latest. */
export function comesBefore(row, other) {
  const pinned = Number(row.dataset.pinned) - Number(other.dataset.pinned);
  return (pinned || Number(row.dataset.updated) - Number(other.dataset.updated)) > 0;
}

/** Insert a row before another, or last; an element in it keeps the focus. */
export function placeRow(list, row, next) {
  if (row.parentElement === list && row.nextElementSibling === next) return;
  const focused = row.contains(document.activeElement) ? document.activeElement : null;
  if (row.isConnected && list.moveBefore) list.moveBefore(row, next);
  else list.insertBefore(row, next);
  // After a move, an element with the focus does not always match :focus-within.
  if (focused?.matches("a, button") && !row.matches(":focus-within")) focused.blur();
  if (document.activeElement !== focused) focused?.focus({ preventScroll: true });
}
