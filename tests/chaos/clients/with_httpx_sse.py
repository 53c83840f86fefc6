"""The package httpx-sse: ``python with_httpx_sse.py <url>`` writes each event's id and data."""

from __future__ import annotations

import sys
from time import sleep

import httpx
from httpx_sse import connect_sse


def follow(url: str) -> None:
    last = ""
    with httpx.Client(timeout=60) as http:
        while True:
            headers = {"Last-Event-ID": last} if last else {}
            try:
                with connect_sse(http, "GET", url, headers=headers) as source:
                    for event in source.iter_sse():
                        last = event.id or last
                        print(f"{event.id}\t{event.data}", flush=True)
            except httpx.TransportError:
                sleep(0.02)


if __name__ == "__main__":
    follow(sys.argv[1])
