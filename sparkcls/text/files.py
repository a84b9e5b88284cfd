"""Text files of strangers, as bytes: what their lines are."""

from __future__ import annotations

import re

from sparkcls.errors import ModelFormatError, SparkclsError

#: Of UTF-16 and UTF-32, which some editors on Windows write.
_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff")


def text_of(content: bytes, where: str, error: type[SparkclsError] = ModelFormatError) -> str:
    """The text of a UTF-8 file, without a byte order mark.

    No other encoding is guessed: in a wrong one all would look well, and words would be others.

    Parameters
    ----------
    where
        The file, for the message.
    error
        What to raise for another encoding.
    """
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        likely = "UTF-16" if content.startswith(_MARKS) else "Latin-1 or another one"
        raise error(
            f"{where} is not UTF-8: byte {e.start} is 0x{content[e.start]:02x}, so it looks like {likely}; save it as "
            "UTF-8"
        ) from e


def lines_of(content: bytes, where: str, error: type[SparkclsError] = ModelFormatError) -> list[str]:
    """The lines of a UTF-8 file, without blank ones at its end.

    They end as in files that Python opens: with LF, CR LF or CR. What `str.splitlines` splits at besides, such as
    U+2028, is part of a line.
    """
    lines = re.split("\r\n|\r|\n", text_of(content, where, error))
    while lines and not lines[-1].strip():
        lines.pop()
    return lines
