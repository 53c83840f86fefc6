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
        ("a.dotm", b"PK\x03\x04...", Kind.DOCX),
        ("a.xltm", b"PK\x03\x04...", Kind.XLSX),
        ("a.ppsm", b"PK\x03\x04...", Kind.PPTX),
        ("a.ott", b"PK\x03\x04...", Kind.ODT),
        ("a.tab", b"a\tb", Kind.CSV),
        ("a.mhtml", b"From: a\nMIME-Version: 1.0\n\n", Kind.EML),
        ("a.pdf", b"\xef\xbb\xbf%PDF-1.7", Kind.PDF),
        ("a.pdf", b"HTTP/1.1 200 OK\r\n\r\n%PDF-1.7", Kind.PDF),
        # What programs write under names of Office
        ("a.xls", b"<html><table><tr><td>a", Kind.HTML),
        ("a.xls", b"a\tb\n1\t2\n", Kind.CSV),
        ("a.doc", b"\xef\xbb\xbf<!DOCTYPE html><p>", Kind.HTML),
        ("a.doc", b"MIME-Version: 1.0\nSubject: a\n\n", Kind.EML),
        ("a.doc", b"Hello", Kind.TEXT),
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
        ("a.flac", b"fLaC\0", "unsupported_file"),
        ("a.avif", b"\0\0\0 ftyp", "unsupported_file"),
        ("a.txt", b"see %PDF-1.7\0", "mislabelled_file"),
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
