"""Files in which programs exchange text: subtitles, calendars, address cards and dense JSON."""

from __future__ import annotations

from pathlib import Path

import pytest

from quart_chat.documents.models import Kind
from tests.documents.reading import read

SUBRIP = """1
00:00:01,000 --> 00:00:03,000
<i>Hello</i> {\\an8}there.
The pump

2
00:01:04,000 --> 00:01:06,000
The pump
runs for two hours.
"""
WEBVTT = """WEBVTT - Title

NOTE a comment

STYLE
::cue { color: red }

intro
00:01.000 --> 00:03.000 align:start
<v Ada>Hello <00:02.000><c>there</c>.
The pump

00:04.000 --> 00:06.000
runs for two hours.
"""


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_the_words_of_subtitles_stand_in_sentences(tmp_path: Path, ends: str) -> None:
    texts = [read(tmp_path, Kind.TEXT, each.replace("\n", ends)).text for each in (SUBRIP, WEBVTT)]
    assert texts == [
        "00:00:01 Hello there. The pump runs for two hours.",
        "00:01 Ada: Hello there. The pump runs for two hours.",
    ]


def test_a_text_with_a_time_in_it_is_a_text(tmp_path: Path) -> None:
    text = "Notes\n\n00:00:01,000 --> 00:00:03,000\nHello"
    assert read(tmp_path, Kind.TEXT, text).text == text


@pytest.mark.parametrize(
    "text",
    [
        "WEBVTT is a format of subtitles.\n\nIt is told apart by its first word.",
        "BEGIN:VCALENDAR\nBEGIN:VFREEBUSY\nFREEBUSY:19970308T160000Z/PT3H\nEND:VFREEBUSY",
        "[12pt]\n\\usepackage{babel}",
        '{"a": "b"}\n{"a": "C:\\users"}',
    ],
)
def test_a_text_that_only_begins_like_a_record_stays_as_it_is(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, Kind.TEXT, text).text == text


def test_a_calendar_is_read_as_people_write_it(tmp_path: Path) -> None:
    calendar = (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:7@x\r\n"
        "DTSTART;TZID=Europe/Berlin:20260501T140000\r\nDTEND:20260501T150000Z\r\n"
        "SUMMARY:Appointment at Dr. Mül\r\n ler\\, first floor\r\n"
        'ATTENDEE;CN="Smith: Ada":mailto:ada@example.org\r\nEND:VEVENT\r\n'
        "BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20261224\r\nSUMMARY:Closed\\nall day\r\n"
        "END:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    assert read(tmp_path, Kind.TEXT, calendar).text == (
        "Start: 2026-05-01 14:00\nEnd: 2026-05-01 15:00 UTC\n"
        "Summary: Appointment at Dr. Müller, first floor\nAttendee: ada@example.org\n\n"
        "Start: 2026-12-24\nSummary: Closed all day"
    )


def test_an_address_card_is_read_as_people_write_it(tmp_path: Path) -> None:
    card = (
        "BEGIN:VCARD\nVERSION:2.1\nFN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BC=\nller\n"
        "item1.TEL;CELL:0170 123\nADR;HOME:;;Main St 1;Berlin;;10115;\nBDAY:1990-02-28\n"
        "PHOTO;ENCODING=BASE64:/9j/4AAQ\n SkZJRg\nEND:VCARD\n"
    )
    assert read(tmp_path, Kind.TEXT, card).text == (
        "Name: Müller\nPhone: 0170 123\nAddress: Main St 1, Berlin, 10115\nBirthday: 1990-02-28"
    )


def test_json_is_read_with_its_letters_on_lines_of_its_own(tmp_path: Path) -> None:
    dense = (
        '{"weight":12.50,"names":["Gr\\u00fc\\u00dfe","a\\"\\u0022,{b","\\ud83d\\ude00"],"e":{}}'
    )
    assert read(tmp_path, Kind.CODE, dense).text == (
        '{\n  "weight": 12.50,\n  "names": [\n    "Grüße",\n    "a\\"\\u0022,{b",\n    "😀"\n'
        '  ],\n  "e": {\n  }\n}'
    )
    lines = '{"a": "\\u00fc"}\n{"a": "\\\\u00fc"}'
    assert read(tmp_path, Kind.TEXT, lines).text == '{"a": "ü"}\n{"a": "\\\\u00fc"}'


def test_json_that_people_have_written_stays_as_it_is(tmp_path: Path) -> None:
    text = '{ "a": [1, 2],\n\t"b" : "c" }'
    assert read(tmp_path, Kind.CODE, text).text == text


def test_a_card_without_a_formatted_name_has_that_of_its_parts(tmp_path: Path) -> None:
    card = (
        "BEGIN:VCARD\nVERSION:2.1\nTEL:0731 1\n"
        "N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;Ute;;;\nEND:VCARD\n"
    )
    assert read(tmp_path, Kind.TEXT, card).text == "Name: Ute Müller\nPhone: 0731 1"
