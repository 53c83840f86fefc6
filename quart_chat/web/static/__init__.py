"""Static files: their addresses, and the scripts of a page joined into one."""
