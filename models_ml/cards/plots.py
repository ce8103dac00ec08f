"""Small plots as SVG, drawn by us: a page that loads nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

Points = Sequence[tuple[float, float]]
WIDTH, HEIGHT, EDGE, MARGIN = 380, 260, 44, 24
COLOURS = ("#1f5fa8", "#c2571a", "#4a7f3a", "#7a4fa0", "#a8871f", "#2a8f8f", "#b03a5b", "#666666")


def lines(series: dict[str, Points], *, x: str, y: str, diagonal: bool = False) -> str:
    """A plot of lines with points, a legend and labelled axes from 0.

    Args:
        series: name → points, in order of x.
        x, y: labels of the axes.
        diagonal: draw the line where y = x.
    """
    points = [point for line in series.values() for point in line]
    top_x = max((px for px, _ in points), default=1.0) or 1.0
    top_y = max((py for _, py in points), default=1.0) or 1.0
    if diagonal:
        top_x = top_y = max(top_x, top_y)
    drawn = [_frame(x, y, top_x, top_y)]
    if diagonal:
        drawn.append(_path([(0, 0), (top_x, top_y)], top_x, top_y, "#bbbbbb", dashed=True))
    for number, (name, line) in enumerate(series.items()):
        colour = COLOURS[number % len(COLOURS)]
        drawn.append(_path(line, top_x, top_y, colour))
        drawn.extend(
            f'<circle cx="{_x(px, top_x):.1f}" cy="{_y(py, top_y):.1f}" r="3" fill="{colour}"/>' for px, py in line
        )
        # Below the lines: where much is right, little is found by the last few.
        below = HEIGHT - EDGE - 8 - 15 * (len(series) - 1 - number)
        drawn.append(_text(WIDTH - MARGIN, below, name, colour, "end"))
    return _svg(drawn, f"{y} · {x}")


def bars(values: dict[str, float], *, label: str) -> str:
    """Horizontal bars with their values, the largest on top as given."""
    longest = max(values.values(), default=1.0) or 1.0
    height = 22 * len(values) + 10
    drawn = []
    for number, (name, value) in enumerate(values.items()):
        at = 22 * number + 6
        length = max(1.0, (WIDTH - 230) * value / longest)
        drawn.append(_text(0, at + 12, name[:24], "#222222"))
        drawn.append(f'<rect x="170" y="{at}" width="{length:.1f}" height="14" fill="{COLOURS[0]}"/>')
        drawn.append(_text(176 + length, at + 12, f"{value:.3g}", "#222222"))
    return _svg(drawn, label, height)


def spans(rows: dict[str, tuple[float, float, float]], *, label: str) -> str:
    """Horizontal spans from low to high with a dot between, one scale for all, zero marked.

    Args:
        rows: name → low, middle, high.
        label: what is measured.
    """
    ends = [end for low, _, high in rows.values() for end in (low, high)] + [0.0]
    least, most = min(ends), max(ends)
    width = (WIDTH - 144) / ((most - least) or 1.0)
    height = 22 * len(rows) + 26
    zero = 64 + width * -least
    drawn = [
        f'<line x1="{zero:.1f}" y1="0" x2="{zero:.1f}" y2="{height - 20}" stroke="#bbbbbb" stroke-dasharray="4 4"/>'
    ]
    for number, (name, (low, middle, high)) in enumerate(rows.items()):
        at = 22 * number + 13
        left, right, dot = (64 + width * (value - least) for value in (low, high, middle))
        drawn.append(_text(0, at + 4, name[:9], "#222222"))
        drawn.append(f'<path d="M{left:.1f} {at}H{right:.1f}" stroke="{COLOURS[0]}" stroke-width="3" opacity="0.4"/>')
        drawn.append(f'<circle cx="{dot:.1f}" cy="{at}" r="4" fill="{COLOURS[0]}"/>')
        drawn.append(_text(right + 6, at + 4, f"{middle:,.0f}", "#222222"))
    drawn.append(_text(zero, height - 6, "0", "#666666", "middle"))
    return _svg(drawn, label, height)


Bubble = tuple[tuple[float, float], tuple[float, float], float]


def bubbles(places: dict[str, Bubble], *, x: str, y: str) -> str:
    """A map of groups: an ellipse of one standard deviation around each centre, a dot by its share.

    Args:
        places: name → centre, deviations, share of all.
        x, y: labels of the axes.
    """
    reach = max(
        (abs(c) + d for centre, deviation, _ in places.values() for c, d in zip(centre, deviation, strict=True))
    )
    half_x, half_y = (WIDTH - 2 * EDGE) / 2, (HEIGHT - 2 * EDGE) / 2
    height = HEIGHT + 16 * len(places)
    drawn = [
        f'<path d="M{EDGE} {HEIGHT / 2:.0f}h{2 * half_x:.0f}M{WIDTH / 2:.0f} {EDGE}v{2 * half_y:.0f}" stroke="#ccc"/>'
    ]
    for number, (name, (centre, deviation, share)) in enumerate(places.items()):
        colour = COLOURS[number % len(COLOURS)]
        at_x, at_y = WIDTH / 2 + half_x * centre[0] / reach, HEIGHT / 2 - half_y * centre[1] / reach
        wide, tall = half_x * deviation[0] / reach, half_y * deviation[1] / reach
        drawn.append(
            f'<ellipse cx="{at_x:.1f}" cy="{at_y:.1f}" rx="{wide:.1f}" ry="{tall:.1f}" fill="{colour}" opacity="0.15"/>'
        )
        drawn.append(f'<circle cx="{at_x:.1f}" cy="{at_y:.1f}" r="{4 + 14 * share**0.5:.1f}" fill="{colour}"/>')
        drawn.append(_text(at_x, at_y + 4, str(number + 1), "#ffffff", "middle"))
        drawn.append(_text(0, HEIGHT + 8 + 16 * number, f"{number + 1}  {name}  ({share:.0%})", colour))
    drawn.append(_text(WIDTH / 2, HEIGHT - 14, x, "#222222", "middle"))
    drawn.append(_upright(y))
    return _svg(drawn, f"{y} · {x}", height)


def _svg(parts: list[str], label: str, height: int = HEIGHT) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img"'
        f' aria-label="{escape(label)}">{"".join(parts)}</svg>'
    )


def _x(value: float, top: float) -> float:
    return EDGE + (WIDTH - EDGE - MARGIN) * value / top


def _y(value: float, top: float) -> float:
    return HEIGHT - EDGE - (HEIGHT - EDGE - 10) * value / top


def _path(points: Points, top_x: float, top_y: float, colour: str, *, dashed: bool = False) -> str:
    told = " ".join(f"{_x(px, top_x):.1f},{_y(py, top_y):.1f}" for px, py in points)
    dash = ' stroke-dasharray="4 4"' if dashed else ""
    return f'<polyline points="{told}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>'


def _text(x: float, y: float, text: str, colour: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="11" fill="{colour}" text-anchor="{anchor}">{escape(text)}</text>'


def _frame(x: str, y: str, top_x: float, top_y: float) -> str:
    left, bottom = EDGE, HEIGHT - EDGE
    ticks = []
    for step in range(5):
        share = step / 4
        ticks.append(_text(left - 4, _y(share * top_y, top_y) + 4, f"{share * top_y:.2g}", "#666666", "end"))
        ticks.append(_text(_x(share * top_x, top_x), bottom + 14, f"{share * top_x:.2g}", "#666666", "middle"))
    axis = f'<path d="M{left} 10V{bottom}H{WIDTH - MARGIN}" fill="none" stroke="#666666"/>'
    return axis + "".join(ticks) + _text(WIDTH / 2, HEIGHT - 10, x, "#222222", "middle") + _upright(y)


def _upright(text: str) -> str:
    return (
        f'<text transform="translate(11 {HEIGHT / 2:.0f}) rotate(-90)" font-size="11" text-anchor="middle">'
        f"{escape(text)}</text>"
    )
