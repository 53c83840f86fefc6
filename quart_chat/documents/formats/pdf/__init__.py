"""PDF: the text of its pages, as far as their fonts say which letters it has."""
