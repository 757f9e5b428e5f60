"""The report: one file that points nowhere, says what failed, and works in a browser."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from conftest import PATIENCE_SECONDS
from evaluating import tiny_questions, tiny_run
from playwright.sync_api import Page, sync_playwright

from eval.damage import AlteredQuotes
from eval.execution import in_process
from eval.measures import columns_of
from eval.record import Record
from eval.report.files import write_reports
from eval.report.html import render
from eval.report.plots import hits_by_type, latency_plot, length_plot, risk_coverage_plot
from eval.report.svg import round_axis
from eval.summary import Group
from guideqa.settings import Settings

BROWSER = shutil.which("chromium")


@pytest.fixture(scope="module")
def record(tiny_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Record:
    """A run with altered quotations, so that there is something to report."""
    return tiny_run(AlteredQuotes(in_process(tiny_settings)), tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="module")
def folder(record: Record, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    write_reports(folder, tiny_questions(), record)
    return folder


@pytest.fixture(scope="module")
def html(folder: Path) -> str:
    return (folder / "report.html").read_text(encoding="utf-8")


def test_nothing_in_the_report_points_outside(html: str) -> None:
    assert not re.findall(r"(?:src|href)=|url\(|@import|https?://(?!www\.w3\.org)", html)
    assert "default-src 'none'" in html


def test_the_report_shows_figures_intervals_and_four_plots(html: str) -> None:
    assert html.count("<svg") == 4
    assert "引用文の正確さ" in html
    assert "95%区間" in html
    assert '<html lang="ja">' in html


def test_each_question_shows_what_was_found_cited_missed_and_broken(html: str) -> None:
    start = html.index('id="q-tiny-15"')  # altered quotations make it fail whatever the product says
    case = html[start : html.index("</tbody>", html.index("検索結果", start))]

    for words in (
        "必要な事実",
        "12組",
        "引用文がページにそのまま",
        "ベクトル検索",
        "語句検索",
        "p.2",
        "不一致",
    ):
        assert words in case.replace(
            "引用文が引用ページにそのままの形では存在しない", "引用文がページにそのまま"
        ), words


def test_what_comes_from_outside_cannot_write_html(record: Record) -> None:
    evil = "<script>alert(1)</script>&\"'"
    questions = [replace(tiny_questions()[0], question=evil), *tiny_questions()[1:]]
    outcomes = [replace(record.outcomes[0], answer=evil), *record.outcomes[1:]]

    page = render(questions, outcomes, record)

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&amp;&quot;&#x27;" in page


def test_junit_has_a_case_for_each_question_and_a_failure_for_each_broken_rule(
    folder: Path, record: Record
) -> None:
    root = ElementTree.parse(folder / "junit.xml").getroot()

    assert len(root.findall(".//testcase")) == len(tiny_questions())
    assert len(root.findall(".//failure")) == sum(len(item.failed_rules) for item in record.judged)
    assert int(root.attrib["failures"]) == sum(bool(item.failed_rules) for item in record.judged)
    assert {suite.attrib["name"] for suite in root} >= {"fact", "follow_up", "unanswerable"}


def test_plots_survive_a_run_in_which_nothing_was_answered() -> None:
    columns = columns_of([{"answerable": 1.0, "refused": 1.0, "confidence": 0.0, "right": 0.0}] * 3)
    group = Group("all", "すべて", columns, 3)

    for picture in (
        hits_by_type([group]),
        risk_coverage_plot(columns),
        latency_plot(columns),
        length_plot(["a", "b", "c"], columns),
    ):
        assert picture.startswith("<svg")
        assert "nan" not in picture


@pytest.mark.parametrize("high", [0.0, 0.7, 3, 9, 144, 1234, 98765])
def test_an_axis_ends_at_or_above_the_highest_value(high: float) -> None:
    axis = round_axis("x", high)

    assert axis.high >= high
    assert 2 <= len(axis.ticks) <= 10
    assert axis.share(high) <= 1


@pytest.fixture(scope="module")
def page(folder: Path) -> Iterator[Page]:
    if BROWSER is None:
        pytest.skip("chromium is not on this machine")
    arguments = [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
    ]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=arguments)
        opened = browser.new_page(color_scheme="dark")
        opened.set_default_timeout(PATIENCE_SECONDS * 1000)
        opened.goto((folder / "report.html").as_uri())
        yield opened
        browser.close()


def test_in_a_browser_questions_are_filtered_sorted_and_opened(page: Page) -> None:
    shown = page.locator("#questions > tbody:not([hidden])")
    assert page.inner_text("#count") == "18 / 18件"

    page.select_option("#type", "follow_up")
    assert shown.count() == 1
    shown.locator(".row").click()
    assert page.get_by_text("書き下した質問での検索結果").is_visible()
    page.select_option("#type", "")

    page.fill("#text", "藍川市")
    assert 0 < shown.count() < 18
    page.fill("#text", "")

    page.click("[data-sort=length]")
    page.click("[data-sort=length]")
    lengths = page.eval_on_selector_all("#questions > tbody", "rows => rows.map(row => row.dataset.vLength)")
    numbers = [float(length) for length in lengths if length]
    assert numbers == sorted(numbers, reverse=True)
    assert lengths[-1] == ""  # refusals have no length; they come last whichever way one sorts


def test_in_a_browser_the_report_follows_the_system_and_can_be_switched(page: Page) -> None:
    def ground() -> str:
        return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))

    dark = ground()
    page.click("#theme")
    light = ground()
    page.click("#theme")

    assert dark == ground() != light
