/** Give each block of code a bar with its language, and buttons that wrap and copy it. */

/**
 * @param {Node[]} nodes Parsed Markdown.
 * @returns {Node[]} the same, with blocks of code set into their frames
 */
export function frameCode(nodes) {
  return nodes.map((node) => {
    if (node.nodeType !== Node.ELEMENT_NODE) return node;
    if (node.matches("pre")) return frame(node);
    for (const pre of node.querySelectorAll("pre")) {
      const place = document.createComment("");
      pre.replaceWith(place);
      place.replaceWith(frame(pre));
    }
    return node;
  });
}

/** Frame the blocks of code of a text that the server has rendered. */
export function frameCodeIn(prose) {
  if (!prose.querySelector("pre") || prose.querySelector(".code")) return;
  prose.replaceChildren(...frameCode([...prose.childNodes]));
}

function frame(pre) {
  const template = document.getElementById("code-template");
  if (!template) return pre; // the page offers none
  const code = document.importNode(template.content.firstElementChild, true);
  const language = pre.firstChild.className.slice("language-".length);
  code.querySelector(".code-language").append(language);
  code.append(pre);
  return code;
}

/** Wrap the lines of a block of code, or no longer. */
export function toggleWrap(button) {
  const wrapped = button.closest(".code").toggleAttribute("data-wrap");
  if (wrapped) button.setAttribute("aria-pressed", wrapped);
  else button.removeAttribute("aria-pressed");
}
