"""A word is found however it is written, and in scripts without spaces wherever it is."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quart_chat.search.folding import TOKENIZER, fold_text, index_form
from quart_chat.search.fts5 import phrase
from quart_chat.search.marking import mark, phrase_of, snippet
from quart_chat.search.unspaced import cut
from quart_chat.search.words import terms

MIXED = "修复已验证，重跑gen-itgc后用户身份正确"


def finds(text: str, typed: str) -> bool:
    with sqlite3.connect(":memory:") as database:
        database.execute(f'CREATE VIRTUAL TABLE t USING fts5(x, tokenize = "{TOKENIZER}")')
        database.execute("INSERT INTO t VALUES (?)", (index_form(text),))
        query = phrase(index_form(typed))
        found = database.execute("SELECT 1 FROM t WHERE t MATCH ?", (query,)).fetchall()
    database.close()
    return bool(found)


SAME = [
    ("Łódź", "lodz"),
    ("Łódź", "ŁÓDŹ"),
    ("Straße", "strasse"),
    ("STRASSE", "straße"),
    ("GROẞ", "groß"),
    ("Ørsted", "orsted"),
    ("København", "kobenhavn"),
    ("đakovo", "dakovo"),
    ("Hà Nội đẹp", "ha noi dep"),
    ("İstanbul", "istanbul"),
    ("ışık", "isik"),
    ("Æsir", "aesir"),
    ("œuvre", "oeuvre"),
    ("Þór", "thor"),
    ("أحمد", "احمد"),
    ("إسلام", "اسلام"),
    ("آية", "ايه"),
    ("مُحَمَّد", "محمد"),
    ("مـحـمـد", "محمد"),
    ("شيء", "شئ"),
    ("مسؤول", "مسوول"),
    ("على", "علي"),
    ("یک", "يك"),
    ("٢٠٢٤", "2024"),
    ("๒๐๒๔", "2024"),
    ("২০২৪", "2024"),
    ("២០២៤", "2024"),
    ("ہے", "هے"),
    ("м\u02bcята", "м’ята"),
    ("Hawai\u02bbi", "Hawai'i"),
    ("Ёлка", "елка"),
    ("за\u0301мок", "замок"),
    ("Ἀθῆναι", "αθηναι"),
    ("ΛΌΓΟΣ", "λόγος"),
    ("Ｆｕｌｌ　ｗｉｄｔｈ", "full width"),
    ("ｶﾞｽ", "ガス"),
    ("deﬁnition", "definition"),
    ("oﬃce", "office"),
    ("co\u00adoperation", "cooperation"),
    ("می\u200cخواهم", "میخواهم"),
    ("שָׁלוֹם", "שלום"),
    ("U\u0308bung", "übung"),
]


@pytest.mark.parametrize(("written", "typed"), SAME)
def test_ways_to_write_a_word_find_each_other(written: str, typed: str) -> None:
    assert finds(written, typed)
    assert finds(typed, written)


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("が", "か"),
        ("й", "и"),
        ("ї", "і"),
        ("หมี", "หมู"),
        ("की", "कु"),
        ("用户", "户用"),
        ("一二 三", "二四"),
        ("cut", "cup"),
    ],
)
def test_different_letters_stay_different(written: str, typed: str) -> None:
    assert not finds(written, typed)


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        (MIXED, "用户"),
        (MIXED, "gen"),
        (MIXED, "itgc"),
        (MIXED, "gen-itgc"),
        (MIXED, "身"),
        (MIXED, "身份正确"),
        ("契約期間は二年間です", "契約"),
        ("契約期間は二年間です", "です"),
        ("ガス料金のお知らせ", "料金"),
        ("สัญญามีอายุสองปี", "อายุ"),
        ("สัญญามีอายุสองปี", "ปี"),
        ("ສະບາຍດີ", "ດີ"),
        ("ភាសាខ្មែរ", "ខ្មែរ"),
        ("사용자가 로그인", "사용자"),
        ("हिन्दी में", "हिन्दी"),
    ],
)
def test_a_word_is_found_where_no_space_is_beside_it(text: str, typed: str) -> None:
    assert finds(text, typed)


@given(st.text(), st.text())
def test_any_part_of_a_text_of_unspaced_characters_is_found(before: str, after: str) -> None:
    assert finds(f"{before}用户{after}", "用户")


@given(st.text())
def test_folding_again_changes_nothing(text: str) -> None:
    once = fold_text(text)
    assert fold_text(once) == once


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("用户身份正确吗？", ["用户", "户身", "身份", "份正", "正确"]),
        ("什么是用户？", ["用户"]),
        ("保修多久？", ["保修"]),
        ("保証は何年ですか。", ["保証", "年"]),
        ("データベースはどこにありますか", ["デー", "ータ", "タベ", "ベー", "ース"]),
        ("사용자는 누구입니까?", ["사용", "용자"]),
        ("重跑gen-itgc后", ["重跑", "gen-itgc", "后"]),
        ("อายุอะไร", ["อายุ"]),
    ],
)
def test_a_question_without_spaces_is_cut_into_what_to_look_for(
    question: str, words: list[str]
) -> None:
    assert [term.text for term in terms(question)] == words


def test_a_question_of_nothing_but_asking_looks_for_nothing() -> None:
    assert list(cut("什么")) == []


@pytest.mark.parametrize(
    ("text", "words", "marked"),
    [
        (MIXED, ["用户", "gen"], "修复已验证，重跑[gen]-itgc后[用户]身份正确"),
        ("In Łódź", ["lodz"], "In [Łódź]"),
        ("Die Straße", ["strass"], "Die [Straße]"),
        ("a deﬁnition", ["defin"], "a [deﬁnition]"),
        ("Last-Event-ID", ["event-id"], "Last-[Event-ID]"),
        ("nothing", ["用"], "nothing"),
    ],
)
def test_hits_are_marked_as_they_are_written(text: str, words: list[str], marked: str) -> None:
    wanted = [[phrase_of(index_form(word), prefix=True)] for word in words]
    parts = mark(text, wanted)
    assert "".join(f"[{part}]" if hit else part for part, hit in parts) == marked


@given(st.text(), st.lists(st.text(min_size=1, max_size=3), max_size=3), st.integers(1, 20))
def test_marking_loses_nothing_of_a_text(text: str, words: list[str], size: int) -> None:
    wanted = [[phrase_of(index_form(word), prefix=True)] for word in words]
    assert "".join(part for part, _ in mark(text, wanted)) == text
    piece = "".join(part for part, _ in snippet(text, wanted, size))
    assert piece.removeprefix("…").removesuffix("…") in text


def test_a_snippet_has_the_most_of_the_words() -> None:
    text = "用户 " + "填充 " * 50 + "用户 身份 end" + " more" * 50
    wanted = [[phrase_of(index_form(word), prefix=True)] for word in ("用户", "身份")]
    parts = snippet(text, wanted, 16)
    assert [part for part, hit in parts if hit] == ["用户", "身份"]
    assert parts[0] == ("…", False)
    assert parts[-1] == ("…", False)
