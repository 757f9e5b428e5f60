"""A page's text as the chat shows it: nothing is lost, nothing runs, the quotation is marked."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guideqa.types import PageRef
from ui.markup import escape_for_chat, link_to, linked
from ui.sheet import sheet

MARKED = re.compile(r"<mark>(.*?)</mark>", re.DOTALL)
TAG = re.compile(r"<[^>]*>")


def test_headings_items_and_tables_are_set_as_such() -> None:
    shown = sheet("# 題\n\n本文です。\n\n- 一つ\n- 二つ\n\n| 会場 | 定員 |\n|---|---|\n| 図書館 | 12組 |\n")

    assert "<h4>題</h4>" in shown
    assert "<ul><li>一つ</li><li>二つ</li></ul>" in shown
    assert "<th>会場</th>" in shown
    assert "<td>12組</td>" in shown
    assert "---" not in shown


def test_a_wrapped_line_stays_in_its_item() -> None:
    assert sheet("• 里親の家庭に\n預ける。\n• 次") == "<ul><li>里親の家庭に預ける。</li><li>次</li></ul>"


@pytest.mark.parametrize(
    ("text", "quote", "marked"),
    [
        ("前。利用料は1泊\n2,000円である。後。", "利用料は１泊2,000円である。", "利用料は1泊2,000円である。"),
        ("| 図書館 | 12組 |", "図書館12組", "図書館12組"),
        ("- ⼦育ての会\n", "子育ての会", "⼦育ての会"),
    ],
)
def test_a_quotation_is_marked_however_it_is_wrapped_or_spelled(text: str, quote: str, marked: str) -> None:
    assert re.sub(r"\s", "", "".join(MARKED.findall(sheet(text, quote)))) == marked


def test_a_quotation_that_is_not_there_marks_nothing() -> None:
    assert "<mark>" not in sheet("本文です。", "別の文です。")


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_no_text_of_a_page_becomes_markup(text: str) -> None:
    allowed = set(
        "<h4> </h4> <ul> </ul> <li> </li> <p> </p> <br> <table> </table> <tr> </tr> <td> </td> <th> </th> </div>".split()
    )
    allowed.add('<div class="gq-table">')

    assert set(TAG.findall(sheet(text))) <= allowed


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_a_message_holds_no_mark_that_markdown_or_html_could_read(text: str) -> None:
    shown = escape_for_chat(text).replace("<br>", "")

    assert not set(re.sub(r"&#\d+;", "", shown)) & set("<>&\"'`*_[]()!#|~:/\\")
    assert "\n" not in shown
    assert html.unescape(escape_for_chat("a*b<c>")) == "a*b<c>"


@given(st.text(min_size=1), st.integers(1, 10**6), st.text())
def test_a_link_names_the_page_that_it_was_made_for(document: str, index: int, quote: str) -> None:
    try:
        link = link_to(PageRef(document, index, "x"), quote)
    except UnicodeEncodeError:  # a lone surrogate; no document has one in its id
        return

    assert linked(link) == (document, index, quote)


@pytest.mark.parametrize(
    "link", ["", "#source?", "#source?document=a", "#source?document=a&page=x", "javascript:1"]
)
def test_what_is_no_link_of_ours_opens_nothing(link: str) -> None:
    assert linked(link) is None
