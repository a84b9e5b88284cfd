"""tokenizer.json and its neighbours: what could stall or kill a worker, and what is damaged, is refused by name."""

import base64
import json
import random
import shutil
import time

import pytest
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from sparkcls.engine.encoder import TextEncoder
from sparkcls.engine.tokenizer import load_tokenizer
from sparkcls.errors import ModelFormatError
from sparkcls.models.layout import read_model_folder
from sparkcls.models.textfiles import MOST_BYTES, read_json
from sparkcls.models.tokenizer_json import read_tokenizer_json
from sparkcls.models.tokenizer_patterns import flaw_of

GPT2 = r"""'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"""
LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
    r"|\s+(?!\S)|\s+"
)


@pytest.mark.parametrize(
    "pattern", ["", " {2,}", GPT2, LLAMA3, r"\p{N}{1,3}(?=(?:\p{N}{3})*(?:\P{N}|$))", r"[]a[b]+]+"]
)
def test_patterns_of_published_tokenizers_pass(pattern):
    assert flaw_of(pattern) is None


@pytest.mark.parametrize(
    ("pattern", "flaw"),
    [
        ("(a+)+b", "repeats a repetition"),
        ("(?:a|b*)*", "repeats a repetition"),
        ("((x{2,9}y)z){3,}", "repeats a repetition"),
        ("(?:(?:a{100}){100}){100}", "repeats a repetition"),
        (r"(a*)\1", "refers to a group"),
        (r"(?<n>a)\k<n>", "refers to a group"),
        ("a*a*a*b", "unbounded repetitions in a row"),
        ("(?:a*b*|c)d*", "unbounded repetitions in a row"),
        ("a{100000}", "repeats over 1,000 times"),
        ("a" * 2_000, "has 2,000 characters"),
    ],
)
def test_patterns_that_run_away_are_refused(pattern, flaw):
    assert flaw in flaw_of(pattern)


def of_its_file(folder, **changes):
    """Let tokenizer.json say it all, with these parts changed."""
    file = folder / "tokenizer.json"
    content = json.loads(file.read_text()) | changes
    file.write_text(json.dumps(content))
    (folder / "tokenizer_config.json").write_text('{"tokenizer_class": "PreTrainedTokenizerFast"}')
    return content


@pytest.fixture
def folder(tiny_model, tmp_path):
    """A copy that a test may damage."""
    return shutil.copytree(tiny_model, tmp_path / "copy")


def replace(pattern, content):
    return {"type": "Replace", "pattern": {"String": pattern}, "content": content}


def sequence(*parts):
    return {"type": "Sequence", "normalizers": list(parts)}


def charsmap(replacement):
    return {
        "type": "Precompiled",
        "precompiled_charsmap": base64.b64encode((4).to_bytes(4, "little") + b"\0" * 4 + replacement + b"\0").decode(),
    }


