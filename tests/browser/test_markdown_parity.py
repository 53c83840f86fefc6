"""The two renderers of Markdown make the same HTML of any text.

What the browser leaves to the server it shows as it was written, and so does the comparison: the
colours of code, formulas, and footnotes, here called by their numbers. Beyond that they may differ
in two ways: the server writes some characters of code as themselves that the browser escapes, and a
code span of nothing but spaces keeps them all on the server and loses two in the browser.
"""

from __future__ import annotations

from html.entities import html5

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.async_api import Page

from quart_chat.markdown import render_markdown
from tests.answer import LONG_ANSWERS, long_paragraph
from tests.examples import examples

pytestmark = pytest.mark.asyncio(loop_scope="session")

COMPARE = """async ([texts, rendered]) => {
  const { parseMarkdown } = await import("/js/markdown/markdown.js");
  const { ChunkedPlace } = await import("/js/markdown/chunked-place.js");
  const render = (text, env = {}) => new ChunkedPlace().render(parseMarkdown(text, env), env, 0);
  const plain = (html) => {
    const template = document.createElement("template");
    template.innerHTML = html;
    for (const span of template.content.querySelectorAll("pre span")) {
      span.replaceWith(...span.childNodes);
    }
    for (const math of template.content.querySelectorAll(".math")) {
      const tex = math.querySelector("annotation")?.textContent ?? math.textContent
        .replace(/^(?:\\$\\$|\\$`?|\\\\[([])|(?:\\$\\$|`?\\$|\\\\[)\\]])$/g, "");
      math.textContent = tex.trim();
    }
    for (const note of template.content.querySelectorAll(".note")) {
      note.replaceWith(`[^${note.textContent}]`);
    }
    for (const notes of template.content.querySelectorAll(".footnotes")) notes.remove();
    for (const paragraph of template.content.querySelectorAll("p")) {
      if (/^\\[\\^\\w+\\]:/.test(paragraph.textContent)) {
        paragraph.nextSibling?.remove();
        paragraph.remove();
      }
    }
    template.innerHTML = template.innerHTML.trim();
    template.content.normalize();
    for (const code of template.content.querySelectorAll(":not(pre) > code")) {
      if (!code.textContent.trim()) code.textContent = " ";
    }
    return template.innerHTML;
  };
  return texts
    .map((text, index) => [text, plain(rendered[index]), plain(render(text))])
    .filter(([, server, browser]) => server !== browser);
}"""

