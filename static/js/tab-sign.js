/** What the browser's bar shows of a tab: the chat's title, and whether an answer is being written. */

/** @param {{title: string, status: string}} workflow */
export function showInTab({ title, status }) {
  const running = status === "running";
  document.title = `${running ? "● " : ""}${title} · quart-chat`;
  const icon = document.querySelector('link[rel="icon"]');
  const address = running ? icon.dataset.running : icon.dataset.idle;
  if (icon.getAttribute("href") !== address) icon.href = address;
}
