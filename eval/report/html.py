"""The report as one HTML file: nothing in it points outside, and it works from a file share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.resources import files

from eval.measures import MEASURES, shown
from eval.outcome import Outcome
from eval.questions import EvalQuestion, QuestionType
from eval.record import Record
from eval.report.pieces import element, table, words
from eval.report.plots import hits_by_type, latency_plot, length_plot, risk_coverage_plot
from eval.report.questions import Case, question_table
from eval.scoring import RULES, Judged
from eval.summary import Group, figures, groups_of

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
# What decides whether staff may use it; the other figures are in the table below.
_HEADLINES = (
    "hit@1 hit@5 citation_precision citation_recall quote_exactness fact_coverage refusal_f1 false_refusal_rate"
).split()
_BY_TYPE = (
    "hit@1 hit@3 hit@5 hit@10 mrr@10 ndcg@10 recall@10 citation_precision citation_recall citation_f1 fact_coverage answer_chars"
).split()


def render(questions: Sequence[EvalQuestion], outcomes: Sequence[Outcome], record: Record) -> str:
    """The whole page."""
    groups = groups_of(questions, record.judged)
    cases = [Case(*triple) for triple in zip(questions, outcomes, record.judged, strict=True)]
    body = [
        _header(record),
        _section("要約", _tiles(groups[0], record)),
        _section("図", _plots(groups, [question.id for question in questions])),
        _section("質問の種類ごと", _type_table(groups)),
        _section("すべての指標", _measure_table(groups[0], record)),
        _section("守られなかった決まり", _rule_table(record.judged)),
        _section("質問", _controls() + question_table(cases)),
    ]
    return _document("".join(body))


def _document(body: str) -> str:
    return (
        '<!doctype html>\n<html lang="ja"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<title>評価報告</title>"
        f"<style>{_asset('report.css')}</style></head><body>{body}"
        f"<script>{_asset('report.js')}</script></body></html>\n"
    )


def _asset(name: str) -> str:
    return files("eval.report").joinpath(name).read_text(encoding="utf-8")


def _section(title: str, inner: str) -> str:
    return element("section", element("h2", words(title)), inner)


def _header(record: Record) -> str:
    facts, system = record.facts, record.facts.system
    lines = {
        "対象": "・".join(system.documents),
        "質問": f"{len(record.questions)}件（{facts.questions}）",
        "索引": system.index,
        "モデル": system.model or "不明",
        "版": system.version,
        "測り方": "この計算機の中" if system.kind == "in-process" else "HTTP",
        "設定": "、".join(f"{name}={value}" for name, value in facts.settings.items()),
        "乱数の種": str(facts.seed),
        "終了": f"{facts.finished}（{facts.seconds:.1f}秒）",
    }
    entries = "".join(
        element("dt", words(name)) + element("dd", words(value)) for name, value in lines.items()
    )
    button = element("button", "明暗を切り替える", type="button", id="theme")
    return element("header", element("h1", "評価報告"), button, element("dl", entries))


def _tiles(group: Group, record: Record) -> str:
    values = figures(group)
    tiles = [
        element(
            "div",
            element("span", words(measure.label), class_="name"),
            element("span", words(shown(measure, values[measure.name])), class_="value"),
            element("span", words(_interval(record, measure.name)), class_="interval"),
            class_="tile",
        )
        for measure in MEASURES
        if measure.name in _HEADLINES and measure.name in values
    ]
    return element("div", *tiles, class_="tiles")


def _interval(record: Record, name: str) -> str:
    measure = next(item for item in MEASURES if item.name == name)
    if name not in record.intervals:
        return ""
    low, high = record.intervals[name]
    return f"95%区間 {shown(measure, low)}–{shown(measure, high)}"


def _plots(groups: Sequence[Group], ids: Sequence[str]) -> str:
    columns = groups[0].columns
    captions = {
        "質問の種類ごとに、正しいページが何位までに見つかったか": hits_by_type(groups),
        "確信度の高い順に答えるとき、誤りがどれだけ混じるか": risk_coverage_plot(columns),
        "応答時間の分布（横軸の時間までに終わった質問の割合）": latency_plot(columns),
        "回答の長さと、必要な事実がそろっているか（左上ほどよい）": length_plot(ids, columns),
    }
    figures_html = [
        element("figure", element("figcaption", words(caption)), picture)
        for caption, picture in captions.items()
    ]
    return element("div", *figures_html, class_="plots")


def _type_table(groups: Sequence[Group]) -> str:
    measures = [next(item for item in MEASURES if item.name == name) for name in _BY_TYPE]
    rows = []
    for group in groups:
        values = figures(group)
        cells = [words(shown(m, values[m.name])) if m.name in values else "–" for m in measures]
        refused = f"{float(group.columns['refused'].mean()):.1%}"
        rows.append([words(group.label), str(group.count), *cells, refused])
    return table(
        ["種類", "件数", *(measure.label for measure in measures), "「記載なし」の率"], rows, "figures"
    )


def _measure_table(group: Group, record: Record) -> str:
    values = figures(group)
    rows = [
        [
            words(measure.label),
            words(measure.name),
            words(shown(measure, values[measure.name])),
            words(_interval(record, measure.name)),
        ]
        for measure in MEASURES
        if measure.name in values
    ]
    return table(["指標", "名前", "値", "区間"], rows, "figures")


def _rule_table(judged: Sequence[Judged]) -> str:
    counts = {name: sum(name in item.failed_rules for item in judged) for name in RULES}
    rows = [[words(RULES[name]), str(count)] for name, count in counts.items() if count]
    return table(["決まり", "質問の数"], rows, "figures") if rows else element("p", "すべて守られました。")


def _controls() -> str:
    return element(
        "form",
        element(
            "input", type="search", id="text", placeholder="質問・IDで絞り込む", aria_label="絞り込む言葉"
        ),
        _select("type", "種類: すべて", [(kind.value, kind.label) for kind in QuestionType]),
        _select("split", "半分: すべて", [("tune", "tune"), ("report", "report")]),
        _select(
            "rule", "問題: すべて", [("any", "問題のあるもの"), ("none", "問題のないもの"), *RULES.items()]
        ),
        element("output", id="count"),
        id="filters",
    )


def _select(name: str, every: str, options: Sequence[tuple[str, str]]) -> str:
    return element("select", *_options(every, options), id=name, aria_label=every.split(":")[0])


def _options(every: str, options: Sequence[tuple[str, str]]) -> Iterator[str]:
    yield element("option", words(every), value="")
    for value, label in options:
        yield element("option", words(label), value=value)
