"""The table of questions, and what stands behind each row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from eval.outcome import FoundPage, Outcome
from eval.questions import EvalQuestion
from eval.report.pieces import badge, element, table, words
from eval.scoring import RULES, Judged, page_labels

_SHOWN_HITS = 10
_EXCERPT = 160


@dataclass(frozen=True, slots=True)
class Case:
    """A question, what came back, and the verdict."""

    question: EvalQuestion
    outcome: Outcome
    judged: Judged


# Column → what its head says; the keys are those of the rows' data attributes, by which the page sorts.
COLUMNS = {
    "id": "ID",
    "type": "種類",
    "question": "質問",
    "first": "正解の順位",
    "cited": "引用F1",
    "facts": "事実",
    "confidence": "確信度",
    "length": "文字数",
    "time": "ms",
    "rules": "問題",
}


def question_table(cases: Sequence[Case]) -> str:
    """Every question with its details folded away below it."""
    heads = "".join(
        element(
            "th",
            element("button", words(name), type="button", data_sort=key),
            scope="col",
            class_=f"col-{key}",
        )
        for key, name in COLUMNS.items()
    )
    body = "".join(_rows(case) for case in cases)
    inside = element("table", element("thead", element("tr", heads)), body, id="questions")
    return element("div", inside, class_="scroll")


def _rows(case: Case) -> str:
    values = _values(case)
    question = case.question
    cells = "".join(
        element("td", cell, class_=f"col-{key}")
        for key, cell in zip(COLUMNS, _cells(case, values), strict=True)
    )
    row = element("tr", cells, class_="row", tabindex="0", aria_expanded="false")
    details = element(
        "tr", element("td", _details(case), colspan=str(len(COLUMNS))), class_="details", hidden="hidden"
    )
    return element(
        "tbody",
        row,
        details,
        id=f"q-{question.id}",
        data_type=question.type.value,
        data_split=question.split.value,
        data_rules=" ".join(case.judged.failed_rules),
        **{f"data_v_{key}": value for key, value in values.items()},
    )


def _values(case: Case) -> dict[str, str]:
    """What rows are sorted by: numbers as numbers, nothing as nothing."""
    row = case.judged.row
    return {
        "id": case.question.id,
        "type": case.question.type.label,
        "question": case.question.question,
        "first": _first(case),
        "cited": _number(row.get("citation_f1")),
        "facts": _number(row.get("fact_coverage")),
        "confidence": _number(case.outcome.confidence),
        "length": _number(row.get("answer_chars")),
        "time": _number(row.get("ask_ms")),
        "rules": str(len(case.judged.failed_rules)),
    }


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def _first(case: Case) -> str:
    if not case.question.answerable:
        return ""
    right = case.question.right_pages
    labels = page_labels(case.question, case.outcome.hits)
    return next(
        (str(rank) for rank, pages in enumerate(labels, start=1) if not right.isdisjoint(pages)), "99"
    )


def _cells(case: Case, values: dict[str, str]) -> Iterator[str]:
    row = case.judged.row
    yield words(values["id"])
    yield words(values["type"])
    yield words(case.question.question)
    yield {"": "–", "99": badge("圏外", "bad")}.get(values["first"], values["first"])
    yield _percent(row.get("citation_f1"))
    yield _percent(row.get("fact_coverage"))
    yield f"{case.outcome.confidence:.2f}"
    yield (
        badge("記載なし", "mute")
        if case.outcome.refused
        else f"{row.get('answer_chars', 0):.0f}"
        if row.get("answer_chars")
        else "–"
    )
    yield f"{row['ask_ms']:.0f}" if "ask_ms" in row else "–"
    yield " ".join(badge(_SHORT[name], "bad") for name in case.judged.failed_rules) or badge("なし", "good")


_SHORT = {
    "false_refusal": "誤った記載なし",
    "must_refuse": "答えるべきでない",
    "not_retrieved": "検索もれ",
    "pages_missing": "引用もれ",
    "wrong_page": "ページ違い",
    "inexact_quote": "引用文が不正確",
    "no_such_page": "ページがない",
    "unmarked": "番号の不一致",
    "uncited": "引用なし",
    "cited_refusal": "引用付きの記載なし",
    "facts_missing": "事実不足",
    "too_long": "長すぎる",
}


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.0%}"


def _details(case: Case) -> str:
    return element("div", _asked(case), _answered(case), _found(case), class_="case")


def _asked(case: Case) -> str:
    question = case.question
    turns = "".join(
        element("li", words("利用者: " if turn.role == "user" else "回答: "), words(turn.content))
        for turn in question.turns
    )
    parts = [
        element("p", words(question.question), class_="asked"),
        element("ol", turns, class_="turns") if turns else "",
        _line("補った質問", case.outcome.rewritten),
        _line("書き下した質問", question.standalone),
        _line("正解のページ", _gold(question)),
        _line("必要な事実", "、".join("／".join(fact) for fact in question.facts)),
        _line("足りない事実", "、".join("／".join(fact) for fact in case.judged.missed_facts)),
    ]
    rules = "".join(element("li", words(RULES[name])) for name in case.judged.failed_rules)
    return "".join(parts) + (element("ul", rules, class_="rules") if rules else "")


def _gold(question: EvalQuestion) -> str:
    pages = [
        f"{page}（または {'・'.join(question.alternates[page])}）" if question.alternates.get(page) else page
        for page in question.pages
    ]
    return "、".join(pages) + ("（すべて必要）" if question.all_pages_needed else "")


def _line(name: str, value: str | None) -> str:
    return element("p", element("b", words(name)), " ", words(value)) if value else ""


def _answered(case: Case) -> str:
    outcome = case.outcome
    right = case.question.right_pages
    rows = [
        [
            words(item.number),
            badge(f"p.{item.page}", "good" if item.page in right else "bad"),
            words(item.document),
            words(item.quote),
            badge("一致", "good")
            if item.exact
            else badge("不一致" if item.exact is False else "ページなし", "bad"),
        ]
        for item in outcome.citations
    ]
    answer = element("blockquote", words(outcome.answer))
    cited = table(["番号", "ページ", "文書", "引用文", "ページとの照合"], rows, "inner") if rows else ""
    return element("h4", "回答") + answer + cited


def _found(case: Case) -> str:
    shown = element("h4", "検索結果") + _hits(case, case.outcome.hits)
    if case.outcome.standalone_hits is not None:
        shown += element("h4", "書き下した質問での検索結果") + _hits(case, case.outcome.standalone_hits)
    return shown


def _hits(case: Case, hits: Sequence[FoundPage]) -> str:
    right = case.question.right_pages
    labels = page_labels(case.question, hits)
    rows = [
        [
            words(hit.rank),
            " ".join(badge(f"p.{label}", "good" if label in right else "mute") for label in pages),
            f"{hit.score:.3f}",
            _rank(hit.dense_rank, hit.cosine),
            _rank(hit.lexical_rank, hit.lexical_score),
            element("b", words(" › ".join(hit.headings)))
            + " "
            + words(hit.text[:_EXCERPT].replace("\n", " ")),
        ]
        for hit, pages in list(zip(hits, labels, strict=True))[:_SHOWN_HITS]
    ]
    return table(["順位", "ページ", "点", "ベクトル検索", "語句検索", "本文"], rows, "inner")


def _rank(rank: int | None, score: float | None) -> str:
    return "–" if rank is None else f"{rank}位" + (f"（{score:.3f}）" if score is not None else "")
