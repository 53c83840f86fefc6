"""What the pages show: a chat's rounds, each with its prompt, steps and answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from quart_chat.texts import _, ngettext, number, seconds

if TYPE_CHECKING:
    from quart_chat.chat.models import Log, Message, Round, RoundStatus
    from quart_chat.chat.views import BranchPage


@dataclass(slots=True)
class StepView:
    """A step and those that are part of it."""

    log: Log
    parts: list[StepView] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class StepsLine:
    """What the steps of a round come to, in one line; ``type`` is that of the step it names."""

    text: str
    type: str


@dataclass(slots=True)
class RoundView:
    """One prompt and all that answers it; ``error`` says why there is no whole answer.

    Attributes:
        assistant: Who was asked.
        versions: The numbers of the rounds that are versions of this one, itself among them.
        step_count: How many steps it has; a page shows the first of very many.
    """

    workflow_id: str
    number: int
    parent: int | None
    status: RoundStatus
    error: str | None
    assistant: str
    versions: tuple[int, ...]
    step_count: int = 0
    prompt: Message | None = None
    logs: list[Log] = field(default_factory=list)
    answer: Message | None = None

    @property
    def version(self) -> int:
        """Its place among its versions, from 1."""
        return self.versions.index(self.number) + 1

    @property
    def previous(self) -> int | None:
        """The number of the version before it."""
        return max((number for number in self.versions if number < self.number), default=None)

    @property
    def next(self) -> int | None:
        """The number of the version after it."""
        return min((number for number in self.versions if number > self.number), default=None)

    @property
    def steps(self) -> list[StepView]:
        """What was done, in the order in which it began; parts stand under what they belong to."""
        logs = sorted(
            (log for log in self.logs if log.type != "reasoning"), key=lambda log: log.timestamp
        )
        views = {log.id: StepView(log) for log in logs}
        top: list[StepView] = []
        for view in views.values():
            parent = views.get(view.log.parent_id or "")
            (top if parent is None else parent.parts).append(view)
        return top

    @property
    def steps_line(self) -> StepsLine | None:
        """The steps in one line: the running one, or what came of them; None if that says nothing.

        static/js/chat/steps-line.js has the same rule.
        """
        steps = self.steps
        logs = [view.log for view in steps]
        if not steps or (len(steps) == 1 and _is_over(steps[0])):
            return None
        if self.status == "running":
            return _name_running(logs)
        telling = [log for log in logs if log.type != "progress"] or logs[-1:]
        warnings = [log for log in telling if log.type in ("warning", "error")]
        lead = (warnings[-1:] or telling)[0]
        more = self.step_count - len(self.logs)
        others = len(telling) - 1 + more
        parts = [lead.message.removesuffix(".")]
        if others:
            text = ngettext("{count} more step", "{count} more steps", others)
            parts.append(text.format(count=number(others)))
        # The durations of steps that are not shown are unknown.
        if not more and not warnings:
            parts.append(seconds(sum(log.duration_ms or 0 for log in telling)))
        return StepsLine(" · ".join(parts), lead.type)

    @property
    def thoughts(self) -> list[Log]:
        """What a model has thought, in order."""
        thoughts = (log for log in self.logs if log.type == "reasoning")
        return sorted(thoughts, key=lambda log: log.timestamp)

    @property
    def thoughts_line(self) -> str:
        """How long a model has thought."""
        if any(log.status == "running" for log in self.thoughts):
            return _("Thinking…")
        total = sum(log.duration_ms or 0 for log in self.thoughts)
        if total < 1000:
            return _("Thought briefly")
        return _("Thought for {seconds} s").format(seconds=number(total / 1000))


def _is_over(step: StepView) -> bool:
    """Whether a step was of interest only while it ran."""
    log = step.log
    return log.type == "progress" and log.status == "completed" and not step.parts


def _name_running(logs: list[Log]) -> StepsLine:
    running = [log for log in logs if log.status == "running"]
    lead = (running or logs)[-1]
    known = lead.status == "running" and lead.progress is not None
    share = f" · {number(lead.progress * 100)} %" if known and lead.progress is not None else ""
    return StepsLine(lead.message.removesuffix(".") + share, lead.type)


def build_rounds(page: BranchPage) -> list[RoundView]:
    """Gather what belongs to each round, in order."""
    views = {round_.number: _view(round_, page) for round_ in page.snapshot.rounds}
    for message in page.snapshot.messages:
        if message.role == "user":
            views[message.round_number].prompt = message
        else:
            views[message.round_number].answer = message
    for log in page.snapshot.logs:
        views[log.round_number].logs.append(log)
    return list(views.values())


def _view(round_: Round, page: BranchPage) -> RoundView:
    return RoundView(
        workflow_id=round_.workflow_id,
        number=round_.number,
        parent=round_.parent,
        status=round_.status,
        error=_(round_.message) if round_.status == "error" and round_.message else None,
        assistant=round_.assistant,
        versions=page.versions[round_.number],
        step_count=page.steps.get(round_.number, 0),
    )
