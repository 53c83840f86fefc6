"""Words, passages and ranking: full-text search without storage."""
