"""The sections of a summary's report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sparkcls.report.drawings.bars import bar, columns
from sparkcls.report.examples import examples, text
from sparkcls.report.markup import Markup, joined, tag
from sparkcls.report.numbers import count, number, percent, plural, score, short
from sparkcls.report.page import Section
from sparkcls.report.tables import folded, label, table
from sparkcls.summary.figures import CONFIDENCE_BINS, LENGTHS, Example, LabelCount, Lengths, Reason

#: Labels with a row of their own at first sight, with a drawing, with examples, and in a table at all.
_ROWS, _DRAWN, _WITH_EXAMPLES, _LISTED = 20, 12, 30, 1_000
#: Columns of a drawing of confidence, and rows of its table.
_COLUMNS, _TABLE = 20, 10
#: Ends of what a person might look through.
_ENDS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
_REASONS = 20


def balance(labels: Sequence[LabelCount], answered: int, multilabel: bool) -> Section:
    """How often each label was given."""
    head = ["label", "rows", "share", "mean confidence"]
    first, rest = labels[:_ROWS], labels[_ROWS:]
    if len(rest) == 1:
        first, rest = labels, []
    more = sum(found.rows for found in rest)
    most = max(more, *(found.rows for found in first))

    def row(name: Markup, rows: int, confidence: float | None) -> list[str]:
        return [
            joined((name, bar(rows / most if most else 0))),
            count(rows),
            percent(rows, answered),
            score(confidence),
        ]

    rows = [row(label(found.label), found.rows, found.confidence) for found in first]
    if rest:
        rows.append(row(tag("i", f"{count(len(rest))} other labels"), more, None))
    content = [table("Rows of each label", head, rows)]
    if rest:
        whole = [[label(f.label), count(f.rows), percent(f.rows, answered), score(f.confidence)] for f in labels]
        name = "All labels"
        if len(labels) > _LISTED:
            name = f"The {_LISTED:,} most frequent of {count(len(labels))} labels"
        content.append(folded(name, table(name, head, whole[:_LISTED], wide=False)))
    note = "A row may have several labels, so the shares need not add up to 100 %." if multilabel else ""
    return Section("Labels", content, note)


def confidences(labels: Sequence[LabelCount], multilabel: bool) -> Section:
    """How sure the answers are, and how many a person would have to look at."""
    given = [found for found in labels if sum(found.histogram)]
    whole = [sum(counts) for counts in zip(*(found.histogram for found in given), strict=True)]
    what = "labels given" if multilabel else "answers"
    parts = [_histogram(f"All {what}", tag("span", f"All {what}"), whole, what, (360.0, 170.0))]
    ends = []
    for end in _ENDS:
        below = sum(whole[: round(end * CONFIDENCE_BINS)])
        share = below / sum(whole)
        ends.append([joined((f"under {end:g}", bar(share, "warn"))), count(below), percent(below, sum(whole))])
    review = tag(
        "div",
        tag("h3", "If a person looks at the least certain ones"),
        table("Answers under a confidence", ["confidence", what, "share"], ends),
    )
    drawn = given[:_DRAWN]
    small = [
        _histogram(found.label, label(found.label), found.histogram, "rows")
        for found in (drawn if len(given) > 1 else [])
    ]
    if rest := given[_DRAWN:]:
        name = plural(len(rest), "other label")
        counts = [sum(column) for column in zip(*(found.histogram for found in rest), strict=True)]
        small.append(_histogram(name, tag("i", name), counts, "rows"))
    note = (
        "Each column is a twentieth of the scale from 0 to 1. A model can be sure and wrong: how often it is, only "
        "gold labels tell (sparkcls.evaluate)."
    )
    content = [
        tag("div", *parts, review, class_="pair"),
        tag("h3", "By label") if small else None,
        tag("div", *small, class_="grid") if small else None,
        folded("The same as a table", _table_of_confidence(given[:_LISTED])),
    ]
    return Section("Confidence", content, note)


def _histogram(
    name: str, caption: Markup, counts: Sequence[int], what: str, size: tuple[float, float] = (290.0, 110.0)
) -> Markup:
    wide = _coarser(counts, _COLUMNS)
    total = sum(counts)
    over = sum(counts[round(0.9 * CONFIDENCE_BINS) :])
    description = f"{count(total)} {what}; {percent(over, total)} of them have a confidence of 0.9 or more."
    ticks = [
        (0.0, "0"),
        (_COLUMNS / 4, "0.25"),
        (_COLUMNS / 2, "0.5"),
        (_COLUMNS * 3 / 4, "0.75"),
        (_COLUMNS * 1.0, "1"),
    ]
    svg = columns(wide, ticks, f"Confidence: {name}", description, size=size)
    return tag("figure", tag("figcaption", caption, tag("span", f"{count(total)} {what}", class_="soft")), svg)


def _coarser(counts: Sequence[int], bins: int) -> list[int]:
    step = len(counts) // bins
    return [sum(counts[i : i + step]) for i in range(0, len(counts), step)]


def _table_of_confidence(labels: Sequence[LabelCount]) -> Markup:
    head = ["label", *(f"{i / _TABLE:.1f}\u2013{(i + 1) / _TABLE:.1f}" for i in range(_TABLE))]
    rows = [[label(found.label), *map(count, _coarser(found.histogram, _TABLE))] for found in labels]
    return table("Rows by label and confidence", head, rows, wide=False)


def text_lengths(lengths: Lengths, truncated: int | None, left_out: int, most: Sequence[Example]) -> Section:
    """How long the texts are, and what of them the model did not see."""
    used = [i for i, n in enumerate(lengths.histogram) if n]
    low, high = (used[0], used[-1] + 1) if used else (0, 1)
    counts, cut = lengths.histogram[low:high], lengths.cut[low:high]
    ticks = [(float(i), short(LENGTHS[low + i])) for i in range(len(counts))]
    if high < len(LENGTHS):
        ticks.append((float(len(counts)), short(LENGTHS[high])))
    facts = f"{plural(lengths.texts, 'text')}"
    if lengths.texts:
        facts += f" of {count(lengths.shortest or 0)} to {count(lengths.longest or 0)} characters"
    svg = columns(
        counts, ticks, "Length of the texts", f"{facts}; {count(sum(cut))} of them were cut.", cut, (360.0, 170.0)
    )
    keys = [("fill", "seen whole"), ("fill warn", "cut: only the beginning was seen")] if sum(cut) else []
    swatch = [
        tag(
            "li", tag("svg", tag("rect", width=11, height=11, class_=c), viewBox="0 0 11 11", aria_hidden="true"), words
        )
        for c, words in keys
    ]
    figure = tag(
        "figure",
        tag("figcaption", "Texts by characters", tag("span", facts, class_="soft")),
        svg,
        tag("ul", *swatch, class_="key") if swatch else None,
    )
    rows = [
        [_range(low + i), count(n), percent(n, lengths.texts), count(c), percent(c, n)]
        for i, (n, c) in enumerate(zip(counts, cut, strict=True))
    ]
    by_length = table("Texts by length", ["characters", "texts", "share", "cut", "of these"], rows, wide=False)
    sentences = []
    if lengths.mean is not None:
        sentences.append(f"A text has {number(lengths.mean)} characters on average.")
    if truncated is None:
        sentences.append("Whether texts were cut is not known.")
    elif truncated:
        sentences.append(
            f"Of {plural(truncated, 'text')} the model saw only a part: {plural(left_out, 'wordpiece')} were left out. "
            "setLongText('windows') reads all of a text."
        )
    else:
        sentences.append("No text was cut.")
    content = [tag("div", figure, by_length, class_="pair")]
    if most:
        items = [
            ([_answer(e), f"{plural(e.truncated or 0, 'wordpiece')} left out"], text(e.text, e.characters))
            for e in most
        ]
        content.append(
            folded("The texts of which most was left out", examples(items, "Texts of which most was left out"))
        )
    return Section("Length of the texts", content, " ".join(sentences))


def _range(i: int) -> str:
    if i + 1 == len(LENGTHS):
        return f"{LENGTHS[i]:,} and more"
    return f"{LENGTHS[i]:,}\u2013{LENGTHS[i + 1] - 1:,}" if LENGTHS[i + 1] - 1 > LENGTHS[i] else str(LENGTHS[i])


def _answer(example: Example) -> Markup | None:
    if example.label is None:
        return None
    confidence = "" if example.confidence is None else f" {score(example.confidence)}"
    return joined((label(example.label), confidence))


def doubtful(found: Sequence[Example], multilabel: bool) -> Section:
    """The least certain answers, which a person should look at first."""
    items = []
    for e in found:
        second = None
        if e.runner_up is not None and not multilabel:
            second = joined(("then ", label(e.runner_up), f" {score(e.runner_up_score)}"))
        items.append(([_answer(e), second, *_more(e)], text(e.text, e.characters)))
    return Section(
        "Doubtful answers",
        [examples(items, "Doubtful answers")],
        "The answers with the lowest confidence, lowest first.",
    )


def _more(e: Example) -> list[str | None]:
    return [
        f"{count(e.rows)} rows alike" if e.rows > 1 else None,
        f"{plural(e.truncated, 'wordpiece')} left out" if e.truncated else None,
    ]


def failures(reasons: Sequence[Reason], failed: int) -> Section:
    """Why rows have no answer."""
    rows = [[tag("span", r.error, class_="error"), count(r.rows), percent(r.rows, failed)] for r in reasons[:_REASONS]]
    more = failed - sum(r.rows for r in reasons[:_REASONS])
    if more:
        rows.append([tag("i", "other reasons"), count(more), percent(more, failed)])
    items = [
        ([tag("span", e.error or "", class_="error"), *_more(e)], text(e.text, e.characters))
        for r in reasons[:_REASONS]
        for e in r.examples
    ]
    content = [table("Reasons", ["reason", "rows", "share"], rows)]
    if any(content for _, content in items):
        content += [tag("h3", "Some of these texts"), examples(items, "Texts that failed")]
    return Section(
        "Failed rows",
        content,
        "These rows could not be processed. Numbers and quoted words in a reason may differ between its rows.",
    )


def typical(found: Mapping[str, Sequence[Example]], labels: Sequence[LabelCount]) -> Section:
    """What the model takes for the clearest cases of each label."""
    named = [of.label for of in labels if of.label in found]
    parts = []
    for name in named[:_WITH_EXAMPLES]:
        items = [([score(e.confidence), *_more(e)], text(e.text, e.characters)) for e in found[name]]
        parts.append(tag("div", tag("h3", label(name)), examples(items, f"Clearest answers of {name}")))
    note = "The texts with the most confident answers of each label"
    note += f"; of the {_WITH_EXAMPLES} most frequent labels." if len(named) > _WITH_EXAMPLES else "."
    return Section("Clearest answers", [tag("div", *parts, class_="grid")], note)
