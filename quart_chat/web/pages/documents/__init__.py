"""The pages of documents: the list of them, and what was read of one."""
