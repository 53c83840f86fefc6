"""Documents: uploads that are read in the background, with live progress, to be searched."""
