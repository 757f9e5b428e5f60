"""May this go to the staff? Thresholds, and no significant regression against the stored baseline."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from eval.comparison import ALPHA, Comparison
from eval.errors import EvalConfigError
from eval.measures import BY_NAME, ONLY_IN_PROCESS, shown
from eval.record import Record

# Shares may miss by rounding, not by a question.
_SLACK = 1e-9


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Bounds(_Strict):
    """Least and greatest values of measures, over all questions or those of a type."""

    minimum: dict[str, float] = {}
    maximum: dict[str, float] = {}

    @model_validator(mode="after")
    def _known(self) -> Bounds:
        unknown = sorted((set(self.minimum) | set(self.maximum)) - set(BY_NAME))
        if unknown:
            raise ValueError(f"unknown measures: {', '.join(unknown)}")
        return self


class Thresholds(Bounds):
    """A thresholds file."""

    type: dict[str, Bounds] = {}
    alpha: float = Field(default=ALPHA, gt=0, lt=1)


@dataclass(frozen=True, slots=True)
class Failure:
    """One reason why the gate stays shut."""

    measure: str
    reason: str

    def __str__(self) -> str:
        return f"{self.measure}（{BY_NAME[self.measure].label}）: {self.reason}"


def read_thresholds(path: Path) -> Thresholds:
    """A TOML file with `[minimum]`, `[maximum]` and `[type.NAME.minimum]`.

    Raises:
        EvalConfigError: it is missing, no TOML, or names an unknown measure.
    """
    try:
        return Thresholds.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise EvalConfigError(f"しきい値のファイルがありません: {path}") from error
    except (OSError, ValidationError, ValueError) as error:
        reason = error.errors()[0]["msg"] if isinstance(error, ValidationError) else error
        raise EvalConfigError(f"しきい値のファイルが正しくありません（{reason}）: {path}") from error


def failures(record: Record, thresholds: Thresholds, comparison: Comparison | None) -> list[Failure]:
    """Every reason; none where the gate opens."""
    untold = ONLY_IN_PROCESS if record.facts.system.kind == "http" else frozenset()
    found = list(_misses(record.figures.get("all", {}), thresholds, untold, ""))
    for kind, bounds in thresholds.type.items():
        found += _misses(record.figures.get(kind, {}), bounds, untold, f"{kind}: ")
    if comparison is not None:
        found += _regressions(comparison, thresholds.alpha)
    return found


def _misses(
    figures: Mapping[str, float], bounds: Bounds, untold: frozenset[str], prefix: str
) -> Iterator[Failure]:
    """What cannot be measured has not passed: with every question refused there are no quotations left."""
    for name, least in bounds.minimum.items():
        value = figures.get(name)
        if (value is None and name not in untold) or (value is not None and value < least - _SLACK):
            yield Failure(name, f"{prefix}{_shown(name, value)}（{_shown(name, least)}以上が必要）")
    for name, greatest in bounds.maximum.items():
        value = figures.get(name)
        if (value is None and name not in untold) or (value is not None and value > greatest + _SLACK):
            yield Failure(name, f"{prefix}{_shown(name, value)}（{_shown(name, greatest)}以下が必要）")


def _regressions(comparison: Comparison, alpha: float) -> Iterator[Failure]:
    for item in comparison.regressions(alpha):
        yield Failure(
            item.name,
            f"基準より有意に悪い: {_shown(item.name, item.before)} → {_shown(item.name, item.after)}"
            f"（補正後 p={item.p_corrected:.4f}）",
        )


def _shown(name: str, value: float | None) -> str:
    return "測れません" if value is None else shown(BY_NAME[name], value)
