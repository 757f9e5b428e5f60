"""Pages whose text was garbled are named in the report, by stated rules, and indexed all the same."""

from __future__ import annotations

import pytest

from guideqa.types import Document, DocumentKind, PageStatus
from ingest.report import DocumentReport
from ingest.source import Source, SourceFormat, SourcePage
from ingest.suspicion import suspicion
from ingest.understanding import understand

SOUND = (
    "会員は十二人である（令和7年4月1日現在）。R6年度の会費は500円、H30.4.1時点では300円だった。3/4が集まる。"
)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("会の概要 [R9/TT/T 時点]", "R9/TT/T"),
        ("設置数：2箇所 R>/?/—?時点", "R>/?/—?"),
        ("実績（RG 年度）", "RG 年"),
        ("対象は小学生〜-. 歳である", "〜-. 歳"),
        ("実施は ee/e4 と g/e4 である", "ee/e4"),
        ("会の名は\ue123\ue456である", "外字 2字"),
        ("会の名は\ufffd\ufffdである", "失われた文字 2字"),
        ("縺薙ｌ縺ｯ譁蟄怜喧縺代〒縺吶繧後′縺ｾ縺励", "文字コードの取り違え"),
    ],
)
def test_garbled_text_is_told(text: str, says: str) -> None:
    assert says in suspicion(text)
    assert suspicion(text).startswith("文字化けの疑い")


@pytest.mark.parametrize(
    "text", [SOUND, "", "\uf0b7 箇条書きの一つ目\n\uf0b7 二つ目", "http://a.example/b/c1 を見る"]
)
def test_sound_text_is_not(text: str) -> None:
    assert suspicion(text) == ""


def test_a_suspicious_page_is_indexed_and_named_in_the_report() -> None:
    pages = (SourcePage("1", SOUND), SourcePage("2", f"{SOUND}\n\n会の概要 [R9/TT/T 時点]"))
    source = Source("年報", pages, SourceFormat.EXTRACTED)
    stored = understand(Document("own", "年報", DocumentKind.ORIGINAL, "own"), source)

    lines = "\n".join(DocumentReport(stored, "追加").lines())

    assert [page.status for page in stored.pages] == [PageStatus.INDEXED, PageStatus.INDEXED]
    assert "p.2（2枚目） 索引: 文字化けの疑い" in lines
    assert "p.1（" not in lines
