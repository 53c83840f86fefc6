"""Questions as they are understood: their words, what answer they expect, how many there are."""
