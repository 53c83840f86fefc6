const BY_ITSELF = CSS.supports("field-sizing", "content");

/** Make a field as high as its text, where the browser does not do so by itself. */
export function grow(field) {
  if (BY_ITSELF) return;
  field.style.blockSize = "auto";
  field.style.blockSize = `${field.scrollHeight}px`;
}
