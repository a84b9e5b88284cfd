"""Tokenizers of every class from folders of every shape: the ids and token types of `transformers`, or a refusal."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tokenizers import AddedToken
from transformers import AutoTokenizer

from sparkcls.engine.contract import HUGGINGFACE
from sparkcls.engine.encoder import TextEncoder
from sparkcls.errors import ModelFormatError
from sparkcls.families.shape import Shape as NetworkShape
from tests.tokenizer_folders import KINDS, charsmap, files_of_3, files_of_4, files_of_5, sentencepiece_file

pytestmark = pytest.mark.newest

TEXTS = [
    "",
    " ",
    "a good film",
    "I didn't like THE movie in New York! Really?",
    "  the  plot\t\nwas \r\n good  ",
    "we lost the game and the market fell and the shares rose and the story was fine",
    "don't\u00a0stop\u3000now \u2028 x\u200bb",
    "ﬁne ＡＢ Ｃ ½ e\u0301 é ñ Ω",
    "naïve ÄRGER Größe İstanbul ǅ",
    "我喜欢电影 film 한국어 ไทย नमस्ते",
    "🙂 🙃🙂 👩‍👩‍👧",
    "``quoted'' 10,000 9,5 $100 a_b-c...!? (x) [y]",
    "\x00a\x07b\x1f c\ufeff",
    "▁a ▁▁b _c",
    "x <s> a </s>  <mask>  b <unk> <pad> <MASK> <S>",
    "x [CLS] a [SEP]  [MASK]  b [UNK] [PAD] [mask] [Cls]",
    "<s>NOTUSED x </s>NOTUSED <unk>NOTUSED <eop> <eod> <cls><sep>",
    "say <ent> or covid Covid covidx now",
]
LIMITS = (10, 64)
ADDED = (AddedToken("covid"), AddedToken("<ent>", lstrip=True, special=True, normalized=False))

Make = Callable[[Path], None]


@dataclass(frozen=True)
class Shape:
    """A folder of a family. With `refused` it is, by a message with these words."""

    family: str
    name: str
    make: Make
    refused: str | None = None

    def __str__(self) -> str:
        return f"{self.family} {self.name}"


def changed(make: Make, name: str, change: Callable[[dict[str, Any]], None]) -> Make:
    """The same with the content of a JSON file changed."""

    def both(folder: Path) -> None:
        make(folder)
        file = folder / name
        content = json.loads(file.read_text()) if file.exists() else {}
        change(content)
        file.write_text(json.dumps(content))

    return both


def updated(make: Make, name: str, **values: Any) -> Make:
    return changed(make, name, lambda content: content.update(values))


def without(make: Make, *names: str) -> Make:
    def both(folder: Path) -> None:
        make(folder)
        for name in names:
            (folder / name).unlink()

    return both


def with_file(make: Make, name: str, content: bytes) -> Make:
    def both(folder: Path) -> None:
        make(folder)
        (folder / name).write_bytes(content)

    return both


def with_sentencepiece(family: str, **options: Any) -> Make:
    make = partial(files_of_3, family)
    return with_file(make, KINDS[family].files[0], sentencepiece_file(family, **options))


def of_3(family: str, **settings: Any) -> Make:
    return lambda folder: files_of_3(family, folder, **settings)


def of_4(family: str, **settings: Any) -> Make:
    return lambda folder: files_of_4(family, folder, **settings)


def of_5(family: str, **settings: Any) -> Make:
    return lambda folder: files_of_5(family, folder, **settings)


def of_every_kind(family: str) -> list[Shape]:
    kind = KINDS[family]
    fast = f"{kind.tokenizer}Fast"
    inputs = ["input_ids", "token_type_ids", "attention_mask"]
    return [
        Shape(family, "5", of_5(family)),
        Shape(family, "5 cut on the left", of_5(family, truncation_side="left", padding_side="left")),
        Shape(family, "5 settings are gone", without(of_5(family), "tokenizer_config.json")),
        Shape(family, "5 special tokens split", of_5(family, split_special_tokens=True)),
        Shape(family, "5 a token with a name", of_5(family, url_token="<ent>")),
        Shape(family, "5 more special tokens", of_5(family, extra_special_tokens=["<ent>", "covid"])),
        Shape(family, "4", of_4(family)),
        Shape(family, "4.18", of_4(family, early=True)),
        Shape(family, "4 added tokens", of_4(family, added=ADDED)),
        Shape(family, "4.18 added tokens", of_4(family, early=True, added=ADDED)),
        Shape(family, "4 class with Fast", of_4(family, tokenizer_class=fast)),
        Shape(family, "4 as in its file", of_4(family, tokenizer_class="PreTrainedTokenizerFast")),
        Shape(
            family,
            "4 class in config.json",
            updated(of_4(family, tokenizer_class=None), "config.json", tokenizer_class=kind.tokenizer),
        ),
        Shape(family, "4 no token types", of_4(family, model_input_names=inputs[::2])),
        Shape(family, "3", of_3(family)),
        Shape(
            family,
            "3 files alone",
            without(of_3(family), "tokenizer_config.json", "special_tokens_map.json"),
        ),
        Shape(family, "3 special tokens without flags", without(of_3(family), "special_tokens_map.json")),
        Shape(family, "3 more special tokens", of_3(family, additional_special_tokens=["<ent>"])),
        Shape(
            family,
            "3 listed tokens",
            updated(of_3(family), "special_tokens_map.json", **{"additional_special_tokens": ["<ent>", "covid"]}),
        ),
        Shape(family, "nothing", lambda folder: None, "has no tokenizer; put tokenizer.json or"),
        Shape(family, "another class", of_4(family, tokenizer_class="T5Tokenizer"), "tokenizer_class is 'T5Tokenizer'"),
        Shape(
            family,
            "another model in its file",
            changed(of_4(family), "tokenizer.json", lambda c: c.update(model={"type": "WordLevel", "vocab": {"a": 0}})),
            "its model is of type WordLevel",
        ),
        Shape(
            family,
            "no frame in its file",
            updated(of_4(family), "tokenizer.json", post_processor=None),
            None if family == "albert" else "its post_processor is None",
        ),
    ]


def with_bytes(content: dict[str, Any]) -> None:
    content["model"]["byte_fallback"] = True


def of_its_normalizer(kind: str) -> Callable[[dict[str, Any]], None]:
    return lambda content: content.update(normalizer={"type": kind})


SPECIAL = [
    Shape("roberta", "5 prefix space", of_5("roberta", add_prefix_space=True)),
    Shape("roberta", "3 prefix space", of_3("roberta", add_prefix_space=True)),
    Shape("roberta", "settings of others", of_4("roberta", never_split=["film"], do_lower_case=True)),
    Shape("roberta", "no merges", without(of_3("roberta"), "merges.txt"), "has no tokenizer"),
    Shape("roberta", "merges of three", with_file(of_3("roberta"), "merges.txt", b"a b c\n"), "has the line 'a b c'"),
    Shape(
        "roberta", "merges of nothing", with_file(of_3("roberta"), "merges.txt", b"\xc4\xa0\xc3\xbf q\n"), "cannot be"
    ),
    Shape("roberta", "lower case", changed(of_4("roberta"), "tokenizer.json", of_its_normalizer("Lowercase")), "none"),
    Shape(
        "roberta",
        "other words",
        updated(of_4("roberta"), "tokenizer.json", pre_tokenizer={"type": "Whitespace"}),
        "its pre_tokenizer is",
    ),
    Shape(
        "roberta",
        "whole words first",
        changed(of_4("roberta"), "tokenizer.json", lambda c: c["model"].update(ignore_merges=True)),
        "ignore_merges True",
    ),
    *(Shape(f, "of RoBERTa's class", of_4("roberta")) for f in ("longformer", "bart")),
    *(
        Shape(f, "of its class", of_4("roberta", tokenizer_class=f"{f.capitalize()}TokenizerFast"))
        for f in ("longformer", "bart")
    ),
    Shape("modernbert", "5", of_5("modernbert")),
    Shape("modernbert", "of a class that does not count", of_5("modernbert", tokenizer_class="BertTokenizer")),
    Shape("modernbert", "with token types", of_5("modernbert", model_input_names=["input_ids", "token_type_ids"])),
    Shape("modernbert", "of its files", of_3("roberta"), "needs tokenizer.json"),
    *(
        Shape("t5", f"of {name}", of_5("modernbert", tokenizer_class=name), refused)
        for name, refused in (("T5Tokenizer", "is 'T5Tokenizer'"), (None, "is None"), ("PreTrainedTokenizerFast", None))
    ),
    Shape("electra", "of its class", of_5("electra", tokenizer_class="ElectraTokenizerFast")),
    Shape("bert", "5", of_5("bert")),
    Shape("bert", "without token types", of_5("bert", model_input_names=["input_ids"])),
    Shape("xlm-roberta", "no prefix space", of_5("xlm-roberta", add_prefix_space=False)),
    Shape("xlm-roberta", "3 no prefix space", of_3("xlm-roberta", add_prefix_space=False)),
    Shape("xlm-roberta", "other names", of_3("xlm-roberta", mask_token="<m>", pad_token="<p>", unk_token="<u>")),
    Shape("xlm-roberta", "bytes", changed(of_4("xlm-roberta"), "tokenizer.json", with_bytes), "byte_fallback True"),
    Shape(
        "xlm-roberta",
        "lower case",
        changed(of_4("xlm-roberta"), "tokenizer.json", of_its_normalizer("Lowercase")),
        "its normalizer has Lowercase",
    ),
    Shape(
        "xlm-roberta",
        "another normalizer",
        changed(of_4("xlm-roberta"), "tokenizer.json", of_its_normalizer("ByteLevel")),
        "its normalizer has",
    ),
    Shape(
        "xlm-roberta",
        "another unknown piece",
        changed(of_4("xlm-roberta"), "tokenizer.json", lambda c: c["model"].update(unk_id=5)),
        "unk_id 5",
    ),
    Shape(
        "xlm-roberta",
        "other words",
        updated(of_4("xlm-roberta"), "tokenizer.json", pre_tokenizer={"type": "Whitespace"}),
        "its pre_tokenizer is",
    ),
    *(
        Shape(f, f"3 {name}", with_sentencepiece(f, **options))
        for f in ("xlm-roberta", "camembert", "albert", "deberta-v2", "xlnet")
        for name, options in (
            ("no table", {}),
            ("a piece of the user's", {"user_defined": "▁covid", "charsmap": charsmap()}),
        )
    ),
    Shape("xlm-roberta", "merged pieces", with_sentencepiece("xlm-roberta", model_type="bpe"), "model_type is BPE"),
    Shape("xlm-roberta", "characters", with_sentencepiece("xlm-roberta", model_type="char"), "model_type is char"),
    Shape("xlm-roberta", "cut off", with_file(of_3("xlm-roberta"), "sentencepiece.bpe.model", b"\x0a\xff"), "cut off"),
    Shape("xlm-roberta", "empty", with_file(of_3("xlm-roberta"), "sentencepiece.bpe.model", b""), "has no pieces"),
    *(
        Shape("albert", f"{version} {settings}", make("albert", **settings))
        for version, make in (("3", of_3), ("4", of_4), ("5", of_5))
        for settings in ({"keep_accents": True}, {"do_lower_case": False})
        if version != "5"
    ),
    Shape(
        "albert", "4 case contradicts", updated(of_4("albert"), "tokenizer_config.json", do_lower_case=False), "Lower"
    ),
    Shape("albert", "3 case is null", of_3("albert", do_lower_case=None)),
    Shape(
        "albert", "3 a limit in its settings", of_3("albert", tokenizer_truncation={"max_length": 5}), "tokenizer_trunc"
    ),
    Shape("albert", "3 add_bos_token", of_3("albert", add_bos_token=True), "add_bos_token puts other"),
    Shape("deberta-v2", "3 lower case", of_3("deberta-v2", do_lower_case=True)),
    Shape("deberta-v2", "4 lower case", of_4("deberta-v2", do_lower_case=True)),
    Shape("deberta-v2", "3 punctuation", of_3("deberta-v2", split_by_punct=True)),
    Shape("deberta-v2", "4 punctuation", of_4("deberta-v2", split_by_punct=True)),
    Shape("deberta-v2", "3 no prefix space", of_3("deberta-v2", add_prefix_space=False)),
    Shape("deberta-v2", "unknown piece", of_5("deberta-v2", unk_token="film", unk_id=7), "unk_id 3"),
    Shape("deberta-v2", "unknown piece beyond all", of_5("deberta-v2", unk_token="film", unk_id=7000), "is 7000"),
    Shape("deberta-v2", "unknown piece of text", of_5("deberta-v2", unk_id="7"), "unk_id is '7'"),
    Shape("xlnet", "3 lower case", of_3("xlnet", do_lower_case=True)),
    Shape("xlnet", "3 no prefix space", of_3("xlnet", add_prefix_space=False)),
    Shape("xlnet", "3 accents kept", of_3("xlnet", keep_accents=True)),
]
SHAPES = [*(shape for family in KINDS for shape in of_every_kind(family)), *SPECIAL]


def encoder_of(folder: Path) -> TextEncoder:
    """The encoder of a folder without weights."""
    config = json.loads((folder / "config.json").read_text())
    stand_in = SimpleNamespace(
        path=folder,
        config=config,
        family=SimpleNamespace(original=None),
        shape=NetworkShape(10_000, 512, 1, 1, 8, 8, 8, "gelu", 1e-12, types=2),
        positions=512,
    )
    return TextEncoder(stand_in)  # type: ignore[arg-type]


def compare(folder: Path) -> None:
    theirs = AutoTokenizer.from_pretrained(folder)
    ours = encoder_of(folder)
    encoded: list[Any] = ours.encode(TEXTS, HUGGINGFACE, False)
    for limit in LIMITS:
        expected = theirs(TEXTS, truncation=True, max_length=limit)["input_ids"]
        assert [ours.finish(ids, limit)[0] for ids in encoded] == expected
    pairs = list(zip(TEXTS[1:], reversed(TEXTS[1:]), strict=True))
    expected = theirs(*map(list, zip(*pairs, strict=True)), truncation=True, max_length=12)
    ids = dict(zip(TEXTS, encoded, strict=True))
    found = [ours.finish_pair(ids[a], ids[b], 12)[0] for a, b in pairs]
    assert [list(pair) for pair in found] == expected["input_ids"]
    types = [[int(i >= pair.second) for i in range(len(pair))] for pair in found]
    assert types == expected.get("token_type_ids", [[0] * len(pair) for pair in found])


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_shapes(shape: Shape, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": shape.family}))
    shape.make(tmp_path)
    if shape.refused is None:
        compare(tmp_path)
    else:
        with pytest.raises(ModelFormatError, match=shape.refused):
            encoder_of(tmp_path)
