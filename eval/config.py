"""How a run is made: one TOML file, and options of the command line that override it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from eval.errors import EvalConfigError
from eval.questions import EvalQuestion, Split, default_files, load_questions


class EvalConfig(BaseModel):
    """A run's configuration. Unknown names are refused: a typo must not pass in silence."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    questions: tuple[Path, ...] = Field(default=(), description="質問集（なければ同梱のもの）")
    split: Literal["tune", "report", "all"] = Field(default="all", description="どちらの半分を使うか")
    against: str = Field(default="", description="測るサーバーのURL（空ならこの計算機の中で測る）")
    out: Path | None = Field(default=None, description="記録を置くフォルダー")
    seed: int = Field(default=0, ge=0, description="乱数の種")
    varied: int = Field(default=40, ge=0, description="表記を変えて検索し直す質問の数")
    workers: int = Field(default=2, ge=1, le=64, description="同時に尋ねる質問の数")
    timed: int = Field(default=60, ge=1, description="時間を測るために1件ずつ尋ねる質問の数")
    resamples: int = Field(default=1000, ge=100, le=100_000, description="区間推定の標本の数")

    def load_questions(self) -> tuple[EvalQuestion, ...]:
        """The questions that are asked.

        Raises:
            QuestionSetError: a file is off, or none is left.
        """
        split = None if self.split == "all" else Split(self.split)
        return load_questions(self.questions or default_files(), split)

    def recorded(self) -> dict[str, Any]:
        """What of it can change a figure; no paths, since records travel."""
        return {"split": self.split, "varied": self.varied, "timed": self.timed}


def load_config(path: Path | None, overrides: dict[str, Any]) -> EvalConfig:
    """The file's settings, with those of the command line that are not None over them.

    Paths in the file are relative to it.

    Raises:
        EvalConfigError: it is missing, no TOML, or holds an unknown name or an impossible value.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        content = _relative(path, tomllib.loads(path.read_text(encoding="utf-8"))) if path else {}
        return EvalConfig.model_validate(content | given)
    except FileNotFoundError as error:
        raise EvalConfigError(f"設定ファイルがありません: {path}") from error
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise EvalConfigError(
            f"評価の設定 {name} が正しくありません（{first['msg']}）: {first['input']!r}"
        ) from error
    except (OSError, ValueError) as error:
        raise EvalConfigError(f"設定ファイルを読めません（{error}）: {path}") from error


def _relative(path: Path, content: dict[str, Any]) -> dict[str, Any]:
    folder = path.parent
    if isinstance(content.get("questions"), list):
        content["questions"] = [folder / str(name) for name in content["questions"]]
    if isinstance(content.get("out"), str):
        content["out"] = folder / content["out"]
    return content
