-- What carries the events of a node: its address without user and password, and the epoch of its
-- log. Nodes that share a store have to have the same.

ALTER TABLE nodes ADD COLUMN broker TEXT;
ALTER TABLE nodes ADD COLUMN broker_epoch TEXT;
