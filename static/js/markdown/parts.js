/** Very long paragraphs in parts, by the same rule as quart_chat/markdown/parts.py. */
const PART =
  /(?=[^]{4000})[^]{2000}(?:[^]{0,500}?[.!?:][ \n](?=[A-Za-z\u00c0-\u1fff])|[^]{0,250}?[ \n](?=[A-Za-z\u00c0-\u1fff])|[^]{0,1250}?(?=[A-Za-z\u00c0-\u1fff]|[\u3040-\u9fff\uac00-\ud7a3]))/uy;

export function addParts(markdown) {
  markdown.core.ruler.after("block", "parts", (state) => {
    const { continues } = state.env;
    if (continues && state.tokens[0]?.type === "paragraph_open") continuePart(state.tokens[0]);
    state.tokens = state.tokens.flatMap((token, index, tokens) => {
      const begin = tokens[index - 1];
      if (token.type !== "inline" || begin?.type !== "paragraph_open") return [token];
      return split(token, begin, tokens[index + 1], state.Token);
    });
  });
}

function split(inline, begin, end, Token) {
  const { content } = inline;
  const tokens = [inline];
  let offset = 0;
  PART.lastIndex = 0;
  for (let found = PART.exec(content); found; found = PART.exec(content)) {
    tokens.at(-1).content = found[0].trim();
    offset = PART.lastIndex;
    const next = Object.assign(new Token("paragraph_open", "p", 1), begin, { meta: { offset } });
    continuePart(next);
    const text = Object.assign(new Token("inline", "", 0), inline, { children: [] });
    text.content = content.slice(offset);
    tokens.push(end, next, text);
  }
  return tokens;
}

function continuePart(paragraph) {
  paragraph.attrs = [["class", "part"]];
}
