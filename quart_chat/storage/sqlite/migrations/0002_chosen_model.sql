-- Who a workflow's next prompt goes to where nobody is named: the assistant that was asked last, and
-- the model that was chosen for it.

ALTER TABLE workflows ADD COLUMN assistant TEXT;
ALTER TABLE workflows ADD COLUMN model TEXT;

UPDATE workflows SET assistant = (
  SELECT assistant FROM rounds WHERE workflow_id = workflows.id ORDER BY number DESC LIMIT 1
);
