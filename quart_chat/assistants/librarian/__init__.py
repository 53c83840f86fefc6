"""The built-in assistant that searches and quotes."""
