"""chart.py: the costs of the operations as one SVG chart: a pair of bars for each, Xen's the full width and
Enso's in proportion, with both numbers. Where Xen was not measured Enso's bar is in proportion to the longest
of its group."""

import os
from xml.sax.saxutils import escape

ROW, HEADING, MARGIN, TOP = 17, 30, 16, 74
NAMES, BAR, NUMBERS = 430, 460, 230
WIDTH = MARGIN + NAMES + BAR + NUMBERS + MARGIN
AIM = 0.5
XEN, BELOW, ABOVE, WORSE, ALONE = "#d9dce1", "#2f7d4f", "#c9872c", "#b3372f", "#5b7fa6"


def _text(x, y, text, size=12, anchor="start", extra=""):
    return (f'<text x="{x}" y="{y}" font-size="{size}" text-anchor="{anchor}" {extra}>{escape(text)}</text>')


def _bar(x, y, width, height, color):
    return f'<rect x="{x}" y="{y}" width="{width:.1f}" height="{height}" fill="{color}"/>'


def color(ratio):
    return BELOW if ratio <= AIM else ABOVE if ratio <= 1 else WORSE


def _row(y, name, enso, xen, longest):
    left = MARGIN + NAMES
    numbers = left + BAR + NUMBERS
    parts = [_text(left - 8, y + 12, name, anchor="end"),
             _text(numbers - 140, y + 12, f"{enso:,}", anchor="end")]
    if xen is None:
        return parts + [_bar(left, y + 4, enso / longest * BAR, ROW - 8, ALONE)]
    ratio = enso / xen
    return parts + [_bar(left, y + 2, BAR, ROW - 4, XEN),
                    _bar(left, y + 4, min(ratio, 1) * BAR, ROW - 8, color(ratio)),
                    _text(numbers - 58, y + 12, f"{xen:,}", anchor="end"),
                    _text(numbers, y + 12, f"{ratio:.3f}", anchor="end", extra='font-weight="bold"')]


def _head(height):
    left = MARGIN + NAMES
    right = left + BAR + NUMBERS
    grid = [f'<line x1="{left + BAR * share}" y1="{TOP}" x2="{left + BAR * share}" y2="{height - MARGIN}" '
            f'stroke="#ffffff" stroke-width="1" stroke-dasharray="3,3"/>' for share in (0.25, AIM, 0.75)]
    return [_text(MARGIN, 26, "What an operation costs: instructions of all that runs", 18,
                  extra='font-weight="bold"'),
            _text(MARGIN, 46, "One guest binary on each. Grey: Xen 4.17. Green: Enso, at most half of it; amber: "
                  "more than half; red: more; blue: Xen not measured, beside the longest of the group."),
            _text(left + BAR * AIM, TOP - 6, "half", anchor="middle"),
            _text(left + BAR, TOP - 6, "Xen", anchor="middle"),
            _text(right - 140, TOP - 6, "Enso", anchor="end"),
            _text(right - 58, TOP - 6, "Xen", anchor="end"),
            _text(right, TOP - 6, "ratio", anchor="end")], grid


def draw(groups):
    """The chart of {group: [(operation, Enso, Xen or None)]} as SVG text."""
    height = TOP + sum(HEADING + ROW * len(rows) for rows in groups.values()) + MARGIN
    head, grid = _head(height)
    parts, y = [], TOP
    for group, rows in groups.items():
        parts.append(_text(MARGIN, y + 21, group, 13, extra='font-weight="bold"'))
        y += HEADING
        longest = max((enso for _, enso, _ in rows), default=1)
        for name, enso, xen in rows:
            parts += _row(y, name, enso, xen, longest)
            y += ROW
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
                      f'viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" fill="#1c2430">',
                      f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
                      *head, *parts, *grid, "</svg>", ""])


def write(path, groups):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write(draw(groups))
