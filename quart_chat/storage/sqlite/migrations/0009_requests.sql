-- The name that a client has given its request for a round: sent again, it starts no second one.

ALTER TABLE rounds ADD COLUMN request_id TEXT;

CREATE INDEX rounds_by_request ON rounds (request_id) WHERE request_id IS NOT NULL;
