"""Formulas in Markdown: what is one, what it becomes, and what one made to harm can cost."""

from __future__ import annotations

import pytest

from quart_chat.markdown import render_markdown
from quart_chat.markdown.math.formulas import MAX_LENGTH, MAX_TOGETHER
from quart_chat.markdown.math.mathml import MAX_DEPTH, to_mathml


@pytest.mark.parametrize("text", ["$x_1 * y_1$", r"\(x_1 * y_1\)"])
def test_a_formula_within_a_line_is_mathml(text: str) -> None:
    html = render_markdown(f"so {text}, then")
    assert html.startswith('<p>so <span class="math"><math display="inline">')
    assert html.endswith("</math></span>, then</p>\n")
    assert "<em>" not in html


@pytest.mark.parametrize("text", ["$$x$$", r"\[x\]", "$$\nx\n$$", "\\[\nx\n\\]"])
def test_a_formula_on_lines_of_its_own_is_a_block(text: str) -> None:
    html = render_markdown(f"before\n{text}\nafter")
    assert '<p>before</p>\n<div class="math" tabindex="0"><math display="block">' in html


def test_the_lines_of_a_formula_are_no_list() -> None:
    html = render_markdown("$$\na\n+ b\n- c\n= d\n$$")
    assert "<li>" not in html
    assert html.count("<math") == 1


def test_aligned_equations_are_a_table() -> None:
    html = render_markdown("$$\\begin{aligned} a &= b \\\\ c &= d \\end{aligned}$$")
    assert html.count("<mtr>") == 2


@pytest.mark.parametrize(
    "text",
    [
        "It costs $5 and $6.",
        "$5-$6, $7/$8",
        "$HOME/$USER",
        "US$ 5 or 6$",
        "a $ b $ c",
        "`$a$`",
        r"\$a$",
        "$$\n\n$$",
        "$$a\n\nb$$",
        "$" + "a" * (MAX_LENGTH + 1) + "$",
    ],
)
def test_other_dollars_are_text(text: str) -> None:
    assert "math" not in render_markdown(text)


@pytest.mark.parametrize(
    "text",
    [
        "Cost ($) rises, price ($) falls",
        "Preis ($), Kosten ($); Summe ($)!",
        "$5 and $10, or 10$ and 5$",
        "It is $5, US$ 7 or 6 US$",
        "$5 (US$) and $7 (A$)",
        "$10, HK$",
        "the sign “$” and the sign “$”",
        "“$” is '$'",
        "价格（$）上涨，成本（$）下降",
        "$5，或者10$",
        "cheap $-$$, dear $$$-$$$$",
        "Bar: $$ (moderate), $$$ (dear)",
        "[$](/a) and [$](/b)",
        "**$** and **$**",
        "up 5% in $, down 3% in $",
    ],
)
def test_money_is_text(text: str) -> None:
    assert "math" not in render_markdown(text)


@pytest.mark.parametrize(
    "tex",
    [
        "x",
        "5",
        "a + b",
        "2 < x",
        "(0, 1]",
        "]0,1[",
        "5 km",
        "f(x)",
        "x = 5",
        "n",
        "3 \\text{ and } 4",
    ],
)
def test_a_formula_beside_money_is_one(tex: str) -> None:
    html = render_markdown(f"For $5 the ${tex}$-axis costs 3$.")
    assert html.count("<math") == 1
    assert html.startswith("<p>For $5 the <span")


@pytest.mark.parametrize("text", ["$`x`$", "so $`x_1 * y_1`$."])
def test_a_dollar_and_a_backtick_begin_a_formula(text: str) -> None:
    assert '<math display="inline">' in render_markdown(text)


@pytest.mark.parametrize(
    "environment",
    [
        "align",
        "align*",
        "equation",
        "gather",
        "cases",
        "pmatrix",
        "vmatrix",
        "multline",
        "eqnarray",
    ],
)
def test_an_environment_is_a_formula_without_dollars(environment: str) -> None:
    tex = f"\\begin{{{environment}}}\na\n\\end{{{environment}}}"
    assert render_markdown(f"so\n{tex}\nthen").startswith(
        '<p>so</p>\n<div class="math" tabindex="0"><math display="block">'
    )
    assert '<p>so <span class="math"><math' in render_markdown(f"so {tex}, then")


@pytest.mark.parametrize(
    "text", ["\\begin{a}x\\end{a}", "\\begin{align}\n\nx\n\\end{align}", "\\end{align}"]
)
def test_other_environments_are_text(text: str) -> None:
    assert "math" not in render_markdown(text)


def test_numbers_and_names_of_equations_are_no_obstacle() -> None:
    html = to_mathml(r"\begin{align}a&=b\tag{1}\label{x}\\c&=d\nonumber\end{align}", display=True)
    assert html
    assert "<mtext>(1)</mtext>" in html


@pytest.mark.parametrize("fence", ["```math", "~~~math", "```` math", "```Math "])
def test_code_of_the_language_math_is_a_formula(fence: str) -> None:
    end = fence.rstrip("mathM ")
    html = render_markdown(f"{fence}\na^2\n\n+ b\n{end}\nafter")
    assert html.startswith('<div class="math" tabindex="0"><math display="block">')
    assert "<li>" not in html


@pytest.mark.parametrize("text", ["```math\na", "```math\n\n```", "```mathematica\na\n```"])
def test_other_code_is_no_formula(text: str) -> None:
    assert "<math" not in render_markdown(text)


@pytest.mark.parametrize(
    "tex",
    [
        r"\unknown{a}",
        "a & b",
        r"\frac",
        "a_b_c",
        r"\newcommand{\a}{\b\b}\a",
        r"\def\a{\a\a}\a",
        "{" * (MAX_DEPTH + 1) + "a" + "}" * (MAX_DEPTH + 1),
        r"\sqrt" * 300 + "a",
        r"\left(" * 300,
    ],
)
def test_what_cannot_be_shown_stays_as_it_was_written(tex: str) -> None:
    assert to_mathml(tex, display=False) is None
    assert '<span class="math">$' in render_markdown(f"${tex}$")


def test_markup_in_a_formula_is_text() -> None:
    html = render_markdown(r"$\text{<img src=x onerror=alert(1)> &lt;b&gt;}$")
    assert "<img" not in html
    assert "<b>" not in html


@pytest.mark.parametrize(
    "tex",
    [
        r"\href{javascript:alert(1)}{x}",
        r"\style{color:red}{x}",
        r"\class{composer}{x}",
        r"\hspace{99999em}x",
        r"\hspace{-9em}x",
        r"\color{red}{x}",
    ],
)
def test_a_formula_leads_nowhere_and_moves_nothing(tex: str) -> None:
    html = to_mathml(tex, display=False) or ""
    for attribute in ("href=", "style=", "class=", "width=", "mathcolor="):
        assert attribute not in html


def test_of_many_formulas_the_first_are_shown() -> None:
    formula = "$" + "a" * 1000 + "$\n\n"
    html = render_markdown(formula * (MAX_TOGETHER // 1000 + 5))
    assert html.count("<math") == MAX_TOGETHER // 1000


@pytest.mark.parametrize("piece", ["$a ", "$", "$$a ", r"\(a", r"\[", "$$\na\n", "$$a\n", "$x$ "])
def test_a_text_made_of_dollars_is_rendered(piece: str) -> None:
    html = render_markdown(piece * 5000 + "\n\nend")
    assert html.removesuffix("</div>\n").endswith("<p>end</p>\n")
