-- Why a prompt was not sent when its turn came: the code of the error; NULL where it has not come.
ALTER TABLE queued_prompts ADD COLUMN refused TEXT;
