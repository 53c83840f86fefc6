"""The endpoint's embeddings, with which the Librarian compares a question with passages."""

from __future__ import annotations

import logging
import time
from array import array
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from hashlib import blake2b
from math import sqrt
from operator import mul

from quart_chat.assistants.openai.client import Endpoint
from quart_chat.assistants.openai.failures.errors import ModelError

_logger = logging.getLogger(__name__)

MAX_KEPT = 2000
"""Vectors that are kept, the latest used: 8 MB with 1,024 numbers each."""
MAX_CHARS = 2000
"""Of a text that is sent: models read a few hundred tokens."""
PAUSE = 300.0
"""Seconds until an endpoint that has failed is asked again."""
_NAMED = "embed"
"""What the names of models for embeddings have in common."""


class EndpointEmbeddings:
    """Compares texts by an endpoint's embeddings, as far as it has any.

    Args:
        endpoint: Where they come from; opened by its owner.
        model: The model that makes them; if empty, the first listed that is named for it.
        list_models: Lists the endpoint's models.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        model: str,
        list_models: Callable[[], Awaitable[Sequence[str]]],
    ) -> None:
        self._endpoint = endpoint
        self._model = model
        self._list_models = list_models
        self._kept: OrderedDict[bytes, array[float]] = OrderedDict()
        self._paused_until = 0.0

    async def compare(self, question: str, texts: Sequence[str]) -> list[float] | None:
        """How near each text is to the question, -1 to 1; None where the endpoint can't tell.

        A failure is written to the log once, and the endpoint is left alone for a while.
        """
        if time.monotonic() < self._paused_until or not texts:
            return None
        try:
            model = self._model or await self._find_model()
            if not model:
                self._paused_until = time.monotonic() + PAUSE
                return None
            vectors = await self._embed(model, [question, *texts])
        except ModelError as error:
            self._paused_until = time.monotonic() + PAUSE
            _logger.warning("The endpoint gives no embeddings: %s", error.message)
            return None
        asked, *others = vectors
        return [sum(map(mul, asked, other)) for other in others]

    async def _find_model(self) -> str:
        return next((name for name in await self._list_models() if _NAMED in name.lower()), "")

    async def _embed(self, model: str, texts: Sequence[str]) -> list[array[float]]:
        keys = [_key(model, text) for text in texts]
        missing = {
            key: text for key, text in zip(keys, texts, strict=True) if key not in self._kept
        }
        if missing:
            sent = [text[:MAX_CHARS] for text in missing.values()]
            vectors = await self._endpoint.embed(model, sent)
            for key, vector in zip(missing, vectors, strict=True):
                self._kept[key] = _of_length_1(vector)
        found = []
        for key in keys:
            self._kept.move_to_end(key)
            found.append(self._kept[key])
        while len(self._kept) > MAX_KEPT:
            self._kept.popitem(last=False)
        return found


def _key(model: str, text: str) -> bytes:
    return blake2b(f"{model}\0{text}".encode(errors="replace"), digest_size=16).digest()


def _of_length_1(vector: Sequence[float]) -> array[float]:
    length = sqrt(sum(map(mul, vector, vector))) or 1.0
    return array("f", [number / length for number in vector])
