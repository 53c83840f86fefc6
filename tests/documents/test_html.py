"""Saved pages: their main text, without what is around it and what is not shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from quart_chat.documents.models import Kind
from tests.documents.reading import read

ARTICLE = "<h1>Warranty</h1><p>The warranty lasts two years.</p>"
KEPT = "The warranty lasts two years."


@pytest.mark.parametrize(
    "around",
    [
        "<nav><a href=/>XXX</a></nav>",
        '<div class="menu"><ul><li><a href=/>XXX</a><li><a href=/a>XXX</a></ul></div>',
        '<ul id="main-menu"><li><a href=/>XXX</a></ul>',
        '<div role="navigation">XXX</div>',
        '<p style="color: red; display: none">XXX</p>',
        '<p style="DISPLAY:NONE !important">XXX</p>',
        '<p style="visibility:hidden">XXX</p>',
        "<p hidden>XXX</p>",
        '<div hidden=""><p>XXX</p></div>',
        '<p aria-hidden="true">XXX</p>',
        "<style>.gone { display: none }</style><p class=gone>XXX</p>",
        "<style>/* a */ #a, .b > p {color:red;display:none}</style><div class=b><p>XXX</p></div>",
        "<footer>XXX</footer>",
        '<div class="footer">XXX</div>',
        '<div id="site-footer">XXX</div>',
        '<div role="contentinfo">XXX</div>',
        '<div id="cookie-banner"><p>XXX</p></div>',
        '<p class="breadcrumb"><a href=/>XXX</a> / <a href=/b>XXX</a></p>',
        "<script>XXX</script>",
        "<style>XXX</style>",
        "<template><p>XXX</p></template>",
        "<noscript>XXX</noscript>",
        "<button>XXX</button>",
        "<!-- XXX -->",
        "<aside>XXX</aside>",
    ],
)
@pytest.mark.parametrize("page", ["{}<main>{}</main>", "{}<div>{}</div>", "<div>{}{}</div>"])
def test_what_is_around_a_text_is_left_out(tmp_path: Path, page: str, around: str) -> None:
    found = read(tmp_path, Kind.HTML, f"<body>{page.format(around, ARTICLE)}</body>")
    assert found.texts == [KEPT]
    assert found.pieces[0].headings == ("Warranty",)


@pytest.mark.parametrize(
    "page",
    [
        f"<style>@media print {{ .c {{ display: none }} }}</style><div class=c>{ARTICLE}</div>",
        f"<style>body {{ display: none }}</style>{ARTICLE}",
        f"<style>p::[ {{ display: none }}</style>{ARTICLE}",
        f"<body class=menu>{ARTICLE}</body>",
        f'<div class="has-sidebar">{ARTICLE}</div>',
        f'<div class="sidebar-layout">{ARTICLE}<p>More of the text.</p></div>'.replace(
            "<p>More of the text.</p>", ""
        ),
        f"<article><header>{ARTICLE}</header></article>",
        f"<div hidden=until-found>{ARTICLE}</div>",
    ],
)
def test_what_is_shown_is_kept(tmp_path: Path, page: str) -> None:
    assert read(tmp_path, Kind.HTML, page).texts == [KEPT]


def test_a_page_that_is_all_menu_is_read_as_it_is(tmp_path: Path) -> None:
    assert "Bookmark" in read(tmp_path, Kind.HTML, "<nav><a>Bookmark</a></nav>").text


@pytest.mark.parametrize(
    "listing",
    [
        "def kiwi():\n    return 1\n\n\n    # more",
        "one  two\n\tthree",
        "<code>def kiwi():</code>\n    <b>return</b> 1",
    ],
)
def test_the_lines_of_a_listing_stay(tmp_path: Path, listing: str) -> None:
    found = read(tmp_path, Kind.HTML, f"<p>So:</p><pre>\n{listing}\n</pre><p>End</p>")
    plain = listing.replace("<code>", "").replace("</code>", "")
    plain = plain.replace("<b>", "").replace("</b>", "")
    assert found.text == f"So:\n\n{plain}\n\nEnd"


@pytest.mark.parametrize(
    "table",
    [
        "<table><tr><th>Item<th>Price<tr><td>A-nut<td>3<tr><td>B-nut<td>4</table>",
        "<table><thead><tr><td>Item</td><td>Price</td></tr></thead><tbody><tr><td>A-nut</td>"
        "<td><b>3</b></td></tr><tr><td><p>B-nut</p></td><td>4</td></tr></tbody></table>",
        "<table><caption></caption><tr><td>Item<td>Price<tr><td>A-nut<td>3<tr><td>B-nut<td>4</table>",
    ],
)
def test_rows_of_a_table_stay_rows(tmp_path: Path, table: str) -> None:
    assert read(tmp_path, Kind.HTML, table).text == "Item: A-nut; Price: 3\n\nItem: B-nut; Price: 4"


def test_a_cell_of_several_rows_or_columns_stands_in_each(tmp_path: Path) -> None:
    page = (
        "<table><tr><th>Kind<th>Item<th>Price<tr><td rowspan=2>Nuts<td>A-nut<td>3"
        "<tr><td>B-nut<td>4<tr><td colspan=2>All<td>7</table>"
    )
    assert read(tmp_path, Kind.HTML, page).text.split("\n\n") == [
        *("Kind: Nuts; Item: A-nut; Price: 3", "Kind: Nuts; Item: B-nut; Price: 4"),
        "Kind: All; Price: 7",
    ]


@pytest.mark.parametrize("span", ["0", "-1", "x", "", "99999999999"])
def test_a_span_without_sense_costs_nothing(tmp_path: Path, span: str) -> None:
    page = f"<table><tr><td>a<td rowspan='{span}' colspan='{span}'>b<tr><td>c<td>d</table>"
    assert read(tmp_path, Kind.HTML, page).text.startswith("a: c; b:")


@pytest.mark.parametrize("head", ["<title/>", "<script src='x'/>", "<style/>"])
def test_an_empty_element_of_xhtml_swallows_nothing(tmp_path: Path, head: str) -> None:
    page = f'<html xmlns="http://www.w3.org/1999/xhtml"><head>{head}</head><body>{{}}</body></html>'
    assert read(tmp_path, Kind.HTML, page.format(ARTICLE)).texts == [KEPT]


def test_a_table_that_lays_out_a_page_is_no_table_of_values(tmp_path: Path) -> None:
    page = f"<table><tr><td><nav>XXX</nav></td><td>{ARTICLE}</td></tr></table>"
    assert read(tmp_path, Kind.HTML, page).texts == [KEPT]


def test_elements_within_each_other_without_end_are_read(tmp_path: Path) -> None:
    assert read(tmp_path, Kind.HTML, "<div>" * 3000 + "deep").text == "deep"


def test_the_reading_of_a_character_does_not_tear_its_word_apart(tmp_path: Path) -> None:
    page = "<p>一<ruby>漢<rp>(</rp><rt>かん</rt><rp>)</rp>字<rt>じ</rt></ruby>です</p>"
    assert read(tmp_path, Kind.HTML, page).text == "一漢字です"


@pytest.mark.parametrize(
    ("page", "text"),
    [
        (
            "<dl><dt>Weight<dd>12 kg<dt>How long?<dd><p>Two years.</p><p>More</p></dl>",
            "Weight: 12 kg\n\nHow long? Two years.\n\nMore",
        ),
        ("<dl><div><dt>A</dt><dt>B:</dt>\n<dd>c</dd></div></dl>d", "A:\n\nB: c\n\nd"),
        ("<table><caption>Prices</caption><tr><td>A<td>3</table>", "Prices\n\nA; 3"),
        (
            "<p>So <math alttext='x^2'><mi>x</mi></math>, <math><semantics><mi>y</mi>"
            "<annotation encoding='application/x-tex'>y_1</annotation></semantics></math>,"
            " <math><mi>z</mi><mo>=</mo><mn>3</mn></math>.</p>",
            "So x^2, y_1, z = 3.",
        ),
    ],
)
def test_a_term_a_caption_and_a_formula_are_text(tmp_path: Path, page: str, text: str) -> None:
    assert read(tmp_path, Kind.HTML, page).text == text


@pytest.mark.parametrize(
    "mark",
    [
        '<sup class="reference"><a href="#fn1">[1]</a></sup>',
        '<a href="#fn1"><sup>1</sup></a>',
        '<a role="doc-noteref" href="#fn1">1</a>',
        "<!-- 40 euros -->",
    ],
)
def test_the_mark_of_a_footnote_is_no_part_of_the_word_before(tmp_path: Path, mark: str) -> None:
    page = (
        f"<h1>Berths</h1><p>A berth costs 30 euros{mark}.</p>"
        '<p>Power included. <a href="#r" class="footnote-backref">↩</a></p>'
    )
    assert read(tmp_path, Kind.HTML, page).text == "A berth costs 30 euros.\n\nPower included."
