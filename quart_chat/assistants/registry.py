"""Which assistants are offered: those that are given, named by a setting, or installed."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from operator import attrgetter
from traceback import extract_tb
from typing import cast

from quart_chat.assistants.decorator import InvalidAssistant, name_fault
from quart_chat.assistants.protocol import Assistant

GROUP = "quart_chat.assistants"
"""The group of entry points under which packages offer assistants."""

BUILT_IN = frozenset({"librarian", "model"})
"""Names that are taken, also where no endpoint of a model is set: one may be set tomorrow."""

_BY_VALUE = attrgetter("value", "name")


def collect_assistants(given: Iterable[object], named: Iterable[str]) -> tuple[Assistant, ...]:
    """Gather the assistants that are offered beside the ones that come with the application.

    Args:
        given: Assistants themselves.
        named: Where further ones are, each as ``module:attribute``. Installed packages name theirs
            in entry points of the group ``quart_chat.assistants``.

    Raises:
        InvalidAssistant: One can't be imported, is no assistant, or its name is taken.
    """
    found: dict[str, tuple[Assistant, str]] = {}
    for candidate, origin in (
        *((candidate, "create_app(assistants=...)") for candidate in given),
        *(_named(place) for place in named),
        *(_installed(point) for point in sorted(entry_points(group=GROUP), key=_BY_VALUE)),
    ):
        checked = _check(candidate, origin)
        other, elsewhere = found.setdefault(checked.name, (checked, origin))
        if checked.name in BUILT_IN:
            raise InvalidAssistant(f"{origin}: the name {checked.name!r} is a built-in one's.")
        if other is not checked:
            raise InvalidAssistant(
                f"{origin}: the name {checked.name!r} is taken by the one from {elsewhere}."
            )
    return tuple(checked for checked, _origin in found.values())


def _named(place: str) -> tuple[object, str]:
    origin = f"QUART_CHAT_ASSISTANTS={place}"
    module, colon, attribute = place.partition(":")
    if not (module and colon and attribute):
        raise InvalidAssistant(f"{origin}: expected module:attribute, as in clock:clock.")
    return _load(EntryPoint(place, place, GROUP), origin), origin


def _installed(point: EntryPoint) -> tuple[object, str]:
    package = f" of {point.dist.name} {point.dist.version}" if point.dist else ""
    origin = f"entry point {point.name!r}{package} ({point.value})"
    return _load(point, origin), origin


def _load(point: EntryPoint, origin: str) -> object:
    module, _colon, attribute = point.value.partition(":")
    try:
        loaded: object = import_module(module.strip())
    except InvalidAssistant as error:
        raise InvalidAssistant(f"{origin}: {error}") from None
    except Exception as error:
        # Whatever a module does as it is imported may fail.
        reason = f"{type(error).__name__}: {error}{_place(error)}"
        raise InvalidAssistant(f"{origin}: it can't be imported. {reason}") from error
    try:
        return attrgetter(attribute.strip())(loaded)
    except AttributeError as error:
        where = getattr(loaded, "__file__", None) or module
        raise InvalidAssistant(f"{origin}: {where} has no {attribute!r}.") from error


def _place(error: Exception) -> str:
    """The line of the module that failed, if it was read as far as that."""
    line = extract_tb(error.__traceback__)[-1]
    return "" if "importlib" in line.filename else f" ({line.filename}:{line.lineno})"


def _check(candidate: object, origin: str) -> Assistant:
    reason = None
    if inspect.isasyncgenfunction(candidate):
        reason = "put @assistant(name) above the function."
    elif inspect.isclass(candidate):
        reason = f"it is the class {candidate.__name__}; make an instance of it."
    elif not hasattr(candidate, "answer"):
        reason = f"it is {candidate!r}, and no assistant."
    elif inspect.iscoroutinefunction(candidate.answer):
        reason = 'its answer never yields: write "yield" where it has something to say.'
    else:
        reason = name_fault(getattr(candidate, "name", None), getattr(candidate, "title", ""))
    if reason is not None:
        raise InvalidAssistant(f"{origin}: {reason}")
    return cast("Assistant", candidate)
