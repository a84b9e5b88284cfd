"""What is run through Spark NLP: groups of texts with the stages and Params that they go through.

A group's cases are its rows. `stage` names what is under test; earlier stages only feed it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.reference.texts import AWKWARD, CLINICAL, FEW, PLAIN, SPACED, TEXTS

Stage = tuple[str, dict[str, Any]]

STRING = "text string"


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
        Output columns that are recorded.
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


def groups() -> list[Group]:
    """All groups that need no model."""
    makers = (assembler_groups, sentence_groups, token_groups, small_groups, finisher_groups)
    found = [group for make in makers for group in make()]
    assert len({(g.stage, g.name) for g in found}) == len(found)
    return found
