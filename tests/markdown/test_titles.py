"""Titles made from Markdown: its words, and none of its marks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quart_chat.markdown.titles import MAX_TITLE, make_title


@pytest.mark.parametrize(
    ("prompt", "title"),
    [
        # What stands before a line
        ("# Release notes", "Release notes"),
        ("Release notes\n=====\nand more", "Release notes and more"),
        ("> > ## Quoted\nand more", "Quoted and more"),
        (">Tight", "Tight"),
        ("> [!NOTE]\n> Mind the gap", "Mind the gap"),
        ("- first\n- second", "first second"),
        ("1. first\n2. second", "first second"),
        ("- [ ] to do\n- [x] done", "to do done"),
        ("```python\nprint(1)\n```\nWhat is this?", "print(1) What is this?"),
        ("~~~\na\n~~~", "a"),
        ("> ```\n> a", "a"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "a b 1 2"),
        ("$$\nx^2\n$$", "x²"),
        # What stands in a line
        ("**Bold** and *it* and ***both***", "Bold and it and both"),
        ("__strong__ and _em_", "strong and em"),
        ("**a [*b*](/u)**", "a b"),
        ("[a link](https://example.com) and ![a cat](cat.png)", "a link and a cat"),
        ("![](pictures/cat.png)", "cat.png"),
        ("`code` and ```more``` of it", "code and more of it"),
        ("~~old~~ new", "old new"),
        ("What is $x^2$?", "What is x²?"),
        ("So it is[^1]\n\n[^1]: or not", "So it is or not"),
        ("<https://example.com>", "https://example.com"),
        ("H<sub>2</sub>O<br>and <kbd>Ctrl</kbd>", "H2O and Ctrl"),
        # TeX
        (r"**Bold** $x^2$", "Bold x²"),
        (r"Why is $\frac{a+b}{c} \to \alpha_1$?", "Why is (a+b)/c→α₁?"),
        (r"The bound $O(n \log n)$", "The bound O(n log n)"),
        (r"$\sqrt[3]{x+1}$ and \(e^{i\pi}\)", "³√(x+1) and e^(iπ)"),
        (r"CO$_2$-Bilanz in \text{kg}", "CO₂-Bilanz in kg"),
        (r"\frac{1}{2} of \pi", "1/2 of π"),
        (r"What is \LaTeX? \emph{Well} \boxed{42}", "What is LaTeX? Well 42"),
        (r"$\nonsense{x}$", r"\nonsense{x}"),
        (r"`\frac{1}{2}` in TeX", r"\frac{1}{2} in TeX"),
        (r"C:\alpha\text and \alphabet", r"C:\alpha\text and \alphabet"),
        # What only looks like it
        ("1. Weltkrieg", "1. Weltkrieg"),
        ("#hashtag", "#hashtag"),
        ("-1 + 1", "-1 + 1"),
        ("C# and > signs", "C# and > signs"),
        ("2*3*4 = ?", "2*3*4 = ?"),
        ("x = 2 * 3 * 4", "x = 2 * 3 * 4"),
        ("def f(*args, **kwargs)", "def f(*args, **kwargs)"),
        ("What does __init__ do?", "What does __init__ do?"),
        ("snake_case_names", "snake_case_names"),
        ("$5 and $6", "$5 and $6"),
        ("2024. What a year!", "2024. What a year!"),
        ("Is <b> still used?", "Is <b> still used?"),
        ("What does <br> do?", "What does <br> do?"),
        ("Why does <br><br/> add space?", "Why does <br><br/> add space?"),
        ("What do <i> and </i> mean?", "What do <i> and </i> mean?"),
        ("Is <kbd></kbd> of use?", "Is <kbd></kbd> of use?"),
        ("One line <br>\nand <b>another</b>", "One line and another"),
        # Nothing but marks
        ("# ", "#"),
        ("> ```", "> ```"),
        ("***", "***"),
    ],
)
def test_a_title_has_the_words_of_a_prompt_without_marks(prompt: str, title: str) -> None:
    assert make_title(prompt) == title


def test_a_long_title_is_cut_after_a_word() -> None:
    assert make_title("# " + "word " * 40) == "word " * 15 + "word…"


@given(st.text(alphabet="ab \n*_`[]()#>-1.$~|\\!^", min_size=1, max_size=60))
def test_every_prompt_has_a_title_of_one_short_line(prompt: str) -> None:
    title = make_title(prompt)
    assert len(title) <= MAX_TITLE
    assert "\n" not in title
    assert title or not prompt.strip()


@given(st.lists(st.text(alphabet="abcxyz", min_size=1, max_size=5), min_size=1, max_size=5))
def test_marked_words_keep_all_their_letters(words: list[str]) -> None:
    marks = ("**{}**", "*{}*", "`{}`", "~~{}~~", "[{}](/u)")
    marked = [marks[index % len(marks)].format(word) for index, word in enumerate(words)]
    assert make_title(" ".join(marked)) == " ".join(words)


def test_formulas_beyond_the_first_stay_as_they_are() -> None:
    long = "x^{2}+" * 60
    assert make_title(f"${long}1$").startswith("x^{2}+x^{2}")
