"""Tables of numbers, and the matrix that is table and drawing in one."""

from __future__ import annotations

from collections.abc import Sequence

from sparkcls.report.hostile import shortened
from sparkcls.report.markup import Markup, joined, tag
from sparkcls.report.numbers import count, percent
from sparkcls.report.palette import SHADES

#: Characters of a label that are shown, and in the heads of a matrix.
_LABEL, LABEL_IN_MATRIX = 80, 22


def label(name: str, limit: int = _LABEL) -> Markup:
    """A label, which is whatever a model's author wrote: short, and unable to turn what stands beside it."""
    return tag("bdi", shortened(name, limit)) if name.strip() else tag("i", "(blank)")


def scrolling(content: Markup, name: str, class_: str = "") -> Markup:
    """Content that scrolls by itself, with the keyboard too, where it is wider than the page."""
    return tag("div", content, class_=f"scroll {class_}".strip(), role="region", aria_label=name, tabindex="0")


def table(
    caption: str,
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    total: Sequence[Sequence[str]] = (),
    wide: bool = True,
) -> Markup:
    """A table whose first column names the rows, and whose other columns are numbers.

    Parameters
    ----------
    caption
        For those who listen; others have the heading above.
    rows, total
        Cells: `Markup` as it is, str as text. `total` stands below the rows, set off.
    wide
        Whether the first column takes the room that is left, for bars.
    """
    first = "wide" if wide else None
    bodies = [tag("tbody", *(_row(cells, first) for cells in rows))] if rows else []
    bodies += [tag("tbody", *(_row(cells, first) for cells in total), class_="total")] if total else []
    names = [tag("th", head[0], scope="col", class_=first), *(tag("th", n, scope="col", class_="n") for n in head[1:])]
    return scrolling(tag("table", tag("thead", tag("tr", *names)), *bodies, aria_label=caption), caption)


def _row(cells: Sequence[str], first: str | None) -> Markup:
    return tag("tr", tag("th", cells[0], scope="row", class_=first), *(tag("td", c, class_="n") for c in cells[1:]))


def folded(summary: str, *content: Markup) -> Markup:
    """What is there for those who want it."""
    return tag("details", tag("summary", summary), *content)


def terms(pairs: Sequence[tuple[str, str]]) -> Markup:
    """Names and what they stand for."""
    return tag("dl", *(joined((tag("dt", name), tag("dd", value))) for name, value in pairs), class_="terms")


def matrix(caption: str, labels: Sequence[Markup], columns: Sequence[Markup], cells: Sequence[Sequence[int]]) -> Markup:
    """Rows by their right label (down) and by what they were given (across), each cell shaded by its share of the row.

    Parameters
    ----------
    labels
        Of the rows; ``columns`` begins with the same ones.
    """
    many = len(columns) > 7
    rows = []
    for i, own in enumerate(cells):
        whole = sum(own)
        tds = []
        for j, n in enumerate(own):
            step = min(SHADES, 1 + int(n / whole * SHADES)) if n else 0
            share = None if many or not whole else tag("small", percent(n, whole))
            tds.append(tag("td", count(n), share, class_=f"{'right' if i == j else 'wrong'}-{step}" if n else "none"))
        rows.append(tag("tr", tag("th", labels[i], scope="row"), *tds))
    names = [tag("th", name, scope="col", class_="label") for name in columns]
    head = tag("tr", tag("th", "right \u2193 given \u2192", scope="col", class_="soft"), *names)
    content = tag("table", tag("thead", head), tag("tbody", *rows), aria_label=caption)
    return scrolling(content, caption, "matrix many" if many else "matrix")
