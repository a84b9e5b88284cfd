"""Names of encodings: Python's and the usual ones, as Java and so Spark calls them."""

from __future__ import annotations

import codecs
import re

from sparkcls.errors import ParamError

#: Where Java knows Python's name only in another form.
_JAVA = {
    "ascii": "US-ASCII",
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16LE",
    "utf-16-be": "UTF-16BE",
    "utf-32": "UTF-32",
    "mac-roman": "x-MacRoman",
    "shift_jis": "Shift_JIS",
    "euc_jp": "EUC-JP",
    "euc_kr": "EUC-KR",
    "gb2312": "GB2312",
    "gbk": "GBK",
    "gb18030": "GB18030",
    "big5": "Big5",
    "koi8-r": "KOI8-R",
    "koi8-u": "KOI8-U",
}


def java_charset(name: str) -> str:
    """Java's name of an encoding: ``latin-1`` is ``ISO-8859-1``, ``cp1252`` is ``windows-1252``.

    Raises
    ------
    ParamError
        There is no encoding of this name.
    """
    try:
        known = codecs.lookup(name.strip()).name
    except (LookupError, ValueError) as e:
        raise ParamError(
            f"--encoding {name!r}: there is no encoding of this name; usual ones are utf-8, utf-16, windows-1252 "
            "(Western Windows, Excel), iso-8859-1, gb18030, shift_jis"
        ) from e
    if known in _JAVA:
        return _JAVA[known]
    if found := re.fullmatch(r"cp(125\d)", known):
        return f"windows-{found[1]}"
    if found := re.fullmatch(r"iso8859-(\d+)", known):
        return f"ISO-8859-{found[1]}"
    return known.replace("_", "-")


def has_ascii(charset: str) -> bool:
    """Whether quotes and line breaks are single bytes in an encoding of Java, and stand for nothing else."""
    return charset == "UTF-8" or charset.startswith(("US-ASCII", "ISO-8859", "windows-", "KOI8", "EUC"))
