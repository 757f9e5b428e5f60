"""JUnit XML: one suite for each type of question, one failure for each broken rule."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree

from eval.outcome import Outcome
from eval.questions import EvalQuestion, QuestionType
from eval.scoring import RULES, Judged
from guideqa.text.normalization import readable


def junit_xml(
    questions: Sequence[EvalQuestion], outcomes: Sequence[Outcome], judged: Sequence[Judged]
) -> bytes:
    """The file's content."""
    root = ElementTree.Element("testsuites", name="guideqa eval", tests=str(len(questions)))
    failing = 0
    for kind in QuestionType:
        triples = [item for item in zip(questions, outcomes, judged, strict=True) if item[0].type is kind]
        if not triples:
            continue
        failed = sum(bool(verdict.failed_rules) for _, _, verdict in triples)
        failing += failed
        suite = ElementTree.SubElement(
            root, "testsuite", name=kind.value, tests=str(len(triples)), failures=str(failed), errors="0"
        )
        for question, outcome, verdict in triples:
            _add_case(suite, question, outcome, verdict)
    root.set("failures", str(failing))
    ElementTree.indent(root)
    content: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return content


def _add_case(suite: ElementTree.Element, question: EvalQuestion, outcome: Outcome, verdict: Judged) -> None:
    case = ElementTree.SubElement(
        suite,
        "testcase",
        classname=question.type.value,
        name=f"{question.id} {readable(question.question)}",
        time=f"{outcome.timing.ask_ms / 1000:.3f}",
    )
    for name in verdict.failed_rules:
        ElementTree.SubElement(case, "failure", type=name, message=RULES[name])
