"""What was found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """A part of the installation and how it is.

    Attributes:
        part: The part, in one word.
        text: How it is, in sentences.
        cure: What to do where it is not well; empty where it is.
    """

    part: str
    text: str
    cure: str = ""

    @property
    def is_fault(self) -> bool:
        return bool(self.cure)

    def __str__(self) -> str:
        word = "FAULT" if self.is_fault else "ok"
        return f"{word:6}{self.part:10}{' '.join(f'{self.text} {self.cure}'.split())}"


def hide(text: str, secrets: Iterable[str]) -> str:
    """Return a text without secrets, wherever they come from."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "***")
    return text
