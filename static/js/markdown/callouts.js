/** Callouts, by the same rule as quart_chat/markdown/callouts.py. */
const MARK = /^\[!(note|tip|important|warning|caution)\][ \t]*(?:\n|$)/i;

export function addCallouts(markdown) {
  markdown.core.ruler.after("block", "callouts", (state) => {
    state.tokens = state.tokens.flatMap((token, index, tokens) => {
      if (token.type !== "paragraph_open" || tokens[index - 1]?.type !== "blockquote_open") return [token];
      const text = tokens[index + 1];
      const found = MARK.exec(text.content);
      if (!found) return [token];
      const kind = found[1].toLowerCase();
      tokens[index - 1].attrSet("class", ["callout", `callout-${kind}`].join(" "));
      text.content = text.content.slice(found[0].length);
      token.hidden = tokens[index + 2].hidden = !text.content;
      return [...title(token, kind, state.Token), token];
    });
  });
}

function title({ level }, kind, Token) {
  const open = new Token("paragraph_open", "p", 1);
  const text = new Token("inline", "", 0);
  const close = new Token("paragraph_close", "p", -1);
  open.attrs = [["class", "callout-title"]];
  Object.assign(open, { level, block: true });
  Object.assign(text, {
    content: kind[0].toUpperCase() + kind.slice(1),
    children: [],
    level: level + 1,
  });
  Object.assign(close, { level, block: true });
  return [open, text, close];
}
