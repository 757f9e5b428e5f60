"""Thirty answers over all kinds of question, printed to be read critically: docs/answers.md."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

from eval.errors import QuestionSetError
from eval.questions import EvalQuestion, Split, default_files, load_questions
from guideqa.assistant import AnswerReply, Assistant
from guideqa.types import AnswerStatus, DocumentKind

# Of the tuning half alone: what is read here may be learnt from.
IDS = tuple(
    "casea-002 casea-003 casea-010 caseb-010 caseb-017 guide-009 "  # facts
    "casea-034 caseb-036 guide-023 guide-031 "  # how and why
    "casea-047 casea-044 more-l08 more-l20 more-l25 guide-036 "  # lists, items, steps
    "casea-049 casea-051 caseb-079 more-c05 "  # comparisons
    "casea-060 guide-045 more-p18 "  # in other words
    "casea-066 more-k03 "  # words alone
    "more-n15 guide-068 "  # slips and short forms
    "casea-080 "  # a follow-up
    "caseb-098 caseb-110".split()  # not in the book, and beside it
)
_VERDICTS = Path(__file__).parent / "specimens.toml"
_HEAD = """# 三十の見本

`guideqa eval specimens > docs/answers.md` で、要約（自分たちの言葉で書いた要点）の索引から、調整用（tune）の決まった30の質問に
答えさせたものです。評は人が読んで書いたもので、`eval/specimens.toml` にあります。答えを変えたら、作り直して読み直します。
表の欄と引用の番号は、画面とAPIで出るものと同じです。引用した文は要約のもので、原文ではありません。
"""


def document_of(assistant: Assistant) -> str:
    """The whole document, in Markdown.

    Raises:
        QuestionSetError: the index holds an original, whose sentences must not be written down here.
    """
    verdicts = tomllib.loads(_VERDICTS.read_text(encoding="utf-8"))["verdicts"]
    return "\n".join([_HEAD, *_specimens(assistant, verdicts)])


def _specimens(assistant: Assistant, verdicts: dict[str, str]) -> Iterator[str]:
    documents = [stored.document for stored in assistant.index.store.documents.values()]
    if any(document.kind is not DocumentKind.DIGEST for document in documents):
        raise QuestionSetError(
            "見本は要約だけの索引から作ります。別の GUIDEQA_DATA_DIR で guideqa ingest してください。"
        )
    questions = {item.id: item for item in load_questions(default_files(), Split.TUNE)}
    for number, key in enumerate(IDS, start=1):
        question = questions[key]
        yield from _specimen(number, question, assistant.ask(question.asked()), verdicts.get(key, ""))


def _specimen(number: int, question: EvalQuestion, reply: AnswerReply, verdict: str) -> Iterator[str]:
    yield f"### {number}. {question.question}\n"
    earlier = " / ".join(turn.content for turn in question.turns if turn.role == "user")
    before = f"（前の質問: {earlier}）" if earlier else ""
    pages = "・".join(f"p.{label}" for label in question.pages) or "なし"
    cited = "・".join(dict.fromkeys(str(item.page) for item in reply.answer.citations)) or "なし"
    yield f"{question.type.label}{before}、正しいページ: {pages}、引用: {cited}、確信度 {reply.answer.confidence:.2f}\n"
    if reply.answer.status is AnswerStatus.NOT_FOUND or reply.answer.table:
        yield f"{reply.answer.markdown}\n"
    else:
        yield "\n".join(f"> {line}" if line else ">" for line in reply.answer.markdown.splitlines()) + "\n"
    yield f"**評**: {verdict or 'よい。'}\n"
