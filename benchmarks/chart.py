"""Bars as SVG, without a library: text stays text, and follows the reader's light or dark page."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from xml.sax.saxutils import escape

from benchmarks.results import Bars

_WIDTH, _NAMES, _VALUES = 760, 300, 60
_BAR, _GAP, _TITLE = 20, 8, 44

_STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #333 }
  .title { font-weight: 600; font-size: 14px }
  .other { fill: #9aa5b1 }
  .ours { fill: #2f6f9f }
  @media (prefers-color-scheme: dark) {
    text { fill: #ddd }
    .other { fill: #6b7682 }
    .ours { fill: #6db3e8 }
  }
"""


def svg(charts: Sequence[Bars]) -> str:
    """Return the charts one below the other."""
    lines, y = [], 0
    for chart in charts:
        lines += list(_chart(chart, y))
        y += _TITLE + len(chart.bars) * (_BAR + _GAP)
    title = escape("; ".join(chart.title for chart in charts))
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {y + _GAP}" '
        f'width="{_WIDTH}" role="img">'
    )
    return (
        "\n".join([head, f"<title>{title}</title>", f"<style>{_STYLE}</style>", *lines, "</svg>"])
        + "\n"
    )


def _chart(chart: Bars, y: int) -> Iterator[str]:
    yield f'<text class="title" x="0" y="{y + 28}">{escape(chart.title)}</text>'
    longest = max((value for _, value, _ in chart.bars), default=0) or 1
    for number, (name, value, ours) in enumerate(chart.bars):
        top = y + _TITLE + number * (_BAR + _GAP)
        width = max(1, round((_WIDTH - _NAMES - _VALUES) * value / longest))
        kind = "ours" if ours else "other"
        base = top + 15
        yield f'<text x="{_NAMES - 10}" y="{base}" text-anchor="end">{escape(name)}</text>'
        yield f'<rect class="{kind}" x="{_NAMES}" y="{top}" width="{width}" height="{_BAR}"/>'
        yield f'<text x="{_NAMES + width + 8}" y="{base}">{value:.2f}</text>'
