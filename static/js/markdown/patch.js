/** Changes one tree of nodes into another and keeps every equal node. */

/**
 * @param {string} html
 * @returns {Node[]} its nodes, without the white space between blocks
 */
export function parseNodes(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  for (const chunk of template.content.querySelectorAll(".chunk")) removeBlanks(chunk);
  removeBlanks(template.content);
  return [...template.content.childNodes];
}

function removeBlanks(parent) {
  for (const node of [...parent.childNodes]) if (isBlank(node)) node.remove();
}

/** What the page and its reader add: open details, wrapped code, the height of a block out of view. */
const OWN = new Set(["aria-pressed", "data-done", "data-wrap", "open", "style"]);

/**
 * Make the children of a node, from an index on, equal to the given nodes.
 * @param {Node} parent
 * @param {number} start
 * @param {Node[]} nodes
 */
export function patchNodes(parent, start, nodes) {
  nodes.forEach((node, index) => patchChild(parent, start + index, node));
  while (parent.childNodes.length > start + nodes.length) parent.lastChild.remove();
}

/** Make the child of a node at an index equal to the given node. */
export function patchChild(parent, index, node) {
  const old = parent.childNodes[index];
  if (old) patchNode(old, node);
  else parent.append(node);
}

/** Append to a text that has grown, so that a selection in it stays. */
export function patchText(old, data) {
  if (data.startsWith(old.data)) old.appendData(data.slice(old.data.length));
  else old.data = data;
}

function patchNode(old, node) {
  if (old.isEqualNode(node)) return;
  if (old.nodeName !== node.nodeName) {
    old.replaceWith(node);
  } else if (old.nodeType === Node.TEXT_NODE) {
    patchText(old, node.data);
  } else {
    patchAttributes(old, node);
    patchNodes(old, 0, [...node.childNodes]);
  }
}

/** Give an element the attributes of another. */
export function patchAttributes(old, node) {
  for (const { name } of [...old.attributes]) {
    if (!OWN.has(name) && !node.hasAttribute(name)) old.removeAttribute(name);
  }
  for (const { name, value } of node.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
}

function isBlank(node) {
  return node.nodeType === Node.TEXT_NODE && node.data.trim() === "";
}
