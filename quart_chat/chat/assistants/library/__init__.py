"""What the Librarian is made of: passages, a full-text index, the rule that decides."""
