"""adapter_config.json: what of it decides what an adapter changes, taken as peft takes it, or refused by key."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sparkcls.errors import ModelFormatError
from sparkcls.models.otherkinds import ADAPTER
from sparkcls.models.textfiles import read_json

#: Keys with which peft computes something else than W + scale * B @ A. Each does nothing where it is null, false or
#: empty.
_REFUSED = {
    "alora_invocation_tokens": "lets the adapter act on some tokens only",
    "arrow_config": "chooses among adapters for each token",
    "ensure_weight_tying": "ties layers to each other",
    "kasa_config": "changes the base's weights",
    "layer_replication": "repeats layers of the base",
    "megatron_config": "is for Megatron's layers",
    "monteclora_config": "draws weights at random",
    "target_parameters": "changes parameters that are no module's weight",
    "use_bdlora": "cuts the matrices into blocks",
    "use_qalora": "is for quantized weights",
    "velora_config": "changes how layers are trained",
}
#: Keys without any say in what a trained adapter answers.
_IDLE = {
    *("auto_mapping", "base_model_name_or_path", "corda_config", "eva_config", "inference_mode", "lora_dropout"),
    *("lora_ga_config", "loftq_config", "megatron_core", "peft_version", "qalora_group_size", "revision", "task_type"),
    # peft sets it to False for a torch.nn.Linear, and no classifier here has layers of another kind.
    "fan_in_fan_out",
}
_KNOWN = {
    *("alpha_pattern", "bias", "exclude_modules", "init_lora_weights", "layers_pattern", "layers_to_transform"),
    *("lora_alpha", "lora_bias", "modules_to_save", "peft_type", "r", "rank_pattern", "target_modules"),
    *("trainable_token_indices", "use_dora", "use_rslora"),
}
#: Starts of training that leave the base's weights as they are. Others (pissa, olora, corda, loftq, ...) do not: peft
#: adds what is learned to another base than the one that the adapter names.
_STARTS = (None, "gaussian", "eva", "orthogonal")
_BIASES = ("none", "all", "lora_only")
_ALL_LINEAR = "all-linear"
_LARGEST = 1 << 20

#: Patterns are regular expressions, maybe a stranger's: without repeated groups and with few repeats they cannot take
#: long on a module's name.
_PATTERN = re.compile(r"[\w.^$\\|()*+?\[\]-]{1,300}")
_MOST_REPEATS = 4


@dataclass(frozen=True)
class LoraConfig:
    """What an adapter says of the layers that it changes.

    `targets` and `excluded` are names of modules, or one pattern for whole names; `layers` None for all of them.
    `saved` are names of modules that are replaced as a whole. `tokens` are rows of embeddings that are replaced, by the
    embedding's name, "" for that of the words.
    """

    file: Path
    rank: int
    alpha: float
    ranks: Mapping[str, int]
    alphas: Mapping[str, float]
    stabilized: bool
    dora: bool
    targets: str | tuple[str, ...]
    excluded: str | tuple[str, ...]
    layers: frozenset[int] | None
    layer_names: tuple[str, ...]
    saved: tuple[str, ...]
    tokens: Mapping[str, tuple[int, ...]]

    def rank_of(self, module: str) -> int:
        """The rank of a module's two matrices."""
        return self.ranks.get(_first_match(self.ranks, module), self.rank)

    def scale_of(self, module: str) -> float:
        """The factor before their product: alpha / rank, or alpha / sqrt(rank) (rsLoRA, arXiv 2312.03732)."""
        alpha = self.alphas.get(_first_match(self.alphas, module), self.alpha)
        rank = self.rank_of(module)
        return alpha / (math.sqrt(rank) if self.stabilized else rank)

    def is_saved(self, module: str) -> bool:
        """Whether a module, or one that it is in, is replaced as a whole; names count by their ends, as in peft."""
        parts = module.split(".")
        wholes = [".".join(parts[: i + 1]) for i in range(len(parts))]
        return any(whole.endswith(name) for whole in wholes for name in self.saved)

    def is_target(self, module: str) -> bool | None:
        """Whether a module has two matrices in the adapter; None if only the adapter's weights can tell."""
        if self._is_excluded(module) or self.is_saved(module):
            return False
        if isinstance(self.targets, str):
            return None if self.targets == _ALL_LINEAR else re.fullmatch(self.targets, module) is not None
        return _is_named(module, self.targets) and self._is_in_layers(module)

    def _is_excluded(self, module: str) -> bool:
        if isinstance(self.excluded, str):
            return re.fullmatch(self.excluded, module) is not None
        return _is_named(module, self.excluded)

    def _is_in_layers(self, module: str) -> bool:
        if self.layers is None:
            return True
        patterns = [rf"(?:^|.*?\.){name}\.(\d+)\." for name in self.layer_names] or [r".*?\.[^.]*\.(\d+)\."]
        match = next(filter(None, (re.match(pattern, module) for pattern in patterns)), None)
        return match is not None and int(match[1]) in self.layers


