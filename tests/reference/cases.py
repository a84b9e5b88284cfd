"""What is run through Spark NLP: groups of texts with the stages and Params that they go through.

A group's cases are its rows. `stage` names what is under test; earlier stages only feed it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.reference.texts import AWKWARD, CLINICAL, FEW, PLAIN, SPACED, STEMS, TEXTS, XML

Stage = tuple[str, dict[str, Any]]

STRING = "text string"

#: Groups whose fitted pipeline is kept as Spark NLP saves it.
SAVED = [
    ("SentenceDetector", "custom bounds, append"),
    ("Tokenizer", "exception file"),
    ("Tokenizer", "exception in other case"),
    ("Tokenizer", "infix contractions"),
    ("Tokenizer", "prefix and suffix"),
    ("Tokenizer", "split chars and exception"),
    ("Tokenizer", "split pattern look-around"),
    ("Finisher", "strings, metadata, symbols"),
]


@dataclass(frozen=True)
class Group:
    """Rows that go through one pipeline.

    Parameters
    ----------
    stage, name
        The stage under test, and what is special about this group.
    stages
        Class and Params of every stage, see `tests.reference.build`.
    rows
        Rows of the input DataFrame, tuples in the order of `schema`.
    columns
        Output columns that are recorded; ``*`` is all.
    calls
        Methods and arguments of `LightPipeline` that are recorded.
    light
        Whether `LightPipeline.fullAnnotate` of the first column is recorded too.
    """

    stage: str
    name: str
    stages: list[Stage]
    rows: list[tuple[Any, ...]]
    columns: list[str]
    schema: str = STRING
    light: bool = False
    calls: tuple[tuple[str, list[Any]], ...] = ()


def _rows(texts: list[Any]) -> list[tuple[Any, ...]]:
    return [(t,) for t in texts]


def assembler(**params: Any) -> Stage:
    return "DocumentAssembler", {"inputCol": "text", "outputCol": "document", **params}


def sentences(**params: Any) -> Stage:
    return "SentenceDetector", {"inputCols": ["document"], "outputCol": "sentence", **params}


def tokens(source: str = "document", **params: Any) -> Stage:
    return "Tokenizer", {"inputCols": [source], "outputCol": "token", **params}


# --- DocumentAssembler ----------------------------------------------------------------------------


def assembler_groups() -> Iterator[Group]:
    modes = ["disabled", "inplace", "inplace_full", "shrink", "shrink_full", "each", "each_full", "delete_full"]
    for mode in modes:
        texts = [None, *TEXTS] if mode == "disabled" else [None, *AWKWARD, *PLAIN[:3], SPACED, CLINICAL]
        yield Group("DocumentAssembler", mode, [assembler(cleanupMode=mode)], _rows(texts), ["document"], light=True)
    both = "text string, id string, m map<string,string>"
    rows = [
        ("a text.", "id1", {"source": "web", "sentence": "9", "id": "other"}),
        ("b", None, {}),
        (None, "id3", {"k": None}),
        ("", "\U0001f600", {"\u00e4": "\u00f6", "": "empty key"}),
    ]
    for name, params in {
        "idCol": {"idCol": "id"},
        "metadataCol": {"metadataCol": "m"},
        "idCol and metadataCol": {"idCol": "id", "metadataCol": "m"},
    }.items():
        yield Group("DocumentAssembler", name, [assembler(**params)], rows, ["document"], both)
    yield Group(
        "DocumentAssembler", "metadataCol null", [assembler(metadataCol="m")], [("a", "i", None)], ["document"], both
    )
    yield Group(
        "DocumentAssembler", "idCol number", [assembler(idCol="id")], [("a", 7)], ["document"], "text string, id int"
    )
    yield Group(
        "DocumentAssembler",
        "array",
        [assembler()],
        [(["a b", "", "c"],), ([],)],
        ["document"],
        "text array<string not null>",
    )
    yield Group("DocumentAssembler", "column of numbers", [assembler()], [(7,)], ["document"], "text int")
    yield Group("DocumentAssembler", "missing column", [assembler(inputCol="nothere")], [("a",)], ["document"])
    yield Group("DocumentAssembler", "unknown cleanupMode", [assembler(cleanupMode="all")], [("a",)], ["document"])
    yield Group("DocumentAssembler", "no inputCol", [("DocumentAssembler", {})], [("a",)], ["document"])
    yield Group(
        "DocumentAssembler", "default outputCol", [("DocumentAssembler", {"inputCol": "text"})], [("a",)], ["document"]
    )
    yield Group(
        "DocumentAssembler", "cleanupMode in capitals", [assembler(cleanupMode=" Shrink")], [("a  b",)], ["document"]
    )


# --- SentenceDetector -----------------------------------------------------------------------------


def sentence_groups() -> Iterator[Group]:
    def group(name: str, texts: list[str] = FEW, light: bool = False, **params: Any) -> Group:
        return Group(
            "SentenceDetector", name, [assembler(), sentences(**params)], _rows(texts), ["sentence"], light=light
        )

    yield group("defaults", [None, *TEXTS, SPACED, CLINICAL], light=True)  # type: ignore[list-item]
    yield group("no abbreviations", TEXTS, useAbbreviations=False)
    yield group("no lists", TEXTS, detectLists=False)
    yield group("no abbreviations, no lists", useAbbreviations=False, detectLists=False)
    for strategy in ("none", "prepend", "append"):
        yield group(f"custom bounds, {strategy}", customBounds=[";", "\n\n"], customBoundsStrategy=strategy)
        yield group(
            f"only custom bounds, {strategy}",
            customBounds=["\\.", ";", "\n[\\d\\.]+"],
            useCustomBoundsOnly=True,
            customBoundsStrategy=strategy,
        )
    yield group("custom bound of a group", customBounds=["(?<=,)\\s", "[!?]+"], useAbbreviations=False)
    yield group("custom bounds only, none given", useCustomBoundsOnly=True)
    yield group("custom bound of dollars", ["a $1 b $0 c \\ d"], customBounds=["\\$\\d"], customBoundsStrategy="append")
    yield group("split length 12", splitLength=12)
    yield group("split length 1", ["a bb ccc", "longer words here."], splitLength=1)
    yield group("min length 16, max length 26", minLength=16, maxLength=26)
    yield group("min length 3", minLength=3)
    yield group("explode", explodeSentences=True)
    yield group("strategy unknown", ["a. b"], customBoundsStrategy="no thanks.")
    yield group("broken bound", ["a. b"], customBounds=["("])
    yield group("negative min length", ["a. b"], minLength=-1)
    yield group("max under min", ["a. b"], minLength=5, maxLength=2)
    yield group("empty bound", ["a. b"], customBounds=[""])
    yield Group(
        "SentenceDetector",
        "documents of an array",
        [assembler(), sentences()],
        [(["One. Two.", "", "Three. Four. Five."],), (["Only one"],)],
        ["sentence"],
        "text array<string not null>",
    )
    yield Group(
        "SentenceDetector",
        "id in metadata",
        [assembler(idCol="id"), sentences()],
        [("One. Two.", "7")],
        ["sentence"],
        "text string, id string",
    )
    yield Group(
        "SentenceDetector",
        "two input columns",
        [assembler(), sentences(inputCols=["document", "text"])],
        [("a",)],
        ["sentence"],
    )
    yield Group(
        "SentenceDetector", "wrong column", [assembler(), sentences(inputCols=["text"])], [("a",)], ["sentence"]
    )


# --- Tokenizer ------------------------------------------------------------------------------------

LOOK_AROUND = r"\s+|(?=[-.:;*+,\(\)\/$&%\\[\\]])|(?<=[-.:;*+,\(\)\/$&%\\[\\]])"


def token_groups() -> Iterator[Group]:
    def group(name: str, texts: list[str] = FEW, light: bool = False, **params: Any) -> Group:
        return Group("Tokenizer", name, [assembler(), tokens(**params)], _rows(texts), ["token"], light=light)

    yield group("defaults", [None, *TEXTS, SPACED, CLINICAL], light=True)  # type: ignore[list-item]
    for mode in ("shrink", "shrink_full", "delete_full"):
        yield Group(
            "Tokenizer", f"after {mode}", [assembler(cleanupMode=mode), tokens()], _rows([SPACED, *FEW[:12]]), ["token"]
        )
    yield Group(
        "Tokenizer",
        "exceptions after shrink_full",
        [assembler(cleanupMode="shrink_full"), tokens(exceptions=["Jane's \\w+", "that."])],
        _rows([SPACED]),
        ["token"],
    )
    yield Group(
        "Tokenizer", "sentences", [assembler(), sentences(), tokens("sentence")], _rows(TEXTS), ["token"], light=True
    )
    yield Group(
        "Tokenizer",
        "exploded sentences",
        [assembler(), sentences(explodeSentences=True), tokens("sentence")],
        _rows(FEW),
        ["sentence", "token"],
    )
    yield Group(
        "Tokenizer",
        "exceptions in sentences",
        [assembler(), sentences(), tokens("sentence", addException="New York")],
        _rows(FEW),
        ["token"],
    )
    yield Group(
        "Tokenizer",
        "array",
        [assembler(), tokens()],
        [(["a b.", "", "c"],), ([],)],
        ["token"],
        "text array<string not null>",
    )
    yield group("exception", exceptions=["New York"])
    yield group("exception in other case", exceptions=["new york"], caseSensitiveExceptions=False)
    yield group("exceptions of patterns", exceptions=["U\\.S\\.A?\\.?", "\\d+ \\d+", "e-mail", "New York", "it\\."])
    yield group("exceptions that overlap", exceptions=["New", "New York", "York and", "(and|or) \\w+"])
    yield group("exception of one word", exceptions=["movie...", "won't", "wow!", "I"])
    yield group("exception file", exceptionsPath={"file": "New York\nWalt Disney Company\nu.s.a\n"})
    yield group("exception file and exceptions", exceptionsPath={"file": "New York\n"}, exceptions=["big-city"])
    yield group("split chars", splitChars=["-", "#"])
    yield group("split chars with a backslash", splitChars=["-", "#", "\\*", "/"])
    yield group("split chars and exception", exceptions=["New York"], addSplitChars="-")
    yield group("split chars of meaning", splitChars=["\\.", "\\|", "\\$", "'"])
    yield group("split pattern", splitPattern="-|#")
    yield group("split pattern of width 0", ["abcdef", "a b", "I'd go. \U0001f600\U0001f600"], splitPattern="(?=.)")
    yield group("split pattern look-around", [CLINICAL, *FEW], splitPattern=LOOK_AROUND)
    yield group("split pattern wins", splitPattern="o", splitChars=["e"])
    yield group("target words", targetPattern="\\w+", exceptions=["New York"])
    yield group("target \\w+", targetPattern="\\w+")
    yield group("target letters and digits", targetPattern="a-z-0-7")
    yield group("target unicode letters", targetPattern="\\p{L}")
    yield group("target POSIX", targetPattern="\\p{Alpha}\\p{Digit}")
    yield group("prefix", prefixPattern="\\A([^\\s\\w\\$\\.]*)")
    yield group("suffix", suffixPattern="([^\\s\\w]?)([^\\s\\w]*)\\z")
    yield group(
        "prefix and suffix",
        prefixPattern="\\A([^\\s\\p{L}\\d\\$\\.#]*)",
        suffixPattern="([^\\s\\p{L}\\d]?)([^\\s\\p{L}\\d]*)\\z",
    )
    yield group(
        "infix French",
        ["l'une d'un l'un, des l'extr\u00eame des l'extreme", *FEW],
        infixPatterns=["([\\p{L}\\w]+'{1})([\\p{L}\\w]+)"],
    )
    yield group(
        "infix contractions",
        infixPatterns=[
            "((?:\\p{L}\\.)+)",
            "([\\p{L}]+)(n't\\b)",
            "([\\p{L}]+)('(?:s|ll|d|re|ve|m))",
            "([\\$#]?\\d+(?:[^\\s\\d]{1}\\d+)*)",
            "([\\p{L}\\w]+)",
        ],
    )
    yield group("infix added", infixPatterns=["([^.]+)"], addInfixPattern="(\\w+)-(\\w+)")
    yield group("infix quoted and possessive", infixPatterns=["([^\\Q.,!?-\\E]++)(-?+)([^\\Q.,!?\\E]*+)"])
    yield group("context chars", contextChars=[".", ",", "!"])
    yield group("context chars of meaning", contextChars=["]", "^", "\\", "-", "["])
    yield group("context char added", addContextChars="#")
    yield group("min length 4, max length 5", minLength=4, maxLength=5)
    yield group("max length 0", ["a b"], maxLength=0)
    yield group("prefix without \\A", ["a"], prefixPattern="([.]*)")
    yield group("suffix without \\z", ["a"], suffixPattern="([.]*)")
    yield group("infix without group", ["a"], infixPatterns=["\\w+"])
    yield group("broken infix", ["a"], infixPatterns=["(["])
    yield group("broken exception", ["a"], exceptions=["("])
    yield group("broken target", ["a"], targetPattern="[")
    yield group("broken split pattern", ["a-b"], splitPattern="(")
    yield group("long split char", ["a"], splitChars=["ab"])
    yield group("empty split char", ["a"], splitChars=[""])
    yield group("long context char", ["a"], contextChars=["ab"])
    yield group("exception file is missing", ["a"], exceptionsPath="/not/here.txt")
    yield group("negative min length", ["a"], minLength=-1)
    yield group("max under min", ["a"], minLength=5, maxLength=2)
    yield Group(
        "Tokenizer", "two input columns", [assembler(), tokens(inputCols=["document", "text"])], [("a",)], ["token"]
    )
    yield Group("Tokenizer", "wrong column", [assembler(), tokens("text")], [("a",)], ["token"])
    yield Group("Tokenizer", "missing column", [assembler(), tokens("nothere")], [("a",)], ["token"])
    yield Group("Tokenizer", "no columns", [assembler(), ("Tokenizer", {})], [("a",)], ["token"])


# --- the small stages -----------------------------------------------------------------------------


def small_groups() -> Iterator[Group]:
    def after_tokens(stage: str, name: str, texts: list[str] = FEW, light: bool = False, **params: Any) -> Group:
        last = (stage, {"inputCols": ["token"], "outputCol": "out", **params})
        return Group(stage, name, [assembler(), tokens(), last], _rows(texts), ["out"], light=light)

    yield after_tokens("Normalizer", "defaults", TEXTS, light=True)
    yield after_tokens("Normalizer", "lowercase", lowercase=True)
    yield after_tokens("Normalizer", "words and digits", cleanupPatterns=["[^\\w\\d\\s]"])
    yield after_tokens("Normalizer", "two patterns", cleanupPatterns=["[aeiou]", "\\p{Punct}+"])
    yield after_tokens("Normalizer", "no pattern", cleanupPatterns=[])
    yield after_tokens("Normalizer", "lengths", minLength=3, maxLength=6)
    yield after_tokens("Normalizer", "lengths, lowercase", minLength=3, maxLength=6, lowercase=True)
    slang = {"file": "won't,will not\nlike,fancy\nMOVIE,film\ngood,very good indeed\n", "args": [","]}
    yield after_tokens("Normalizer", "slang", slangDictionary=slang)
    yield after_tokens("Normalizer", "slang, lowercase", slangDictionary=slang, lowercase=True)
    yield after_tokens("Normalizer", "broken pattern", ["a"], cleanupPatterns=["["])
    yield Group(
        "Normalizer",
        "sentences",
        [assembler(), sentences(), tokens("sentence"), ("Normalizer", {"inputCols": ["token"], "outputCol": "out"})],
        _rows(FEW),
        ["out"],
    )

    yield after_tokens("StopWordsCleaner", "defaults", TEXTS, light=True)
    yield after_tokens("StopWordsCleaner", "case-sensitive", caseSensitive=True)
    yield after_tokens("StopWordsCleaner", "own words", stopWords=["Movie", "the", "\u0130stanbul", "CAF\u00c9"])
    yield after_tokens("StopWordsCleaner", "own words, case-sensitive", stopWords=["Movie", "the"], caseSensitive=True)
    yield after_tokens("StopWordsCleaner", "no words", stopWords=[])
    yield after_tokens("StopWordsCleaner", "Turkish", stopWords=["\u0131", "istanbul", "it"], locale="tr")
    yield after_tokens("StopWordsCleaner", "unknown locale", ["a"], locale="xx-nowhere")

    yield after_tokens("Stemmer", "defaults", TEXTS, light=True)

    yield Group(
        "Stemmer",
        "after Normalizer and StopWordsCleaner",
        [
            assembler(),
            sentences(),
            tokens("sentence"),
            ("Normalizer", {"inputCols": ["token"], "outputCol": "normal", "lowercase": True}),
            ("StopWordsCleaner", {"inputCols": ["normal"], "outputCol": "clean"}),
            ("Stemmer", {"inputCols": ["clean"], "outputCol": "out"}),
        ],
        _rows(FEW),
        ["out"],
    )

    def assembled(name: str, middle: list[Stage], source: list[str], texts: list[str] = FEW, **params: Any) -> Group:
        last = ("TokenAssembler", {"inputCols": source, "outputCol": "out", **params})
        return Group("TokenAssembler", name, [assembler(), *middle, last], _rows(texts), ["out"], light=True)

    yield assembled("tokens", [tokens()], ["document", "token"], TEXTS)
    yield assembled("tokens, positions", [tokens()], ["document", "token"], TEXTS, preservePosition=True)
    yield assembled("sentences", [sentences(), tokens("sentence")], ["sentence", "token"], TEXTS)
    yield assembled(
        "sentences, positions", [sentences(), tokens("sentence")], ["sentence", "token"], preservePosition=True
    )
    cleaned: list[Stage] = [
        sentences(),
        tokens("sentence"),
        ("Normalizer", {"inputCols": ["token"], "outputCol": "normal", "lowercase": True}),
        ("StopWordsCleaner", {"inputCols": ["normal"], "outputCol": "clean"}),
    ]
    yield assembled("clean tokens", cleaned, ["sentence", "clean"])
    yield assembled("clean tokens of the document", cleaned, ["document", "clean"])
    yield assembled("clean tokens, positions", cleaned, ["sentence", "clean"], preservePosition=True)
    yield Group(
        "TokenAssembler",
        "array",
        [assembler(), tokens(), ("TokenAssembler", {"inputCols": ["document", "token"], "outputCol": "out"})],
        [(["a b.", "", "c"],), ([],)],
        ["out"],
        "text array<string not null>",
    )

    html = [
        "<p>Some <b>HTML</b> &amp; entities &lt;tag&gt;</p><br/>text",
        "<div id='theworldsgreatest' class='my-right my-hide-small my-wide toptext' style=\"font-family:'Segoe UI',Arial\">\n"
        "    THE WORLD'S LARGEST WEB DEVELOPER SITE\n    <h1 style=\"font-size:300%;\">THE WORLD'S LARGEST</h1>\n"
        '<p style="font-size:160%;">Lorem Ipsum is simply dummy text.  It has   survived.</p>\n</div>',
        "no tags  at   all",
        "<a>one</a><a>two</a> 10,000 a1b2",
        "x < y > z <unclosed",
    ]

    def normalized(name: str, texts: list[str] = html, **params: Any) -> Group:
        last = ("DocumentNormalizer", {"inputCols": ["document"], "outputCol": "out", **params})
        return Group("DocumentNormalizer", name, [assembler(), last], _rows(texts), ["out"], light=True)

    yield normalized("defaults", [*html, *TEXTS])
    for policy in ("all", "pretty_all", "first", "pretty_first"):
        yield normalized(
            f"policy {policy}", html + FEW[:12] + ["a1b2  c3", "  12  "], patterns=["<[^>]*>", "\\d+"], policy=policy
        )
        yield normalized(f"extract, policy {policy}", html, action="extract", patterns=["p", "a"], policy=policy)
    yield normalized("lowercase", html + FEW, lowercase=True)
    yield normalized("replacement", html + FEW, patterns=["[aeiou]"], replacement="$0_")
    yield normalized("empty replacement", html + FEW, patterns=["[^\\w\\s]"], replacement="")
    yield normalized("encoding", ["caf\u00e9 \u6211", "a"], encoding="ISO-8859-1")
    yield normalized("unknown policy", ["a"], policy="some")
    yield normalized("unknown action", ["a"], action="scrub")
    yield normalized("broken pattern", ["a"], patterns=["("])
    yield Group(
        "DocumentNormalizer",
        "then sentences and tokens",
        [
            assembler(),
            ("DocumentNormalizer", {"inputCols": ["document"], "outputCol": "normal", "lowercase": True}),
            sentences(inputCols=["normal"]),
            tokens("sentence"),
        ],
        _rows(html + FEW),
        ["sentence", "token"],
    )
    yield Group(
        "DocumentNormalizer",
        "array",
        [assembler(), ("DocumentNormalizer", {"inputCols": ["document"], "outputCol": "out"})],
        [(["<a>b</a>", "", "c"],), ([],)],
        ["out"],
        "text array<string not null>",
    )

    # What only experiments showed: one group for each finding.
    entries = (
        "hi,it's $5 OK\nUS,United  States\ncomma,a,b\nempty,\n Spaced , out \ndup,one\nDUP,two\nlong,abcdefgh ab cde\n"
    )
    kinds = ["hi US us comma empty spaced dup long", "hi. 'US' \u00c9 h-i"]
    yield after_tokens("Normalizer", "slang of all kinds", kinds, slangDictionary={"file": entries, "args": [","]})
    yield after_tokens(
        "Normalizer",
        "slang of all kinds, lengths",
        kinds,
        minLength=3,
        maxLength=6,
        slangDictionary={"file": entries, "args": [","]},
    )
    yield after_tokens(
        "Normalizer",
        "slang, delimiter of a pattern",
        ["a b"],
        slangDictionary={"file": "a || c\nb|d\n", "args": ["\\|+"]},
    )
    yield after_tokens(
        "Normalizer", "patterns before lower case", ["ABC abc aBc"], cleanupPatterns=["[a-z]"], lowercase=True
    )
    yield after_tokens("Normalizer", "patterns in turn", ["aabb aab"], cleanupPatterns=["ab", "ab"])
    yield after_tokens(
        "Normalizer",
        "lengths in UTF-16",
        ["\U0001f600 \U0001f600\U0001f600 ab a"],
        cleanupPatterns=["z"],
        minLength=2,
        maxLength=3,
    )
    yield after_tokens("Normalizer", "negative min length", ["a"], minLength=-1)
    for locale in ("tr", "tr_TR", "az", "en_US", ""):
        dotted = ["I x \u0130 \u0131 i THE istanbul \u0130stanbul ISTANBUL \u0131stanbul I\u0307stanbul"]
        words = ["I", "\u0131", "the", "\u0130stanbul", ""]
        yield after_tokens("StopWordsCleaner", f"locale {locale}", dotted, stopWords=words, locale=locale)
    yield after_tokens("Stemmer", "words of all kinds", STEMS)

    def rejoined(name: str, words: list[str], texts: list[str], **params: Any) -> Group:
        clean = ("StopWordsCleaner", {"inputCols": ["token"], "outputCol": "clean", "stopWords": words})
        last = ("TokenAssembler", {"inputCols": ["document", "clean"], "outputCol": "out", **params})
        return Group("TokenAssembler", name, [assembler(), tokens(), clean, last], _rows(texts), ["out"])

    gaps = [
        "a x b",
        "(x)",
        "(\u0085)",
        "a\u2187b",
        "a x\u0085\u2028x b",
        "a \u00a0 b",
        "a \u2003 \x1c b",
        "a\x0bx\x0c\r\n\tb",
        "\U0001f600 x \U0001f600",
        "x a x",
    ]
    yield rejoined("gaps", ["x", "\u0085", "\u00a0", "\u2003", "\x1c"], gaps)
    yield rejoined("gaps, positions", ["x", "\u0085", "\u00a0", "\u2003", "\x1c"], gaps, preservePosition=True)
    for positions in (False, True):
        slang = {"file": "won't,will not\nhi,hello hello hello\n", "args": [","]}
        normal = ("Normalizer", {"inputCols": ["token"], "outputCol": "normal", "slangDictionary": slang})
        yield assembled(
            f"overlapping tokens, positions {positions}",
            [tokens(), normal],
            ["document", "normal"],
            ["won't I hi there", "hi", "a hi"],
            preservePosition=positions,
        )
    yield assembled(
        "empty tokens",
        [tokens(), ("Stemmer", {"inputCols": ["token"], "outputCol": "stem"})],
        ["document", "stem"],
        ["a s b s s c s"],
    )
    yield Group(
        "TokenAssembler",
        "exploded sentences",
        [
            assembler(),
            sentences(explodeSentences=True),
            tokens("sentence"),
            ("TokenAssembler", {"inputCols": ["sentence", "token"], "outputCol": "out"}),
        ],
        _rows(["One two. Three."]),
        ["out"],
    )

    for policy in ("all", "pretty_all", "first", "pretty_first"):
        yield normalized(f"XML, policy {policy}", XML, action="extract", patterns=["p"], policy=policy)
    yield normalized("XML, any element", XML[:3], action="extract", patterns=["_"], policy="all")
    yield normalized("XML, lower case", ["<r><P>A</P><p>B</p></r>"], action="extract", patterns=["p"], lowercase=True)
    yield normalized(
        "white space",
        [
            "\t a\u00a0\u2003b \x1c c\n",
            " a\x85b \u2028 c",
            "a\x0bb\x0cc",
            "\x01a\x02 \x03b\x00 c\x1f",
            "\x01 \x02",
            "\x01 a",
        ],
    )
    yield normalized("groups", ["abc zab"], patterns=["(a)(b)"], replacement="\\$[$2$1]\\\\", policy="all")
    yield normalized("named group", ["abc"], patterns=["(?<n>a)"], replacement="${n}${n}", policy="all")
    yield normalized("patterns at once", ["aabb AB"], patterns=["(?i)ab", "b"], replacement="-", policy="all")
    yield normalized("lower case at last", ["ABC abc"], patterns=["A"], replacement="ZZ", lowercase=True)
    yield normalized("unknown group", ["abc", "zzz"], patterns=["(a)(b)"], replacement="$5")
    yield normalized("unknown group at the end", ["abc", "zzz"], patterns=["a"], replacement="$")
    yield normalized("encoding US-ASCII", ["caf\u00e9 \u6211\U0001f600 \u0081 x"], encoding="US-ASCII")
    yield normalized("encoding in lower case", ["caf\u00e9"], encoding="utf-8")
    yield normalized("unknown encoding", ["caf\u00e9"], encoding="nope")
    yield Group(
        "DocumentNormalizer",
        "sentences",
        [assembler(), sentences(), ("DocumentNormalizer", {"inputCols": ["sentence"], "outputCol": "out"})],
        _rows(["<b>One</b> two. Three  <i>four</i>. Five.", ""]),
        ["out"],
    )
    yield Group(
        "DocumentNormalizer",
        "id in metadata",
        [assembler(idCol="id"), ("DocumentNormalizer", {"inputCols": ["document"], "outputCol": "out"})],
        [("<b>One", "7")],
        ["out"],
        "text string, id string",
    )


# --- Finisher -------------------------------------------------------------------------------------


def finisher_groups() -> Iterator[Group]:
    texts = _rows([None, "", "One two. Three!", "caf\u00e9 # @ -> x"])

    def group(name: str, columns: list[str], **params: Any) -> Group:
        last = ("Finisher", {"inputCols": ["sentence", "token"], **params})
        return Group("Finisher", name, [assembler(), sentences(), tokens("sentence"), last], texts, columns)

    finished = ["finished_sentence", "finished_token"]
    yield group("defaults", finished)
    yield group("output names", ["s", "t"], outputCols=["s", "t"])
    yield group("strings", finished, outputAsArray=False)
    yield group("strings, symbols", finished, outputAsArray=False, annotationSplitSymbol="|", valueSplitSymbol="~")
    yield group("strings, metadata", finished, outputAsArray=False, includeMetadata=True)
    yield group(
        "strings, metadata, symbols",
        finished,
        outputAsArray=False,
        includeMetadata=True,
        annotationSplitSymbol="|",
        valueSplitSymbol="~",
    )
    yield group("metadata", [*finished, "finished_sentence_metadata", "finished_token_metadata"], includeMetadata=True)
    yield group("annotations kept", [*finished, "token"], cleanAnnotations=False)
    yield group("annotations dropped", [*finished, "document"])
    yield group("too few names", ["s"], outputCols=["s"])
    yield group("missing column", ["finished_x"], inputCols=["x"])
    yield group("no annotations", ["finished_text"], inputCols=["text"])
    yield group("no columns", ["x"], inputCols=[])
    yield group("embeddings", [*finished], parseEmbeddingsVectors=True)


# --- the classifier -------------------------------------------------------------------------------


def classifier_groups() -> Iterator[Group]:
    def group(name: str, texts: list[Any] = FEW, before: list[Stage] | None = None, **params: Any) -> Group:
        last = (
            "DistilBertForSequenceClassification",
            {"model": "onnx_2_cased", "inputCols": ["document", "token"], "outputCol": "class", **params},
        )
        return Group(
            "DistilBertForSequenceClassification",
            name,
            [*(before or [assembler(), tokens()]), last],
            _rows(texts),
            ["class"],
        )

    for model in ("onnx_2_cased", "onnx_7_uncased"):
        yield group(f"{model}, as saved", [None, *TEXTS], model=model)
        yield group(f"{model}, case-sensitive", TEXTS, model=model, caseSensitive=True)
        yield group(f"{model}, not case-sensitive", TEXTS, model=model, caseSensitive=False)
        yield group(f"{model}, 8 pieces", model=model, maxSentenceLength=8)
        yield group(f"{model}, sigmoid", model=model, activation="sigmoid")
        yield group(f"{model}, sigmoid, threshold", model=model, activation="sigmoid", threshold=0.8)
        yield group(f"{model}, multilabel", model=model, multilabel=True)
        split: list[Stage] = [assembler(), sentences(), tokens("sentence")]
        for size in (2, 8):
            both = {"model": model, "inputCols": ["token", "sentence"], "batchSize": size}
            yield group(f"{model}, sentences by {size}", before=split, **both)
            yield group(f"{model}, sentences by {size}, coalesced", before=split, coalesceSentences=True, **both)
        yield group(
            f"{model}, sentences coalesced, sigmoid", before=split, **both, coalesceSentences=True, activation="sigmoid"
        )
        exploded: list[Stage] = [assembler(), sentences(explodeSentences=True), tokens("sentence")]
        yield group(f"{model}, exploded sentences", before=exploded, **both)
        yield group(f"{model}, sentences, tokens of the document", before=[assembler(), sentences(), tokens()], **both)
    yield group("split tokens", before=[assembler(), tokens(splitChars=["-", "'"], minLength=2)])
    normal: list[Stage] = [
        assembler(),
        tokens(),
        ("Normalizer", {"inputCols": ["token"], "outputCol": "normal", "lowercase": True}),
        ("StopWordsCleaner", {"inputCols": ["normal"], "outputCol": "clean"}),
        ("Stemmer", {"inputCols": ["clean"], "outputCol": "stem"}),
    ]
    yield group("normalized tokens", before=normal, inputCols=["document", "normal"])
    yield group("clean tokens", before=normal, inputCols=["document", "clean"])
    yield group("stems", before=normal, inputCols=["document", "stem"])
    yield group("1 piece", ["a"], maxSentenceLength=1)
    yield group("513 pieces", ["a"], maxSentenceLength=513)
    yield group("0 pieces", ["a"], maxSentenceLength=0)
    yield group("batch size 0", ["a"], batchSize=0)
    yield group("one column", ["a"], inputCols=["document"])
    yield group("three columns", ["a"], inputCols=["document", "token", "text"])
    yield group(
        "two document columns", ["a"], before=[assembler(), sentences(), tokens()], inputCols=["document", "sentence"]
    )
    yield group("missing column", ["a"], inputCols=["document", "nothere"])
    yield group("column without annotations", ["a"], inputCols=["document", "text"])
    yield group("columns of a wrong type", ["a"], inputCols=7)
    yield group("columns as arguments", ["a"], inputCols={"args": ["document", "token"]})
    yield group("unknown activation", ["a good film"], activation="tanh")
    yield group("threshold over 1", ["a good film"], threshold=1.5)
    yield group("no tokenizer", ["a"], before=[assembler()])
    yield Group(
        "DistilBertForSequenceClassification",
        "default columns",
        [assembler(), tokens(), ("DistilBertForSequenceClassification", {"model": "onnx_2_cased"})],
        [("a",)],
        ["*"],
    )
    yield Group(
        "DistilBertForSequenceClassification",
        "default output column",
        [
            assembler(),
            tokens(),
            ("DistilBertForSequenceClassification", {"model": "onnx_2_cased", "inputCols": ["document", "token"]}),
        ],
        [("a",)],
        ["*"],
    )
    yield Group(
        "DistilBertForSequenceClassification",
        "documents of an array",
        [
            assembler(),
            tokens(),
            (
                "DistilBertForSequenceClassification",
                {"model": "onnx_2_cased", "inputCols": ["document", "token"], "outputCol": "class"},
            ),
        ],
        [(["a good film", "", "bad plot."],), (["one"],)],
        ["class"],
        "text array<string not null>",
    )


# --- LightPipeline --------------------------------------------------------------------------------


def light_groups() -> Iterator[Group]:
    texts = [*PLAIN[:4], "", "  ", "I 😀 love it", "café"]
    two = texts[:2]
    forms: tuple[tuple[str, list[Any]], ...] = (
        *(("annotate", [t]) for t in texts),
        *(("fullAnnotate", [t]) for t in texts),
        ("annotate", [texts]),
        ("fullAnnotate", [texts]),
        ("annotate", [[]]),
        ("fullAnnotate", [[]]),
        ("annotate", [[7, 8], two]),
        ("fullAnnotate", [[7, 8], two]),
        ("annotate", [two[0], two[1]]),
        ("fullAnnotate", [two[0], two[1]]),
        ("annotate", [two, two]),
        ("fullAnnotate", [two, two]),
        ("annotate", [7]),
        ("annotate", [None]),
        ("annotate", [[1, 2]]),
        ("annotate", [["a", None]]),
        ("fullAnnotate", [7]),
        ("fullAnnotate", [{"a": "b"}]),
        ("fullAnnotate", [[1]]),
        ("annotate", [[1], ["a", "b"]]),
    )

    def group(name: str, *stages: Stage, calls: tuple[tuple[str, list[Any]], ...] = forms) -> Group:
        return Group("LightPipeline", name, list(stages), [], [], calls=calls)

    yield group("tokens", assembler(), tokens())
    yield group("sentences", assembler(cleanupMode="shrink"), sentences(), tokens("sentence"))
    yield group("exploded sentences", assembler(), sentences(explodeSentences=True), tokens("sentence"))
    yield group("lazy annotator", assembler(), sentences(lazyAnnotator=True), tokens())
    yield group("lazy annotator that is read", assembler(), sentences(lazyAnnotator=True), tokens("sentence"))
    yield group("finisher", assembler(), sentences(), tokens("sentence"), ("Finisher", {"inputCols": ["token"]}))
    yield group(
        "finisher with metadata",
        assembler(),
        tokens(),
        ("Finisher", {"inputCols": ["token", "document"], "outputCols": ["t", "d"], "includeMetadata": True}),
    )
    yield group("wrong column", assembler(), tokens("sentence"), calls=(("annotate", ["a"]), ("fullAnnotate", ["a"])))


def groups() -> list[Group]:
    """All groups."""
    makers = (
        assembler_groups,
        sentence_groups,
        token_groups,
        small_groups,
        finisher_groups,
        classifier_groups,
        light_groups,
    )
    found = [group for make in makers for group in make()]
    assert len({(g.stage, g.name) for g in found}) == len(found)
    return found
