"""A small book of our own whose answers are tables, lists, steps: two towns, a prefecture and a guide."""

from __future__ import annotations

import json
from pathlib import Path

from conftest import TINY_CORPUS, pipeline_of

from guideqa.assistant import Assistant
from guideqa.settings import Caution, Settings
from guideqa.testing import BigramEncoder
from guideqa.types import Answer
from guideqa.wiring import build_assistant
from ingest.pipeline import Request

NAME = "minori"
BOOK = """みのり自治体事例集
目次

第１章 手引き 1ページ

付録｜自治体事例 3ページ

市区町村

01 青葉町 3ページ
02 若草市 5ページ
03 夕凪町 7ページ
\f第１章 手引き

 1. 子育て短期支援事業の進め方

申込みから利用までの手順は、次のとおりである。
① 保護者が窓口で申込書を出す。
② 職員が家庭を訪ねて様子を聞く。
③ 受け入れ先の里親と日程を合わせる。
④ 利用の決定を文書で知らせる。

1
\f 2. 担い手の探し方

ショートステイの担い手を探すときは、地域の里親会にまず相談するとよい。

 3. 言葉の意味

• ショートステイとは、こどもを数日のあいだ泊まりで預かる仕組みをいう。

 4. 取組の例

• 青葉町では、里親会の会合に毎月出て、こどもの預かりを手伝う家庭を6世帯見つけています。

2
\f01 青葉町

青葉町（白峰県）の人口は9,800人である。

子育て短期支援事業 A

 1. 事業の実施体制

n 運営側
委託先：社会福祉法人ひなた会（児童養護施設）

n 利用対象
町内に住む2歳から15歳までのこども。

n 利用料
1泊2,400円｜日帰り900円

n 課題
夜間に受け付けられる職員が足りない。

3
\f 2. 担い手の確保

• ショートステイの担い手を探すときは、地域の里親会にまず相談した。
• 里親ショートステイの登録家庭は6世帯である。
• 青葉町では、里親会の会合に毎月出て、こどもの預かりを手伝う家庭を6世帯見つけている。

4
\f02 若草市

若草市（白峰県）の人口は61,000人である。

子育て短期支援事業 A

 1. 事業の実施体制

n 運営側
委託先：社会福祉法人こだま（乳児院）、里親

n 利用対象
生後2か月から18歳未満のこども。きょうだいでの利用もできる。

n 課題
送迎を担う人が少なく、遠くの地区では使いにくい。

5
\f 2. 担い手の確保

• 里親ショートステイは令和3年に始め、登録家庭は11世帯である。
• 市民税が非課税の世帯は、無料で利用することができる。

 3. 今後の課題

• 夜間の預かりは、来年度からの実施を予定している。

6
\f03 夕凪町

夕凪町（白峰県）の人口は7,100人である。

児童育成支援拠点事業 B

 1. 事業の実施体制

n 利用対象
小学生と中学生。

n 実施内容
居場所「なぎさ」では、次のことをしている。
• 宿題の見守り
• 夕食づくり
• 洗濯の練習
• 親との面談

7
"""


def answering(folder: Path, corpus: Path = TINY_CORPUS) -> Assistant:
    """An assistant over the book, beside the digest of a corpus."""
    book = folder / f"{NAME}.txt"
    book.write_text(BOOK, encoding="utf-8")
    labels = ["i", *map(str, range(1, BOOK.count("\f") + 1))]
    described = json.dumps({"title": "みのり自治体事例集", "labels": labels}, ensure_ascii=False)
    (folder / f"{NAME}.pages.json").write_text(described, encoding="utf-8")
    # What is composed is to be seen here, not how sure one must be before it is said.
    settings = Settings(data_dir=folder / "var", corpus_dir=corpus, caution=Caution.BOLD)
    encoder = BigramEncoder()
    pipeline_of(settings, encoder).ingest(Request((book,)))
    return build_assistant(settings, encoder)


def cells(answer: Answer) -> dict[tuple[str, str], list[str]]:
    """What each cell of a table says."""
    found: dict[tuple[str, str], list[str]] = {}
    for item in answer.statements:
        found.setdefault((item.aspect, item.body), []).append(item.text)
    return found
