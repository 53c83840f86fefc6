/**
 * What a form says beside the question: who is asked, with which model, about which documents.
 * @param {HTMLFormElement} form
 * @returns {{assistant?: string, model?: string, documentIds: string[]}}
 */
export function choicesOf(form) {
  const data = new FormData(form);
  return {
    assistant: data.get("assistant") ?? undefined,
    model: form.querySelector("#assistant")?.selectedOptions[0]?.dataset.model,
    documentIds: data.getAll("documentIds"),
  };
}
