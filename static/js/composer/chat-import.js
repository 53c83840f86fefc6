/**
 * Exports of chats that are dropped on the question field: they are recognized by their content, and
 * the user is asked whether to import them.
 */
import { importChats } from "../api.js";
import { plural, t } from "../texts.js";

const HEAD = 64 * 1024;
const TAIL = 256 * 1024;

/** What only an export of chats has near its beginning: its own, and those of other programs. */
const MARKS = [
  /"format"\s*:\s*"quart-chat"/,
  /"mapping"\s*:\s*\{/,
  /"chat_messages"\s*:\s*\[/,
  /"history"\s*:\s*\{\s*"(?:messages|currentId)"/,
  /"conversationId"\s*:[^]*"messages(?:Tree)?"\s*:/,
  /"conv"\s*:\s*\{[^]*"currNode"/,
  /"versions"\s*:\s*\[[^]*"role"\s*:\s*"user"/,
  /"header"\s*:\s*"[^"]*(?:Gemini|Bard)[^"]*"[^]*"title"\s*:/,
  /class="outer-cell[^]*(?:Gemini|Bard)/,
  /^\ufeff?(?:Conversation,Time,Author,Message|CreatedAt,MessageContent,Author,ChatName)\r?\n/,
];

const ZIPPED =
  /conversations(-\d+)?\.json|json\/[^/]*\.json|(?:Gemini|Bard)[^/]*\/[^/]*\.(?:json|html)/;

/** Whether a file is an export of chats, as JSON or as a zip that has such. */
export async function isExport(file) {
  if (/\.zip$/i.test(file.name)) {
    // The directory of a zip, with the names in it, is at its end.
    const end = await file.slice(-TAIL).text();
    return ZIPPED.test(end);
  }
  const text = await file.slice(0, HEAD).text();
  return MARKS.some((mark) => mark.test(text));
}

/**
 * Ask whether to import files.
 * @param {HTMLElement} picker The element with the offer.
 * @param {File[]} files
 * @param {(files: File[]) => void} decline Called with the files if they are to be documents.
 */
export function offerImport(picker, files, decline) {
  const offer = picker.querySelector(".import-offer");
  const question = offer.querySelector(".import-question");
  const [accept, other] = offer.querySelectorAll("button");
  const names = files.map(({ name }) => name).join(", ");
  question.textContent = t("“{names}” looks like an export of chats. Import its chats?", { names });
  for (const button of [accept, other]) button.hidden = false;
  offer.hidden = false;
  accept.onclick = async () => {
    for (const button of [accept, other]) button.hidden = true;
    question.textContent = t("Importing…");
    question.textContent = await report(files);
  };
  other.onclick = () => {
    offer.hidden = true;
    decline(files);
  };
}

/** Import the files; what has become of them, in words. */
async function report(files) {
  try {
    const { taken, known, refused } = await importChats(files);
    const parts = [plural("{count} chat imported", "{count} chats imported", taken.length)];
    if (known) parts.push(plural("{count} existed already", "{count} existed already", known));
    if (refused.length) {
      const { length } = refused;
      parts.push(plural("{count} could not be read", "{count} could not be read", length));
    }
    return parts.join(" · ");
  } catch ({ message }) {
    return message;
  }
}
