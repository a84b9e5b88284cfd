"""Model folders of every shape that `transformers` 3, 4 and 5 leave behind: its ids and scores, or a refusal that says why.

The tokenizer's files are those of `tests/folders.py`. What `transformers` answers is asked of the version that is
installed, through its own AutoTokenizer and text-classification pipeline.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from tokenizers import AddedToken, Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    DistilBertConfig,
    DistilBertForSequenceClassification,
    TextClassificationPipeline,
)

from sparkcls.base import LightPipeline
from sparkcls.engine.contract import HUGGINGFACE
from sparkcls.engine.encoder import TextEncoder
from sparkcls.errors import ModelFormatError
from sparkcls.models.layout import read_model_folder
from tests.folders import NAMES, RENAMED, Saved, files_of_3, files_of_4, files_of_4_early, files_of_5, write
from tests.models import vocabulary
from tests.pipelines import classifier_of, pipeline_of
from tests.reference_models import FLOAT32

pytestmark = pytest.mark.newest

LOWER, CASED = vocabulary(), vocabulary(cased=True)
OTHER_NAMES = [{usual: RENAMED[name] for name, usual in NAMES.items()}.get(piece, piece) for piece in LOWER]
#: Rows of the embeddings: some are left for added tokens.
ROWS = len(CASED) + 20
LIMIT = 12

TEXTS = [
    "a good film",
    "I didn't like THE movie in New York!",
    "covid was BAD; Covidx covid",
    "say <ent> or [URL] or [url] <ENT> now",
    "café naïve ÄRGER ärger",
    "x <a> y <b> z hash hashes Xx xx",
    "我喜欢 film",
    "[UNK] [SEP] [MASK] <unk> <s> </s> <mask>",
    "the plot was good and the story fine and the market fell and we lost the game",
    "New-York new-york",
    "ß 🙂 zero",
    "a  bad,   boring film \t and a good one, they liked it; i hated it",
]

Make = Callable[[Path], None]


@dataclass(frozen=True)
class Shape:
    """A folder; `make` changes one that is plain. With `refused` it is, by a message with these words."""

    name: str
    make: Make
    refused: str | None = None


def special(text: str, **flags: bool) -> AddedToken:
    return AddedToken(text, **({"normalized": False, "special": True} | flags))


def numbered(first: int, *tokens: AddedToken) -> dict[int, AddedToken]:
    return {first + i: token for i, token in enumerate(tokens)}


SIZE = len(LOWER)
PLAIN = Saved(LOWER)
KINDS = {
    "plain": PLAIN,
    "cased": Saved(CASED, settings={"do_lower_case": False}),
    "accents kept": PLAIN.with_settings(strip_accents=False),
    "cased, accents stripped": Saved(CASED, settings={"do_lower_case": False, "strip_accents": True}),
    "ideographs joined": PLAIN.with_settings(tokenize_chinese_chars=False),
    "other names": Saved(OTHER_NAMES, settings=RENAMED),
    "cut on the left": PLAIN.with_settings(truncation_side="left", model_max_length=LIMIT),
    "padded on the left": PLAIN.with_settings(padding_side="left"),
    "special tokens split": PLAIN.with_settings(split_special_tokens=True),
    "added words": Saved(LOWER, numbered(SIZE, AddedToken("covid"), AddedToken("new-york"), AddedToken("ärger"))),
    "added special": Saved(LOWER, numbered(SIZE, special("<ent>"), special("[URL]"))),
    "added to cased": Saved(
        CASED, numbered(len(CASED), AddedToken("Covid"), special("<ent>")), {"do_lower_case": False}
    ),
    "added of both kinds": Saved(
        LOWER, {**numbered(SIZE, AddedToken("covid"), special("<ent>")), LOWER.index("movie"): AddedToken("movie")}
    ),
}
FLAGGED = Saved(
    LOWER,
    numbered(
        SIZE,
        AddedToken("<a>", lstrip=True),
        AddedToken("<b>", rstrip=True),
        AddedToken("hash", single_word=True),
        AddedToken("Xx", normalized=False),
        special("<ent>", lstrip=True, rstrip=True),
    ),
)


def tokenizer_of(files: dict[str, str], **settings: Any) -> Make:
    """A folder with a tokenizer's files; `settings` are added to tokenizer_config.json, None removes one."""

    def make(folder: Path) -> None:
        write(folder, files)
        if settings:
            content = json.loads((folder / "tokenizer_config.json").read_text()) | settings
            kept = {k: v for k, v in content.items() if v is not None}
            (folder / "tokenizer_config.json").write_text(json.dumps(kept))

    return make