def base_of(folder: Path) -> tuple[str, str | None]:
    """The base's name or path as an adapter states it, and the revision of it, None for the newest.

    Raises
    ------
    ModelFormatError
        It states none.
    """
    file = folder / ADAPTER
    stated = read_json(file)
    base, revision = stated.get("base_model_name_or_path"), stated.get("revision")
    if not isinstance(base, str) or not base or not isinstance(revision, (str, type(None))):
        raise ModelFormatError(
            f"{file}: base_model_name_or_path is {base!r:.200}, revision {revision!r:.80}; write the path of the "
            "base's folder there, or its name on the Hugging Face Hub"
        )
    return base, None if revision in (None, "", "main") else revision


def read_lora_config(folder: Path) -> LoraConfig:
    """The settings of an adapter's folder.

    Raises
    ------
    ModelFormatError
        It is not LoRA, not for a sequence classifier, or a key has a value that sparkcls does not honour.
    """
    file = folder / ADAPTER
    stated = read_json(file)
    _refuse_others(file, stated)
    if stated.get("bias", "none") not in _BIASES:
        raise _wrong(file, "bias", stated["bias"], f"one of {', '.join(_BIASES)}")
    targets = _names(file, stated, "target_modules")
    if not targets:
        raise _wrong(file, "target_modules", stated.get("target_modules"), "names of modules, or a pattern")
    layers = stated.get("layers_to_transform")
    if layers is not None and isinstance(targets, str):
        raise _wrong(file, "layers_to_transform", layers, "null where target_modules is a pattern")
    return LoraConfig(
        file=file,
        rank=_rank(file, "r", stated.get("r", 8)),
        alpha=_alpha(file, "lora_alpha", stated.get("lora_alpha", 8)),
        ranks={key: _rank(file, "rank_pattern", n) for key, n in _patterns(file, stated, "rank_pattern")},
        alphas={key: _alpha(file, "alpha_pattern", n) for key, n in _patterns(file, stated, "alpha_pattern")},
        stabilized=_flag(file, stated, "use_rslora"),
        dora=_flag(file, stated, "use_dora"),
        targets=targets,
        excluded=_names(file, stated, "exclude_modules"),
        layers=None if layers in (None, []) else _layers(file, layers),
        layer_names=_as_list(file, "layers_pattern", stated.get("layers_pattern")),
        saved=_as_list(file, "modules_to_save", stated.get("modules_to_save")),
        tokens=_tokens(file, stated.get("trainable_token_indices")),
    )


