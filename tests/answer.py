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


LONG_ANSWERS = {"paragraph": long_paragraph, "formulas": many_formulas}
