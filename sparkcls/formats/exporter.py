"""Folders that exporters make for Spark NLP's `loadSavedModel`: a network, and assets/ with the tokenizer and labels.

saved_model.pb + variables/           TensorFlow's SavedModel
model.onnx (+ external data)          ONNX
openvino_model.xml + .bin             OpenVINO
assets/vocab.txt, assets/labels.txt   one wordpiece, one label a line; the line's number is the id
assets/merges.txt                     of byte pairs
assets/spiece.model and the like      SentencePiece's model in place of vocab.txt, see `sparkcls.formats.pieces`
tokenizer.json                        in place of all these
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from sparkcls.errors import ModelFormatError
from sparkcls.families.family import Family
from sparkcls.families.pieces import BYTE_PAIRS, FILES, UNIGRAM, WORDPIECE
from sparkcls.families.registry import FAMILIES, family_of_type
from sparkcls.formats.messages import read_file
from sparkcls.formats.model import ForeignModel
from sparkcls.formats.names import contiguous
from sparkcls.formats.network import Network, readable
from sparkcls.formats.onnx.reader import read_onnx
from sparkcls.formats.openvino import read_openvino
from sparkcls.formats.pieces import of_sentencepiece, of_vocabulary
from sparkcls.formats.settle import settle
from sparkcls.formats.tensorflow.reader import read_tensorflow
from sparkcls.models.config import with_own_names
from sparkcls.models.heads import PROBLEM_TYPE
from sparkcls.models.labels import LABELS, read_labels
from sparkcls.models.layout import ADDED_TOKENS, CONFIG, SPECIAL_TOKENS, TOKENIZER, TOKENIZER_CONFIG
from sparkcls.models.textfiles import read_json, read_text
from sparkcls.models.vocabulary import find_vocabulary, read_vocabulary

#: Entries of config.json that neither the network nor the text files tell.
_KEPT = ("pad_token_id", PROBLEM_TYPE)
#: Files of SentencePiece.
_MODELS = tuple(name for name in FILES if name.endswith(".model"))
_SAVED_MODEL = "saved_model.pb"
_ONNX = "model.onnx"
_OPENVINO = ("openvino_model.xml", "saved_model.xml")


def is_exporter_folder(folder: Path) -> bool:
    """Whether a folder has a network of one of these exporters."""
    return any((folder / name).is_file() for name in (_SAVED_MODEL, _ONNX, *_OPENVINO))


def read_exporter_folder(folder: Path, heads: int | None = None, family: Family | None = None) -> ForeignModel:
    """A classifier in an exporter's folder.

    What a config.json beside the network says is kept where a graph cannot tell it, and must agree where it can.

    Parameters
    ----------
    heads
        Attention heads, as the caller knows them; None for those of the graph.
    family
        The family, as the caller knows it; None for the one of config.json or of the names in the network.

    Raises
    ------
    ModelFormatError
        A file is missing or corrupt, or the family is not known; the message names it.
    """
    file = next((f for f in (folder / CONFIG, folder / "assets" / CONFIG) if f.is_file()), None)
    stated = read_json(file) if file else {}
    if file and "model_type" in stated:
        family = family_of_type(stated["model_type"], str(file))
    family = readable(family or _family(folder), str(folder))
    stated = with_own_names(file, stated, family) if file else {}
    network = _network(folder, family)
    settled = settle(network, stated, heads)
    size = len(network.state["embeddings.word.weight"])
    return ForeignModel(
        family=family,
        state=contiguous(network.state),
        labels=_labels(folder, stated, len(network.state["head.output.weight"])),
        config=network.config | {k: stated[k] for k in _KEPT if k in stated} | settled,
        files=_tokenizer(folder, family, size),
    )


def _network(folder: Path, family: Family) -> Network:
    if (folder / _SAVED_MODEL).is_file():
        prefix = folder / "variables" / "variables"
        return read_tensorflow(prefix, folder / _SAVED_MODEL, family, saved_model=True)
    if (folder / _ONNX).is_file():
        return read_onnx(folder / _ONNX, family)
    files = sorted(f for f in folder.iterdir() if f.suffix in (".xml", ".bin"))
    return read_openvino(files, family, str(folder))


def _family(folder: Path) -> Family:
    """The family whose names of weights the network has, and whose kind of tokenizer lies beside it."""
    file = next(folder / name for name in (_SAVED_MODEL, _ONNX, *_OPENVINO) if (folder / name).is_file())
    data = read_file(file)
    families = [family.in_files or family for family in FAMILIES.values()]
    named = [f for f in families if "embeddings.word" in f.names and _names(f).search(data)]
    kinds = {kind for kind, present in _kinds(folder).items() if present}
    fitting = [f for f in named if f.pieces.kind in kinds] or named
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        return FAMILIES["distilbert"]
    raise ModelFormatError(
        f"{folder} may hold a classifier of the types {', '.join(f.model_type for f in fitting)}, which name their "
        f"weights alike; put the model's {CONFIG} beside the network, or load it with the class of its family, "
        f"{', '.join(f.spark_nlp for f in fitting if f.spark_nlp)}"
    )


def _names(family: Family) -> re.Pattern[bytes]:
    """How the table of wordpieces is called, in ONNX with dots, elsewhere with slashes."""
    name = re.escape(family.names["embeddings.word"].encode()).replace(rb"\.", rb"[./]")
    return re.compile(rb"(?<![A-Za-z0-9_])" + name)


def _kinds(folder: Path) -> dict[str, bool]:
    """Which kinds of tokenizers may lie in a folder, as far as their files tell."""
    pairs = any((folder / place / "merges.txt").is_file() for place in ("", "assets"))
    pieces = any((folder / place / name).is_file() for name in _MODELS for place in ("", "assets"))
    return {BYTE_PAIRS: pairs, UNIGRAM: pieces, WORDPIECE: not pairs and not pieces}


def _tokenizer(folder: Path, family: Family, size: int) -> dict[str, bytes]:
    """The files of the tokenizer."""
    places = [folder / "assets", folder]
    whole = next((place for place in places if (place / TOKENIZER).is_file()), None)
    vocabulary = find_vocabulary(folder)
    if whole is not None and vocabulary is None:
        names = (TOKENIZER, TOKENIZER_CONFIG, ADDED_TOKENS, SPECIAL_TOKENS)
        return {name: read_file(whole / name) for name in names if (whole / name).is_file()}
    if family.pieces.kind == UNIGRAM:
        name = family.pieces.files[0]
        file = next((place / name for place in places if (place / name).is_file()), None)
        if file is None:
            raise ModelFormatError(f"{folder} has no assets/{name}; put the model's SentencePiece file there")
        return of_sentencepiece(family, read_file(file), str(file))
    if vocabulary is None:
        raise ModelFormatError(
            f"{folder} has no assets/vocab.txt; put the model's vocabulary there, one wordpiece a line"
        )
    merges: list[tuple[str, str]] = []
    if family.pieces.kind == BYTE_PAIRS:
        file = next((place / "merges.txt" for place in places if (place / "merges.txt").is_file()), None)
        if file is None:
            raise ModelFormatError(f"{folder} has no assets/merges.txt; put the model's merges there, one a line")
        pairs = (line.rstrip("\r").split(" ") for line in read_text(file).split("\n"))
        merges = [(pair[0], pair[1]) for pair in pairs if len(pair) == 2]
    return of_vocabulary(family, read_vocabulary(vocabulary), merges, size, str(folder))


def _labels(folder: Path, config: dict[str, Any], outputs: int) -> list[str]:
    if not (folder / LABELS).is_file() and not config.get("id2label"):
        raise ModelFormatError(
            f"{folder} has no {LABELS}; put the model's labels there, one a line, in the order of its outputs"
        )
    return list(read_labels(folder, config, outputs))
