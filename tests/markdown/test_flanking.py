"""Emphasis beside Chinese, Japanese and Korean."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quart_chat.markdown import render_markdown


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**注意：**正文", "<strong>注意：</strong>正文"),
        ("これは**「重要」**な点", "これは<strong>「重要」</strong>な点"),
        ("请看**《三体》**这本书", "请看<strong>《三体》</strong>这本书"),
        ("这是**“引用”**的话", "这是<strong>“引用”</strong>的话"),
        ("**중요(important)**는", "<strong>중요(important)</strong>는"),
        ("이것은**'제목'**입니다", "이것은<strong>'제목'</strong>입니다"),
        ("価格は**￥100！**です", "価格は<strong>￥100！</strong>です"),
        ("*强调。*后文", "<em>强调。</em>后文"),
        ("***注意！***正文", "<em><strong>注意！</strong></em>正文"),
        ("~~删除。~~后文", "<s>删除。</s>后文"),
        ("__注意：__正文", "<strong>注意：</strong>正文"),
        ("これは_「重要」_な点", "これは<em>「重要」</em>な点"),
        ("**`code`**を使う", "<strong><code>code</code></strong>を使う"),
        ("関数**`f()`**は", "関数<strong><code>f()</code></strong>は"),
        ("**ｶﾅ｡**ｱ", "<strong>ｶﾅ｡</strong>ｱ"),
        ("𠮷**(a)**𠮷", "𠮷<strong>(a)</strong>𠮷"),
        ("葛\U000e0100**(a)**葛", "葛\U000e0100<strong>(a)</strong>葛"),
        ("a“\ufe01**b**", "a“\ufe01<strong>b</strong>"),
    ],
)
def test_emphasis_ends_beside_cjk_and_its_punctuation(text: str, html: str) -> None:
    assert render_markdown(text) == f"<p>{html}</p>\n"


@pytest.mark.parametrize(
    "text",
    ["**a.**b", "a**(b)**c", "注意 ** 正文 **", "变_量_名", "snake_case_名_x", "**注意： **正文"],
)
def test_elsewhere_the_rules_are_those_of_commonmark(text: str) -> None:
    assert render_markdown(text) == f"<p>{text}</p>\n"


WORDS = st.sampled_from(["中文", "かな", "한국", "abc", "カ"])
MARKS = st.sampled_from(["**", "*", "~~"])


@given(
    mark=MARKS,
    before=WORDS,
    inside=WORDS,
    after=st.sampled_from(["中", "か", "한"]),
    punctuation=st.sampled_from("：。！？）」』】》、，"),
)
def test_emphasis_that_ends_with_cjk_punctuation_is_one(
    mark: str, before: str, inside: str, after: str, punctuation: str
) -> None:
    html = render_markdown(f"{before}{mark}{inside}{punctuation}{mark}{after}")
    assert mark not in html
    assert f"{inside}{punctuation}</" in html
