/**
 * Asks before what can't be undone. A form with a question leads to a page that asks it; here a
 * dialog does, and its own form does what is asked about.
 */
const dialog = document.querySelector(".confirm");

document.addEventListener("submit", (event) => {
  const { action, dataset } = event.target;
  if (!dataset.question) return;
  event.preventDefault();
  dialog.querySelector(".confirm-question").textContent = dataset.question;
  dialog.querySelector("form").action = action;
  // It may be open as part of the page that asks.
  dialog.close();
  dialog.showModal();
});

// A page that one comes back to does not ask again.
dialog?.addEventListener("submit", () => dialog.close());
