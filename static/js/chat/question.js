/**
 * A question: code in it is shown as code, and a long one is folded, by the same rules as in
 * quart_chat/web/pages/chat/questions.py.
 */
import { t } from "../texts.js";

const CODE =
  /^((`{3,}|~{3,})[^\n`]*\n)((?:(?!\2).*\n)*)(\2[`~]*[ \t]*(?:\n|$(?![^])))|(`)([^`\n]+)(`)/gm;
const CHARACTERS = 2000;
const LINES = 30;

/**
 * Show the text of a question; nothing is lost of it, marks are only out of sight. One that is shown
 * already stays as its reader has unfolded it.
 */
export function showQuestion(round, text) {
  if (round.prompt === text) return;
  const nodes = [];
  let done = 0;
  for (const { index, ...found } of text.matchAll(CODE)) {
    nodes.push(text.slice(done, index), asCode(found));
    done = index + found[0].length;
  }
  round.querySelector(".prompt-text").replaceChildren(...nodes, text.slice(done));
  const long = text.length > CHARACTERS || text.split("\n").length > LINES;
  round.querySelector(".show-all").hidden = !long;
  if (long) fold(round, true);
}

/** Let the button show the whole question, and fold it again. */
export function attachFolding(round) {
  const text = round.querySelector(".prompt-text");
  round.querySelector(".show-all").onclick = () => fold(round, !text.classList.contains("folded"));
}

function fold(round, folded) {
  round.querySelector(".prompt-text").classList.toggle("folded", folded);
  const button = round.querySelector(".show-all");
  button.textContent = folded ? t("Show all") : t("Show less");
  button.ariaExpanded = String(!folded);
}

function asCode({ 1: opener, 3: block, 4: closer, 5: tick, 6: inline }) {
  const code = document.createElement("code");
  if (opener) code.className = "block";
  code.append(mark(opener ?? tick), block ?? inline, mark(closer ?? tick));
  return code;
}

function mark(text) {
  const span = document.createElement("span");
  span.hidden = true;
  span.textContent = text;
  return span;
}
