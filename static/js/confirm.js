/**
 * Asks for confirmation before an action that can't be undone. Without scripts, a form leads to a page
 * with the question; here a dialog asks it, and the dialog's own form performs the action.
 */
const dialog = document.querySelector(".confirm");

document.addEventListener("submit", (event) => {
  const { action, dataset } = event.target;
  if (!dataset.question) return;
  event.preventDefault();
  dialog.querySelector(".confirm-question").textContent = dataset.question;
  dialog.querySelector("form").action = action;
  // The dialog may be open as part of the page with the question.
  dialog.close();
  dialog.showModal();
});

// Don't ask again when the user comes back to the page.
dialog?.addEventListener("submit", () => dialog.close());
