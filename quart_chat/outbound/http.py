"""Connections that this server makes itself: which certificates they trust, and their proxy."""

from __future__ import annotations

import os
import ssl
from typing import TYPE_CHECKING
from urllib.request import getproxies, proxy_bypass

if TYPE_CHECKING:
    from yarl import URL


def create_tls_context() -> ssl.SSLContext:
    """Trust what the environment names, or else what the system trusts; it reads files."""
    file, folder = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    if file or folder:
        return ssl.create_default_context(cafile=file, capath=folder)
    from truststore import SSLContext

    return SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def find_proxy(url: URL) -> str | None:
    """The proxy that the environment names for an address.

    aiohttp would read it, too, but on a thread for each request, and with it ``~/.netrc``, whose
    passwords are not meant for the servers that are asked here.
    """
    proxies = getproxies()
    proxy = proxies.get(url.scheme) or proxies.get("all")
    return None if not proxy or proxy_bypass(url.host or "") else proxy
