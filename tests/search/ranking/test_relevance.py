"""What answers is found, what doesn't is refused, and the sentence that answers is known."""

from __future__ import annotations

import pytest

from quart_chat.search.passages import Passage
from quart_chat.search.questions.reading import read_question
from quart_chat.search.ranking.analysis import Collection, analyse, collect
from quart_chat.search.ranking.fusion import LAST, Ranking, fuse
from quart_chat.search.ranking.judgement import Judgement
from quart_chat.search.ranking.nearness import NearWords
from quart_chat.search.ranking.relevance import judge
from quart_chat.search.ranking.vectors import load_vectors
from quart_chat.search.ranking.weighing import find_kin, weigh

TEXTS = (
    "The warranty lasts two years. It covers faults of material.",
    "Applications are installed with make. An application has a name.",
    "Applicant: Daniel Osei\nAddress: 27 Elm Street",
    "| programme | duration |\n| --- | --- |\n| Eco | 3 h 40 min |\n| Quick | 35 min |",
    "The gardener waters roses every morning.",
    "Hier steht, wie man eine Akte hochlädt und ablegt.",
    "Der Lader hebt die Akte hoch auf ein hohes Regal.",
    "Mietsache ist die Wohnung im Haus. Die Wohnfläche beträgt 78 Quadratmeter.",
)


def passages() -> tuple[Passage, ...]:
    return tuple(Passage(f"{n}.md", (), f"/documents/{n}", text) for n, text in enumerate(TEXTS))


def ask(prompt: str) -> tuple[Judgement, str]:
    """What was found, and the unit that answers best."""
    collection = collect(passages())
    judgement = judge(read_question(prompt, 32), (collection,))
    if not judgement.found:
        return judgement, ""
    hit = judgement.found[0]
    analysed = collection.passages[hit.number]
    return judgement, analysed.text_of(analysed.units[hit.unit])


@pytest.mark.parametrize(
    ("prompt", "sentence"),
    [
        ("How long is the warranty?", "The warranty lasts two years."),
        ("Who is the applicant?", "Applicant: Daniel Osei"),
        ("How long does the eco program take?", "| Eco | 3 h 40 min |"),
        ("How long does the quick programme take?", "| Quick | 35 min |"),
        ("Wie groß ist die Wohnung?", "Die Wohnfläche beträgt 78 Quadratmeter."),
        ("Wie lade ich eine Akte hoch?", "Hier steht, wie man eine Akte hochlädt und ablegt."),
        ("What is watered by the gardner?", "The gardener waters roses every morning."),
    ],
)
def test_the_sentence_that_answers_is_found(prompt: str, sentence: str) -> None:
    assert ask(prompt)[1] == sentence


@pytest.mark.parametrize(
    "prompt",
    [
        "Who is the chancellor?",
        "How long is the river?",
        "Does the warranty cover the colour of penguins?",
        "Wie groß ist der Garten des Nachbarn?",
    ],
)
def test_what_is_nowhere_is_refused(prompt: str) -> None:
    assert ask(prompt)[0].found == ()


def test_a_mistyped_word_is_named_with_what_was_meant() -> None:
    judgement, _ = ask("Who is the gardner?")
    assert {word.text: meant for word, meant in judgement.respelled.items()} == {
        "gardner": ("gardener",)
    }


def test_a_text_in_another_language_comes_later() -> None:
    german = analyse(Passage("a", ("WLAN",), "/a", "WLAN: Seite."), "de")
    english = analyse(Passage("b", ("WLAN",), "/b", "WLAN: page."), "en")
    collection = Collection([german, english])
    for prompt, first in (("Was ist WLAN?", 0), ("What is the WLAN?", 1)):
        assert judge(read_question(prompt, 32), (collection,)).hits[0].number == first


def test_another_ranking_moves_a_hit_up_and_only_one_of_all_is_evidence() -> None:
    judgement, _ = ask("What are applications and the warranty?")
    hits = judgement.hits
    ranks = {(hit.corpus, hit.number): n for n, hit in enumerate(reversed(hits[:2]))}
    moved = fuse(judgement, [Ranking(5.0, ranks)])
    assert [hit.number for hit in moved.hits[:2]] == [hit.number for hit in hits[1::-1]]
    assert moved.hits[0].evidence == pytest.approx(hits[1].evidence + 0.1)
    some = fuse(judgement, [Ranking(5.0, ranks, is_of_all=False)])
    assert some.hits[0].evidence == pytest.approx(hits[1].evidence + 0.1 / (1 + LAST))
    assert fuse(judgement, []) is judgement


def test_a_german_word_that_is_no_noun_weighs_less_where_nouns_have_capitals() -> None:
    collection = collect(passages())

    def weight(prompt: str, word: str) -> float:
        question = read_question(prompt, 32)
        return weigh(question, (collection,), find_kin(question, (collection,)))[word]

    assert weight("Wird die Mietsache vergoldet?", "vergoldet") < 1
    assert weight("Gibt es hier eine Vergoldung?", "vergoldung") == 1
    assert weight("wird die mietsache vergoldet?", "vergoldet") == 1


def test_a_hit_that_is_about_something_else_answers_less() -> None:
    judgement, _ = ask("What are applications and the warranty?")
    places = [(hit.corpus, hit.number) for hit in judgement.hits]
    ranks = {place: n for n, place in enumerate(places)}
    likeness = dict.fromkeys(places, 0.4) | {places[0]: 0.05}
    near = fuse(judgement, [Ranking(0.3, ranks)]).hits[0]
    other = fuse(judgement, [Ranking(0.3, ranks, likeness=likeness)]).hits[0]
    assert other.evidence == pytest.approx(near.evidence - 0.1)


def test_vectors_know_words_that_mean_about_the_same() -> None:
    vectors = load_vectors()
    assert vectors is not None
    near = NearWords(vectors, ["flight", "begin", "rose"])
    assert set(near.of("plane")) == {"flight"}
    assert set(near.of("start")) == {"begin"}
    assert near.of("xylophone") == {}
