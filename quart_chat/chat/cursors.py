"""The opaque cursor of a paged list: the keys of the last row of the page before."""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode

import orjson

from quart_chat.chat.models import Workflow
from quart_chat.errors import InvalidInput
from quart_chat.texts import _

Keys = tuple[bool, float, str]


def encode_cursor(workflow: Workflow) -> str:
    """Write the cursor of the page that follows a workflow."""
    keys = [int(workflow.pinned), workflow.updated_at, workflow.id]
    return urlsafe_b64encode(orjson.dumps(keys)).decode()


def decode_cursor(cursor: str) -> Keys:
    """Read a cursor back.

    Raises:
        InvalidInput: It is none that a list has handed out.
    """
    try:
        keys = orjson.loads(urlsafe_b64decode(cursor.encode("ascii")))
    except (UnicodeEncodeError, binascii.Error, orjson.JSONDecodeError):
        keys = None
    match keys:
        case [0 | 1 as pinned, float(updated_at), str(id_)]:
            return bool(pinned), updated_at, id_
    raise InvalidInput(_("before: expected the 'next' of another page of this list."))
