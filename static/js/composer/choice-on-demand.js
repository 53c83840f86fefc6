/**
 * Load the choice of models, and open it if its button was pressed before it was there.
 * @param {HTMLButtonElement} button
 */
export async function loadChoice(button) {
  let pressed = false;
  const press = () => (pressed = true);
  button.addEventListener("click", press);
  await import("./chat-choice.js");
  button.removeEventListener("click", press);
  if (pressed) button.click();
}
