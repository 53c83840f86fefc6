/**
 * What the commands do. The subject of a command is an element: the row or the heading of a chat, or
 * a round of the chat that is shown.
 */
import { changeWorkflow, deleteWorkflow } from "../api.js";
import { writeText } from "../clipboard.js";
import { browserStore } from "../storage.js";
import { t } from "../texts.js";
import { editInPlace } from "../edit-in-place.js";
import { SINGLE_KEYS } from "./attach.js";
import { isMac } from "./table.js";
import { pathTo } from "../root.js";

/** Characters in a title. */
const LONGEST = 200;

/** Commands of a message that have a control of their own in it. */
const CONTROLS = {
  edit: ".edit",
  "copy-question": ".copy-prompt",
  "copy-answer": ".copy-answer",
  again: ".again-same",
};

/** Commands of a document, which are loaded with its first. */
const OF_DOCUMENT = { rename: "rename", delete: "remove" };

const ACTIONS = {
  rename,
  pin,
  delete: remove,
  "copy-link": copyLink,
  shortcuts,
  "new-chat": () => location.assign(pathTo("/")),
};

/** The subject of commands at an element: its message, its row, or else the chat of the page. */
export function subjectOf(element) {
  const near = element.closest?.(".round, .chat-row, .document");
  return near ?? document.querySelector("chat-heading:not([hidden])");
}

/**
 * Whether a command can be performed.
 * @param {HTMLElement} item
 * @param {HTMLElement | null} subject
 */
export function isOffered({ dataset: { command, menus } }, subject) {
  if (command in CONTROLS) return Boolean(controlOf(command, subject));
  if (menus.split(" ").includes("chat")) return Boolean(subject);
  if (command === "ask-about") return subject.dataset.status === "ready";
  if (command === "original") return subject.dataset.status !== "failed";
  return command !== "ask" || document.querySelector("#prompt") !== null;
}

/** Make the item of a menu fit its subject. */
export function prepareItem(item, subject) {
  const { command } = item.dataset;
  const { id, pinned } = subject?.dataset ?? {};
  if (item.href) item.href = item.getAttribute("href").replace("{id}", id);
  const label = item.querySelector("span");
  if (command === "pin") {
    // The command does what its label says, even if another tab has changed the chat.
    item.value = pinned === "1" ? "0" : "1";
    if (pinned === "1") label.textContent = t("Unpin");
  }
  if (command === "again") label.textContent = controlOf(command, subject).textContent.trim();
  // Its keys belong to the list.
  if (command === "delete" && subject.matches("chat-heading")) withoutKeys(item);
}

/**
 * Perform a command.
 * @param {string} command
 * @param {HTMLElement | null} subject
 * @param {HTMLElement} [item] The item that was chosen, if it was one.
 */
export function run(command, subject, item) {
  if (command in CONTROLS) controlOf(command, subject)?.click();
  else if (subject?.matches(".document") && command in OF_DOCUMENT) actOn(command, subject);
  else ACTIONS[command]?.(subject, item);
}

async function actOn(command, row) {
  const actions = await import("../documents/document-actions.js");
  actions[OF_DOCUMENT[command]](row);
}

function controlOf(command, round) {
  const control = round?.querySelector(CONTROLS[command]);
  return control?.checkVisibility({ visibilityProperty: true }) ? control : null;
}

function withoutKeys(item) {
  item.querySelector("kbd").remove();
  item.removeAttribute("aria-keyshortcuts");
}

function rename(subject) {
  if (!subject) return;
  const inList = subject.matches(".chat-row");
  const shown = subject.querySelector(inList ? ".chat-link" : ".title");
  editInPlace(shown, {
    label: t("Title"),
    maxLength: LONGEST,
    className: "title-field",
    text: subject.querySelector(".chat-name, .title-text").textContent,
    save: (title) => attempt(changeWorkflow(subject.dataset.id, { title })),
  });
}

function pin(subject, item) {
  const { id, pinned } = subject.dataset;
  const wanted = item ? item.value === "1" : pinned !== "1";
  subject.querySelector(".chat-link")?.focus();
  return attempt(changeWorkflow(id, { pinned: wanted }));
}

/** Delete a chat; the page offers to undo it. */
async function remove(subject) {
  const { id } = subject.dataset;
  subject.querySelector(".chat-link")?.focus();
  if (await attempt(deleteWorkflow(id))) tell("chat:deleted", id);
}

async function copyLink(round) {
  const { number } = round;
  const link = new URL(`?round=${number}#round-${number}`, location.href);
  try {
    await writeText(link.href);
    document.querySelector("chat-notice").done(t("The link is in the clipboard."));
  } catch {
    tell("chat:failed", t("It could not be copied."));
  }
}

/** Open at the top: in a small window it would scroll to its first control, which is last. */
function shortcuts() {
  const dialog = document.querySelector("#shortcuts");
  const box = dialog.querySelector("input");
  box.checked = browserStore.read(SINGLE_KEYS) !== false;
  box.onchange = () => browserStore.write(SINGLE_KEYS, box.checked);
  if (isMac) for (const key of dialog.querySelectorAll("[data-key]")) key.textContent = "⌘";
  dialog.showModal();
  dialog.querySelector("h2").focus();
}

/** Whether a request has succeeded; the page says why not. */
async function attempt(request) {
  const error = await request.then(
    () => null,
    (reason) => reason,
  );
  if (error) tell("chat:failed", error.message);
  return !error;
}

function tell(type, detail) {
  document.querySelector("[data-workflow]").dispatchEvent(new CustomEvent(type, { detail }));
}
