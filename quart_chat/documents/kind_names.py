"""What people call the kinds of documents."""

from __future__ import annotations

from quart_chat.documents.models import Kind
from quart_chat.texts import N_, _

_NAMES = {
    Kind.TEXT: N_("Text"),
    Kind.MARKDOWN: "Markdown",
    Kind.HTML: N_("Web page"),
    Kind.CSV: N_("Table (CSV)"),
    Kind.CODE: N_("Code"),
    Kind.PDF: "PDF",
    Kind.DOCX: "Word",
    Kind.XLSX: "Excel",
    Kind.PPTX: "PowerPoint",
    Kind.ODT: N_("OpenDocument text"),
    Kind.ODS: N_("OpenDocument spreadsheet"),
    Kind.ODP: N_("OpenDocument presentation"),
    Kind.EPUB: N_("E-book"),
    Kind.RTF: "RTF",
    Kind.EML: N_("E-mail"),
    Kind.IPYNB: N_("Notebook"),
}


def kind_names() -> dict[str, str]:
    """The names of all kinds, by kind, in the language in use."""
    return {kind.value: _(name) for kind, name in _NAMES.items()}
