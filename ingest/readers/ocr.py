"""Pages that are pictures of text, read with tesseract where it is installed."""

from __future__ import annotations

import re
import shutil
import subprocess
from functools import lru_cache
from statistics import mean

_TIMEOUT_SECONDS = 120
# Under this mean confidence (0…100) the page is tried as vertical writing too.
_DOUBTFUL = 70.0
_GAP_IN_JAPANESE = re.compile(r"(?<=[^\x00-\x7f])[ \t]+(?=[^\x00-\x7f])")
NEEDED = "tesseract と日本語のデータ（Debian/Ubuntu: apt install tesseract-ocr tesseract-ocr-jpn tesseract-ocr-jpn-vert）"


@lru_cache(maxsize=1)
def languages() -> frozenset[str]:
    """The Japanese models that tesseract has; empty where it is not installed."""
    program = shutil.which("tesseract")
    if program is None:
        return frozenset()
    listed = subprocess.run([program, "--list-langs"], capture_output=True, text=True, timeout=30)
    return frozenset(listed.stdout.split()) & {"jpn", "jpn_vert"}


def read_picture(image: bytes) -> tuple[str, float]:
    """The text in a picture (PNG) and the mean confidence of its words, 0…100."""
    found = [_read(image, "jpn")] if "jpn" in languages() else []
    if "jpn_vert" in languages() and (not found or found[0][1] < _DOUBTFUL):
        found.append(_read(image, "jpn_vert"))
    return max(found, key=lambda reading: reading[1], default=("", 0.0))


def _read(image: bytes, language: str) -> tuple[str, float]:
    layout = "5" if language == "jpn_vert" else "3"  # one block of vertical text; or as the page is laid out
    command = ["tesseract", "stdin", "stdout", "-l", language, "--psm", layout, "tsv"]
    done = subprocess.run(command, input=image, capture_output=True, timeout=_TIMEOUT_SECONDS)
    rows = [line.split("\t") for line in done.stdout.decode("utf-8", "replace").splitlines()[1:]]
    words = [row for row in rows if len(row) == 12 and row[11].strip()]
    lines: dict[tuple[str, ...], list[str]] = {}
    for row in words:
        lines.setdefault(tuple(row[2:5]), []).append(row[11])
    text = ""
    block = ""
    for (block_number, *_), line in lines.items():
        text += ("\n\n" if block and block_number != block else "\n" if text else "") + " ".join(line)
        block = block_number
    confidence = mean(float(row[10]) for row in words) if words else 0.0
    return _GAP_IN_JAPANESE.sub("", text), confidence
