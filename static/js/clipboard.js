/** The clipboard, on every page. */

/**
 * Copy a text or the result of a promise; rejects if the browser can't copy it.
 * @param {string | Promise<string>} text
 */
export function writeText(text) {
  return write({ "text/plain": Promise.resolve(text) });
}

/**
 * Copy a text that is also there as HTML, for programs that keep its format.
 * @param {Promise<{text: string, html: string}>} mail
 */
export function writeMail(mail) {
  return write({
    "text/plain": mail.then(({ text }) => text),
    "text/html": mail.then(({ html }) => html),
  });
}

/** The permission belongs to the click, and would have expired once the texts have arrived. */
async function write(forms) {
  if (!navigator.clipboard) {
    writeThroughField(await forms["text/plain"]);
    return;
  }
  const blobs = Object.entries(forms).map(([type, text]) => [
    type,
    text.then((ready) => new Blob([ready], { type })),
  ]);
  await navigator.clipboard.write([new ClipboardItem(Object.fromEntries(blobs))]);
}

/** Pages over HTTP from another machine have no clipboard API. */
function writeThroughField(text) {
  const field = document.createElement("textarea");
  const focused = document.activeElement;
  field.value = text;
  field.className = "visually-hidden";
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  focused?.focus({ preventScroll: true });
  if (!done) throw new Error();
}
