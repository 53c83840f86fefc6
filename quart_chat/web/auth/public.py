"""Routes that are for everyone; a route that is not marked so is for users alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

View = TypeVar("View", bound=Callable[..., Any])

_PUBLIC = "public"


def public(view: View) -> View:
    """Mark the handler of a route that needs no sign-in."""
    vars(view)[_PUBLIC] = True
    return view


def is_public(view: Callable[..., Any] | None) -> bool:
    """Whether a handler is marked so; False where there is no handler."""
    return view is not None and _PUBLIC in vars(view)
