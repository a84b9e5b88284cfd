"""What commands say of an input that could not be read as it should be."""

from __future__ import annotations

from sparkcls.jobs.quality import Quality
from sparkcls.report.numbers import plural
from sparkcls.report.terminal import one_line


def quality_lines(quality: Quality, kept: str = "") -> str:
    """Lines on rows and files that are not what stands in the input; empty if all are.

    Parameters
    ----------
    kept
        What becomes of rows that could not be read whole, after a semicolon.
    """
    lines = []
    if quality.corrupt:
        lines.append(f"{plural(quality.corrupt, 'row')} could not be read whole{kept}, as in:")
        lines += [f"  {one_line(example, 100)}" for example in quality.examples]
    if quality.undecodable:
        lines.append(
            f"{plural(quality.undecodable, 'row')} with U+FFFD, where bytes are no text in the encoding: is --encoding "
            "right?"
        )
    lines += [
        f"{one_line(file, 100)} has an odd number of quotes: if one is opened and never closed, all behind it became a "
        "part of that text; look for a row that is far too long"
        for file in quality.open_quotes
    ]
    return "".join(f"{line}\n" for line in lines)
