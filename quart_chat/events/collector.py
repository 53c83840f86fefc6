"""The garbage collector of a process that streams."""

from __future__ import annotations

import gc

_YOUNG_OBJECTS = 10_000
"""Objects, more than have gone, after which the collector looks at those made since."""


def collect_rarely() -> None:
    """Have the garbage collector leave alone what is loaded by now, and look seldom at the rest.

    For a server, once it is ready: what it has loaded stays, and most of what a request or an
    event makes is gone with it. To look every 700 objects, as Python does, costs a twentieth of
    the processor time. It is for the program to call and not for a library, since it concerns the
    whole process.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG_OBJECTS)


def keep_loaded() -> None:
    """Have the collector leave alone what was loaded since, in a process that collects rarely."""
    if gc.get_freeze_count():
        gc.freeze()
