"""Whether a model is told which text of a pair a wordpiece belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sparkcls.errors import ModelFormatError
from sparkcls.models.textfiles import read_optional_json
from sparkcls.models.tokenizer_settings import TOKENIZER_CONFIG

#: Classes of tokenizers that give token types in `transformers` 5 (``model_input_names``). ALBERT's and XLNet's do not.
_WITH_TYPES = (
    *("BertTokenizer", "ElectraTokenizer", "MobileBertTokenizer", "SqueezeBertTokenizer", "ConvBertTokenizer"),
    *("DebertaTokenizer", "DebertaV2Tokenizer"),
)
#: Models whose tokenizer is of such a class where no file names another.
_MODELS = ("bert", "electra", "mobilebert", "squeezebert", "convbert", "deberta", "deberta-v2")


def sends_token_types(path: Path, config: Mapping[str, Any]) -> bool:
    """Whether `transformers` gives a model token types.

    Parameters
    ----------
    path
        The model folder.
    config
        The content of its config.json.

    Raises
    ------
    ModelFormatError
        tokenizer_config.json cannot be read.
    """
    settings = read_optional_json(path / TOKENIZER_CONFIG)
    names = settings.get("model_input_names")
    if names is None:
        kind = settings.get("tokenizer_class") or config.get("tokenizer_class")
        return str(kind).removesuffix("Fast") in _WITH_TYPES if kind else config.get("model_type") in _MODELS
    if not isinstance(names, list):
        raise ModelFormatError(
            f"{path / TOKENIZER_CONFIG}: model_input_names is {names!r:.80}; expected a list of names"
        )
    return "token_type_ids" in names