SAMPLES = [
    "", " ", "\n\n", "word", "two\nlines", "break  \nhere", "break\\\nhere", "tab\tin text",
    "# One", "## Two ##", "####### seven", "#no", "Setext\n===", "Setext\n---", "#", "# *a* `b`",
    "***", "- - -", "___", "--", "    code\n    more", "\tcode", "    code\n\n    after a gap",
    "```\nfence\n```", "~~~\nfence\n~~~", "```python\nx = 1\n```", "```python title=a\nx\n```",
    "```\nopen", "````\n```\n````", "``` a`b\n", "```c++\nint a;\n```", "```<b>\nx\n```",
    "- a\n- b", "- a\n\n- b", "* a\n  * b\n    * c", "1. one\n2. two", "7) seven\n8) eight",
    "- a\n\n  b\n\n      code", "-\n  a", "1.\ta", "- [ ] a task", "0. a\n1. b", "-a", "1.a",
    "> quote", "> a\nlazy", "> > nested", "> - list\n> - in quote", ">\n> a\n>",
    "> ```\n> code\n```", "*em*", "_em_", "**strong**", "__strong__", "***both***", "a*b*c",
    "a_b_c", "**a*b**", "*a**b*", "**Note:**😀 after", "😀**x**😀", "~~gone~~", "~one~",
    "~~~three~~~", "~~a~~~", "**a ~~b** c~~", "`code`", "`` a`b ``", "` a `", "`a", "`a\nb`",
    "`<b>`", "*a `b*`", "[a](/b)", "[a](/b 'title')", '[a](<b c> "t")', "[a](b\\)c)", "[a](<>)",
    "[](/a)", "[a]", "[a]: /b\n\n[a]", "[a]\n\n[a]: /b 'T'", "[A]: /x\n\n[a][] [b][a]",
    "[a]: <b> 'T'\n\n![x][a]", "[ä]: /ü\n\n[Ä]", "[a](http://ü.de/ä?ö#ß)", "[a](/a%20b%zz)",
    "[a](//example.com)", "[a](javascript:alert(1))", "[a](JaVaScRiPt:alert(1))",
    "[a](&#106;avascript:alert(1))", "[a](vbscript:x)", "[a](data:text/html,x)",
    "[a](mailto:a@example.com)", "[a](tel:1)", "[a](HTTPS://EXAMPLE.COM)", "[a]( x:y )",
    "[a](file:///etc/passwd)", "[a](\x01javascript:b)", "<https://example.com>", "<a@example.com>",
    "<javascript:alert(1)>", "https://example.com", "See https://a.b/c.", "(https://a.b/c)",
    "https://a.b/c_(d)", "https://a.b/(c))).", "ahttp://b", "https://a.b?c=d&e=f#g", "https://",
    "http://.a", "HTTPS://A.B", "http\u017f://a.b", "~https://a", "http://localhost:8000/x",
    "https://a.b/ä, ö", "https://ü.de/ä", "見https://a.b/c。", "»http://a.b«", "**https://a.b**",
    "*https://a.b/c*d*", "https://a.b/c_d_e", "`https://a.b`", "> https://a.b",
    "[https://a.b](/c)", "[a](https://b.c) https://d.e", "![https://a.b](/c)",
    "https://a.b\nhttp://c", "https://a.b/\\*c", "https://a.b/&amp;c", "https://a.b/%zz%20",
    "https://a.b|c", "https://a.b\"c", "https://a.b/😀c", "https://a.b/e\u0301",
    "|https://a.b|\n|-|\n|http://c.d|", "- https://a.b", "https://user:pass@a.b/",
    "https://[::1]/", "https://a.b''", "http://a.b,http://c.d", "![alt](/i.png)", "![](/i.png)",
    "![a *b* `c`](https://example.com/i.png 'T')", "[![alt](/i.png)](/page)", "![a [b](/c) d](/e)",
    "![a ![b](/c) d](/e)", "![x](data:image/png,a)", "<b>html</b>", "<script>alert(1)</script>",
    "<div>\n\n*a*\n\n</div>", "<!-- a -->", "<?php ?>", '<img src=x onerror="alert(1)">',
    "a <br> b", "&amp; &lt; &copy; &#35; &#x22; &nope;", "&#0;", "\\*not\\*", "\\a \\\\ \\<",
    "\\  \nnext", "a\\", '"quoted" \'single\'', "a | b\n--|--\n1 | 2", "| a |\n|---|\n| 1 |",
    "|a|b|\n|:-|-:|\n|1|2|", "|a|\n|:-:|\n|`x|y`|", "|a|b|\n|-|-|\n|1|\n|1|2|3|",
    "a|b\n-|-\n\nafter", "text\na|b\n-|-\n1|2", "|a\\|b|\n|-|\n|c|", "|a|\n|-|\n> quote",
    "- a|b\n  -|-\n  1|2", "|a|b|\n|---|\n", "|*a*|[b](/c)|\n|-|-|", "a\u00a0b", "\u00a0a\u00a0",
    "\u2003a\u3000", "\ufeffa", "a\ufeffb", "a\u2028b", "\x0ba\x0c", "a\x00b", "e\u0301",
    "日本語**太字**です", "**「太字」**です", "مرحبا *بك*", "\U0001d54f *a*", "\r\na\r\rb\r\n",
    "a\n\n\n\nb", "   a", "a   ", "\n    a", "- \n\n  a", "1) a\n\n   b\n2) c", "$a$",
    "$a_1 + b_1$ and $c_1$", "$$a$$", "$$\na\n+ b\n- c\n$$", "text\n$$\na\n$$\nmore",
    "costs $5 and $6", "$5-$6", "$ a $", "$a $b$", "$`a`$", "`$a$`", "$\\alpha*b*c$", "a$b$c",
    "US$ 5", "\\(a_1 * b_1\\)", "\\[a\\]", "\\[\na\n\\]", "\\[a\\](/b)", "\\(a", "$$a",
    "$$\n\na\n$$", "$$$", "$$$$", "> $$\n> a\n> $$", "- $$\n  a\n  $$", "- $$\n a\n$$",
    "    $$a$$", "$$a$$ and $$b$$", "$$a$$.", "**$a$** [$b$](/c) ~~$d$~~", "[a $b](/c) d$",
    "|$a$|\n|-|\n|$b|c$|", "# $a$", "$a\nb$", "\\$a$b$", "$\\frac$", "$\\unknown{a}$",
    "$a < b & c$", "$\\text{<b>}$", "$" + "a" * 2100 + "$", "$a$$b$",
    "- [ ] a\n- [x] b\n- [X] *c*\n- [y] d\n- [ ]", "- [ ] a\n\n- [x] b", "1. [ ] a", "- [x](/a)",
    "- [x] a\n\n[x]: /b", "- [ ] [a](/b)", "* [ ]  a", "- [ ] a\n  - [x] b", "[ ] a",
    "- a\n\n  [ ] b", "a[^1]", "a[^1] b[^2]\n\n[^1]: one\n[^2]: two", "a[^1]\n[^1]: one",
    "[^1]: https://example.com", "a[^1]\n\n[^1]: one\n    two\n\nb", "- a[^1]\n\n[^1]: *one*",
    "[^a b]: no", "[^]: no\n\n[^]", "    [^1]: a", "**注意：**正文", "これは**「重要」**な点",
    "~~删除。~~后", "__注意：__正文", "これは__「重要」__な", "_「a」_b", "**스크립트(script)**는",
    "这是**“引用”**的", "**`a`**に", "テスト**`a`**です", "a（x）_y_z", "*「*x", "**a.**b",
    "\U00020000**(a)**\U00020000", "葛\U000e0100**(a)**。", "“\ufe01**a**", "〽\ufe0e**(a)**",
    "😀**(a)**x", "**a！**b c",
    "```markdown\n## T\n```\nX\n```\n## U\n```json\n{}\n```\n```\nafter", "```md\na\n```\n\nb",
    "```md\na\n```\nb", "```md\na\n```\nb\n\n```\nc\n```", "```md\na\n```\nb\n```js\nc\n```\nd",
    "~~~md\n~~~\na\n~~~\n~~~", "- ```markdown\n  a\n  ```sh\n  b\n  ```\n  ```\n- c",
    "````md\n```\na\n```\n````\nb", "```md\n```md\n```js\n```\n```\n```\nz",
    "> ```md\n> ```js\n> ```\n> ```\n> a",
    "1. a\n\n   ```md\n   - b\n     ```js\n     c\n     ```\n   ```\n2. d", "```md\n```\n```\na",
    "Cost ($) rises, price ($) falls", "$5 and $10, US$, 5$, $x$-axis", "$5 or 10$", "$5 (US$)",
    "“$” and “$”", "$$ (a), $$$ (b)", "$]0,1[$", "$[0,1)$", "$(0, 1]$", "5$ and 6$ and $x$",
    "价格（$）和（$）", "$5，或10$", "$5 km$", "[$](a) [$](b)", "$**a** b$", "$-$$",
    "$`a_1*b`$ *c*", "$`a`b`$", "$``a``$", "```math\na^2\n```", "```math\n\n```", "```Math\na\n",
    "- ```math\n  a\n  ```", "\\begin{align}\na&=b\\\\\nc&=d\n\\end{align}",
    "so \\begin{pmatrix}1&2\\end{pmatrix} *a*", "text\n\\begin{cases}\na\n\\end{cases}\nmore",
    "\\begin{align}\n\na\n\\end{align}", "\\begin{foo}a\\end{foo}", "\\begin{align*}a\\end{align}",
    "> \\begin{gather}\n> a\n> \\end{gather}", "a<br>b<br/>c<br />d</br>", "|a|\n|-|\n|x<br>y|",
    "<kbd>Ctrl</kbd>+<KBD class=x>C</KBD>", "H<sub>2</sub>O x<sup>*2*</sup>", "<b>*a</b>*",
    "*<b>a*</b>", "<b><i>a</b></i>", "<b><b>a</b>", "<u>", "</u>", "<u>a\n\nb</u>",
    "[<b>a](/b)</b>", "<b onclick='x>y'>a</b>",
    "<details>\n<summary>T <b>x</b></summary>\n\n- a\n\n</details>\n\nafter",
    "<details open><summary>a</summary>b *c*</details>\nd",
    "<details>\n\n```\n</details>\n```\n</details>\na",
    "<details>\n<details>\na\n</details>\nb\n</details>\nc", "- <details>\n  a\n  </details>\n- b",
    "> <details>\n> <summary>\n> a\n> </summary>\n> b\n\nc", "text\n<details>\na",
    "<summary>a</summary>", "<details>" * 8, "    <details>",
    "<details>\n\n- <details>\n  a\n  </details>\n\nb\n</details>c\n",
    "<code>a</code> <code>*b*", "|<code>a</code>|\n|-|",
    "<mark>a</mark><ruby>漢<rt>かん</rt></ruby><iframe>", "<a href=x>y</a>", "> [!NOTE]\n> text",
    "> [!tip]\n> - a\n> - b", "> [!WARNING]  ", "> [!NOTE] more", "> [!OTHER]\n> a",
    "- > [!CAUTION]\n  > a\n\n  b", "> a\n> [!NOTE]", "> [!IMPORTANT]\n>\n> a",
    "> > [!NOTE]\n> > a", "[!NOTE]\na", "> [!NOTE]- *a* `b`  \n> c", "> [!TIP]  \n> [!NOTE] a",
    "> [!NOTE]a\n> b", "> [!NOTE](/a)",
    "www.example.com", "see (www.a.b/c_(d)). WWW.a.b", "www.a",
    "x.www.a.b", "http://www.a.b www.c.d.", "见www.a.b。", "[www.a.b](/c)", "a@www.b.c",
    "www..a.b", "> " * 30 + "deep", "- " * 30 + "deep", "*" * 60 + "a" + "*" * 60,
    "[" * 50 + "a" + "]" * 50,
]  # fmt: skip

