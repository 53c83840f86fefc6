"""The engines, with the servers that they need."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from tests.events.brokers.engines import Engine, LogEngine


@pytest.fixture(scope="session")
def engine(request: pytest.FixtureRequest) -> Engine | LogEngine:
    """An engine whose ``start`` needs no argument; a test names those that it is tried on."""
    named: Engine | LogEngine = request.param
    if named.service is not None:
        start: Any = partial(named.start, request.getfixturevalue(named.service))
        named = replace(named, start=start)
    return named
