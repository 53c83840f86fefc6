/** The title and icon of the tab: the chat's title, and whether an answer is being written. */

/** @param {{title: string, status: string}} workflow */
export function showInTab({ title, status }) {
  document.title = `${title} · quart-chat`;
  showRunning(status === "running");
}

/** Show whether an answer is being written. */
export function showRunning(running) {
  const title = document.title.replace(/^● /, "");
  document.title = running ? `● ${title}` : title;
  const icon = document.querySelector('link[rel="icon"]');
  const address = running ? icon.dataset.running : icon.dataset.idle;
  if (icon.getAttribute("href") !== address) icon.href = address;
}
