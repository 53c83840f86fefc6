/**
 * The headings of an answer belong below its author's name: their level for a screen reader is
 * lowered, and their look stays. The server does the same with the HTML that it renders.
 */
const ABOVE = 3;
const LOWEST = 6;

/**
 * @param {Node[]} nodes Parsed Markdown.
 * @returns {Node[]} the same
 */
export function lowerHeadings(nodes) {
  for (const node of nodes) {
    if (node.nodeType !== Node.ELEMENT_NODE) continue;
    if (node.matches(HEADING)) lower(node);
    for (const heading of node.querySelectorAll(HEADING)) lower(heading);
  }
  return nodes;
}

const HEADING = "h1, h2, h3, h4, h5, h6";

function lower(heading) {
  const level = Number(heading.localName[1]) + ABOVE;
  heading.setAttribute("aria-level", Math.min(LOWEST, level));
}
