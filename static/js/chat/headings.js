/**
 * Rendered Markdown as a part of a page. The headings of an answer belong below its author's name:
 * their level for a screen reader is lowered, and their look stays. The titles of callouts are in the
 * language of the page. Links to pages of this server lead to where these are. The server does the
 * same with the HTML that it renders.
 */
import { t } from "../texts.js";
import { linkTo } from "../root.js";

const ABOVE = 3;
const LOWEST = 6;

/**
 * @param {Node[]} nodes Parsed Markdown.
 * @returns {Node[]} the same
 */
export function fitIn(nodes) {
  for (const node of nodes) {
    if (node.nodeType !== Node.ELEMENT_NODE) continue;
    if (node.matches(HEADING)) lower(node);
    for (const heading of node.querySelectorAll(HEADING)) lower(heading);
    for (const link of node.querySelectorAll('[href^="/"]')) {
      link.setAttribute("href", linkTo(link.getAttribute("href")));
    }
    for (const title of node.querySelectorAll(".callout-title")) {
      const translated = TITLES[title.textContent];
      if (translated) title.textContent = translated;
    }
  }
  return nodes;
}

const TITLES = {
  Note: t("Note"),
  Tip: t("Tip"),
  Important: t("Important"),
  Warning: t("Warning"),
  Caution: t("Caution"),
};
const HEADING = "h1, h2, h3, h4, h5, h6";

function lower(heading) {
  const level = Number(heading.localName[1]) + ABOVE;
  heading.setAttribute("aria-level", Math.min(LOWEST, level));
}
