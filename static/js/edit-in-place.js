/** A name that is edited where it stands. */
import { isComposing } from "./keys.js";

/**
 * Replace an element with a field for its text. Enter and leaving the field save, Escape cancels.
 * The part before the last dot is selected, as in a list of files.
 * @param {HTMLElement} element
 * @param {{label: string, maxLength: number, save: (value: string) => Promise<boolean>}} options
 *   `save` returns whether the text is stored; if it isn't, the field stays.
 */
export function editInPlace(element, { label, maxLength, save }) {
  if (element.hidden) return;
  const text = element.textContent;
  const field = Object.assign(document.createElement("input"), {
    ariaLabel: label,
    className: "name-field",
    dir: "auto",
    maxLength,
    value: text,
  });
  let done = false;

  const finish = (focus) => {
    done = true;
    element.hidden = false;
    field.remove();
    if (focus) element.focus();
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
  });
  element.hidden = true;
  element.before(field);
  field.focus();
  const dot = text.lastIndexOf(".");
  field.setSelectionRange(0, dot > 0 ? dot : text.length);
}
