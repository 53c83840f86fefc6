"""Code blocks, and their colours by Pygments' classes."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from markdown_it.common.utils import escapeHtml
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name

from quart_chat.markdown.rules import add_render_rule

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

    from quart_chat.markdown.rules import Env

# Characters of code that are highlighted in one text. On what was written for it, such as nothing
# but line ends, many lexers take time by the square of its length.
MAX_HIGHLIGHTED = 8000
# Only lexers that are known to be well behaved otherwise on text by others.
_HIGHLIGHTED = re.compile(
    r"bash|c|c\+\+|cpp|cs|css|diff|docker|dockerfile|go|html|http|ini|java|javascript|js|json|jsx"
    r"|kotlin|lua|make|makefile|nginx|php|py|python|python3|rb|rs|ruby|rust|scss|sh|shell|sql"
    r"|swift|toml|ts|tsx|typescript|xml|yaml|yml"
)
_LANGUAGE = re.compile(r"[ \t]*([A-Za-z0-9_+#.-]{1,30})")
_FORMATTER = HtmlFormatter(nowrap=True)


def add_code(markdown: MarkdownIt) -> None:
    """Render code as a region that scrolls by itself and that the keyboard reaches."""
    add_render_rule(markdown, "fence", _render_fence)
    add_render_rule(markdown, "code_block", _render_code_block)


def _render_fence(token: Token, env: Env) -> str:
    language = _LANGUAGE.match(token.info)
    if language is None:
        return _render_code_block(token, env)
    code = _highlight(token.content, language[1].lower(), env)
    return f'<pre tabindex="0"><code class="language-{language[1]}">{code}</code></pre>\n'


def _render_code_block(token: Token, env: Env) -> str:
    return f'<pre tabindex="0"><code>{escapeHtml(token.content)}</code></pre>\n'


def _highlight(code: str, language: str, env: Env) -> str:
    length = env.get("highlighted", 0) + len(code)
    if length > MAX_HIGHLIGHTED or not _HIGHLIGHTED.fullmatch(language):
        return escapeHtml(code)
    env["highlighted"] = length
    # A lexer tidies the ends of a text unless it is told not to; the formatter ends every line.
    lexer = _lexer_class(language)(stripnl=False, ensurenl=False)
    html = str(highlight(code, lexer, _FORMATTER))
    return html if code.endswith("\n") else html.removesuffix("\n")


@cache
def _lexer_class(language: str) -> type[Lexer]:
    """Pygments looks through all it has for a name, which takes longer than a short listing."""
    return type(get_lexer_by_name(language))
