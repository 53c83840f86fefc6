"""Reading documents: what waits, the process that reads, and what is stored of it."""
