"""The accounts in their database; both engines run the same statements."""
