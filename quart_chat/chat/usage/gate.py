"""Whether a user may ask, decided in the transaction that takes the question.

Transactions that write follow each other, also those of several processes: so questions that come
at the same time can't pass a limit of questions or of running answers together. Tokens are counted
once an answer has ended: what runs when the limit is reached is not broken off, so a user can pass
it by what the running answers still take.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import lru_cache

from quart_chat.assistants.protocol import Assistant, ModelAssistant
from quart_chat.chat.usage.models import DailyUsage, Gauge, day_of, next_month, seconds_to
from quart_chat.chat.usage.storage import UsageReader, UsageTransaction
from quart_chat.errors import ModelNotAllowed, UsageLimitReached
from quart_chat.limits import NO_LIMITS, InvalidLimits, UserLimits, parse_limits
from quart_chat.texts import _, number

_logger = logging.getLogger(__name__)

MINUTE = 60.0

_MERGED = 256
"""Different limits that are kept as they were read."""


class Gate:
    """Lets questions in.

    Args:
        roles: The limits of each role, by its name.
        clock: Seconds since the epoch.
    """

    def __init__(
        self, roles: Mapping[str, UserLimits], clock: Callable[[], float] = time.time
    ) -> None:
        self._roles = roles
        self.clock = clock
        self._unread: set[tuple[str, str]] = set()
        # Each question asks for them, and most users have those of their role.
        self._merge = lru_cache(maxsize=_MERGED)(self._parse)

    def of_role(self, role: str) -> UserLimits:
        """The limits of a role."""
        return self._roles.get(role, NO_LIMITS)

    def limits(self, reader: UsageReader, user_id: str) -> UserLimits:
        """The limits of a user: those that an administrator has set, else those of the role.

        Where stored limits can't be read, those of the role hold alone. They were stored by another
        version, or by hand: rounds have to end all the same.
        """
        role, own = reader.select_limits(user_id)
        try:
            return self._merge(role, own)
        except InvalidLimits as error:
            if (user_id, own) not in self._unread:
                self._unread.add((user_id, own))
                _logger.error("The limits of the user %s can't be read: %s", user_id, error)  # noqa: TRY400 - the line is in it
            return self._merge(role, "")

    def _parse(self, role: str, own: str) -> UserLimits:
        return parse_limits(own).or_else(self.of_role(role))

    def admit(
        self,
        transaction: UsageTransaction,
        user_id: str,
        limits: UserLimits,
        assistant: Assistant,
        model: str | None,
        *,
        is_new: bool = True,
    ) -> str | None:
        """Let a question in, and return the model that is to be asked.

        Args:
            transaction: Takes the question.
            user_id: Who asks.
            limits: What the user may do, as the transaction sees it.
            assistant: Who is asked.
            model: The model that was chosen.
            is_new: Whether it has not been let in before, to wait in a queue.

        Raises:
            ModelNotAllowed: The user may not ask this model.
            UsageLimitReached: The user has used up what may be used for now.
        """
        if isinstance(assistant, ModelAssistant):
            model = choose_model(limits, assistant, model)
            used_up = self.find_used_up(transaction, user_id, limits, model)
            if used_up is not None:
                raise self._used_up(used_up)
        if is_new and limits.prompts_per_minute is not None:
            self._take_prompt(transaction, user_id, limits.prompts_per_minute)
        return model

    def gauges(self, reader: UsageReader, user_id: str, limits: UserLimits) -> list[Gauge]:
        """How much a user has used of each limit of tokens."""
        if not limits.counts_tokens:
            return []
        today = day_of(self.clock())
        used = reader.select_usage(today.replace(day=1).isoformat(), user_id)
        return make_gauges(limits, used, today.isoformat())

    def find_used_up(
        self, reader: UsageReader, user_id: str, limits: UserLimits, model: str | None
    ) -> Gauge | None:
        """The first limit of tokens that is reached and concerns a model; None where none is."""
        for gauge in self.gauges(reader, user_id, limits):
            # A model that isn't known yet may be any of them.
            concerns = model is None or gauge.model in ("", model)
            if concerns and gauge.used >= gauge.limit:
                return gauge
        return None

    def _used_up(self, gauge: Gauge) -> UsageLimitReached:
        now = self.clock()
        today = day_of(now)
        again = today + timedelta(days=1) if gauge.period == "day" else next_month(today)
        return UsageLimitReached(f"{describe(gauge)} {when_again(gauge)}", seconds_to(again, now))

    def _take_prompt(self, transaction: UsageTransaction, user_id: str, limit: int) -> None:
        now = self.clock()
        times = transaction.select_prompt_times(user_id)
        # The clocks of nodes differ: a moment may lie ahead.
        recent = sorted(moment for moment in times if abs(now - moment) < MINUTE)
        if len(recent) >= limit:
            wait = min(max(1, math.ceil(recent[-limit] + MINUTE - now)), int(MINUTE))
            message = _(
                "You've asked {count} questions within a minute, and {limit} are allowed. Try"
                " again in {seconds} s."
            ).format(count=number(len(recent)), limit=number(limit), seconds=number(wait))
            raise UsageLimitReached(message, wait)
        transaction.update_prompt_times(user_id, sorted((*recent, now)))


def choose_model(limits: UserLimits, assistant: ModelAssistant, model: str | None) -> str | None:
    """The model that is asked: the chosen one, or the first that may be where none is chosen.

    Raises:
        ModelNotAllowed: The user may not ask it, or none can be named.
    """
    chosen = model or getattr(assistant, "default_model", None)
    if chosen is not None and limits.allows(chosen):
        return chosen
    names = [name for name in limits.models or () if not set(name) & set("*?[")]
    if model is None and (names or limits.models is None):
        return names[0] if names else None
    allowed = ", ".join(limits.models or ())
    if chosen is None:
        raise ModelNotAllowed(_("Choose a model. You may use: {models}.").format(models=allowed))
    raise ModelNotAllowed(
        _("You may not use the model {model}. Choose one of these: {models}.").format(
            model=chosen, models=allowed
        )
    )


def make_gauges(limits: UserLimits, used: list[DailyUsage], today: str) -> list[Gauge]:
    """How much is used of each limit, by what was used of each day of this month."""

    def tokens(period: str, model: str) -> int:
        return sum(
            each.tokens
            for each in used
            if model in ("", each.model) and (period == "month" or each.day == today)
        )

    wanted = [
        ("day", "", limits.tokens_per_day),
        ("month", "", limits.tokens_per_month),
        *(("day", model, most) for model, most in sorted(limits.model_days.items())),
        *(("month", model, most) for model, most in sorted(limits.model_months.items())),
    ]
    return [
        Gauge(period, model, tokens(period, model), most)
        for period, model, most in wanted
        if most is not None
    ]


def describe(gauge: Gauge) -> str:
    """How much is used of a limit, as a sentence."""
    if gauge.model and gauge.period == "day":
        text = _("You've used {used} of {limit} tokens of {model} for today.")
    elif gauge.model:
        text = _("You've used {used} of {limit} tokens of {model} for this month.")
    elif gauge.period == "day":
        text = _("You've used {used} of {limit} tokens for today.")
    else:
        text = _("You've used {used} of {limit} tokens for this month.")
    return text.format(used=number(gauge.used), limit=number(gauge.limit), model=gauge.model)


def when_again(gauge: Gauge) -> str:
    """When a limit begins anew, as a sentence."""
    if gauge.period == "day":
        return _("It starts again at 00:00 UTC.")
    return _("It starts again on the first day of next month at 00:00 UTC.")
