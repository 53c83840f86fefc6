"""Abbreviations that people use in questions and texts, in English and German."""

from __future__ import annotations

import re
from collections.abc import Mapping

_GROUPS = """
    max maximum maximal maximale maximaler maximales maximalen hoechstens
    min minimum minimal minimale minimaler minimales minimalen mindestens
    avg average mean durchschnitt durchschnittlich
    approx approximate approximately ca circa ungefaehr etwa
    no number num nr nummer
    tel telephone telefon phone telefonnummer telefonnr rufnummer
    addr address adr adresse anschrift
    qty quantity menge anzahl
    amt amount betrag
    dept department abt abteilung
    ref reference referenz
    acct account konto
    temp temperature temperatur
    vol volume volumen
    incl including included inkl inklusive einschliesslich
    excl excluding exkl exklusive zzgl zuzueglich
    zul zulaessig zulaessige zulaessiger zulaessiges zulaessigen
    vat mwst ust mehrwertsteuer umsatzsteuer
    dob birthdate birth geb geboren geburtsdatum
    appt appointment termin
    str strasse street
    whg wohnung
    w watt watts
    v volt volts
    hz hertz
    info information informationen auskunft
"""
# What a longer word may end with: Kundennummer is Kunden-Nr., and a list names the Projektleitung.
_ENDINGS = (("nummer", "nr"), ("strasse", "str"), ("leiter", "leitung"), ("leiterin", "leitung"))

_NO = re.compile(
    r"\b[Nn]o(?:\.\s*:?|:|\s*#)(?=\s*\d)|\bNo\.(?=\s*[:|])"
    r"|(?<=[a-z]{3} )\bno\b\.?(?=\s*(?:[?:]|of\b|for\b|\Z))",
)
_MINUTES = re.compile(r"(?<=\d)\s?min\b\.?", re.IGNORECASE)


def _read(groups: str) -> Mapping[str, frozenset[str]]:
    lines = (line.split() for line in groups.strip().splitlines())
    return {word: frozenset(words) - {word} for words in lines for word in words}


_FORMS = _read(_GROUPS)


def other_forms(word: str) -> frozenset[str]:
    """The abbreviations of a folded word, or the words that it abbreviates."""
    joined = (
        word.removesuffix(one) + other
        for pair in _ENDINGS
        for one, other in (pair, pair[::-1])
        if word.endswith(one) and len(word) > len(one) + 2
    )
    return _FORMS.get(word, frozenset()) | frozenset(joined)


def spell_out(text: str) -> str:
    """Write out what else would be read as another word: "No. 5" and "20 min"."""
    return _MINUTES.sub(" minutes", _NO.sub("number ", text))
