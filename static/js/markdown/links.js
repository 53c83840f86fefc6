/**
 * Links, by the same rules as in quart_chat/markdown/links.py: all are marked as external, and
 * addresses in the text and images become links.
 */
const REL = "noopener noreferrer nofollow";
const ADDRESS =
  /(?<![A-Za-z0-9\u00c0-\u1fff])(?:[Hh][Tt][Tt][Pp][Ss]?:\/\/[A-Za-z0-9\u00c0-\u1fff]|(?<![./:@\-_])(?:www|WWW|Www)\.[A-Za-z0-9\u00c0-\u1fff][A-Za-z0-9\u00c0-\u1fff\-]*\.(?=[A-Za-z0-9\u00c0-\u1fff]))[A-Za-z0-9\u00c0-\u1fff!#$%&'()*+,\-./:;=?@_~]*/g;
const PUNCTUATION = /[!'*,.:;?_~]+$/;

export function addLinks(markdown) {
  markdown.core.ruler.push("links", ({ tokens, Token }) => {
    for (const token of tokens) {
      if (token.children) token.children = makeLinks(token.children, Token, markdown);
    }
  });
}

function makeLinks(tokens, Token, markdown) {
  let inLink = false;
  return tokens.flatMap((token) => {
    if (token.type === "link_open") token.attrSet("rel", REL);
    if (token.type.startsWith("link_")) inLink = token.nesting > 0;
    if (token.type === "image") return imageAsLink(token, inLink, Token);
    if (token.type !== "text" || inLink) return [token];
    return addressesAsLinks(token.content, Token, markdown);
  });
}

function addressesAsLinks(text, Token, markdown) {
  const tokens = [];
  let done = 0;
  for (const { 0: found, index } of text.matchAll(ADDRESS)) {
    const address = withoutWhatFollows(found);
    tokens.push(asText(text.slice(done, index), Token));
    const url = address.slice(0, 8).includes("://") ? address : "http://" + address;
    tokens.push(...asLink([["href", markdown.normalizeLink(url)]], address, Token));
    done = index + address.length;
  }
  return [...tokens, asText(text.slice(done), Token)];
}

/** Punctuation at the end, and a bracket around the address, are not part of the address. */
function withoutWhatFollows(address) {
  let shorter = address.replace(PUNCTUATION, "");
  if (shorter.endsWith(")") && shorter.split(")").length > shorter.split("(").length) {
    shorter = shorter.slice(0, -1);
  }
  return shorter === address ? address : withoutWhatFollows(shorter);
}

function imageAsLink(image, inLink, Token) {
  const src = image.attrGet("src");
  const text = plain(image.children) || src;
  if (inLink) return [asText(text, Token)];
  const title = image.attrGet("title");
  return asLink([["href", src], ...(title === null ? [] : [["title", title]])], text, Token);
}

function asLink(attrs, text, Token) {
  const open = new Token("link_open", "a", 1);
  open.attrs = [...attrs, ["rel", REL]];
  return [open, asText(text, Token), new Token("link_close", "a", -1)];
}

function asText(content, Token) {
  return Object.assign(new Token("text", "", 0), { content });
}

function plain(tokens) {
  return tokens
    .map((token) => {
      if (token.type === "image") return plain(token.children);
      return token.type.endsWith("break") ? "\n" : token.content;
    })
    .join("");
}
