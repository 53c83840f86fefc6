"""What an administrator and their tools see of a running server."""
