"""Signing in by OpenID Connect: another server, the provider, says who a user is.

The browser is sent to the provider with an *authorization request*, and comes back with a code.
The code is redeemed at the provider for an ID token, which is believed only if its signature, its
issuer, its audience, its time and its nonce are right (OpenID Connect Core 1.0, 3.1).

A user is known by the issuer and the subject, which the provider gives once and for all. Neither a
name nor an address of e-mail finds a user who is there already.
"""