PIECES = [
    *"#*_~`>|-+=[]()!<>&\\:.\"' \t\n", "\n\n", "  \n", "**", "~~", "```", "```py\n", "    ", "1. ",
    "- ", "> ", "](", "](/u)", "[a]: /u\n", "[a]", "![", "a", "word ", "é", "😀", "。", "<b>", "$",
    "$$", "\\(", "\\)", "\\[", "\\]", "$x$", "- [ ] ", "[x] ", "[^1]", "\n$$\n", "5", "：", "「",
    "」", "中", "한", "（", "~~", "__", "```md\n", "\n```\n", "\n~~~\n", "~~~md\n", "```math\n",
    "$`", "`$", "\\begin{align}", "\\end{align}", "<b>", "</b>", "<br>", "<details>",
    "</details>\n", "\n<details>\n<summary>a</summary>\n", "> [!NOTE]\n", "www.a.b", "<kbd x>",
    "\n> ", "&amp;", "https://x.y/ä", "http://z", "/", "https:", "?q=", "javascript:", "\n|-|-|\n",
    "|a|b|", "\n---\n", "\n===\n", "x = 1\n",
]  # fmt: skip

texts = st.lists(
    st.one_of(
        st.lists(st.sampled_from(PIECES), max_size=30).map("".join),
        st.text(st.characters(codec="utf-8"), max_size=60),
    ),
    min_size=1,
    max_size=40,
)


