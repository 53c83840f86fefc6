"""What the stream doctor makes of series of arrivals; the function is pure, so they are made up."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.async_api import Page

from tests.examples import examples

pytestmark = pytest.mark.asyncio(loop_scope="session")

Seen = dict[str, Any]

AHEAD = 5_000_000.0
"""Milliseconds by which the made server's clock differs from the made browser's."""

COUNT = 28
INTERVAL = 100


async def diagnose(page: Page, seen: Seen) -> dict[str, Any]:
    found: dict[str, Any] = await page.evaluate(
        """async (seen) => {
          const { diagnose } = await import("/js/doctor/diagnosis.js");
          return diagnose(seen);
        }""",
        seen,
    )
    return found


async def ids(page: Page, seen: Seen) -> list[str]:
    return [finding["id"] for finding in (await diagnose(page, seen))["findings"]]


def series(arrivals: list[float], **more: Any) -> Seen:
    """Events sent every 100 ms from 1000 on that arrive at these times, by the browser's clock."""
    events = [
        {"number": n + 1, "sent": sent(n) + AHEAD, "arrived": arrived, "bytes": 110}
        for n, arrived in enumerate(arrivals)
    ]
    end = max([1000.0, *arrivals])
    return {
        "expected": COUNT,
        "interval": INTERVAL,
        "keepalive": 15_000,
        "comments": 0,
        "events": events,
        "pings": [{"sent": 500, "time": 505 + AHEAD, "arrived": 510}],
        "startedAt": 995,
        "headersAt": arrivals[0] if arrivals else 1000,
        "lastByteAt": end,
        "endedAt": end + 1,
        "ended": "complete",
        "status": 200,
        "contentType": "text/event-stream; charset=utf-8",
        "encoding": "",
        "server": "hypercorn-h11",
        "protocol": "h2",
        "queued": 0,
        **more,
    }


def sent(n: int) -> float:
    return 1000.0 + n * INTERVAL


STEADY = [sent(n) + 5 for n in range(COUNT)]
AT_END = [sent(COUNT) + n * 0.1 for n in range(COUNT)]
LUMPS = [sent(n - n % 7 + 6) + 5 for n in range(COUNT)]
HEAD = [max(sent(7), sent(n)) + 5 for n in range(COUNT)]


async def test_steady_arrivals_are_well(modules: Page) -> None:
    found = await diagnose(modules, series(STEADY))
    assert [finding["id"] for finding in found["findings"]] == ["one-by-one"]
    assert found["level"] == "good"
    facts = found["facts"]
    assert facts["roundTrip"] == 10
    assert facts["delay"] == pytest.approx(5)
    assert facts["arrived"] == COUNT


async def test_the_clocks_are_compared_by_the_fastest_ping(modules: Page) -> None:
    pings = [
        {"sent": 0, "time": 900 + AHEAD, "arrived": 1000},
        {"sent": 500, "time": 505 + AHEAD, "arrived": 510},
        {"sent": 600, "time": 620 + AHEAD, "arrived": 800},
    ]
    facts = (await diagnose(modules, series(STEADY, pings=pings)))["facts"]
    assert (facts["roundTrip"], facts["delay"]) == (10, pytest.approx(5))


async def test_without_pings_the_fastest_event_sets_the_clock(modules: Page) -> None:
    found = await diagnose(modules, series(LUMPS, pings=[]))
    assert found["facts"]["roundTrip"] is None
    assert found["findings"][0]["id"] == "held-in-lumps"


@pytest.mark.parametrize(
    ("arrivals", "id_"),
    [(AT_END, "held-to-end"), (LUMPS, "held-in-lumps"), (HEAD, "held-at-start")],
)
async def test_what_is_held_back_is_named(modules: Page, arrivals: list[float], id_: str) -> None:
    found = await diagnose(modules, series(arrivals))
    assert [finding["id"] for finding in found["findings"]] == [id_]
    assert found["level"] == "bad"


async def test_a_computer_that_was_busy_at_the_start_held_nothing_back(modules: Page) -> None:
    arrivals = [max(sent(3), at) + 5 for at in map(sent, range(COUNT))]
    assert await ids(modules, series(arrivals)) == ["one-by-one"]


async def test_a_lump_is_as_large_as_what_came_together(modules: Page) -> None:
    [finding] = (await diagnose(modules, series(LUMPS)))["findings"]
    assert finding["values"] == {"bytes": 7 * 110, "largest": 7}


@pytest.mark.parametrize(
    ("server", "encoding", "cures"),
    [
        ("nginx/1.22.1", "", ["nginx"]),
        ("openresty", "", ["nginx"]),
        ("Apache/2.4", "gzip", ["compression", "apache"]),
        ("cloudflare, abc-FRA", "br", ["compression", "cloudflare"]),
        ("hypercorn-h11", "", ["unknown"]),
        ("", "", ["unknown"]),
    ],
)
async def test_the_likely_culprit_is_who_answered(
    modules: Page, server: str, encoding: str, cures: list[str]
) -> None:
    found = await diagnose(modules, series(LUMPS, server=server, encoding=encoding))
    assert found["findings"][0]["cures"] == cures


