"""Books made up for tests: pages with known numbers, and the text that an extraction without page marks leaves."""

from __future__ import annotations

import random
from dataclasses import dataclass

_PLACES = "松原 白浜 大谷 青葉 若草 山川 北里 南原 東雲 西畑 高森 広瀬".split()
_THINGS = "集会所 図書室 給食 送迎 相談窓口 見守り 畑 朝市 放課後 広場 花壇 防災倉庫 遊具 水路".split()
_DEEDS = "整える 始める 分担する 記録する 見直す 続ける 確かめる 案内する 申し込む 届ける".split()
_WHO = "会員 職員 保護者 高校生 町内会 委員 指導員 利用者 近所の人 担当者".split()
_WHEN = "毎週 月に一度 春先に 夏の間 年度末に 朝のうちに 夕方から 雨の日は 三年ごとに 初めに".split()


@dataclass(frozen=True, slots=True)
class MadePage:
    """A page of a made-up book; its label is empty where the book prints none."""

    label: str
    lines: tuple[str, ...]


def made_book(seed: int, chapters: int = 6, margin: int = 34) -> list[MadePage]:
    """A book with a cover, a table of contents, chapters with sections, and some pages without text."""
    rng = random.Random(seed)
    body: list[MadePage] = []
    listed: list[tuple[str, int]] = []
    for chapter in range(1, chapters + 1):
        if rng.random() < 0.15:
            body.append(MadePage(str(len(body) + 1), ()))
        title = f"第{chapter}章 {rng.choice(_PLACES)}の{rng.choice(_THINGS)}の{chapter}年"
        listed.append((title, len(body) + 1))
        body.append(MadePage(str(len(body) + 1), (title,)))
        for section in range(1, rng.randint(2, 5)):
            name = f"{rng.choice(_WHO)}が{rng.choice(_THINGS)}を{rng.choice(_DEEDS)}{chapter}の{section}"
            listed.append((f"{chapter}-{section} {name}", len(body) + 1))
            body += _section(rng, f"{chapter}-{section} {name}", len(body) + 1, margin)
    contents = ["目次", "", *(f"{title} {'…' * 8} {page}" for title, page in listed)]
    return [MadePage("", ("北の町のまちづくり読本",)), MadePage("", tuple(contents)), *body]


def _section(rng: random.Random, title: str, first: int, margin: int) -> list[MadePage]:
    text = "".join(_sentence(rng) for _ in range(rng.randint(20, 90)))
    wrapped = [text[start : start + margin] for start in range(0, len(text), margin)]
    lines = [title, ""]
    for line in wrapped:
        lines.append(line)
        if rng.random() < 0.1:
            lines.append("")
    pages = [lines[start : start + 30] for start in range(0, len(lines), 30)]
    return [
        MadePage(str(number), tuple(_footed(rng, page, number)))
        for number, page in enumerate(pages, start=first)
    ]


def _footed(rng: random.Random, lines: list[str], number: int) -> list[str]:
    while lines and not lines[-1]:
        lines = lines[:-1]
    while lines and not lines[0]:
        lines = lines[1:]
    return [*lines, "", f"- {number} -"] if rng.random() < 0.15 else lines


def _sentence(rng: random.Random) -> str:
    who, thing, deed, when = (rng.choice(words) for words in (_WHO, _THINGS, _DEEDS, _WHEN))
    return f"{when}{who}が{rng.choice(_PLACES)}の{thing}を{deed}ことになっている。"


def without_page_marks(pages: list[MadePage], seed: int) -> str:
    """The book's text as extraction leaves it: breaks show as an indented line or as blank lines, and so do
    a few places that are none."""
    rng = random.Random(seed)
    text = ""
    for page in pages:
        lines = [_disturbed(rng, line, place) for place, line in enumerate(page.lines)]
        if not lines:
            continue
        indented = rng.random() < 0.7 and bool(text)
        text += ("\n " if indented else "\n\n\n\n" if text else "") + "\n".join(lines)
    return text


def _disturbed(rng: random.Random, line: str, place: int) -> str:
    if place == 0 or not line or rng.random() > 0.0015:
        return line
    return f"\n\n\n{line}" if rng.random() < 0.5 else f" {line}"
