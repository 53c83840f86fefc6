"""The bodies of requests that set what a model is asked, and what a user has set."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import asdict

from quart_chat.assistants.parameters import MAX_TEMPERATURE, MAX_TOKENS, Effort, Parameters


class ParametersBody(Struct, rename="camel", frozen=True):
    """What a model is asked beside its messages; what is null or left out is the endpoint's."""

    temperature: Annotated[float, Meta(ge=0, le=MAX_TEMPERATURE)] | None = None
    top_p: Annotated[float, Meta(ge=0, le=1)] | None = None
    max_tokens: Annotated[int, Meta(ge=1, le=MAX_TOKENS)] | None = None
    reasoning_effort: Effort | None = None
    extra: Annotated[
        dict[str, Any],
        Meta(description="further members of the request to the endpoint, by their names there"),
    ] = {}

    def to_parameters(self) -> Parameters:
        return Parameters(**asdict(self))


class PreferencesChange(Struct, rename="camel", frozen=True):
    """What to change of the user's settings; null takes it away."""

    assistant: (
        Annotated[str, Meta(description="who answers in new chats; null leaves it open")]
        | UnsetType
        | None
    ) = UNSET
    model: (
        Annotated[str, Meta(description="one of that assistant's models, sent with it")]
        | UnsetType
        | None
    ) = UNSET
    system_prompt: (
        Annotated[str, Meta(description="the instructions that a new chat begins with")]
        | UnsetType
        | None
    ) = UNSET


PreferencesBody = Annotated[
    PreferencesChange,
    Meta(
        extra_json_schema={
            "anyOf": [{"required": [name]} for name in ("assistant", "systemPrompt")],
            "examples": [{"systemPrompt": "Answer briefly."}],
        }
    ),
]
"""At least one of the changes."""


class PresetBody(Struct, frozen=True):
    """Parameters to save under a name; at least one has to be set."""

    name: Annotated[str, Meta(min_length=1, max_length=60)]
    parameters: ParametersBody