async def test_a_long_way_is_no_buffer(modules: Page) -> None:
    late = [time + 400 for time in STEADY]
    pings = [{"sent": 0, "time": 400 + AHEAD, "arrived": 800}]
    assert await ids(modules, series(late, pings=pings)) == ["one-by-one", "slow"]


async def test_a_cut_in_silence_is_told_from_one_in_the_middle(modules: Page) -> None:
    cut = {"ended": "cut", "expected": COUNT + 1}
    quiet = series(STEADY, **cut, endedAt=STEADY[-1] + 2000, server="nginx")
    [finding] = (await diagnose(modules, quiet))["findings"]
    assert finding["id"] == "cut-in-silence"
    assert finding["values"]["silence"] == pytest.approx(2000)
    assert finding["cures"] == ["nginx-timeout"]
    kept = series(STEADY, **cut, comments=2, lastByteAt=33_000, endedAt=35_000)
    assert await ids(modules, kept) == ["cut-while-busy"]
    middle = series(STEADY[:9], ended="cut")
    assert await ids(modules, middle) == ["cut-while-busy"]
    silent = series(STEADY, **cut | {"ended": "silent"}, endedAt=120_000)
    assert await ids(modules, silent) == ["gone-silent"]


async def test_lost_doubled_and_disordered_events_are_told(modules: Page) -> None:
    seen = series(STEADY)
    events = seen["events"]
    lost = {**seen, "events": [*events[:3], *events[5:]]}
    assert "missing" in await ids(modules, lost)
    doubled = {**seen, "events": [*events, {**events[-1], "arrived": events[-1]["arrived"] + 80}]}
    assert "doubled" in await ids(modules, doubled)
    swapped = {**seen, "events": [events[1], events[0], *events[2:]]}
    assert "disordered" in await ids(modules, swapped)


@pytest.mark.parametrize(
    ("more", "id_"),
    [
        ({"ended": "unreachable", "status": None}, "unreachable"),
        ({"ended": "cut", "status": 429}, "too-many"),
        ({"ended": "cut", "status": 504}, "refused"),
        ({"ended": "cut", "contentType": "text/html"}, "other-content"),
        ({"ended": "silent"}, "nothing"),
        ({"ended": "cut"}, "nothing"),
    ],
)
async def test_what_is_no_stream_is_named(modules: Page, more: Seen, id_: str) -> None:
    assert await ids(modules, series([], **more)) == [id_]


async def test_few_and_used_up_connections_are_told(modules: Page) -> None:
    one = series(STEADY, protocol="http/1.1")
    found = await diagnose(modules, one)
    assert [finding["id"] for finding in found["findings"]] == ["one-by-one", "few-connections"]
    assert found["level"] == "good"
    assert await ids(modules, {**one, "queued": 4000}) == ["queued"]


@settings(max_examples=examples(60), derandomize=True)
@given(
    jitter=st.lists(st.floats(0, 30), min_size=COUNT, max_size=COUNT),
    offset=st.floats(-1e9, 1e9),
    distance=st.floats(0, 200),
)
async def test_jitter_distance_and_clocks_make_nobody_a_culprit(
    modules: Page, jitter: list[float], offset: float, distance: float
) -> None:
    arrivals = [sent(n) + distance + jitter[n] for n in range(COUNT)]
    pings = [{"sent": 0, "time": distance + offset, "arrived": 2 * distance}]
    seen = series(arrivals, pings=pings)
    for n, event in enumerate(seen["events"]):
        event["sent"] = sent(n) + offset
    found = await diagnose(modules, seen)
    assert found["level"] == "good"
    assert found["facts"]["delay"] <= distance + 30 + 1e-3


@settings(max_examples=examples(60), derandomize=True)
@given(size=st.integers(3, COUNT), jitter=st.lists(st.floats(0, 5), min_size=COUNT, max_size=COUNT))
async def test_a_buffer_of_any_size_is_seen(modules: Page, size: int, jitter: list[float]) -> None:
    release = [min(n - n % size + size - 1, COUNT - 1) for n in range(COUNT)]
    arrivals = [sent(last) + 5 + jitter[last] + n * 0.1 for n, last in enumerate(release)]
    found = await diagnose(modules, series(arrivals))
    assert found["level"] == "bad"
    assert found["findings"][0]["id"].startswith("held-")


@settings(max_examples=examples(100), derandomize=True)
@given(
    arrivals=st.lists(st.floats(0, 1e6), max_size=40),
    ended=st.sampled_from(["complete", "cut", "silent", "unreachable"]),
    status=st.sampled_from([None, 200, 204, 404, 429, 502]),
    pings=st.booleans(),
)
async def test_whatever_is_seen_something_is_said(
    modules: Page, arrivals: list[float], ended: str, status: int | None, pings: bool
) -> None:
    seen = series(arrivals, ended=ended, status=status)
    if not pings:
        seen["pings"] = []
    found = await diagnose(modules, seen)
    assert found["findings"]
    assert found["level"] in {"good", "note", "bad"}
