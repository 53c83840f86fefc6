"""Sentences that tell what to do: they answer how something is done."""

from __future__ import annotations

import re

_INSTRUCTION = re.compile(
    r"\s*(?:[-*+]|\d+[.)])?\s*"
    r"(?:(?:auf|bei|beside|from|im|in|neben|on|to|under|unter|with|zum)\b[^.]{0,60}[ ,])?"
    r"(?:(?:add|ask|choose|click|copy|create|download|drag|drop|enter|export|give|go|import|install"
    r"|open|paste|press|put|remove|run|save|select|send|set|sign|start|switch|tap|type|upload|use"
    r"|write)\b|\w+(?:en|ern|eln) Sie\b)",
    re.IGNORECASE,
)


def is_instruction(text: str) -> bool:
    """Whether a sentence tells its reader to do something."""
    return _INSTRUCTION.match(text) is not None
