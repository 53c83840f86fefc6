"""How far one word may stand for another: the same, inflected, derived, joined, or mistyped.

The closer two words are, the more a text that has one says about a question that has the other:
"applicant" is the word itself, "applicants" nearly, and "application" only a hint.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, lru_cache

from quart_chat.search.abbreviations import other_forms
from quart_chat.search.folding import UNSPACED_RUN, index_form
from quart_chat.search.questions.wording import JOINTS
from quart_chat.search.spelling import (
    IRREGULAR_FORMS,
    ONE_SLIP,
    PARTICLES,
    SHORTEST_PART,
    TWO_SLIPS,
    edit_distance,
    german_stems,
)
from quart_chat.search.synonyms import SYNONYMS
from quart_chat.search.words import Language, without_umlauts

SAME = 1.0
INFLECTED = 0.95
MISTYPED = 0.85
JOINED = 0.75
SYNONYM = 0.7
DERIVED = 0.5

SHORTEST_STEM = 3
SHORTEST_ROOT = 5
SHORTEST_COMPONENT = 4

# British spellings and their American ones, at the end of a word or of its stem.
_VARIANTS = (
    (re.compile(r"mme(s?)$"), r"m\1"),
    (re.compile(r"(?<=[^aeiou])our(s|ed|ing|ite|able)?$"), r"or\1"),
    (re.compile(r"(?<=[^aeiou])is(e[sd]?|ing|ations?)$"), r"iz\1"),
    (re.compile(r"ys(e[sd]?|ing)$"), r"yz\1"),
    (re.compile(r"(?<=[bt])re(s?)$"), r"er\1"),
    (re.compile(r"ogue(s?)$"), r"og\1"),
    (re.compile(r"ll(ed|ing|ers?|ations?)$"), r"l\1"),
    (re.compile(r"(?<=n)ce(s?)$"), r"se\1"),
)
_AGENT = re.compile(r"((?!.*(?:ae|oe|ue)).{4,})er(?:s|n|in|innen)?")
_PREFIX = re.compile("^(?:ver|ent|zer|ge)(?=.?$)")
_OTHERWISE = {"cheque": "check", "grey": "gray", "tyre": "tire", "aluminium": "aluminum"}
# What takes -es and not -s in the plural.
_HISSING = re.compile(r"(?:[sxzo]|[cs]h)es$")
_ENDINGS = ("ings", "ing", "ed", "es", "s")
_DERIVING = (
    *("ations", "ation", "itions", "ition", "ement", "ment", "anc", "enc", "ancy", "ency", "ant"),
    *("ent", "ion", "or", "er", "al", "iv", "abl", "ibl", "ness", "ity", "ful", "ly", "ee", "ag"),
)


class Vocabulary:
    """The words of some texts, by their stems."""

    def __init__(self, words: Iterable[str]) -> None:
        self.words = frozenset(words)
        self._lines = "\n".join(sorted(self.words))
        self._unspaced = {word: index_form(word) for word in self.words if _is_unspaced(word)}
        self._by_stem: dict[str, list[str]] = defaultdict(list)
        self._by_root: dict[str, list[str]] = defaultdict(list)
        for word in self.words:
            stem = english_stem(word)
            self._by_stem[stem].append(word)
            self._by_root[root(stem)].append(word)

    def kin(self, word: str, spoken: Language) -> dict[str, float]:
        """The words that may stand for a word, each with how far it does."""
        found: dict[str, float] = {}
        if _is_unspaced(word):
            form = index_form(word)
            return {other: SAME for other, whole in self._unspaced.items() if form in whole}
        if spoken is Language.GERMAN:
            found |= self._german_kin(word)
        stem = english_stem(word)
        if len(word) >= SHORTEST_STEM:
            if len(stem) >= SHORTEST_ROOT:
                found |= dict.fromkeys(self._by_root.get(root(stem), ()), DERIVED)
            if stem.endswith("er") and (verb := english_stem(stem[:-1])) in self._by_stem:
                # Who rides is a rider; root() leaves words as short as these alone.
                found |= dict.fromkeys(self._by_stem[verb], DERIVED)
            found |= dict.fromkeys(self._by_stem.get(stem, ()), INFLECTED)
            if spoken is not Language.GERMAN:
                bases = base_forms(word)
                found = {other: far for other, far in found.items() if _may_be(bases, stem, other)}
        for other in self._synonyms(word, spoken):
            found.setdefault(other, SYNONYM)
        for other in other_forms(word) & self.words:
            found[other] = INFLECTED
        if word in self.words:
            found[word] = SAME
        return found

    def has_start(self, start: str) -> bool:
        """Whether a word of the texts begins so when its umlauts are written without."""
        place = bisect_left(self._without_umlauts, start)
        return any(word.startswith(start) for word in self._without_umlauts[place : place + 1])

    @cached_property
    def _without_umlauts(self) -> Sequence[str]:
        """In order, so that those with the same start are found without a look at all of them."""
        return sorted(map(without_umlauts, self.words))

    def _synonyms(self, word: str, spoken: Language) -> Iterable[str]:
        """The words of the texts that mean about the same, in whatever form."""
        stem = english_stem(word)
        meant = {*SYNONYMS.get(word, ()), *_BY_ENGLISH_STEM.get(stem, ())}
        if spoken is Language.GERMAN:
            for stem in german_stems(word):
                meant |= _BY_GERMAN_STEM.get(stem, set())
        for synonym in meant:
            if synonym in self.words:
                yield synonym
            stem, bases = english_stem(synonym), base_forms(synonym)
            others = self._by_stem.get(stem, ())
            if spoken is not Language.GERMAN:
                yield from (other for other in others if _may_be(bases, stem, other))
            else:
                yield from others
                for stem in german_stems(synonym):
                    yield from self._by_german_stem.get(stem, ())

    @cached_property
    def _by_german_stem(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for word in self.words:
            for stem in german_stems(word):
                found[stem].append(word)
        return found

    def _german_kin(self, word: str) -> dict[str, float]:
        stems = german_stems(word)
        if (agent := _AGENT.fullmatch(word)) and agent[1] not in self.words:
            # Who judges is not what is set up: Richter, eingerichtet. Fahrräder are no agents.
            stems -= german_stems(agent[1])
        if not stems:
            return {}
        # Only words that have the beginning of a stem somewhere are taken apart.
        begun = stems | {
            f"{particle}ge" for particle in PARTICLES for stem in stems if stem.startswith(particle)
        }
        starts = "|".join(sorted({re.escape(stem[:SHORTEST_COMPONENT]) for stem in begun}))
        found: dict[str, float] = {}
        parts = tuple(stem for stem in stems if len(stem) >= SHORTEST_PART)
        for other in re.findall(f".*(?:{starts}).*", self._lines):
            theirs = german_stems(other)
            if stems & theirs:
                found[other] = INFLECTED
            elif parts and (
                other.startswith(parts)
                or any(_is_head(part, stem) for part in parts for stem in theirs)
            ):
                found[other] = JOINED
            elif _is_short_part(word, other):
                found[other] = DERIVED
        return found

    def mistyped(self, word: str) -> dict[str, float]:
        """The words that a word may be with a slip or two; none in a script without spaces."""
        if _is_unspaced(word):
            return {}
        allowed = 2 if len(word) >= TWO_SLIPS else 1 if len(word) >= ONE_SLIP else 0
        near = {
            other: min(edit_distance(word, other), edit_distance(word, other.removesuffix("s")))
            for other in self.words - self._joined
            if allowed and abs(len(other) - len(word)) <= allowed and other[0] == word[0]
        }
        least = min(near.values(), default=allowed + 1)
        return {other: MISTYPED for other, slips in near.items() if slips == least <= allowed}

    @cached_property
    def _joined(self) -> frozenset[str]:
        """What the parts of a joined word are in one, as SECRETKEY: no question means it."""
        joined = (JOINTS.sub("", word) for word in self.words if JOINTS.search(word))
        return frozenset(joined)

    def components(self, word: str) -> tuple[str, ...]:
        """The two words that a German compound is joined from, if words of the texts have both."""
        for cut in range(SHORTEST_COMPONENT, len(word) - SHORTEST_COMPONENT + 1):
            first, second = word[:cut].removesuffix("s"), word[cut:]
            if len(first) >= SHORTEST_COMPONENT and (
                any(other.startswith(first) for other in self.words)
                and any(other.endswith(second) for other in self.words)
            ):
                return first, second
        return ()


def _is_head(part: str, stem: str) -> bool:
    """Whether a German word ends with another: Haustür with Tür, but not Verbrauch with Rauch."""
    if not stem.endswith(part):
        return False
    rest = _PREFIX.sub("", stem.removesuffix(part))
    return not rest or len(rest) >= SHORTEST_STEM


def _is_unspaced(word: str) -> bool:
    """Whether a word is of a script that puts no spaces between words: it may be inside another."""
    return UNSPACED_RUN.search(word) is not None


def _is_short_part(word: str, other: str) -> bool:
    """Whether a short German word without its e begins a compound: Farbe, Farbton."""
    stem = word.removesuffix("e")
    return len(stem) == SHORTEST_COMPONENT and len(other) > 6 and other.startswith(stem)


def english_stem(word: str) -> str:
    """A word without its ending, in American spelling; an irregular form as its infinitive."""
    if word in IRREGULAR_FORMS:
        return _bare(IRREGULAR_FORMS[word][0])
    word = _in_one_spelling(word)
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    if word.endswith("ied") and len(word) > 4:
        return f"{word[:-3]}y"
    for ending in _ENDINGS:
        stem = word.removesuffix(ending)
        if stem != word and len(stem) >= SHORTEST_STEM and not word.endswith(("ss", "us", "is")):
            return _bare(stem if stem not in IRREGULAR_FORMS else IRREGULAR_FORMS[stem][0])
    return _bare(word)


def _in_one_spelling(word: str) -> str:
    """A word in American spelling."""
    for pattern, replacement in _VARIANTS:
        if (changed := pattern.sub(replacement, word)) != word:
            word = changed
            break
    return _OTHERWISE.get(word, word)


@lru_cache(maxsize=16_384)
def base_forms(word: str) -> frozenset[str]:
    """What an English word may be an inflected form of: filing of file, filling of fill."""
    if word in IRREGULAR_FORMS:
        return frozenset({IRREGULAR_FORMS[word][0]})
    forms = {word, respelled := _in_one_spelling(word)}
    for form in (word, respelled):
        if form.endswith(("ies", "ied")):
            forms |= {f"{form[:-3]}y", form[:-1]}
        elif form.endswith("s") and not form.endswith(("ss", "us", "is")):
            forms |= {form[:-1], form.removesuffix("es") if _HISSING.search(form) else form[:-1]}
            if form.endswith(("zzes", "sses")):
                forms.add(form[:-3])
        for ending in ("ings", "ing", "ed"):
            stem = form.removesuffix(ending)
            if stem != form and len(stem) >= SHORTEST_STEM:
                forms |= {stem, stem[:-1]} if stem[-1] == stem[-2] else {stem, f"{stem}e"}
    return frozenset(forms)


def _may_be(bases: frozenset[str], stem: str, other: str) -> bool:
    """Whether a word of the same stem may be of the same word: planning of plan, not plane."""
    return english_stem(other) != stem or not bases.isdisjoint(base_forms(other))


def _bare(stem: str) -> str:
    """Without a silent e and without a doubled consonant: take and tak(ing), stop and stopp(ed)."""
    if len(stem) > SHORTEST_STEM:
        stem = stem.removesuffix("e")
    if len(stem) > SHORTEST_STEM and stem[-1] == stem[-2] and stem[-1] not in "aeious":
        stem = stem[:-1]
    return stem


def root(stem: str) -> str:
    """What words that are derived from each other have in common, as far as endings tell."""
    for ending in _DERIVING:
        shorter = stem.removesuffix(ending)
        if shorter != stem and len(shorter) >= SHORTEST_ROOT:
            stem = _bare(shorter)
            break
    if len(stem) >= SHORTEST_ROOT:
        stem = stem.removesuffix("ic").removesuffix("y").removesuffix("i")
    return stem


_BY_ENGLISH_STEM = {english_stem(word): others for word, others in SYNONYMS.items()}
_BY_GERMAN_STEM: dict[str, set[str]] = defaultdict(set)
for _word, _others in SYNONYMS.items():
    for _stem in {_word.removesuffix("en"), _word.removesuffix("n"), _word.removesuffix("e")}:
        if len(_stem) >= SHORTEST_PART:
            _BY_GERMAN_STEM[_stem] |= _others
