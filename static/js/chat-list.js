/** The list of chats, as it is in every tab: pinned ones first, then the latest. */
export class ChatList extends HTMLElement {
  /**
   * Show a chat's entry, or take it away.
   * @param {object} workflow
   * @param {string} currentId The chat that the page shows.
   */
  show(workflow, currentId) {
    const known = this.#rows.find((row) => row.dataset.id === workflow.id);
    if (workflow.deleted) known?.remove();
    else this.#place(this.#fill(known ?? this.#newRow(), workflow, currentId));
    this.querySelector(".chats-empty").hidden = this.#rows.length > 0;
  }

  /** Forget every chat. */
  clear() {
    this.#list.replaceChildren();
  }

  get #list() {
    return this.querySelector(".chats");
  }

  get #rows() {
    return [...this.#list.children];
  }

  #newRow() {
    return this.querySelector("template").content.firstElementChild.cloneNode(true);
  }

  #fill(row, { id, title, status, pinned, updatedAt }, currentId) {
    Object.assign(row.dataset, { id, status, pinned: Number(pinned), updated: updatedAt });
    const link = row.querySelector("a");
    link.href = `/chat/${id}`;
    if (id === currentId) link.setAttribute("aria-current", "page");
    row.querySelector(".chat-name").textContent = title;
    return row;
  }

  #place(row) {
    const next = this.#rows.find((other) => other !== row && comesAfter(other, row));
    if (row.nextElementSibling !== (next ?? null) || !row.isConnected) {
      this.#list.insertBefore(row, next ?? null);
    }
  }
}

function comesAfter(a, b) {
  const pinned = Number(b.dataset.pinned) - Number(a.dataset.pinned);
  return (pinned || Number(b.dataset.updated) - Number(a.dataset.updated)) > 0;
}
