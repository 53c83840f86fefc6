-- What is left of a chat that was erased says nothing of what was in it.

UPDATE workflows SET title = '', assistant = NULL, model = NULL, system_prompt = NULL, document_ids = '[]'
WHERE deleted AND deleted_at IS NULL;
