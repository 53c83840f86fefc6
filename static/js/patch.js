/** Making one tree of nodes look like another while keeping every node that is the same. */

/**
 * @param {string} html
 * @returns {Node[]} its nodes, without the white space between blocks
 */
export function parseNodes(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return [...template.content.childNodes].filter((node) => !isBlank(node));
}

/**
 * Make the children of a node, from an index on, like the given nodes.
 * @param {Node} parent
 * @param {number} start
 * @param {Node[]} nodes
 */
export function patchNodes(parent, start, nodes) {
  const old = [...parent.childNodes].slice(start);
  nodes.forEach((node, index) => {
    if (index >= old.length) parent.append(node);
    else patchNode(old[index], node);
  });
  for (const surplus of old.slice(nodes.length)) surplus.remove();
}

function patchNode(old, node) {
  if (old.isEqualNode(node)) return;
  const alike = old.cloneNode(false).isEqualNode(node.cloneNode(false));
  if (old.nodeType === Node.TEXT_NODE && node.nodeType === Node.TEXT_NODE) patchText(old, node.data);
  else if (alike) patchNodes(old, 0, [...node.childNodes]);
  else old.replaceWith(node);
}

/** Text that has grown is added to, so that a selection in it holds. */
function patchText(old, data) {
  if (data.startsWith(old.data)) old.appendData(data.slice(old.data.length));
  else old.data = data;
}

function isBlank(node) {
  return node.nodeType === Node.TEXT_NODE && node.data.trim() === "";
}
