"""Content tells what a file is."""

from __future__ import annotations

import pytest

from quart_chat.documents.kinds import detect, is_binary
from quart_chat.documents.models import Kind
from quart_chat.errors import ChatError
from tests.documents import made


@pytest.mark.parametrize(
    ("name", "head", "kind"),
    [
        ("a.pdf", b"%PDF-1.7", Kind.PDF),
        ("a", b"\n%PDF-1.7", Kind.PDF),
        ("a.docx", b"PK\x03\x04...", Kind.DOCX),
        ("a", b"PK\x03\x04...", Kind.DOCX),
        ("a.txt", b"Hello", Kind.TEXT),
        ("a.unknown", b"Hello", Kind.TEXT),
        ("a.md", b"# Hello", Kind.MARKDOWN),
        ("a.MD", b"# Hello", Kind.MARKDOWN),
        ("a.html", b"Hello", Kind.HTML),
        ("a", b"  <!DOCTYPE html><p>", Kind.HTML),
        ("a.csv", b"a,b", Kind.CSV),
        ("a.py", b"import os", Kind.CODE),
        ("a.txt", "\ufeffHello".encode("utf-16-le"), Kind.TEXT),
        ("a.txt", "Größe".encode("latin-1"), Kind.TEXT),
    ],
)
def test_content_tells_the_kind(name: str, head: bytes, kind: Kind) -> None:
    assert detect(head, name) is kind


@pytest.mark.parametrize(
    ("name", "head", "code"),
    [
        ("a.pdf", b"Hello", "mislabelled_file"),
        ("a.docx", b"Hello", "mislabelled_file"),
        ("a.txt", b"%PDF-1.7", "mislabelled_file"),
        ("a.pdf", b"PK\x03\x04...", "mislabelled_file"),
        ("a.png", b"Hello", "mislabelled_file"),
        ("a.txt", made.PNG, "mislabelled_file"),
        ("a.png", made.PNG, "unsupported_file"),
        ("a", made.PNG, "unsupported_file"),
        ("a.zip", b"PK\x03\x04...", "unsupported_file"),
        ("a.xlsx", made.COMPOUND, "encrypted_file"),
        ("a.epub", b"Hello", "mislabelled_file"),
        ("a.py", b"{\\rtf1", "mislabelled_file"),
        ("a.doc", made.COMPOUND, "unsupported_file"),
        ("a.docx", made.COMPOUND, "encrypted_file"),
    ],
)
def test_what_is_not_what_it_seems_is_refused(name: str, head: bytes, code: str) -> None:
    with pytest.raises(ChatError) as error:
        detect(head, name)
    assert error.value.code == code


def test_text_in_two_bytes_a_character_is_not_binary() -> None:
    head = "\ufeffHello".encode("utf-16-le")
    assert is_binary(b"a\0b\0", b"ab")
    assert not is_binary(b"a\0b\0", head)
