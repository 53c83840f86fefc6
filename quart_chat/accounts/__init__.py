"""Who may use the chat: users, their sessions, tokens and passkeys, and links that invite.

The first administrator has the id ``local``, which all chats of the machine had before there were
accounts: so these are theirs, and nothing is moved where accounts are switched on or off.

Secrets are random and are stored as hashes alone. What ends a session, a token or a user commits a
*revocation*, which each process that shares the store reads within half a second: it forgets what
it has cached, and ends the streams.
"""
