"""A collector of OpenTelemetry: takes spans over real HTTP, and shows what it has got."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

KINDS = {1: "internal", 2: "server", 3: "client"}


@dataclass(frozen=True)
class Seen:
    """A span as it was sent; ids in hexadecimal."""

    name: str
    kind: str
    trace: str
    id: str
    parent: str
    attributes: dict[str, Any]
    is_error: bool
    service: str

    @property
    def operation(self) -> str:
        return str(self.attributes.get("gen_ai.operation.name"))


class Collector:
    """Attributes:
    url: Where it is.
    bodies: All bytes that it has got.
    spans: What is in them.
    """

    def __init__(self) -> None:
        self.url = ""
        self.bodies: list[bytes] = []
        self.spans: list[Seen] = []
        self._more = asyncio.Condition()

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        async with self._more:
            self.bodies.append(body)
            self.spans += _read(body)
            self._more.notify_all()
        answer = ExportTraceServiceResponse().SerializeToString()
        return web.Response(body=answer, content_type="application/x-protobuf")

    async def find(self, matches: Callable[[Seen], bool]) -> Seen:
        """Wait for a span."""
        async with self._more:
            await self._more.wait_for(lambda: any(map(matches, self.spans)))
        return next(filter(matches, self.spans))


def _read(body: bytes) -> list[Seen]:
    return [
        Seen(
            span.name,
            KINDS[span.kind],
            span.trace_id.hex(),
            span.span_id.hex(),
            span.parent_span_id.hex(),
            _values(span.attributes),
            span.status.code == 2,
            _values(sent.resource.attributes)["service.name"],
        )
        for sent in ExportTraceServiceRequest.FromString(body).resource_spans
        for scope in sent.scope_spans
        for span in scope.spans
    ]


def _values(attributes: Any) -> dict[str, Any]:
    return {
        each.key: getattr(each.value, each.value.WhichOneof("value") or "") for each in attributes
    }


@asynccontextmanager
async def collector(port: int = 0) -> AsyncGenerator[Collector]:
    made = Collector()
    app = web.Application()
    app.router.add_post("/v1/traces", made.take)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield made
    finally:
        await runner.cleanup()
