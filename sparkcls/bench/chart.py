"""A chart of rows a second."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sparkcls.bench.summary import figures


def draw(results: dict[str, Any], file: Path) -> bool:
    """Write a PNG with a bar for each system of each case; False if matplotlib is missing."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        return False
    cases = [(case["title"], figures(case)) for case in results["cases"]]
    cases = [(title, systems) for title, systems in cases if systems]
    if not cases:
        return True
    figure = Figure(figsize=(8, 1 + 0.45 * sum(len(systems) + 2 for _, systems in cases)), layout="constrained")
    FigureCanvasAgg(figure)
    rows = figure.subplots(
        len(cases), 1, squeeze=False, gridspec_kw={"height_ratios": [len(systems) + 1 for _, systems in cases]}
    )
    for (title, systems), axes in zip(cases, rows[:, 0], strict=True):
        spreads = {name: own["rows_per_second"] for name, own in systems.items()}
        known = {name: spread for name, spread in spreads.items() if spread}
        middles = [spread.median for spread in known.values()]
        below = [spread.median - spread.least for spread in known.values()]
        above = [spread.most - spread.median for spread in known.values()]
        bars = axes.barh(list(known), middles, xerr=[below, above], color="#4c78a8", capsize=3)
        axes.bar_label(bars, [f" {middle:,.4g}" for middle in middles], padding=6)
        axes.invert_yaxis()
        axes.margins(x=0.15)
        axes.set_title(title, loc="left")
        axes.set_xlabel("rows a second: median, least, most")
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(file, dpi=120)
    return True
