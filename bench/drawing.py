"""Line charts as SVG, by hand: what a page or a README can show without anything to install."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, log10

WIDTH, HEIGHT = 430, 300
LEFT, RIGHT, TOP, BOTTOM = 52, 14, 40, 44
COLOURS = ("#b3261e", "#1f6feb", "#2e7d32", "#8a6d00", "#6e40c9", "#57606a")


@dataclass(frozen=True)
class Chart:
    """Lines over one axis: each name's points as (x, y). `logarithmic` is of the y axis."""

    title: str
    x: str
    y: str
    lines: Mapping[str, Sequence[tuple[float, float]]]
    logarithmic: bool = False
    dashed: frozenset[str] = frozenset()


def svg(charts: Sequence[Chart], title: str, columns: int = 2) -> str:
    """The charts beside each other, in rows."""
    rows = ceil(len(charts) / columns)
    wide, high = columns * WIDTH, rows * HEIGHT + 34
    body = [
        _at(chart, number % columns * WIDTH, number // columns * HEIGHT + 34) for number, chart in enumerate(charts)
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" width="{wide}" height="{high}" '
        f'font-family="system-ui, sans-serif" font-size="11" role="img" aria-label="{escape(title)}">'
        f'<rect width="100%" height="100%" fill="#fff"/>'
        f'<text x="{wide / 2}" y="22" text-anchor="middle" font-size="15">{escape(title)}</text>{"".join(body)}</svg>\n'
    )


def _at(chart: Chart, x: float, y: float) -> str:
    return f'<g transform="translate({x} {y})">{"".join(_drawn(chart))}</g>'


def _drawn(chart: Chart) -> Sequence[str]:
    points = [point for line in chart.lines.values() for point in line]
    far = max(x for x, _ in points)
    low, high = _bounds([y for _, y in points], logarithmic=chart.logarithmic)
    wide, tall = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def place(x: float, y: float) -> tuple[float, float]:
        share = log10(max(y, low) / low) / log10(high / low) if chart.logarithmic else (y - low) / (high - low)
        return LEFT + wide * x / far, TOP + tall * (1 - share)

    drawn = [f'<text x="{LEFT}" y="14" font-size="12" font-weight="600">{escape(chart.title)}</text>']
    for tick in _ticks(low, high, logarithmic=chart.logarithmic):
        _, at = place(0, tick)
        drawn.append(f'<path d="M{LEFT} {at:.1f}H{WIDTH - RIGHT}" stroke="#e3e3e3"/>')
        drawn.append(f'<text x="{LEFT - 6}" y="{at + 4:.1f}" text-anchor="end" fill="#444">{tick:g}</text>')
    for tick in range(ceil(far) + 1):
        at, bottom = place(tick, low)
        drawn.append(f'<text x="{at:.1f}" y="{bottom + 15:.1f}" text-anchor="middle" fill="#444">{tick}</text>')
    drawn.append(f'<text x="{LEFT + wide / 2}" y="{HEIGHT - 10}" text-anchor="middle">{escape(chart.x)}</text>')
    drawn.append(f'<text x="{LEFT}" y="{TOP - 8}" fill="#444">{escape(chart.y)}</text>')
    for number, (name, line) in enumerate(chart.lines.items()):
        drawn += _line(name, [place(*point) for point in line], number, dashed=name in chart.dashed)
    return drawn


def _line(name: str, points: Sequence[tuple[float, float]], number: int, *, dashed: bool) -> Sequence[str]:
    colour = "#57606a" if dashed else COLOURS[number % len(COLOURS)]
    path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    dash = ' stroke-dasharray="5 4"' if dashed else ""
    key_x, key_y = LEFT + 84 + number * 74, TOP - 12
    return [
        f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>',
        *(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{colour}"/>' for x, y in points),
        f'<path d="M{key_x} {key_y}h16" stroke="{colour}" stroke-width="2"{dash}/>',
        f'<text x="{key_x + 20}" y="{key_y + 4}">{escape(name)}</text>',
    ]


def _bounds(values: Sequence[float], *, logarithmic: bool) -> tuple[float, float]:
    if logarithmic:
        positive = [value for value in values if value > 0]
        return 10.0 ** int(log10(min(positive))), 10.0 ** ceil(log10(max(positive)))
    step = _step(max(values))
    return 0.0, step * ceil(max(values) / step + 0.001)


def _ticks(low: float, high: float, *, logarithmic: bool) -> Sequence[float]:
    if logarithmic:
        return [10.0**power for power in range(round(log10(low)), round(log10(high)) + 1)]
    step = _step(high)
    return [step * number for number in range(round(high / step) + 1)]


def _step(most: float) -> float:
    rough = max(most, 1e-9) / 5
    power = 10.0 ** int(log10(rough) if rough >= 1 else log10(rough) - 1)
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)
