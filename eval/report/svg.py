"""The little of SVG that the plots need: a frame with axes, and marks in it. Colours are the style sheet's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

WIDTH = 560


@dataclass(frozen=True, slots=True)
class Axis:
    """A linear axis between two values, with ticks as (value, what is written there)."""

    label: str
    low: float
    high: float
    ticks: Sequence[tuple[float, str]]

    def share(self, value: float) -> float:
        """Where a value stands, 0..1; outside values stand at the edge."""
        span = self.high - self.low
        return min(1.0, max(0.0, (value - self.low) / span)) if span else 0.0


@dataclass(frozen=True, slots=True)
class Frame:
    """A plot's area in pixels, and its axes."""

    x: Axis
    y: Axis
    height: int = 300
    left: int = 64
    right: int = 20
    top: int = 16
    bottom: int = 48

    def at(self, x: float, y: float) -> tuple[float, float]:
        """The pixel of a pair of values."""
        across = WIDTH - self.left - self.right
        down = self.height - self.top - self.bottom
        return (
            round(self.left + across * self.x.share(x), 1),
            round(self.height - self.bottom - down * self.y.share(y), 1),
        )

    def svg(self, title: str, marks: Iterable[str]) -> str:
        """The whole picture. `title` is read to those who do not see it."""
        body = "".join([*self._grid(), *marks])
        return (
            f'<svg viewBox="0 0 {WIDTH} {self.height}" role="img" aria-label="{escape(title)}">'
            f"<title>{escape(title)}</title>{body}</svg>"
        )

    def _grid(self) -> Iterable[str]:
        bottom, right = self.height - self.bottom, WIDTH - self.right
        for value, name in self.x.ticks:
            x, _ = self.at(value, self.y.low)
            yield f'<line class="grid" x1="{x}" x2="{x}" y1="{self.top}" y2="{bottom}"/>'
            yield text(x, bottom + 17, name, "tick", "middle")
        for value, name in self.y.ticks:
            _, y = self.at(self.x.low, value)
            yield f'<line class="grid" x1="{self.left}" x2="{right}" y1="{y}" y2="{y}"/>'
            yield text(self.left - 8, y + 4, name, "tick", "end")
        yield text((self.left + right) / 2, self.height - 8, self.x.label, "axis", "middle")
        if self.y.label:
            middle = (self.top + bottom) / 2
            yield (
                f'<text class="axis" text-anchor="middle" transform="translate(14 {middle}) rotate(-90)">'
                f"{escape(self.y.label)}</text>"
            )


def text(x: float, y: float, words: str, kind: str, anchor: str = "start") -> str:
    """Words at a pixel."""
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'


def dot(at: tuple[float, float], kind: str, hint: str = "", radius: float = 4.5) -> str:
    """A filled circle; `hint` is shown under the pointer."""
    inner = f"<title>{escape(hint)}</title>" if hint else ""
    return f'<circle class="{kind}" cx="{at[0]}" cy="{at[1]}" r="{radius}">{inner}</circle>'


def line(points: Sequence[tuple[float, float]], kind: str) -> str:
    """A line through pixels."""
    joined = " ".join(f"{x},{y}" for x, y in points)
    return f'<polyline class="{kind}" points="{joined}"/>'


def percent_axis(label: str) -> Axis:
    """0 to 100 %."""
    return Axis(label, 0.0, 1.0, [(share / 100, f"{share}%") for share in (0, 20, 40, 60, 80, 100)])


def round_axis(label: str, high: float) -> Axis:
    """0 to a round number at or above `high`, in four to eight steps."""
    step = 1.0
    while high / step > 8:
        step *= 2.5 if str(step)[0] == "2" else 2
    count = max(1, -int(-high // step))
    return Axis(label, 0.0, count * step, [(i * step, f"{i * step:,.0f}") for i in range(count + 1)])