def _refuse_others(file: Path, stated: Mapping[str, Any]) -> None:
    kind = stated.get("peft_type")
    if kind != "LORA":
        raise _wrong(file, "peft_type", kind, "LORA; merge others with peft: merge_and_unload(), then save_pretrained")
    task, mapping = stated.get("task_type"), stated.get("auto_mapping")
    made_for = mapping.get("base_model_class") if task is None and isinstance(mapping, dict) else None
    if task != "SEQ_CLS" and not str(made_for).endswith("ForSequenceClassification"):
        raise _wrong(file, "task_type", task, "SEQ_CLS, a classifier of texts")
    start = stated.get("init_lora_weights", True)
    if not isinstance(start, bool) and start not in _STARTS:
        raise _wrong(
            file,
            "init_lora_weights",
            start,
            f"true, false or one of {', '.join(filter(None, _STARTS))}: others may change the base's weights. Save the "
            "adapter with path_initial_model_for_weight_conversion, or merge it with peft",
        )
    for key, value in stated.items():
        if key in _REFUSED and value:
            raise ModelFormatError(
                f"{file}: {key} is {_short(value)}, which {_REFUSED[key]}; sparkcls does not do that. Merge the "
                "adapter with peft (merge_and_unload(), then save_pretrained), if that can be merged at all"
            )
        if key not in _REFUSED and key not in _IDLE and key not in _KNOWN and value:
            raise ModelFormatError(
                f"{file}: {key} is {_short(value)}, a key that this version of sparkcls does not know; remove it if it "
                "does not change the answers, or merge the adapter with peft"
            )


def _first_match(patterns: Mapping[str, Any], module: str) -> str:
    return next((key for key in patterns if re.match(rf"(.*\.)?({key})$", module)), module)


def _is_named(module: str, names: tuple[str, ...]) -> bool:
    return any(module == name or module.endswith(f".{name}") for name in names)


def _names(file: Path, stated: Mapping[str, Any], key: str) -> str | tuple[str, ...]:
    value = stated.get(key)
    if isinstance(value, str):
        return _pattern(file, key, value)
    return _as_list(file, key, value)


def _as_list(file: Path, key: str, value: Any) -> tuple[str, ...]:
    values = [] if value is None else [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not all(isinstance(name, str) and name for name in values):
        raise _wrong(file, key, value, "a list of names")
    return tuple(_pattern(file, key, name) for name in values)


def _patterns(file: Path, stated: Mapping[str, Any], key: str) -> list[tuple[str, Any]]:
    value = stated.get(key) or {}
    if not isinstance(value, dict):
        raise _wrong(file, key, value, "an object of numbers by module")
    return [(_pattern(file, key, name), number) for name, number in value.items()]


def _pattern(file: Path, key: str, value: str) -> str:
    repeats = len(re.findall(r"[*+?]", value))
    if not _PATTERN.fullmatch(value) or repeats > _MOST_REPEATS or re.search(r"\)[*+?]", value):
        raise _wrong(file, key, value, f"a name, or a pattern with at most {_MOST_REPEATS} repeats and none of a group")
    try:
        re.compile(value)
    except re.error as e:
        raise _wrong(file, key, value, f"a pattern ({e})") from e
    return value


def _rank(file: Path, key: str, value: Any) -> int:
    if type(value) is not int or not 0 < value < _LARGEST:
        raise _wrong(file, key, value, "a positive whole number")
    return value


def _alpha(file: Path, key: str, value: Any) -> float:
    if type(value) not in (int, float) or not abs(value) < _LARGEST:
        raise _wrong(file, key, value, "a number")
    return float(value)


def _flag(file: Path, stated: Mapping[str, Any], key: str) -> bool:
    value = stated.get(key)
    if not isinstance(value, (bool, type(None))):
        raise _wrong(file, key, value, "true or false")
    return bool(value)


def _layers(file: Path, value: Any) -> frozenset[int]:
    layers = value if isinstance(value, list) else [value]
    if not all(type(i) is int and i >= 0 for i in layers):
        raise _wrong(file, "layers_to_transform", value, "numbers of layers")
    return frozenset(layers)


def _tokens(file: Path, value: Any) -> dict[str, tuple[int, ...]]:
    by_name = {} if value is None else value if isinstance(value, dict) else {"": value}
    for rows in by_name.values():
        if not isinstance(rows, list) or not all(type(i) is int and i >= 0 for i in rows) or len({*rows}) < len(rows):
            raise _wrong(file, "trainable_token_indices", value, "ids of tokens, each once")
    return {name: tuple(rows) for name, rows in by_name.items()}


def _wrong(file: Path, key: str, value: Any, expected: str) -> ModelFormatError:
    return ModelFormatError(f"{file}: {key} is {_short(value)}; expected {expected}")


def _short(value: Any) -> str:
    return repr(value)[:80]
