"""A small plot as SVG, written by hand: points or lines over logarithmic axes."""

import math
from pathlib import Path

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 640, 400, 64, 48, 40
COLORS = ("#0b6e99", "#d9730d", "#448361", "#9065b0", "#c14c8a", "#787774")
Series = dict[str, list[tuple[float, float]]]


def write_plot(path: Path, series: Series, title: str, x_name: str, y_name: str, *, log_y: bool = True) -> None:
    """Write one SVG: every series in its color, its points joined where there are several."""
    points = [point for line in series.values() for point in line if point[0] > 0]
    x_of = _scale([x for x, _ in points], LEFT, WIDTH - 20, log=True)
    y_of = _scale([y for _, y in points], HEIGHT - BOTTOM, TOP, log=log_y)
    parts = [f'<text x="{LEFT}" y="20" font-size="15">{title}</text>']
    parts += [_axes(x_name, y_name), *_ticks(points, x_of, y_of)]
    for (name, line), color in zip(series.items(), COLORS * 9, strict=False):
        parts += _drawn(name, [(x_of(x), y_of(y)) for x, y in line], color)
    body = "\n".join(parts)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">'
    path.write_text(f'{head}\n<rect width="100%" height="100%" fill="white"/>\n{body}\n</svg>\n')


def _scale(values: list[float], start: float, end: float, *, log: bool):
    to = (lambda v: math.log10(max(v, 1e-9))) if log else (lambda v: v)
    low, high = min(map(to, values)), max(map(to, values))
    room = (high - low or 1.0) * 0.08
    return lambda v: start + (to(v) - low + room) / (high - low + 2 * room or 1.0) * (end - start)


def _axes(x_name: str, y_name: str) -> str:
    corner = f"{LEFT},{TOP} {LEFT},{HEIGHT - BOTTOM} {WIDTH - 20},{HEIGHT - BOTTOM}"
    return (
        f'<polyline points="{corner}" fill="none" stroke="#444"/>'
        f'<text x="{WIDTH - 20}" y="{HEIGHT - 8}" text-anchor="end">{x_name}</text>'
        f'<text x="{LEFT}" y="{TOP - 6}">{y_name}</text>'
    )


def _ticks(points, x_of, y_of) -> list[str]:
    xs, ys = sorted({x for x, _ in points}), sorted({y for _, y in points})
    ends = lambda values: {values[0], values[len(values) // 2], values[-1]}  # noqa: E731
    across = [f'<text x="{x_of(x):.0f}" y="{HEIGHT - 30}" text-anchor="middle">{x:,.3g}</text>' for x in ends(xs)]
    up = [f'<text x="{LEFT - 6}" y="{y_of(y) + 4:.0f}" text-anchor="end">{y:,.3g}</text>' for y in ends(ys)]
    return across + up


def _drawn(name: str, line: list[tuple[float, float]], color: str) -> list[str]:
    joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in line)
    dots = [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{color}"/>' for x, y in line]
    x, y = line[-1]
    label = f'<text x="{x - 8:.0f}" y="{y - 9:.0f}" text-anchor="end" fill="{color}">{name}</text>'
    return [f'<polyline points="{joined}" fill="none" stroke="{color}" stroke-width="2"/>', *dots, label]
