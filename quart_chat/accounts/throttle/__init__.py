"""How often a password may be tried, and how often other things may be asked for."""
