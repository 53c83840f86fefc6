"""Who answers. All that it takes to write an assistant is here.

An assistant is one asynchronous generator, under a name::

    @assistant("clock", title="Clock")
    async def clock(question: Question) -> AsyncIterator[Output]:
        yield f"It is {datetime.now():%H:%M}."

Give it to ``create_app(assistants=[clock])``, name it in the setting ``QUART_CHAT_ASSISTANTS`` as
``module:attribute``, or let a package offer it as an entry point of the group
``quart_chat.assistants``.
"""

from quart_chat.assistants.decorator import InvalidAssistant, assistant
from quart_chat.assistants.protocol import (
    Assistant,
    AssistantError,
    ModelAssistant,
    Models,
    Output,
    Question,
    Rewrite,
    Source,
    Sources,
    Step,
    Text,
    Turn,
    Usage,
)

__all__ = [
    "Assistant",
    "AssistantError",
    "InvalidAssistant",
    "ModelAssistant",
    "Models",
    "Output",
    "Question",
    "Rewrite",
    "Source",
    "Sources",
    "Step",
    "Text",
    "Turn",
    "Usage",
    "assistant",
]
