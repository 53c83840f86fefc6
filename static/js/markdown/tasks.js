/** Task lists in Markdown, by the same rules as in quart_chat/markdown/tasks.py. */
const BOX = /^\[([ xX])\] /;

export function addTasks(markdown) {
  Object.assign(markdown.renderer.rules, {
    task_open: (tokens, index) =>
      `<label><input type="checkbox" disabled${tokens[index].meta ? " checked" : ""}> `,
    task_close: () => "</label>",
  });
}

/** Give each task of a list its checkbox, inside the label with its text. */
export function makeTasks(tokens, Token) {
  tokens.slice(2).forEach(({ children }, index) => {
    const item = tokens[index];
    const first = children?.[0];
    if (item.type !== "list_item_open" || first?.type !== "text") return;
    const box = BOX.exec(first.content);
    if (!box) return;
    first.content = first.content.slice(box[0].length);
    const open = new Token("task_open", "label", 1);
    open.meta = box[1] !== " ";
    children.unshift(open);
    children.push(new Token("task_close", "label", -1));
    item.attrSet("class", "task");
  });
}
