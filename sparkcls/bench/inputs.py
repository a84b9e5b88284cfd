"""The rows of a measurement: generated or from a file, with their lengths, as Parquet files for every system."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from sparkcls.bench.texts import DISTRIBUTIONS, SEED, generate
from sparkcls.errors import ColumnError, ParamError, ParamFileError
from sparkcls.models.layout import ModelFolder

COLUMN = "text"
#: Families that `sparkcls.bench.models.export_onnx` can hand to Spark NLP.
SPARK_NLP_FAMILIES = ("distilbert",)


@dataclass(frozen=True)
class Lengths:
    """Wordpieces of each text, special ones included, as read by the model's tokenizer and in Spark NLP's way.

    The second is empty for families that are not measured in Spark NLP.
    """

    huggingface: list[int]
    sparknlp: list[int]


def read_texts(source: str, column: str | None, rows: int) -> list[str]:
    """At most so many different texts: of a distribution, or of a file in a random order that is always the same.

    Repeated texts of a file count once: sparkcls scores equal sentences once, which is another matter than speed.

    Raises
    ------
    ParamFileError
        There is no such file, or it cannot be read.
    ColumnError
        The file has no such column.
    ParamError
        `source` is neither a file of a known kind nor a distribution, or holds no text.
    """
    if source in DISTRIBUTIONS:
        return generate(source, rows)
    path = Path(source)
    if not path.is_file():
        raise ParamFileError(f"--texts {source}: neither a file nor one of {', '.join(DISTRIBUTIONS)}")
    try:
        texts = _of_file(path, column)
    except (OSError, ValueError) as e:
        if isinstance(e, (ParamError, ColumnError)):
            raise
        raise ParamFileError(f"--texts {source}: cannot be read: {e}") from e
    texts = list(dict.fromkeys(text for text in texts if isinstance(text, str) and text.strip()))
    if not texts:
        raise ParamError(f"--texts {source}: it holds no text")
    random.Random(SEED).shuffle(texts)
    return texts[:rows]


def _of_file(path: Path, column: str | None) -> list[str]:
    kind = path.suffix.lower().lstrip(".")
    if kind == "txt":
        if column:
            raise ParamError(f"--column {column}: a .txt file has no columns, each line is a text")
        return path.read_text(encoding="utf-8").splitlines()
    if kind == "parquet":
        frame = pd.read_parquet(path)
    elif kind == "csv":
        frame = pd.read_csv(path)
    elif kind == "jsonl":
        lines = path.read_text(encoding="utf-8").splitlines()
        frame = pd.DataFrame.from_records([json.loads(line) for line in lines if line.strip()])
    else:
        raise ParamError(f"--texts {path}: expected a file .txt, .jsonl, .csv or .parquet")
    wanted = column or COLUMN
    if wanted not in frame.columns:
        raise ColumnError(
            f"--texts {path} has no column {wanted!r} but {', '.join(map(str, frame.columns))}; name one with --column"
        )
    return list(frame[wanted])


def measure_lengths(texts: Sequence[str], folder: ModelFolder, max_length: int, second: str | None = None) -> Lengths:
    """Wordpieces of each text, cut at `max_length`; by `transformers`, so that no engine counts for itself.

    Parameters
    ----------
    second
        A second text of all, such as what a zero-shot classifier says of a label.
    """
    from transformers import AutoTokenizer
    from transformers.utils import logging

    from sparkcls.text.tokens import split_tokens
    from sparkcls.text.wordpiece import encode_tokens

    logging.set_verbosity_error()
    tokenizer = AutoTokenizer.from_pretrained(folder.path)
    vocabulary = tokenizer.get_vocab()
    pairs = {"text_pair": [second] * len(texts)} if second else {}
    read = tokenizer(list(texts), truncation=True, max_length=max_length, **pairs)["input_ids"]
    if folder.family.model_type not in SPARK_NLP_FAMILIES:
        return Lengths([len(ids) for ids in read], [])
    special = tokenizer.num_special_tokens_to_add()
    words = [[token for token, _, _ in split_tokens(text)] for text in texts]
    return Lengths(
        [len(ids) for ids in read],
        [min(max_length, special + len(encode_tokens(tokens, vocabulary, False))) for tokens in words],
    )


def thin(lengths: Sequence[int], count: int) -> list[int]:
    """Indices of so many texts with the same distribution of lengths as all: a slow system's share, in random order."""
    by_length = sorted(range(len(lengths)), key=lengths.__getitem__)
    if count < len(by_length):
        # The middles of `count` equal parts.
        by_length = [by_length[(2 * part + 1) * len(by_length) // (2 * count)] for part in range(count)]
    random.Random(SEED).shuffle(by_length)
    return by_length


def write_texts(texts: Sequence[str], file: Path) -> Path:
    """Write a Parquet file that every Spark reads; the path."""
    pd.DataFrame({COLUMN: list(texts)}).to_parquet(file, index=False)
    return file
