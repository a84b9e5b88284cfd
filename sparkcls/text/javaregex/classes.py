"""Java's anchors and named character classes, in `regex` syntax. Source: java.util.regex.Pattern, Java 17."""

from __future__ import annotations

import regex

_LINE_END = r"(?:\r\n|[\n\r\x85\u2028\u2029])"
BEFORE_LINE_END = rf"(?={_LINE_END})(?<!\r(?=\n))"
BEFORE_LAST_LINE_END = rf"(?:(?={_LINE_END}?\Z)(?<!\r(?=\n)))"
LINE_START = r"(?:(?<![\s\S])|(?<=\n|\r(?!\n)|[\x85\u2028\u2029])(?=[\s\S]))"
# Letters and digits of all scripts, and marks on them; from Java 19 on only ASCII.
_AFTER_WORD = r"(?<=[\p{L}\p{Nd}_]\p{Mn}*)"
_BEFORE_WORD = rf"(?:(?=[\p{{L}}\p{{Nd}}_])|{_AFTER_WORD}(?=\p{{Mn}}))"
_BOUNDARY = rf"(?:{_AFTER_WORD}(?!{_BEFORE_WORD})|(?<![\p{{L}}\p{{Nd}}_]\p{{Mn}}*){_BEFORE_WORD})"
#: Escapes that are no class and no character.
OUTSIDE_CLASS = {
    "A": r"\A",
    "z": r"\Z",
    "Z": BEFORE_LAST_LINE_END,
    "b": _BOUNDARY,
    "B": rf"(?!{_BOUNDARY})",
    "R": rf"(?:{_LINE_END}|[\x0b\f])",
    "X": r"\X",
}

#: Classes of one letter, without brackets; the capital letter is the complement.
CLASS_ESCAPES = {
    "d": "0-9",
    "w": "a-zA-Z0-9_",
    "s": r"\ \t\n\x0b\f\r",
    "h": r"\ \t\xa0\u1680\u180e\u2000-\u200a\u202f\u205f\u3000",
    "v": r"\n\x0b\f\r\x85\u2028\u2029",
}

_PUNCTUATION = r"!-/:-@\[-`\{-~"
_NAMED = {
    "Lower": "a-z",
    "Upper": "A-Z",
    "ASCII": r"\x00-\x7f",
    "Alpha": "a-zA-Z",
    "Digit": "0-9",
    "Alnum": "a-zA-Z0-9",
    "Punct": _PUNCTUATION,
    "Graph": "!-~",
    "Print": r"\ -~",
    "Blank": r"\ \t",
    "Cntrl": r"\x00-\x1f\x7f",
    "XDigit": "0-9a-fA-F",
    "Space": CLASS_ESCAPES["s"],
    "L1": r"\x00-\xff",
    "all": r"\s\S",
    "LC": r"\p{Lu}\p{Ll}\p{Lt}",
    "LD": r"\p{L}\p{Nd}",
    "javaLowerCase": r"\p{Lowercase}",
    "javaUpperCase": r"\p{Uppercase}",
    "javaTitleCase": r"\p{Lt}",
    "javaAlphabetic": r"\p{Alphabetic}",
    "javaIdeographic": r"\p{Ideographic}",
    "javaDigit": r"\p{Nd}",
    "javaLetter": r"\p{L}",
    "javaLetterOrDigit": r"\p{L}\p{Nd}",
    "javaSpaceChar": r"\p{Zs}\p{Zl}\p{Zp}",
    "javaWhitespace": r"\t-\r\x1c-\x1f\ \u1680\u2000-\u2006\u2008-\u200a\u2028\u2029\u205f\u3000",
    "javaISOControl": r"\x00-\x1f\x7f-\x9f",
}
_BINARY = {
    "alphabetic": "Alphabetic",
    "ideographic": "Ideographic",
    "letter": "L",
    "lowercase": "Lowercase",
    "uppercase": "Uppercase",
    "titlecase": "Lt",
    "control": "Cc",
    "punctuation": "P",
    "white_space": "White_Space",
    "whitespace": "White_Space",
    "digit": "Nd",
    "hex_digit": "Hex_Digit",
    "hexdigit": "Hex_Digit",
    "join_control": "Join_Control",
    "joincontrol": "Join_Control",
    "noncharacter_code_point": "Noncharacter_Code_Point",
    "noncharactercodepoint": "Noncharacter_Code_Point",
    "assigned": "Assigned",
}
_PREFIXES = {
    "sc": "Script",
    "script": "Script",
    "blk": "Block",
    "block": "Block",
    "gc": "General_Category",
    "general_category": "General_Category",
}


def property_class(name: str) -> str | None:
    """The inside of the class that ``\\p{name}`` stands for; None if there is no such property."""
    if name in _NAMED:
        return _NAMED[name]
    key, equals, value = name.partition("=")
    if equals:
        candidates = [f"{_PREFIXES[key.lower()]}={value}"] if key.lower() in _PREFIXES else []
    elif name.startswith("In"):
        candidates = [f"Block={name[2:]}"]
    elif name.startswith("Is"):
        binary = _BINARY.get(name[2:].lower())
        candidates = [binary] if binary else [f"Script={name[2:]}", f"General_Category={name[2:]}"]
    else:
        candidates = [f"General_Category={name}"]
    for candidate in candidates:
        if candidate == "Assigned":
            return r"\P{Cn}"
        try:
            regex.compile(rf"\p{{{candidate}}}")
        except regex.error:
            continue
        return rf"\p{{{candidate}}}"
    return None
