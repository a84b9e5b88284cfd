import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkcls.text.java import utf16_offsets
from sparkcls.text.javaregex.patterns import (
    JavaRegexError,
    compile_java,
    java_finditer,
    java_replacement,
    java_sub,
    split_spans,
)

RECORDED = json.loads((Path(__file__).parents[2] / "data" / "javaregex.json").read_text(encoding="ascii"))

#: What cannot be said here: positions of groups inside possessive repetitions, line ends repeated, bounds after flags.
KNOWN = 0.01


def spans(pattern, text):
    offsets = utf16_offsets(text)

    def offset(i):
        return -1 if i < 0 else offsets[i]

    compiled = compile_java(pattern)
    return [
        [offset(i) for g in range(compiled.groups + 1) for i in match.span(g)]
        for match in java_finditer(compiled, text)
    ]


def test_matches_are_those_of_java():
    different = []
    for pattern, theirs in RECORDED["patterns"]:
        try:
            ours = [spans(pattern, text) for text in RECORDED["texts"]]
        except JavaRegexError:
            ours = None
        if ours != theirs:
            different.append(pattern)
    assert len(different) <= KNOWN * len(RECORDED["patterns"]), different


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        (r"\Q.,;\E+", "a.,;b", [".,;"]),
        (r"[^\Q.,\E]+", "a.b,c", ["a", "b", "c"]),
        (r"[a-z&&[^aeiou]]+", "hello", ["h", "ll"]),
        (r"\w+", "héllo", ["h", "llo"]),
        (r"\s", "a\u00a0b c", [" "]),
        (r"\p{Punct}", "a!—", ["!"]),
        (r"(?i)É|k", "éÉK\u212a", ["É", "K"]),
        (r"(?iu)É|ss", "éß", ["é"]),
        (r"a++b", "aab", ["aab"]),
        (r"\d+\z", "1 2", ["2"]),
        (r"a$", "a\u2028", ["a"]),
        (r".+", "a\u0085b", ["a", "b"]),
        (r"\bé", "é aé", ["é"]),
        (r"(?<=\s|^)x", "x ax x", ["x", "x"]),
    ],
)
def test_meaning(pattern, text, found):
    assert [match.group() for match in java_finditer(compile_java(pattern), text)] == found


@pytest.mark.parametrize(
    "pattern",
    ["(", "[", "a)", "{", "a**", r"\y", "(?d)a", "(?U)a", "[b-a]", "*", "(?<1>a)", r"\p{Foo}", "a{2", "\\", r"\G"],
)
def test_what_java_refuses_or_we_cannot_say(pattern):
    with pytest.raises(JavaRegexError, match="is no regular expression of Java"):
        compile_java(pattern)


@given(st.text(alphabet="ab()[]{}|\\^$.*+?-&Qwdp,:=!<>i1 #é", max_size=14), st.text(max_size=10))
def test_no_pattern_crashes(pattern, text):
    try:
        compiled = compile_java(pattern)
    except JavaRegexError:
        return
    list(java_finditer(compiled, text))


@pytest.mark.parametrize(
    ("template", "result"),
    [("<$1>", "<a>"), ("${n}b", "bb"), (r"\$1\\", "$1\\"), ("$12", "a2"), ("$3", ""), ("", "")],
)
def test_replacement(template, result):
    assert java_sub(compile_java("(a)(?<n>b)(c)?"), java_replacement(template), "ab") == result


@pytest.mark.parametrize("template", ["$", "a$b", "\\", "${", "${}"])
def test_a_replacement_that_refers_to_nothing(template):
    with pytest.raises(JavaRegexError, match="nothing to refer to"):
        java_replacement(template)


@pytest.mark.parametrize("template", ["$2", "${x}"])
def test_a_replacement_of_a_group_that_is_missing(template):
    with pytest.raises(JavaRegexError, match="which the pattern has not"):
        java_sub(compile_java("(a)"), java_replacement(template), "a")


def test_empty_matches_step_as_in_java():
    assert java_sub(compile_java("a*?"), java_replacement("-"), "aa") == "-a-a-"
    assert java_sub(compile_java("a*"), java_replacement("-"), "baac") == "-b--c-"


@pytest.mark.parametrize(
    ("pattern", "text", "parts"),
    [
        ("-", "a-b--", ["a", "b"]),
        ("-", "-a", ["", "a"]),
        ("(?=.)", "abc", ["a", "b", "c"]),
        ("x", "abc", ["abc"]),
        ("-", "--", []),
    ],
)
def test_split(pattern, text, parts):
    assert [text[a:b] for a, b in split_spans(text, compile_java(pattern))] == parts
