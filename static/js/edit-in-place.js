/** A title or a name that is edited where it stands. */
import { isComposing } from "./keys.js";

/**
 * Replace an element with a field for its text. Enter and leaving the field save, Escape cancels.
 * @param {HTMLElement} element
 * @param {object} options
 * @param {string} options.label
 * @param {number} options.maxLength
 * @param {(value: string) => Promise<boolean>} options.save Returns whether the text is stored; if it
 *   isn't, the field stays.
 * @param {string} [options.text] Its text, where it shows something else as well.
 * @param {string} [options.className] Of the field.
 * @param {boolean} [options.isFile] Select the part before the last dot, as in a list of files.
 */
export function editInPlace(element, { label, maxLength, save, ...options }) {
  const { text = element.textContent, className = "name-field", isFile = false } = options;
  const open = element.parentElement.querySelector(`.${className}`);
  if (open) {
    open.focus();
    return;
  }
  const before = document.activeElement;
  const field = Object.assign(document.createElement("input"), {
    ariaLabel: label,
    className,
    dir: "auto",
    maxLength,
    value: text,
  });
  let done = false;

  const finish = (focus) => {
    done = true;
    hide(element, false);
    field.remove();
    if (focus) comeBack(element, before);
  };
  const store = async (focus) => {
    if (done || field.readOnly) return;
    const value = field.value.trim();
    if (!value || value === text) return finish(focus);
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
  hide(element, true);
  element.before(field);
  field.focus();
  const dot = isFile ? text.lastIndexOf(".") : -1;
  field.setSelectionRange(0, dot > 0 ? dot : text.length);
}

/** A page keeps its heading for screen readers. */
function hide(element, hidden) {
  if (element.matches("h1")) element.classList.toggle("visually-hidden", hidden);
  else element.hidden = hidden;
}

/** The focus goes to the link, or back to where it was, or to the title. */
function comeBack(element, before) {
  if (element.matches("a")) element.focus();
  else if (before?.isConnected && before !== document.body) before.focus({ preventScroll: true });
  if (document.activeElement === document.body) element.querySelector("button").focus();
}
