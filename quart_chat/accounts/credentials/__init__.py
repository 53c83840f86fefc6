"""What a request shows to be let in, a session or a token, and whose it is."""
