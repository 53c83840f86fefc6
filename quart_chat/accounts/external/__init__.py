"""Users that another server vouches for: let in under its names, connected with accounts."""