def token(text):
    flags = dict.fromkeys(("lstrip", "rstrip", "single_word", "normalized", "special"), False)
    return flags | {"id": 5, "content": text}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"normalizer": sequence(*[replace("a", "aa")] * 30)},
            "replacements of normalizer can make a text 1,073,741,824",
        ),
        ({"normalizer": sequence(sequence(*[replace("a", "b")] * 51))}, "normalizer has 51 parts"),
        ({"normalizer": replace("a", "b" * 1_000_000)}, "content of Replace has 1,000,000 characters"),
        ({"normalizer": {"type": "Prepend", "prepend": "b" * 2_000}}, "prepend of Prepend has 2,000"),
        (
            {"normalizer": replace("a", "") | {"pattern": {"Regex": "(a+)+b"}}},
            r"the pattern '\(a\+\)\+b' of Replace repeats",
        ),
        ({"normalizer": charsmap(b"x" * 100_000)}, "precompiled_charsmap makes over 64 bytes of one character"),
        ({"normalizer": {"type": "Precompiled", "precompiled_charsmap": "AAAA"}}, "precompiled_charsmap is cut off"),
        (
            {
                "pre_tokenizer": {
                    "type": "Split",
                    "pattern": {"Regex": "(a|a*)*"},
                    "behavior": "Isolated",
                    "invert": False,
                }
            },
            "pre_tokenizer: the pattern .* repeats a repetition",
        ),
        ({"added_tokens": [token("x" * 20_000_000)]}, "an entry of added_tokens has over 1,000 characters"),
        ({"added_tokens": [token(f"<{i}>") for i in range(30_000)]}, "added_tokens has 30,000 entries"),
        ({"model": {"type": "BPE", "dropout": 0.1, "vocab": {}, "merges": []}}, "model.dropout is 0.1"),
        (
            {"model": {"type": "Unigram", "unk_id": 0, "vocab": [["a" * 2_000, 0.0]]}},
            "an entry of model.vocab has over",
        ),
        ({"model": {"vocab": {"a": 0}, "unk_token": "u" * 5_000}}, "model.unk_token has over"),
        ({"model": {"vocab": 5}}, "cannot be read as a tokenizer's"),
        ({"added_tokens": 5}, "cannot be read as a tokenizer's"),
        ({"normalizer": "BertNormalizer"}, "cannot be read as a tokenizer's"),
    ],
)
def test_tokenizers_that_stall_a_worker_are_refused(folder, changes, message):
    of_its_file(folder, **changes)
    started = time.process_time()
    with pytest.raises(ModelFormatError, match=message):
        TextEncoder(read_model_folder(folder))
    assert time.process_time() - started < 5


def test_words_have_a_limit(folder):
    content = json.loads((folder / "tokenizer.json").read_text())
    content["model"]["max_input_chars_per_word"] = 10**18
    of_its_file(folder, **content)
    with pytest.raises(
        ModelFormatError, match="max_input_chars_per_word is 1000000000000000000; expected at most 1,000"
    ):
        TextEncoder(read_model_folder(folder))


def test_unigrams_have_a_limit(folder):
    random_ = random.Random(0)
    vocabulary = [["".join(random_.choices("abcdefgh", k=900)), -1.0] for _ in range(4_000)]
    of_its_file(folder, model={"type": "Unigram", "unk_id": 0, "vocab": vocabulary})
    with pytest.raises(ModelFormatError, match="model.vocab makes a tree of 3,[0-9,]+ nodes"):
        TextEncoder(read_model_folder(folder))
    prefix = "x" * 800
    shared = {"type": "Unigram", "unk_id": 0, "vocab": [[prefix + str(i), -1.0] for i in range(4_000)]}
    of_its_file(folder, model=shared)
    read_tokenizer_json(folder / "tokenizer.json")


def test_files_have_a_limit(tmp_path):
    file = tmp_path / "tokenizer.json"
    file.write_bytes(b" " * (MOST_BYTES + 1))
    with pytest.raises(ModelFormatError, match="has 40,000,001 bytes"):
        read_json(file)
    file.write_bytes(b"[" + b"{}," * 3_000_000 + b"0]")
    with pytest.raises(ModelFormatError, match="more than 2,500,000 objects"):
        read_json(file)
    file.write_bytes(b"[" * 100_000)
    with pytest.raises(ModelFormatError, match="cannot be read as JSON"):
        read_json(file)


