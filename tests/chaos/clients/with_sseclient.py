"""The package sseclient-py: ``python with_sseclient.py <url>`` writes each event's id and data."""

from __future__ import annotations

import sys
from time import sleep

import httpx
from sseclient import SSEClient


def follow(url: str) -> None:
    last = ""
    with httpx.Client(timeout=60) as http:
        while True:
            headers = {"Last-Event-ID": last} if last else {}
            try:
                with http.stream("GET", url, headers=headers) as response:
                    for event in SSEClient(response.iter_bytes()).events():
                        last = event.id or last
                        print(f"{event.id or ''}\t{event.data}", flush=True)
            except httpx.TransportError:
                sleep(0.02)


if __name__ == "__main__":
    follow(sys.argv[1])
