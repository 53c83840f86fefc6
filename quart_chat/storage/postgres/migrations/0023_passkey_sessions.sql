-- The passkey that a session began with, which ends with it; NULL for another way in.
ALTER TABLE sessions ADD COLUMN passkey_id TEXT COLLATE "C";

-- When the user was last offered a passkey and wanted no more offers.
ALTER TABLE accounts ADD COLUMN passkey_declined_at DOUBLE PRECISION;
