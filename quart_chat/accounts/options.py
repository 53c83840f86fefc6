"""How long what lets a user in lasts."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

DAY = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountOptions:
    """Lengths of time, in seconds.

    Attributes:
        session_idle: After which a session ends that is not used.
        session_lifetime: After which any session ends.
        invite_lifetime: For which an invite can be accepted.
        link_lifetime: For which a link for a new password can be used.
        log_lifetime: For which the security log is kept.
        cache: For which an identity may be recognised without asking the store; what this process
            or another one revokes is forgotten at once, or once it is read.
        watch: Between two looks for what other processes have revoked.
        clock: Seconds since the epoch.
    """

    session_idle: float = 30 * DAY
    session_lifetime: float = 90 * DAY
    invite_lifetime: float = 7 * DAY
    link_lifetime: float = DAY
    log_lifetime: float = 180 * DAY
    cache: float = 5.0
    watch: float = 0.4
    clock: Callable[[], float] = time.time
