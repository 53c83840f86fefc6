"""What a person asks, from the edge of the application to the start of a round."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ask:
    """What a person asks, as it was sent.

    Attributes:
        user_id: The person.
        prompt: None to ask again what the round that is replaced asked.
        workflow_id: None for a new workflow.
        assistant: The name of the assistant; None for the one that was asked last in the workflow.
        model: The model it answers with; None for the one that was chosen last.
        document_ids: The documents to answer from; None for those that were named last.
        replaces: The number of the round that this one is a new version of: it has the same parent
            and is shown in its place. What is not named is then as it was in that round.
        request_id: The client's name for its request. A request that is sent again, because its
            answer was lost, is answered with the round that it began.
    """

    user_id: str
    prompt: str | None
    workflow_id: str | None = None
    assistant: str | None = None
    model: str | None = None
    document_ids: tuple[str, ...] | None = None
    replaces: int | None = None
    request_id: str | None = None
