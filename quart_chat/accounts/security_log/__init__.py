"""The security log: who did what to accounts, from where."""
