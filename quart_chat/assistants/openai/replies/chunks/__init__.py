"""What one chunk of an answer says, as the API describes it or as a server writes it."""
