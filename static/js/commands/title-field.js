/** A field in the place of a title. Enter and leaving the field save, Escape cancels. */
import { isComposing } from "../keys.js";
import { t } from "../texts.js";

/** Characters in a title. */
const LIMIT = 200;

/**
 * @param {HTMLElement} shown The element that the field replaces.
 * @param {object} options
 * @param {string} options.title
 * @param {(title: string) => Promise<boolean>} options.save Whether it was saved.
 */
export function editTitle(shown, { title, save }) {
  const open = shown.parentElement.querySelector(".title-field");
  if (open) {
    open.focus();
    return;
  }
  const before = document.activeElement;
  const field = document.createElement("input");
  Object.assign(field, { className: "title-field", ariaLabel: t("Title"), value: title });
  field.maxLength = LIMIT;
  let done = false;

  const finish = (focus) => {
    done = true;
    field.remove();
    hide(shown, false);
    if (focus) comeBack(shown, before);
  };
  const store = async (focus) => {
    if (done || field.readOnly) return;
    const value = field.value.trim();
    if (!value || value === title) return finish(focus);
    field.readOnly = true;
    const saved = await save(value);
    field.readOnly = false;
    if (saved) finish(focus);
    else field.setAttribute("aria-invalid", "true");
  };

  field.addEventListener("blur", () => store(false));
  field.addEventListener("keydown", (event) => {
    if (isComposing(event)) return;
    if (event.key === "Enter") store(true);
    else if (event.key === "Escape") finish(true);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  hide(shown, true);
  shown.before(field);
  field.select();
  field.focus();
}

/** A page keeps its heading for screen readers. */
function hide(shown, hidden) {
  if (shown.matches("h1")) shown.classList.toggle("visually-hidden", hidden);
  else shown.hidden = hidden;
}

/** The focus is where it was, or else on the title. */
function comeBack(shown, before) {
  if (shown.matches("a")) shown.focus();
  else if (before?.isConnected && before !== document.body) before.focus({ preventScroll: true });
  if (document.activeElement === document.body) shown.querySelector("button").focus();
}