async def differences(page: Page, texts: list[str]) -> list[list[str]]:
    found: list[list[str]] = await page.evaluate(
        COMPARE, [texts, [render_markdown(text) for text in texts]]
    )
    return found


async def test_samples_of_every_construct_are_rendered_alike(modules: Page) -> None:
    assert await differences(modules, SAMPLES) == []


async def test_a_very_long_paragraph_is_parted_alike(modules: Page) -> None:
    texts = [
        long_paragraph(),
        "word " * 4000,
        "字。" * 12_000,
        "😀a" * 9000,
        "x" * 30_000,
        "=" * 30_000,
        "- " + "One. Two\n  " * 3000,
        "> a *b c* `d e`\n" * 2000,
    ]
    assert await differences(modules, texts) == []


@pytest.mark.parametrize("name", LONG_ANSWERS)
async def test_a_long_answer_is_divided_alike(modules: Page, name: str) -> None:
    assert await differences(modules, [LONG_ANSWERS[name]()[:60_000]]) == []


async def test_every_named_character_is_read_alike(modules: Page) -> None:
    names = [name.rstrip(";") for name in html5]
    texts = [f"&{name}; &{name}x; &{name} `&{name};`" for name in names]
    assert await differences(modules, texts) == []


@settings(max_examples=examples(60), derandomize=True)
@given(texts=texts)
async def test_any_text_is_rendered_alike(modules: Page, texts: list[str]) -> None:
    assert await differences(modules, texts) == []
