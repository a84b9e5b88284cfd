"""From text to wordpiece ids, in the model's own way or in Spark NLP's."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from tokenizers import Tokenizer, normalizers

from sparkcls.engine.contract import HUGGINGFACE, SPARKNLP, Sentence
from sparkcls.errors import ModelFormatError
from sparkcls.models.layout import TOKENIZER, TOKENIZER_CONFIG, ModelFolder
from sparkcls.text.wordpiece import encode_tokens

_PROBE = "a good film"

#: Settings in tokenizer_config.json, and what they are called in a BertNormalizer.
_NORMALIZER_SETTINGS = {
    "do_lower_case": "lowercase",
    "strip_accents": "strip_accents",
    "tokenize_chinese_chars": "handle_chinese_chars",
}

#: Sentences tokenised at once. The tokenizer's own results hold some 110 bytes a wordpiece besides the ids.
_CHUNK = 256


class TextEncoder:
    """The tokenizer of a model folder.

    Raises
    ------
    ModelFormatError
        The tokenizer's file is corrupt, or adds no ``[CLS]`` and ``[SEP]``.
    """

    def __init__(self, folder: ModelFolder):
        self._tokenizer = _load(folder)
        # A limit or padding stored in the file is the exporter's; ours are the stage's.
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._prefix, self._suffix = self._special_ids()
        largest = max(self._tokenizer.get_vocab().values(), default=0)
        if largest >= folder.config["vocab_size"]:
            raise ModelFormatError(
                f"The tokenizer in {folder.path} has ids up to {largest}, the model's embeddings end at "
                f"{folder.config['vocab_size'] - 1}; tokenizer and weights belong to different models"
            )

    @property
    def special_length(self) -> int:
        """How many ids `finish` adds: 2 for ``[CLS] ... [SEP]``."""
        return len(self._prefix) + len(self._suffix)

    @cached_property
    def vocabulary(self) -> dict[str, int]:
        """Id of every wordpiece."""
        return self._tokenizer.get_vocab()

    @property
    def cased(self) -> bool:
        """Whether any wordpiece has an upper-case letter (``[CLS]`` and its like aside)."""
        return _is_cased(list(self.vocabulary))

    def encode(
        self, sentences: Sequence[Sentence], tokenization: str, case_sensitive: bool
    ) -> list[list[int] | Exception]:
        """Wordpiece ids of each sentence, uncut and without special ids; one entry in, one out.

        A sentence that the tokenizer cannot take gives its exception. Strings in ``sparknlp`` mode
        must have been split into words before.
        """
        ids: list[list[int] | Exception] = []
        for start in range(0, len(sentences), _CHUNK):
            chunk = sentences[start : start + _CHUNK]
            try:
                ids += self._encode(chunk, tokenization, case_sensitive)
            except (KeyboardInterrupt, SystemExit):
                raise
            except BaseException:  # tokenizers' panics are no Exception
                ids += [self._encode_one(s, tokenization, case_sensitive) for s in chunk]
        return ids

    def _encode_one(self, sentence: Sentence, tokenization: str, case_sensitive: bool) -> list[int] | Exception:
        try:
            return self._encode([sentence], tokenization, case_sensitive)[0]
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as e:
            return e if isinstance(e, Exception) else ValueError(f"the tokenizer gave up: {e}")

    def _encode(self, sentences: Sequence[Sentence], tokenization: str, case_sensitive: bool) -> list[list[int]]:
        if tokenization == SPARKNLP:
            return [encode_tokens(list(s), self.vocabulary, case_sensitive) for s in sentences]
        ids: list[list[int]] = [[] for _ in sentences]
        for split in (False, True):
            chosen = [i for i, s in enumerate(sentences) if isinstance(s, list) == split]
            encodings = self._tokenizer.encode_batch(
                [sentences[i] for i in chosen], is_pretokenized=split, add_special_tokens=False
            )
            for i, encoding in zip(chosen, encodings, strict=True):
                ids[i] = encoding.ids
        return ids

    def finish(self, ids: list[int], max_length: int) -> tuple[list[int], int]:
        """Ids cut on the right and framed by special ids, at most `max_length`; and how many were cut."""
        room = max_length - self.special_length
        return [*self._prefix, *ids[:room], *self._suffix], max(0, len(ids) - room)

    def probe(self) -> list[int]:
        """A short input that every healthy model takes."""
        return self.finish(self._encode([_PROBE], HUGGINGFACE, False)[0], 16)[0]

    def _special_ids(self) -> tuple[list[int], list[int]]:
        bare = self._tokenizer.encode(_PROBE, add_special_tokens=False).ids
        framed = self._tokenizer.encode(_PROBE).ids
        for start in range(len(framed) - len(bare) + 1):
            if framed[start : start + len(bare)] == bare and 0 < start < len(framed) - len(bare):
                return framed[:start], framed[start + len(bare) :]
        raise ModelFormatError(
            f"The tokenizer adds no special wordpieces around a text (it gives {framed} for {_PROBE!r}); "
            "a DistilBERT classifier needs [CLS] and [SEP]: check post_processor in tokenizer.json"
        )


def _load(folder: ModelFolder) -> Tokenizer:
    file = folder.path / TOKENIZER
    try:
        settings = _settings(folder)
        if not file.is_file():
            return _from_vocabulary(folder, settings)
        tokenizer = Tokenizer.from_file(str(file))
        if isinstance(tokenizer.normalizer, normalizers.BertNormalizer):
            # `transformers` lets the settings win where they contradict tokenizer.json, so they do here.
            for name, attribute in _NORMALIZER_SETTINGS.items():
                if name in settings:
                    setattr(tokenizer.normalizer, attribute, settings[name])
        return tokenizer
    except ModelFormatError:
        raise
    except Exception as e:  # tokenizers raises bare Exception for a file that it cannot parse
        raise ModelFormatError(f"The tokenizer in {folder.path} cannot be read: {e}") from e


def _settings(folder: ModelFolder) -> dict[str, Any]:
    """The settings in tokenizer_config.json that decide about letters, as far as it names them."""
    file = folder.path / TOKENIZER_CONFIG
    content = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return {name: content[name] for name in _NORMALIZER_SETTINGS if name in content}


def _from_vocabulary(folder: ModelFolder, settings: dict[str, Any]) -> Tokenizer:
    """The tokenizer that `transformers` builds from a vocabulary and settings.

    Where the settings say nothing of case, a vocabulary that has no upper-case entry means lower-case.
    (`transformers` would then lower-case always, which spoils cased models.)
    """
    # Here and not at the top: folders with a tokenizer.json, all bundled ones, start seconds faster.
    from transformers import DistilBertTokenizer

    vocabulary_file = folder.vocabulary
    assert vocabulary_file is not None, "read_model_folder has checked that there is one"
    pieces = vocabulary_file.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    missing = [p for p in ("[UNK]", "[CLS]", "[SEP]") if p not in pieces]
    if missing:
        raise ModelFormatError(f"{vocabulary_file} lacks {', '.join(missing)}; is it a BERT vocabulary?")
    options = {"do_lower_case": not _is_cased(pieces), **settings}
    tokenizer = DistilBertTokenizer(vocab={piece: i for i, piece in enumerate(pieces)}, **options)
    return tokenizer.backend_tokenizer


def _is_cased(pieces: list[str]) -> bool:
    return any(p != p.lower() for p in pieces if not (p.startswith("[") and p.endswith("]")))