def changed(make: Make, name: str, change: Callable[[dict[str, Any]], None]) -> Make:
    """The same with the content of a JSON file changed."""

    def both(folder: Path) -> None:
        make(folder)
        content = json.loads((folder / name).read_text()) if (folder / name).exists() else {}
        change(content)
        (folder / name).write_text(json.dumps(content))

    return both


def updated(make: Make, name: str, **values: Any) -> Make:
    return changed(make, name, lambda content: content.update(values))


def without(make: Make, *names: str) -> Make:
    def both(folder: Path) -> None:
        make(folder)
        for name in names:
            (folder / name).unlink()

    return both


def in_its_file(tokenizer: Tokenizer) -> Make:
    """tokenizer.json decides alone."""
    files = {"tokenizer.json": tokenizer.to_str()}
    return tokenizer_of(files | {"tokenizer_config.json": '{"tokenizer_class": "PreTrainedTokenizerFast"}'})


def framed(tokenizer: Tokenizer) -> Tokenizer:
    tokenizer.post_processor = processors.TemplateProcessing(
        single=["[CLS]", "$A", "[SEP]"], special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.add_special_tokens(list(NAMES.values()))
    return tokenizer


def word_level() -> Tokenizer:
    tokenizer = Tokenizer(models.WordLevel({piece: i for i, piece in enumerate(LOWER)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFD(), normalizers.Lowercase(), normalizers.StripAccents()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    return framed(tokenizer)


def unigram() -> Tokenizer:
    pieces = [(piece, -1.0 - i / 50) for i, piece in enumerate([*LOWER[:5], "▁", *LOWER[5:]])]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=1, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace("``", '"')])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    return framed(tokenizer)


def byte_level() -> Tokenizer:
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())[: ROWS - 20]
    pieces = [*LOWER[:5], *alphabet, "go", "od"]
    tokenizer = Tokenizer(models.BPE({p: i for i, p in enumerate(dict.fromkeys(pieces))}, [("g", "o"), ("o", "d")]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    return framed(tokenizer)


def lower_normalizer(content: dict[str, Any]) -> None:
    content["normalizer"] = {"type": "Sequence", "normalizers": [{"type": "NFD"}, {"type": "Lowercase"}]}


def stored_limit(direction: str) -> dict[str, Any]:
    return {"max_length": 7, "strategy": "LongestFirst", "stride": 0, "direction": direction}


STORED_PADDING = {
    "strategy": {"Fixed": 16},
    "direction": "Left",
    "pad_to_multiple_of": None,
    "pad_id": 0,
    "pad_type_id": 0,
    "pad_token": "[PAD]",
}

#: The writers by the version whose files they write.
WRITERS = {"3": files_of_3, "4.18": files_of_4_early, "4": files_of_4, "5": files_of_5}
FOUR = tokenizer_of(files_of_4(PLAIN))
FIVE = tokenizer_of(files_of_5(PLAIN))
EARLY = tokenizer_of(files_of_4_early(PLAIN))
BOTH = KINDS["added of both kinds"]

SHAPES = [
    *(
        Shape(f"{version} {kind}", tokenizer_of(writer(saved)))
        for version, writer in WRITERS.items()
        for kind, saved in KINDS.items()
    ),
    Shape(
        "3 vocabulary alone",
        without(tokenizer_of(files_of_3(PLAIN)), "special_tokens_map.json", "tokenizer_config.json"),
    ),
    Shape("3 never_split", tokenizer_of(files_of_3(PLAIN), never_split=["don't"]), "never_split is"),
    Shape(
        "3 do_basic_tokenize", tokenizer_of(files_of_3(PLAIN), do_basic_tokenize=False), "do_basic_tokenize is False"
    ),
    Shape(
        "3 ids with a gap",
        updated(tokenizer_of(files_of_3(BOTH)), "added_tokens.json", gap=SIZE + 9),
        "'gap' has the id",
    ),
    Shape(
        "3 special words beside the vocabulary",
        tokenizer_of(files_of_3(PLAIN), additional_special_tokens=["film", "<ent>"]),
    ),
    Shape(
        "3 a name that is an added token",
        updated(tokenizer_of(files_of_3(KINDS["added special"])), "special_tokens_map.json", image_token="<ent>"),
    ),
    Shape(
        "4.18 special tokens with flags",
        tokenizer_of(
            files_of_4_early(PLAIN),
            additional_special_tokens=[{"__type": "AddedToken", "content": "film", "single_word": True}],
            mask_token={"__type": "AddedToken", "content": "bad", "lstrip": True},
            url_token={"content": "good", "lstrip": True},
        ),
    ),
    Shape("4.18 add_bos_token", tokenizer_of(files_of_4_early(PLAIN), add_bos_token=True, add_eos_token=True)),
    Shape("4.18 the vocabulary is gone", without(EARLY, "vocab.txt")),
    Shape("4.18 settings are gone", without(EARLY, "tokenizer_config.json", "special_tokens_map.json")),
    Shape("4.18 direction", updated(EARLY, "tokenizer.json", truncation=stored_limit("Left"))),
    Shape("4.18 padding stored", updated(EARLY, "tokenizer.json", padding=STORED_PADDING)),
    Shape(
        "4.18 settings win over direction",
        updated(
            tokenizer_of(files_of_4_early(PLAIN), truncation_side="right"),
            "tokenizer.json",
            truncation=stored_limit("Left"),
        ),
    ),
    Shape("4 flags", tokenizer_of(files_of_4(FLAGGED))),
    Shape("4 direction", updated(FOUR, "tokenizer.json", truncation=stored_limit("Left"))),
    Shape("4 case contradicts", tokenizer_of(files_of_4(PLAIN), do_lower_case=False)),
    Shape(
        "4 accents contradict", tokenizer_of(files_of_4(PLAIN.with_settings(strip_accents=False)), strip_accents=None)
    ),
    Shape("4 BertTokenizer", tokenizer_of(files_of_4(FLAGGED), tokenizer_class="BertTokenizer")),
    Shape("4 BertTokenizerFast", tokenizer_of(files_of_4(FLAGGED), tokenizer_class="BertTokenizerFast")),
    Shape("4 DistilBertTokenizerFast", tokenizer_of(files_of_4(FLAGGED), tokenizer_class="DistilBertTokenizerFast")),
    Shape("4 ElectraTokenizer", tokenizer_of(files_of_4(PLAIN), tokenizer_class="ElectraTokenizer")),
    Shape("4 PreTrainedTokenizerFast", tokenizer_of(files_of_4(FLAGGED), tokenizer_class="PreTrainedTokenizerFast")),
    Shape(
        "4 class in config.json",
        updated(
            tokenizer_of(files_of_4(PLAIN), tokenizer_class=None, do_lower_case=False),
            "config.json",
            tokenizer_class="PreTrainedTokenizerFast",
        ),
    ),
    Shape("4 prefix space", tokenizer_of(files_of_4(PLAIN), add_prefix_space=True, clean_up_tokenization_spaces=False)),
    Shape(
        "4 file of special tokens",
        tokenizer_of(files_of_4(PLAIN), special_tokens_map_file="elsewhere/special_tokens_map.json"),
    ),
    Shape("4 bos and eos", tokenizer_of(files_of_4(PLAIN), bos_token="film", eos_token="<eos>")),
    Shape(
        "4 normalizer of its own",
        changed(FOUR, "tokenizer.json", lower_normalizer),
        "its normalizer is .*PreTrainedTokenizerFast",
    ),
    Shape(
        "4 normalizer of its own, class says so",
        changed(
            tokenizer_of(files_of_4(PLAIN), tokenizer_class="PreTrainedTokenizerFast"),
            "tokenizer.json",
            lower_normalizer,
        ),
    ),
    Shape(
        "4 longer words",
        changed(FOUR, "tokenizer.json", lambda c: c["model"].update(max_input_chars_per_word=200)),
        "max_input_chars_per_word 200",
    ),
    Shape("4 no framing", updated(FOUR, "tokenizer.json", post_processor=None), "its post_processor is None"),
    Shape(
        "4 other words", updated(FOUR, "tokenizer.json", pre_tokenizer={"type": "Whitespace"}), "its pre_tokenizer is"
    ),
    Shape(
        "4 a token that the settings lack",
        changed(
            tokenizer_of(files_of_4(BOTH)), "tokenizer_config.json", lambda c: c["added_tokens_decoder"].pop(str(SIZE))
        ),
        "the added token 'covid', which added_tokens_decoder",
    ),
    Shape(
        "4 RobertaTokenizer",
        tokenizer_of(files_of_4(PLAIN), tokenizer_class="RobertaTokenizer"),
        "model is of type WordPiece",
    ),
    Shape(
        "4 code of its own",
        tokenizer_of(files_of_4(PLAIN), auto_map={"AutoTokenizer": ["t.T", None]}),
        "auto_map names code",
    ),
    Shape(
        "4 a file for each version",
        tokenizer_of(files_of_4(PLAIN), fast_tokenizer_files=["tokenizer.4.0.json"]),
        "fast_tokenizer_files names",
    ),
    Shape(
        "4 byte pairs under BERT's class",
        tokenizer_of({"tokenizer.json": byte_level().to_str(), "tokenizer_config.json": "{}"}),
        "model is of type BPE",
    ),
    Shape("5 flags", tokenizer_of(files_of_5(FLAGGED))),
    Shape(
        "5 a token with a name",
        tokenizer_of(files_of_5(PLAIN), extra_special_tokens={"image_token": "<ent>"}, url_token="[url]"),
    ),
    Shape("5 direction", updated(FIVE, "tokenizer.json", truncation=stored_limit("Left"))),
    Shape("5 TokenizersBackend", tokenizer_of(files_of_5(FLAGGED), tokenizer_class="TokenizersBackend")),
    Shape("whole words", in_its_file(word_level())),
    Shape("unigrams", in_its_file(unigram())),
    Shape("byte pairs", in_its_file(byte_level())),
]


def configured(**values: Any) -> Make:
    """A folder of transformers 5 with keys of config.json changed; None removes one."""

    def change(content: dict[str, Any]) -> None:
        content.update(values)
        for name in [name for name, value in values.items() if value is None]:
            del content[name]

    return changed(FIVE, "config.json", change)


def renamed(**names: str) -> Make:
    """The same with other names of keys in config.json."""
    return changed(
        FIVE, "config.json", lambda content: content.update({new: content.pop(old) for old, new in names.items()})
    )


def weighted(change: Callable[[dict[str, torch.Tensor]], dict[str, torch.Tensor]], **config: Any) -> Make:
    """A folder of transformers 5 with other weights."""

    def make(folder: Path) -> None:
        configured(**config)(folder)
        save_file(change(load_file(folder / "model.safetensors")), folder / "model.safetensors", {"format": "pt"})

    return make


def of_type(weights: dict[str, torch.Tensor], dtype: torch.dtype) -> dict[str, torch.Tensor]:
    return {name: weight.to(dtype) for name, weight in weights.items()}


def with_norms_of_old(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The names that TensorFlow's checkpoints had, which transformers 2 and 3 kept in converted models."""
    old = {"weight": "gamma", "bias": "beta"}
    parted = {name: name.rpartition(".") for name in weights}
    return {
        f"{owner}.{old[last]}" if owner.lower().endswith(("layernorm", "layer_norm")) else name: weights[name]
        for name, (owner, _, last) in parted.items()
    }


def outputs(count: int, **config: Any) -> Make:
    """Only the first outputs of the head."""
    names = {str(i): ["red", "green", "blue"][i] for i in range(count)}
    head = ("classifier.weight", "classifier.bias")
    named = {"id2label": names, "label2id": {name: int(i) for i, name in names.items()}}
    return weighted(
        lambda weights: weights | {name: weights[name][:count].clone() for name in head}, **(named | config)
    )


def in_shards(folder: Path) -> None:
    FIVE(folder)
    model = DistilBertForSequenceClassification.from_pretrained(folder)
    (folder / "model.safetensors").unlink()
    model.save_pretrained(folder, max_shard_size="6KB")
    assert (folder / "model.safetensors.index.json").exists()


POSITION_EMBEDDINGS = "distilbert.embeddings.position_embeddings.weight"
POSITIONS = "distilbert.embeddings.position_ids"
PREFIX = "distilbert."

SHAPES += [
    Shape("one label a text", configured(problem_type="single_label_classification")),
    Shape("many labels a text", configured(problem_type="multi_label_classification")),
    Shape("regression with three outputs", configured(problem_type="regression")),
    Shape("regression", outputs(1, problem_type="regression")),
    Shape("one output", outputs(1)),
    Shape("one output of many labels", outputs(1, problem_type="multi_label_classification")),
    Shape("two outputs", outputs(2)),
    Shape("a problem of its own", configured(problem_type="ranking"), "problem_type is 'ranking'"),
    Shape("shards", in_shards),
    Shape("float16", weighted(partial(of_type, dtype=torch.float16), dtype="float16")),
    Shape("bfloat16", weighted(partial(of_type, dtype=torch.bfloat16), dtype="bfloat16")),
    Shape("float64", weighted(partial(of_type, dtype=torch.float64), dtype="float64")),
    Shape(
        "float16 by its old name", weighted(partial(of_type, dtype=torch.float16), torch_dtype="float16", dtype=None)
    ),
    Shape("int8", weighted(partial(of_type, dtype=torch.int8)), "is stored as I8"),
    Shape("labels without names", outputs(2, id2label=None, label2id=None)),
    Shape("labels by number of outputs", configured(id2label=None, label2id=None, num_labels=3)),
    Shape("labels in another order", configured(id2label={"2": "x", "0": "y", "1": "ü"}, label2id=None)),
    Shape("labels of two outputs", configured(id2label={"0": "x", "1": "y"}, label2id=None), "names 2 labels"),
    Shape("relu", configured(activation="relu")),
    Shape("sinusoidal positions", configured(sinusoidal_pos_embds=True)),
    Shape("norms of old", weighted(with_norms_of_old)),
    Shape("positions stored", weighted(lambda weights: weights | {POSITIONS: torch.arange(32)[None]})),
    Shape("no prefix", weighted(lambda weights: {name.removeprefix(PREFIX): w for name, w in weights.items()})),
    Shape("heads by BERT's name", renamed(n_heads="num_attention_heads")),
    Shape("width by BERT's name", renamed(dim="hidden_size")),
    Shape(
        "all by BERT's names", renamed(n_heads="num_attention_heads", dim="hidden_size", n_layers="num_hidden_layers")
    ),
    Shape("relu2", configured(activation="relu2"), "activation is 'relu2'"),
    *(Shape(name, configured(activation=name)) for name in ("mish", "silu", "quick_gelu", "relu6", "tanh")),
    Shape("gelu_new", configured(activation="gelu_new")),
    Shape(
        "more positions",
        weighted(lambda weights: weights | {POSITION_EMBEDDINGS: torch.randn(600, 16)}, max_position_embeddings=600),
    ),
    Shape("no name of the architecture", configured(architectures=None)),
    Shape("another model", configured(model_type="bert"), "has its weights under names that begin with 'distilbert.'"),
    Shape("dropouts", configured(dropout=0.9, attention_dropout=0.9, seq_classif_dropout=0.9)),
]


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Several threads wait for each other in models as small as these."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of three outputs, without tokenizer."""
    torch.manual_seed(0)
    config = DistilBertConfig(
        vocab_size=ROWS,
        dim=16,
        hidden_dim=32,
        n_layers=2,
        n_heads=2,
        max_position_embeddings=32,
        id2label={0: "red", 1: "green", 2: "blue"},
        label2id={"red": 0, "green": 1, "blue": 2},
        initializer_range=0.5,
    )
    folder = tmp_path_factory.mktemp("plain")
    DistilBertForSequenceClassification(config).eval().save_pretrained(folder)
    return folder


def scores_of_transformers(folder: Path) -> list[dict[str, float]]:
    model = AutoModelForSequenceClassification.from_pretrained(folder, **FLOAT32).eval()
    pipeline = TextClassificationPipeline(model=model, tokenizer=AutoTokenizer.from_pretrained(folder), device="cpu")
    # One by one: padding on the left would move DistilBERT's positions.
    found = [pipeline(text, top_k=None, truncation=True, max_length=LIMIT) for text in TEXTS]
    return [{answer["label"]: answer["score"] for answer in answers} for answers in found]


def scores_of_sparkcls(folder: Path) -> list[dict[str, float]]:
    light = LightPipeline(pipeline_of(classifier_of(folder, maxSentenceLength=LIMIT, threshold=0.0)))
    labels = read_model_folder(folder).labels
    return [{label: float(row["class"][0].metadata[label]) for label in labels} for row in light.fullAnnotate(TEXTS)]


def ids_of_sparkcls(folder: Path) -> list[list[int]]:
    encoder = TextEncoder(read_model_folder(folder))
    return [encoder.finish(ids, LIMIT)[0] for ids in encoder.encode(TEXTS, HUGGINGFACE, False)]


def compare(folder: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(folder)
    expected = [tokenizer(text, truncation=True, max_length=LIMIT)["input_ids"] for text in TEXTS]
    assert ids_of_sparkcls(folder) == expected
    ours, theirs = scores_of_sparkcls(folder), scores_of_transformers(folder)
    for a, b in zip(ours, theirs, strict=True):
        assert a.keys() == b.keys()
        assert np.allclose(list(a.values()), [b[label] for label in a], atol=1e-5)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_shapes(shape: Shape, plain: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(plain, tmp_path / "model")
    shape.make(folder)
    if shape.refused is None:
        compare(folder)
    else:
        with pytest.raises(ModelFormatError, match=shape.refused):
            scores_of_sparkcls(folder)


def test_flags_of_special_tokens_that_version_3_wrote(plain: Path, tmp_path: Path) -> None:
    """Version 5 fails to read them; 3.5 and 4.57 find the token where it is written as it is."""
    folder = shutil.copytree(plain, tmp_path / "model")
    token = {"content": "<ent>", "single_word": False, "lstrip": True, "rstrip": True, "normalized": True}
    make = updated(tokenizer_of(files_of_3(KINDS["added words"])), "added_tokens.json", **{"<ent>": SIZE + 3})
    updated(make, "special_tokens_map.json", additional_special_tokens=[token])(folder)
    encoder = TextEncoder(read_model_folder(folder))
    (found, written_otherwise) = encoder.encode(["say <ent> now", "say <ENT> now"], HUGGINGFACE, False)
    assert found.count(SIZE + 3) == 1
    assert SIZE + 3 not in written_otherwise
