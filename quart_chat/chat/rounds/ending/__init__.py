"""How a round ends, by itself, by a stop or after a crash, and what follows it."""
