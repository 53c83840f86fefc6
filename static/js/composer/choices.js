/**
 * The choices in a form beside the question: the assistant, the model and the documents.
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
