/** Actions of a chat in the list: rename it in its row, pin it, delete it. */
import { changeWorkflow, deleteWorkflow } from "../api.js";
import { isComposing } from "../keys.js";
import { t } from "../texts.js";

let menuRow = null;

/** Put the menu, which the browser shows and closes, beside the button of a row. */
export function openMenu(row) {
  menuRow = row;
  const menu = document.getElementById("chat-menu");
  const pin = menu.querySelector('[data-action="pin"]');
  pin.querySelector("span").textContent = row.dataset.pinned === "1" ? t("Unpin") : t("Pin");
  const button = row.querySelector(".chat-more").getBoundingClientRect();
  const { width, height } = menu.getBoundingClientRect();
  const below = button.bottom + height < innerHeight;
  menu.style.insetBlockStart = `${below ? button.bottom : button.top - height}px`;
  menu.style.left = `${Math.min(button.left, innerWidth - width - 8)}px`;
  // By the autofocus attribute, browsers would move the focus as the page loads, and complain where
  // its address has a fragment.
  menu.querySelector("[data-action]").focus();
}

/** Perform the action that was chosen in the menu. */
export function choose(item) {
  const row = menuRow;
  document.getElementById("chat-menu").hidePopover();
  const actions = { rename, pin: togglePin, delete: remove };
  row.querySelector(".chat-link").focus();
  actions[item.dataset.action](row);
}

function togglePin(row) {
  attempt(row, changeWorkflow(row.dataset.id, { pinned: row.dataset.pinned !== "1" }));
}

/** Delete the chat of a row; the page offers to undo it. */
export async function remove(row) {
  const { id } = row.dataset;
  if (await attempt(row, deleteWorkflow(id))) tell(row, "chat:deleted", id);
}

/** Replace the title of a row with a field. Enter and leaving the field save, Escape cancels. */
export function rename(row) {
  if (row.querySelector(".chat-edit")) return;
  const link = row.querySelector(".chat-link");
  const title = row.querySelector(".chat-name").title;
  const field = document.createElement("input");
  field.className = "chat-edit";
  field.ariaLabel = t("Title");
  field.value = title;
  field.maxLength = 200;
  let done = false;

  const finish = (focus) => {
    done = true;
    field.remove();
    link.hidden = false;
    if (focus) link.focus();
  };
  const save = async (focus) => {
    if (done || field.readOnly) return;
    const value = field.value.trim();
    if (!value || value === title) return finish(focus);
    field.readOnly = true;
    const saved = await attempt(row, changeWorkflow(row.dataset.id, { title: value }));
    field.readOnly = false;
    if (saved) finish(focus);
    else field.setAttribute("aria-invalid", "true");
  };

  field.addEventListener("blur", () => save(false));
  field.addEventListener("keydown", (event) => {
    if (isComposing(event)) return;
    if (event.key === "Enter") save(true);
    else if (event.key === "Escape") finish(true);
    else return;
    event.preventDefault();
  });
  link.hidden = true;
  link.before(field);
  field.select();
  field.focus();
}

async function attempt(row, request) {
  const error = await request.then(
    () => null,
    (reason) => reason,
  );
  if (error) tell(row, "chat:failed", error.message);
  return !error;
}

function tell(row, type, detail) {
  const list = row.closest("chat-list") ?? document.querySelector("chat-list");
  list.dispatchEvent(new CustomEvent(type, { bubbles: true, detail }));
}
