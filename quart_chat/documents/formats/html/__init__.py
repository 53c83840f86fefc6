"""Web pages: what a page is about, and the blocks that it consists of."""
