/** Actions of a finished round: edit its prompt, regenerate its answer, show another version. */
import { changeWorkflow } from "../api.js";
import { ask } from "./asking.js";
import { takeEdit } from "../composer/drafts.js";

const busy = new WeakSet();

/**
 * @param {HTMLElement} app Holds the rounds, and gets the events "chat:started" and "chat:failed".
 * @param {AbortSignal} signal Ends it.
 */
export function attachRoundActions(app, signal) {
  app.addEventListener("click", (event) => edit(app, event), { signal });
  app.addEventListener("submit", (event) => act(app, event), { signal });
  app.addEventListener("edit-last", () => editLast(app), { signal });
  editOn(app);
}

/** Continue an edit from before the page was left. */
function editOn(app) {
  const edit = takeEdit(app.dataset.workflow);
  const round = edit && app.querySelector(`chat-round[data-round="${Number(edit.round)}"]`);
  if (round) open(app, round, edit.text);
  else if (edit) app.rescue(edit.text);
}

function edit(app, event) {
  const link = event.target.closest("a.edit");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  open(app, link.closest("chat-round"));
}

function editLast(app) {
  const round = [...app.querySelectorAll("chat-round")].at(-1);
  if (round && app.dataset.running !== "true") open(app, round);
}

/** While the editor is loaded, another element may have taken the place of the round. */
async function open(app, round, text) {
  try {
    const { editPrompt } = await import("./prompt-editor.js");
    const shown = app.querySelector(`chat-round[data-round="${round.number}"]`);
    if (shown) editPrompt(shown, text);
    else if (text) app.rescue(text);
  } catch (error) {
    fail(app, error);
  }
}

async function act(app, event) {
  const form = event.target;
  const action = { versions: show, again: answerAgain }[form.classList[0]];
  if (!action) return;
  event.preventDefault();
  if (busy.has(form)) return;
  busy.add(form);
  try {
    await action(app, form, event.submitter);
  } catch (error) {
    fail(app, error);
  } finally {
    busy.delete(form);
  }
}

function show(app, form, button) {
  return changeWorkflow(app.dataset.workflow, { head: Number(button.value) });
}

function answerAgain(app, form, button) {
  const workflowId = app.dataset.workflow;
  const replaces = form.closest("chat-round").number;
  return ask(app, { workflowId, replaces, assistant: button?.value || undefined });
}

function fail(app, error) {
  app.dispatchEvent(new CustomEvent("chat:failed", { detail: error.message }));
}
