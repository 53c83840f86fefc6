/**
 * HTML's named characters for markdown-it, decoded by the browser. Replaces the package "entities",
 * whose table is larger than the rest of the parser.
 */
const element = document.createElement("p");

/**
 * Decode a match of /&[a-z#][a-z0-9]{1,31};/i. A browser also decodes unterminated names, such as the
 * "&not" in "&notit;", and keeps the rest: but no name stands for more than two UTF-16 units.
 */
function decodeHTML(text) {
  element.innerHTML = text;
  const character = element.textContent;
  return character.length > 2 ? text : character;
}

export default { decodeHTML, decodeHTMLStrict: decodeHTML };
