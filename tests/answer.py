"""A long answer with all that makes one costly to show, and the pieces in which it arrives."""

from __future__ import annotations

import random
from collections.abc import Iterator

ROWS = 300


def long_answer() -> str:
    """16 KB of Markdown: text, code, lists, a formula and a table of 300 rows."""
    rows = "".join(f"| {row} | `item-{row}` | {row * 7 % 100} % |\n" for row in range(1, ROWS + 1))
    code = "".join(
        f"def step_{line}(x: int) -> int:\n    return x + {line}\n" for line in range(75)
    )
    items = "".join(
        f"- **Point {item}** with [a link](/to/{item}) and `code`\n" for item in range(40)
    )
    tasks = "".join(f"{item}. [{'x' if item % 2 else ' '}] task {item}\n" for item in range(1, 21))
    text = " ".join(f"Sentence {number} says *something* short." for number in range(20))
    return (
        f"# An answer\n\n{text}\n\n```python\n{code}```\n\n{text}\n\n{items}\n"
        f"So $a_1 + b_1 = c$:\n\n$$\nx\n+ y\n$$\n\n| n | name | share |\n|--:|---|:-:|\n{rows}\n"
        f"{tasks}\n> {text}\n\nThat is all.\n"
    )


def pieces(text: str, seed: int = 1) -> Iterator[str]:
    """A text cut into pieces of 1 to 20 characters, the same each time."""
    source = random.Random(seed)
    at = 0
    while at < len(text):
        end = at + source.randint(1, 20)
        yield text[at:end]
        at = end


def long_paragraph() -> str:
    """200,000 characters of Markdown in one paragraph."""
    sentences = (f"Sentence {n} says *something* short, with `code` in it." for n in range(3700))
    return " ".join(sentences)[:200_000]


def many_formulas() -> str:
    """300 formulas, half of them on lines of their own."""
    return "".join(
        f"Formula {n} is $a_{{{n}}} + \\frac{{b}}{{{n}}}$, and so:\n\n"
        f"$$x_{{{n}}} = \\sqrt{{{n} + y^2}}$$\n\n"
        for n in range(150)
    )


def formulas_in_a_paragraph() -> str:
    """300 formulas in one paragraph."""
    return " ".join(
        f"Formula {n} is $a_{{{n}}} + \\frac{{b}}{{{n}}} = \\sqrt{{{n} + y^2}}$."
        for n in range(300)
    )


def formulas_in_a_table() -> str:
    """A table with 300 formulas."""
    rows = "".join(f"| {n} | $a_{{{n}}} + \\frac{{b}}{{{n}}}$ |\n" for n in range(300))
    return f"| n | formula |\n|--:|---|\n{rows}"


def long_table() -> str:
    """A table of 6,500 rows."""
    rows = "".join(f"| {n} | `item-{n}` | {n * 7 % 100} % |\n" for n in range(6500))
    return f"| n | name | share |\n|--:|---|:-:|\n{rows}"


def long_list() -> str:
    """A list of 5,000 items."""
    return "".join(f"- **Item {n}** with [a link](/to/{n})\n" for n in range(5000))


def nested_list() -> str:
    """A list of 200 items, each with 20 of its own."""
    inner = "".join(f"  - Part {n} of it\n" for n in range(20))
    return "".join(f"- **Item {n}**\n{inner}" for n in range(200))


def long_code() -> str:
    """200,000 characters in one block of code."""
    lines = "".join(f"def step_{n}(x: int) -> int:\n    return x + {n}\n" for n in range(4000))
    return f"```python\n{lines[:200_000]}\n```\n"


def long_quote() -> str:
    """A quote of 1,500 paragraphs, each within three."""
    return "> A quote\n>\n" + "".join(
        f">>> Paragraph {n} says *something* short, with `code` in it.\n>>>\n" for n in range(1500)
    )


def many_paragraphs() -> str:
    """4,000 paragraphs of a line."""
    return "".join(f"Paragraph {n} says *something* with `code`.\n\n" for n in range(4000))


LONG_ANSWERS = {
    "paragraph": long_paragraph,
    "paragraphs": many_paragraphs,
    "formulas": many_formulas,
    "formulas in a paragraph": formulas_in_a_paragraph,
    "formulas in a table": formulas_in_a_table,
    "table": long_table,
    "list": long_list,
    "nested list": nested_list,
    "code": long_code,
    "quote": long_quote,
}
