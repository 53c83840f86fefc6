/**
 * HTML's named characters for markdown-it, as the browser knows them: in the place of the package
 * "entities", whose table of them weighs more than the rest of the parser.
 */
const element = document.createElement("p");

/**
 * Read what matches /&[a-z#][a-z0-9]{1,31};/i. A browser also reads names that have no end, such as
 * the "&not" of "&notit;", and leaves the rest: no name stands for more than two units.
 */
function decodeHTML(text) {
  element.innerHTML = text;
  const character = element.textContent;
  return character.length > 2 ? text : character;
}

export default { decodeHTML, decodeHTMLStrict: decodeHTML };
