"""Keys of WebAuthn, by which a user signs in without a password."""
