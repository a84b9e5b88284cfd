"""The grammar of Java's regular expressions, written anew in the syntax of the `regex` package.

Everything that the two read differently is spelt out: classes as ranges, line ends by name, case letter by letter.
Source: the class documentation of java.util.regex.Pattern, Java 17.
"""

from __future__ import annotations

import unicodedata

import regex

from sparkcls.text.javaregex.classes import (
    BEFORE_LAST_LINE_END,
    BEFORE_LINE_END,
    CLASS_ESCAPES,
    LINE_START,
    OUTSIDE_CLASS,
    property_class,
)

_CHARACTERS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "a": "\a", "e": "\x1b"}


class JavaRegexError(ValueError):
    """A pattern that Java would refuse, or that cannot be rewritten."""


class Parser:
    """Reads one pattern by Java's grammar; its methods return the same in `regex` syntax."""

    def __init__(self, pattern: str):
        self.pattern = pattern
        self.at = 0
        self.flags = frozenset[str]()

    def error(self, why: str) -> JavaRegexError:
        return JavaRegexError(f"the pattern {self.pattern!r} is no regular expression of Java: {why} (at {self.at})")

    # --- reading ----------------------------------------------------------------------------------

    def peek(self, length: int = 1) -> str:
        return self.pattern[self.at : self.at + length]

    def take(self, text: str) -> bool:
        """Step over a text if it comes next."""
        found = self.pattern.startswith(text, self.at)
        self.at += len(text) if found else 0
        return found

    def next(self) -> str:
        if self.at >= len(self.pattern):
            raise self.error("it ends too early")
        self.at += 1
        return self.pattern[self.at - 1]

    def until(self, end: str, what: str) -> str:
        stop = self.pattern.find(end, self.at)
        if stop < 0:
            raise self.error(f"{what} lacks its {end!r}")
        text = self.pattern[self.at : stop]
        self.at = stop + len(end)
        return text

    def quoted(self) -> str:
        """What stands between \\Q, which has been read, and \\E or the end."""
        stop = self.pattern.find("\\E", self.at)
        text = self.pattern[self.at :] if stop < 0 else self.pattern[self.at : stop]
        self.at += len(text) + (2 if stop >= 0 else 0)
        return text

    # --- the grammar ------------------------------------------------------------------------------

    def alternatives(self) -> str:
        """Up to a closing parenthesis or the end. Flags set inside end with it."""
        flags = self.flags
        branches = [self.sequence()]
        while self.take("|"):
            branches.append(self.sequence())
        self.flags = flags
        return "|".join(branches)

    def sequence(self) -> str:
        items: list[str] = []
        while self.at < len(self.pattern) and self.peek() not in "|)":
            if "x" in self.flags and self.skip_comment():
                continue
            if self.take("\\Q"):
                # A quantifier binds to the last character.
                items += [self.literal(c) for c in self.quoted()]
            else:
                items.append(self.item())
            if items:
                items[-1] += self.quantifier(items[-1])
        return "".join(items)

    def skip_comment(self) -> bool:
        c = self.peek()
        if not c:
            return False
        if c == "#":
            rest = self.pattern[self.at :]
            self.at += next((i for i, d in enumerate(rest) if d in "\n\r\x85\u2028\u2029"), len(rest))
        elif c in " \t\n\x0b\f\r":
            self.at += 1
        return c in "# \t\n\x0b\f\r"

    def quantifier(self, item: str) -> str:
        if "x" in self.flags:
            while self.at < len(self.pattern) and self.skip_comment():
                pass
        c = self.peek()
        if c == "{":
            self.at += 1
            bounds = self.until("}", "a repetition")
            if not regex.fullmatch(r"[0-9]+(,[0-9]*)?", bounds):
                raise self.error(f"illegal repetition {{{bounds}}}")
            low, _, high = bounds.partition(",")
            if high and int(high) < int(low):
                raise self.error(f"illegal repetition range {{{bounds}}}")
            c = f"{{{bounds}}}"
        elif c and c in "*+?":
            self.at += 1
        else:
            return ""
        if not item:
            raise self.error(f"dangling {c!r} after flags")
        mode = self.next() if self.peek() and self.peek() in "?+" else ""
        if self.peek() and self.peek() in "*?+{":
            raise self.error(f"dangling {self.peek()!r}")
        return c + mode

    def item(self) -> str:
        c = self.next()
        if c == "(":
            return self.group()
        if c == "[":
            return self.in_class(self.character_class())
        if c == "\\":
            return self.escape()
        if c == ".":
            return r"[\s\S]" if "s" in self.flags else r"[^\n\r\x85\u2028\u2029]"
        if c == "^":
            return LINE_START if "m" in self.flags else r"\A"
        if c == "$":
            return rf"(?:{BEFORE_LINE_END}|\Z)" if "m" in self.flags else BEFORE_LAST_LINE_END
        if c in "*+?":
            raise self.error(f"dangling {c!r}")
        if c == "{":
            raise self.error("illegal repetition: a literal { is written \\{")
        return self.literal(c)

    def literal(self, c: str) -> str:
        written = regex.escape(c, special_only=False)
        if "i" not in self.flags:
            return written
        if "u" in self.flags:
            return f"(?i:{written})"
        # Without (?u) only ASCII letters have two cases.
        return f"[{c.lower()}{c.upper()}]" if c.isascii() and c.isalpha() else written

    def in_class(self, written: str) -> str:
        """A class, bracketed, with the case that is in force."""
        if "i" not in self.flags:
            return written
        if "u" in self.flags:
            return f"(?i:{written})"
        return rf"(?:(?=[\x00-\x7f])(?i:{written})|(?![\x00-\x7f]){written})"

    def group(self) -> str:
        if not self.take("?"):
            opening = "("
        elif self.peek(2) in ("<=", "<!"):
            opening = "(?" + self.next() + self.next()
        elif self.take("<"):
            name = self.until(">", "a group's name")
            if not regex.fullmatch("[a-zA-Z][a-zA-Z0-9]*", name):
                raise self.error(f"{name!r} is no name of a group")
            opening = f"(?<{name}>"
        elif self.peek() and self.peek() in ":=!>":
            opening = "(?" + self.next()
        else:
            return self.flag_group()
        flags = self.flags
        inside = self.alternatives()
        self.flags = flags
        self.close()
        return f"{opening}{inside})"

    def close(self) -> None:
        if not self.take(")"):
            raise self.error("a group lacks its ')'")

    def flag_group(self) -> str:
        """Flags, for the rest of the enclosing group or for a group of their own. They act on what is read later."""
        letters = ""
        while self.peek() not in (")", ":"):
            letters += self.next()
        on, _, off = letters.partition("-")
        unknown = set(on + off) - set("imsux")
        if unknown:
            raise self.error(f"flag {min(unknown)!r} is unknown or cannot be translated")
        before = self.flags
        self.flags = (before | set(on)) - set(off)
        if self.next() == ")":
            return ""
        inside = self.alternatives()
        self.flags = before
        self.close()
        return f"(?:{inside})"

    # --- characters -------------------------------------------------------------------------------

    def escape(self) -> str:
        c = self.peek()
        if c == "G":
            raise self.error(r"\G cannot be translated")
        if c in OUTSIDE_CLASS and c:
            self.at += 1
            return OUTSIDE_CLASS[c]
        if c == "k":
            self.at += 1
            if not self.take("<"):
                raise self.error(r"\k is followed by <name>")
            return self.in_class(f"(?P={self.until('>', 'a reference')})")
        if c in "123456789" and c:
            return self.back_reference()
        inside = self.class_escape()
        return self.in_class(f"[{inside}]") if inside is not None else self.literal(self.character())

    def back_reference(self) -> str:
        """As many digits as make the number of a group that has begun."""
        number = self.next()
        begun = len(regex.findall(r"(?<!\\)\((?!\?)|\(\?<(?![=!])", self.pattern[: self.at]))
        while self.peek() and self.peek() in "0123456789" and int(number + self.peek()) <= begun:
            number += self.next()
        return self.in_class(f"(?:\\{number})") if int(number) <= begun else "(?!)"

    def class_escape(self) -> str | None:
        """The inside of the class that an escape stands for, its backslash read; None if it is one character."""
        c = self.peek()
        if c and c.lower() in CLASS_ESCAPES:
            self.at += 1
            inside = CLASS_ESCAPES[c.lower()]
            return inside if c.islower() else f"[^{inside}]"
        if c not in ("p", "P"):
            return None
        self.at += 1
        name = self.until("}", "a property") if self.take("{") else self.next()
        found = property_class(name)
        if "i" in self.flags and name in ("Lu", "Ll", "Lt"):
            found = r"\p{Lu}\p{Ll}\p{Lt}"
        if found is None:
            raise self.error(f"unknown property {name!r}")
        return found if c == "p" else f"[^{found}]"

    def character(self) -> str:
        """The character that an escape stands for, its backslash read."""
        c = self.next()
        if c in _CHARACTERS:
            return _CHARACTERS[c]
        if c == "x":
            digits = self.until("}", r"\x{") if self.take("{") else self.next() + self.next()
            return self.code_point(digits, 16)
        if c == "u":
            unit = self.code_point("".join(self.next() for _ in range(4)), 16)
            if "\ud800" <= unit <= "\udbff" and self.take("\\u"):
                low = self.code_point("".join(self.next() for _ in range(4)), 16)
                return (unit + low).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
            return unit
        if c == "0":
            octal = regex.match("[0-3]?[0-7]{1,2}", self.pattern, pos=self.at)
            if not octal:
                raise self.error(r"\0 is followed by octal digits")
            self.at = octal.end()
            return self.code_point(octal[0], 8)
        if c == "c":
            return chr(ord(self.next()) ^ 64)
        if c == "N":
            if not self.take("{"):
                raise self.error(r"\N is followed by {name}")
            try:
                return unicodedata.lookup(self.until("}", r"\N{"))
            except KeyError as e:
                raise self.error(str(e)) from e
        if c.isascii() and c.isalpha():
            raise self.error(f"unknown escape \\{c}")
        return c

    def code_point(self, digits: str, base: int) -> str:
        try:
            return chr(int(digits, base))
        except (ValueError, OverflowError) as e:
            raise self.error(f"{digits!r} is no number of a character") from e

    # --- classes ----------------------------------------------------------------------------------

    def character_class(self) -> str:
        """A class, its bracket read. Intersections bind weaker than unions, as in `regex`."""
        negated = self.take("^")
        operands: list[str] = []
        members: list[str] = []
        first = True
        while first or self.peek() != "]":
            if self.take("&&"):
                if members:
                    operands.append("".join(members))
                    members = []
                continue
            member = self.class_member(first)
            first = first and not member
            members.append(member)
        self.at += 1
        if members:
            operands.append("".join(members))
        if not operands:
            raise self.error("an empty class")
        inside = operands[0] if len(operands) == 1 else "&&".join(f"[{operand}]" for operand in operands)
        return f"[^{inside}]" if negated else f"[{inside}]"

    def class_member(self, first: bool) -> str:
        """A nested class, a range, or one character; "" for what stands for nothing."""
        if "x" in self.flags and self.skip_comment():
            return ""
        if self.take("["):
            return self.character_class()
        if self.take("\\Q"):
            return "".join(map(_in_class, self.quoted()))
        low = self.class_character()
        if len(low) != 1:
            return low
        if self.peek() == "-" and self.peek(2) not in ("-]", "-[", "-") and self.peek(3) != "-&&":
            self.at += 1
            high = self.class_character()
            if len(high) != 1 or high < low:
                raise self.error(f"illegal range {low}-{high}")
            return f"{_in_class(low)}-{_in_class(high)}"
        return _in_class(low)

    def class_character(self) -> str:
        """One character, or the inside of a class, which is longer."""
        if not self.take("\\"):
            return self.next()
        inside = self.class_escape()
        # Brackets make the shortest inside, like that of [0-9], longer than a character.
        return self.character() if inside is None else f"[{inside}]"


def _in_class(c: str) -> str:
    return "\\" + c if c.isascii() and not c.isalnum() and c > " " else regex.escape(c, special_only=False)
