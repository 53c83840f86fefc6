"""The pages of usage and limits; a server without accounts has none of them."""
