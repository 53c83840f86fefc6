"""Texts in the encodings that people have: the right letters, or a warning."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quart_chat.documents.formats.encoding import decode
from quart_chat.documents.kinds import detect, is_binary
from quart_chat.documents.models import Kind
from tests.documents.reading import read

TEXTS = {
    "Russian": "Договор аренды вступает в силу первого мая. Арендатор платит ежемесячно.",
    "Japanese": "契約期間は二年間です。保証は購入日から開始します。価格はお問い合わせください。",
    "Chinese": "合同期限为两年。保修从购买之日起计算。请联系负责人了解价格。用户身份已经验证。",
    "Taiwanese": "合約期限為兩年。保固從購買之日起計算。請聯絡負責人瞭解價格。",
    "Korean": "계약 기간은 2년입니다. 보증은 구입일로부터 시작됩니다.",
    "German": "Die Größe beträgt 80 Meter. Für die Kündigung gilt eine Frist. Übergabe im März.",
    "French": "Le contrat dure deux ans. Elle débute à l'achat. L'été passé, où êtes-vous ?",
    "Polish": "Umowa została zawarta na dwa lata. Łódź, źdźbło, żółć, gęś.",
    "Czech": "Smlouva je uzavřena na dva roky. Příliš žluťoučký kůň úpěl ďábelské ódy.",
    "Greek": "Η σύμβαση ισχύει για δύο χρόνια. Η εγγύηση αρχίζει από την ημερομηνία αγοράς.",
    "Hebrew": "החוזה תקף לשנתיים. האחריות מתחילה מיום הרכישה.",
    "Arabic": "العقد ساري المفعول لمدة سنتين. يبدأ الضمان من تاريخ الشراء.",
    "Turkish": "Sözleşme iki yıl süreyle geçerlidir. Garanti satın alma tarihinden başlar.",
    "Ukrainian": "Договір оренди набирає чинності першого травня. Є їжа, щастя і ґанок.",
    "Euros": "Der Preis beträgt 20 € für Gäste. Größe 5 Meter, Straße. Noch 7 € für Süßes.",
    "Thai": "สัญญามีอายุสองปี การรับประกันเริ่มตั้งแต่วันที่ซื้อ",
}


@pytest.mark.parametrize(
    ("language", "encoding"),
    [
        ("Russian", "cp1251"),
        ("Russian", "koi8_r"),
        ("Russian", "cp866"),
        ("Russian", "mac_cyrillic"),
        ("Japanese", "cp932"),
        ("Japanese", "euc_jp"),
        ("Japanese", "iso2022_jp"),
        ("Chinese", "gb18030"),
        ("Taiwanese", "big5"),
        ("Korean", "cp949"),
        ("German", "cp1252"),
        ("German", "mac_roman"),
        ("German", "cp850"),
        ("French", "cp1252"),
        ("French", "mac_roman"),
        ("Polish", "cp1250"),
        ("Polish", "iso8859_2"),
        ("Czech", "cp1250"),
        ("Greek", "cp1253"),
        ("Hebrew", "cp1255"),
        ("Arabic", "cp1256"),
        ("Turkish", "cp1254"),
        ("Thai", "cp874"),
        ("Russian", "iso8859_5"),
        ("Ukrainian", "koi8_u"),
        ("Hebrew", "cp862"),
        ("Arabic", "iso8859_6"),
        ("Euros", "iso8859_15"),
        ("Euros", "cp858"),
        ("Euros", "cp1252"),
        *(
            (language, encoding)
            for language in ("Russian", "Japanese", "German", "Arabic")
            for encoding in ("utf-16-le", "utf-16-be", "utf-16", "utf-32", "utf-8-sig")
        ),
    ],
)
def test_a_text_is_decoded_whatever_its_encoding(language: str, encoding: str) -> None:
    text = TEXTS[language] + "\n" + TEXTS[language]
    assert decode(text.encode(encoding))[0] == text


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("language", TEXTS)
def test_text_in_two_bytes_a_character_without_a_mark_is_taken(
    language: str, encoding: str
) -> None:
    data = f"{TEXTS[language]}\n".encode(encoding)
    assert detect(data, "a.txt") is Kind.TEXT
    assert not is_binary(data, data)
    assert decode(data)[0] == f"{TEXTS[language]}\n"


def test_a_file_of_marks_alone_is_an_empty_text() -> None:
    assert decode(codecs.BOM_UTF8) == ("", [])
    assert decode(codecs.BOM_UTF16_LE) == ("", [])


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("Größe über ".encode() + b"\xff" + "Straße".encode(), "Größe über \ufffdStraße"),
        ("Привет, ".encode() + b"\xd0" + "мир, мир".encode(), "Привет, \ufffdмир, мир"),
        ("修复已验证".encode() + b"\xe4\xbf" + "重跑".encode(), "修复已验证\ufffd重跑"),
        (codecs.BOM_UTF8 + b"Caf\xff", "Caf\ufffd"),
    ],
)
def test_one_bad_byte_costs_one_character_and_is_said(
    tmp_path: Path, data: bytes, text: str
) -> None:
    found = read(tmp_path, Kind.TEXT, data)
    assert found.text == text
    assert found.warnings == {"characters_unreadable": 1}


def test_what_was_replaced_before_is_no_fault_of_the_file() -> None:
    assert decode("Größe \ufffd".encode()) == ("Größe \ufffd", [])


@pytest.mark.parametrize(
    ("head", "encoding", "text"),
    [
        ("<meta charset=Shift_JIS>", "cp932", "①保証"),
        ("<meta charset='x-sjis'>", "cp932", "保証"),
        (
            '<meta http-equiv=Content-Type content="text/html; charset=windows-1251">',
            "cp1251",
            "мир",
        ),
        ('<?xml version="1.0" encoding="koi8-r"?>', "koi8_r", "мир"),
        ("<meta charset=gb2312>", "gb18030", "镕基"),
        ("<meta charset=iso-8859-1>", "cp1252", "“Größe” – 5 €"),
        ("<meta charset=iso-8859-2>", "iso8859_2", "Łódź"),
        ("<meta charset=macintosh>", "mac_roman", "Größe"),
        ("<meta charset=utf-8>", "cp1252", "Größe"),
        ("<meta charset=latin1>", "utf-8", "Größe"),
        ("<meta charset=nonsense>", "cp1252", "Größe"),
        ("<meta charset=rot13>", "cp1252", "Größe"),
        ("<meta charset=utf-16>", "cp1252", "Größe"),
        ("<meta charset=iso-8859-8-i>", "iso8859_8", "אחריות"),
        ("<meta charset=dos-866>", "cp866", "мир"),
        ("<meta charset=x-x-big5>", "big5", "保固"),
    ],
)
def test_a_page_is_read_as_it_says_where_its_bytes_allow_it(
    tmp_path: Path, head: str, encoding: str, text: str
) -> None:
    page = f"<html><head>{head}</head><body><p>{text}</p></body></html>"
    assert read(tmp_path, Kind.HTML, page.encode(encoding)).text == text


@pytest.mark.parametrize("kind", [Kind.TEXT, Kind.CSV, Kind.CODE, Kind.MARKDOWN, Kind.HTML])
def test_all_kinds_of_text_are_decoded(tmp_path: Path, kind: Kind) -> None:
    assert TEXTS["Russian"] in read(tmp_path, kind, TEXTS["Russian"].encode("cp1251")).text


@pytest.mark.parametrize("text", ["Größe", "déjà vu", "only 20 € per person"])
def test_a_guess_from_a_few_letters_is_said(tmp_path: Path, text: str) -> None:
    found = read(tmp_path, Kind.TEXT, text.encode("cp1252"))
    assert found.text == text
    assert found.warnings == {"encoding_guessed": 0}


def test_a_square_metre_is_no_letter_of_another_script() -> None:
    assert decode("Größe: 80 m². Länge: 9 m. Höhe für Gäste".encode("cp1252"))[0].count("m²") == 1


def test_a_guess_from_many_letters_needs_no_warning(tmp_path: Path) -> None:
    for language, encoding in (("Russian", "cp1251"), ("Japanese", "cp932"), ("German", "cp1252")):
        assert read(tmp_path, Kind.TEXT, TEXTS[language].encode(encoding)).warnings == {}


@given(st.binary())
def test_any_bytes_become_a_text(data: bytes) -> None:
    text, warnings = decode(data)
    assert ("\ufffd" in text) <= bool(warnings or "\ufffd".encode() in data)
    assert {each.code for each in warnings} <= {"encoding_guessed", "characters_unreadable"}


@given(
    st.text(st.characters(exclude_characters="\0\x1b\ufeff", exclude_categories=["Cs"])),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]),
)
def test_what_a_mark_or_utf_8_says_needs_no_guess(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)) == (text, [])