def of_every_kind():
    """Tokenizers with the components of BERT, RoBERTa, XLM-R, DeBERTa and ModernBERT."""
    letters = {c: i for i, c in enumerate("abcdefghijklmnopqrstuvwxyzĠ▁ ")}
    byte_level = Tokenizer(models.BPE(vocab=letters | {"ab": 40, "Ġa": 41}, merges=[("a", "b"), ("Ġ", "a")]))
    byte_level.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    byte_level.post_processor = processors.RobertaProcessing(("a", 0), ("b", 1))
    modern = Tokenizer(models.BPE(vocab=letters, merges=[], byte_fallback=False))
    modern.normalizer = normalizers.NFC()
    from tokenizers import Regex

    modern.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(GPT2), "isolated"), pre_tokenizers.ByteLevel(False, use_regex=False)]
    )
    pieces = [("<unk>", 0.0), *((c, -3.0) for c in letters)]
    unigram = Tokenizer(models.Unigram(pieces, unk_id=0, byte_fallback=False))
    unigram.normalizer = normalizers.Sequence(
        [
            normalizers.Replace("``", '"'),
            normalizers.Replace(Regex(" {2,}"), "▁"),
            normalizers.NFKD(),
            normalizers.StripAccents(),
            normalizers.Lowercase(),
        ]
    )
    unigram.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    for tokenizer in (modern, unigram):
        tokenizer.post_processor = processors.TemplateProcessing(
            single=["a", "$A", "b"], special_tokens=[("a", 0), ("b", 1)]
        )
    return [byte_level, modern, unigram]


@pytest.mark.parametrize("tokenizer", of_every_kind())
def test_every_kind_of_tokenizer_is_read(folder, tokenizer):
    of_its_file(folder, **json.loads(tokenizer.to_str()))
    found, settings = load_tokenizer(read_model_folder(folder))
    assert found.encode("a  bad ab").ids == tokenizer.encode("a  bad ab").ids
    assert settings.truncation_side == "right"


def mutated(content, random_):
    """The content with one value, anywhere, replaced, doubled or removed."""
    strange = [None, True, -1, 2.5, 10**18, "", "x", "\ud800", [], {}, ["a"], {"a": 1}, {"type": "Sequence"}]
    at = content
    while True:
        key = random_.choice(list(at) if isinstance(at, dict) else range(len(at)))
        if not isinstance(at[key], (dict, list)) or not at[key] or random_.random() < 0.3:
            break
        at = at[key]
    if random_.random() < 0.3:
        del at[key]
    else:
        at[key] = random_.choice(strange)
    return content


@pytest.mark.parametrize(
    "name",
    [
        "tokenizer.json in full",
        "tokenizer.json",
        "tokenizer_config.json",
        "added_tokens.json",
        "special_tokens_map.json",
    ],
)
def test_damaged_files_raise_nothing_else(folder, name):
    name, _, in_full = name.partition(" ")
    content = json.loads((folder / "tokenizer.json").read_text())
    for piece in list(content["model"]["vocab"])[30:]:
        del content["model"]["vocab"][piece]
    (folder / "tokenizer.json").write_text(json.dumps(content))
    (folder / "added_tokens.json").write_text('{"covid": 30, "<ent>": 31}')
    listed = {"cls_token": "[CLS]", "additional_special_tokens": [{"content": "<ent>", "lstrip": True}, "<url>"]}
    (folder / "special_tokens_map.json").write_text(json.dumps(listed))
    config = json.loads((folder / "tokenizer_config.json").read_text())
    if name == "tokenizer_config.json":
        decoder = content["added_tokens"]
        config["added_tokens_decoder"] = {t["id"]: {k: v for k, v in t.items() if k != "id"} for t in decoder}
    if in_full:
        config["tokenizer_class"] = "PreTrainedTokenizerFast"
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    model = read_model_folder(folder)
    TextEncoder(model)
    text = (folder / name).read_text()
    random_ = random.Random(name + in_full)
    refused = 0
    for _ in range(400):
        changed = json.dumps(mutated(json.loads(text), random_))
        (folder / name).write_text(changed if random_.random() < 0.8 else changed[: random_.randrange(len(changed))])
        try:
            encoder = TextEncoder(model)
            encoder.encode(["a good film"], "huggingface", False)
        except ModelFormatError:
            refused += 1
    assert refused > 100


def test_parts_that_give_no_ids_are_left_out(folder):
    of_its_file(folder, decoder={"type": "Replace", "pattern": {"Regex": "(a+)+"}, "content": "b"})
    assert read_tokenizer_json(folder / "tokenizer.json")["decoder"] is None
    load_tokenizer(read_model_folder(folder))
