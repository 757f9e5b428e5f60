"""JUnit XML: one suite for each type of question, one failure for each broken rule."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree

from eval.questions import EvalQuestion, QuestionType
from eval.scoring import RULES, Judged
from guideqa.text.normalization import readable


def junit_xml(questions: Sequence[EvalQuestion], judged: Sequence[Judged]) -> bytes:
    """The file's content."""
    root = ElementTree.Element("testsuites", name="guideqa eval", tests=str(len(questions)))
    failing = 0
    for kind in QuestionType:
        pairs = [item for item in zip(questions, judged, strict=True) if item[0].type is kind]
        if not pairs:
            continue
        failed = sum(bool(verdict.failed_rules) for _, verdict in pairs)
        failing += failed
        suite = ElementTree.SubElement(
            root, "testsuite", name=kind.value, tests=str(len(pairs)), failures=str(failed), errors="0"
        )
        for question, verdict in pairs:
            _add_case(suite, question, verdict)
    root.set("failures", str(failing))
    ElementTree.indent(root)
    content: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return content


def _add_case(suite: ElementTree.Element, question: EvalQuestion, verdict: Judged) -> None:
    case = ElementTree.SubElement(
        suite,
        "testcase",
        classname=question.type.value,
        name=f"{question.id} {readable(question.question)}",
        time=f"{verdict.row.get('ask_ms', 0) / 1000:.3f}",
    )
    for name in verdict.failed_rules:
        ElementTree.SubElement(case, "failure", type=name, message=RULES[name])
