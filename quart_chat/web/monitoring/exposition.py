"""What Prometheus reads: plain numbers, taken at the moment that it asks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from quart_chat.durations import BOUNDS, Durations
from quart_chat.resources import program_version
from quart_chat.web.monitoring.measurements import Measurements

PREFIX = "quart_chat_"
CONTENT_TYPE = CONTENT_TYPE_LATEST


def expose(measurements: Measurements) -> bytes:
    """All metrics in the text format of Prometheus."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Measured(measurements))
    ProcessCollector(registry=registry)
    return generate_latest(registry)


class _Measured(Collector):
    def __init__(self, measurements: Measurements) -> None:
        self._measurements = measurements

    def collect(self) -> Iterator[Metric]:
        measured = self._measurements
        info = GaugeMetricFamily(
            f"{PREFIX}node_info", "This process; always 1", labels=["node", "version"]
        )
        info.add_metric([measured.node, program_version()], 1)
        yield info
        yield from _events(measured)
        yield from _rounds(measured)
        yield from _durations(measured)
        requests = CounterMetricFamily(
            f"{PREFIX}http_requests", "Requests answered", labels=["method", "route", "status"]
        )
        for (method, route, status), count in sorted(measured.requests.items()):
            requests.add_metric([method, route, str(status)], count)
        yield requests


def _events(measured: Measurements) -> Iterator[Metric]:
    found = measured.events.manager.statistics()
    counts = found.counts
    yield _gauge("contexts", "Contexts that are open", found.contexts)
    yield _gauge("readers", "Readers of contexts, each once for each context", found.readers)
    yield _gauge("reader_lag_events", "Events not taken yet, of all readers", found.lag)
    yield _gauge(
        "reader_lag_events_max",
        "Events not taken yet by the reader furthest behind",
        found.longest_lag,
    )
    yield _counter("events", "Events taken into contexts", counts.events)
    yield _counter("deliveries", "Events taken by readers", counts.deliveries)
    yield _counter("lost_events", "Events that readers came too late for", counts.lost)
    yield _counter(
        "broker_gaps", "Times that events from the broker may have been missed", counts.gaps
    )
    yield _gauge(
        "broker_cut_off_seconds",
        "Seconds for which this process has been cut off from the broker",
        measured.events.manager.broker.cut_off,
    )


def _rounds(measured: Measurements) -> Iterator[Metric]:
    rounds = measured.chat.rounds
    yield _gauge("rounds_running", "Answers that are being written here", len(rounds.running))
    ended = CounterMetricFamily(f"{PREFIX}rounds", "Rounds that ended here", labels=["outcome"])
    for outcome in ("complete", "stopped", "error"):
        ended.add_metric([outcome], rounds.statistics.outcomes[outcome])
    yield ended
    tokens = CounterMetricFamily(
        f"{PREFIX}tokens", "Tokens of models, where their endpoints say", labels=["direction"]
    )
    tokens.add_metric(["in"], rounds.statistics.prompt_tokens)
    tokens.add_metric(["out"], rounds.statistics.answer_tokens)
    yield tokens


def _durations(measured: Measurements) -> Iterator[Metric]:
    broker = measured.events.manager.broker
    for name, text, durations in (
        (
            "first_text_seconds",
            "From the start of a round to the first text of its answer",
            measured.chat.rounds.statistics.first_texts,
        ),
        ("database_read_seconds", "Reads, the wait included", measured.storage.reads),
        ("database_write_seconds", "Transactions, the wait included", measured.storage.writes),
        ("broker_append_seconds", "Until a batch was in the log", broker.appends),
        ("broker_round_trip_seconds", "Until a batch was delivered here", broker.round_trips),
        ("event_loop_lag_seconds", "How late the event loop was", measured.loop_lag),
    ):
        yield HistogramMetricFamily(
            PREFIX + name,
            text,
            buckets=list(_buckets(durations or Durations())),
            sum_value=durations.seconds if durations else 0.0,
        )


def _buckets(durations: Durations) -> Iterator[tuple[str, float]]:
    """The buckets as Prometheus has them: each counts all that the ones before do."""
    count = 0
    bounds: Iterable[float] = (*BOUNDS, float("inf"))
    for bound, more in zip(bounds, durations.counts, strict=True):
        count += more
        yield "+Inf" if bound == float("inf") else str(bound), count


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(PREFIX + name, text, value=value)


def _counter(name: str, text: str, value: float) -> Metric:
    return CounterMetricFamily(PREFIX + name, text, value=value)
