"""The forward pass of `transformers`' own classes, for families that are not written out here.

What padding changes is never padded: a text's scores are those that `transformers` has for it alone. In 16 bits torch's
autocast chooses what is computed in them; classes that fail then are computed in float32 instead.
"""

from __future__ import annotations

import inspect
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import torch
from packaging.version import Version
from torch import Tensor

from sparkcls.engine.networks.blocks import Forward, Linears, Weights
from sparkcls.engine.packing import Layout, Packing
from sparkcls.errors import ModelFormatError
from sparkcls.families.family import Head
from sparkcls.families.shape import Shape
from sparkcls.models.layout import ModelFolder
from sparkcls.models.otherkinds import without_head

if TYPE_CHECKING:
    from transformers import PreTrainedModel


def load(folder: ModelFolder, device: torch.device) -> tuple[Weights, Forward]:
    """A model's weights in float32, by its own names, and its forward pass. They are a copy of this process.

    Raises
    ------
    ModelFormatError
        The installed `transformers` has no such class, or it cannot load the folder as it is.
    """
    model = _model(folder)
    torch.nn.Module.to(model, device)
    takes = inspect.signature(model.forward).parameters

    def forward(weights: Weights, shape: Shape, head: Head, packing: Packing, linears: Linears) -> Tensor:
        dtype = linears.dtype if shape.special["halves"] else torch.float32
        found = [
            _scores(model, {name: part for name, part in batch.items() if name in takes}, dtype)
            for batch in _batches(packing, shape.special["pads"], model.config)
        ]
        return torch.cat(found).float()

    return dict(model.named_parameters()), forward


def _model(folder: ModelFolder) -> PreTrainedModel:
    # Not at the top: it takes seconds and memory, which models of other families do without.
    import transformers

    kind = getattr(transformers, folder.family.architecture, None)
    if kind is None:
        raise ModelFormatError(
            f"{folder.path} is a {folder.family.architecture}, which transformers {transformers.__version__} does not "
            "have; install a newer one"
        )
    transformers.utils.logging.disable_progress_bar()
    try:
        # Of a class of its own, so that code beside the weights is never looked for.
        model, loading = kind.from_pretrained(
            folder.path,
            **{_dtype_keyword(transformers.__version__): torch.float32},
            use_safetensors=True,
            local_files_only=True,
            output_loading_info=True,
        )
    except Exception as e:  # whatever a class makes of a configuration that it did not expect
        version = f"transformers {transformers.__version__}"
        raise ModelFormatError(f"transformers cannot load {folder.path} as a {kind.__name__}: {e} ({version})") from e
    if loading["missing_keys"]:
        raise ModelFormatError(
            f"{folder.path} lacks {len(loading['missing_keys'])} weights of a {kind.__name__}, the first is "
            f"{min(loading['missing_keys'])}; {without_head(folder.path)}"
        )
    outputs = model.config.num_labels
    if outputs != len(folder.labels):
        raise ModelFormatError(
            f"{folder.path}: a {kind.__name__} has {outputs} outputs if config.json has no id2label; write it there"
        )
    loaded: PreTrainedModel = model.eval()
    return loaded


def _dtype_keyword(version: str) -> str:
    """What `from_pretrained` calls the precision: its keyword was renamed in `transformers` 4.56."""
    return "dtype" if Version(version) >= Version("4.56") else "torch_dtype"


def _batches(packing: Packing, pads: bool, config: Any) -> list[dict[str, Tensor]]:
    """Inputs of the model, in the order of the sequences: those of one length, or on a GPU all, padded on the right."""
    pad = getattr(config, "pad_token_id", None) or 0
    ids = packing.ids[: sum(packing.lengths)]
    types = None if packing.types is None else packing.types[: len(ids)]
    alike: list[Any] = [None if pads and packing.layout is not Layout.RUNS else n for n in packing.lengths]
    if config.is_encoder_decoder:
        # Such a model reads the last end of a text, and takes only texts with as many ends each at once.
        ends = (ids == config.eos_token_id).split(packing.lengths)
        alike = list(zip(alike, (int(part.sum()) for part in ends), strict=True))
    batches, at = [], 0
    for _, group in groupby(zip(alike, packing.lengths, strict=True), key=itemgetter(0)):
        lengths = torch.tensor([length for _, length in group])
        tokens = slice(at, at + int(lengths.sum()))
        at = tokens.stop
        mask = (torch.arange(int(lengths.max())) < lengths[:, None]).to(ids.device)
        batch = {"input_ids": ids.new_full(mask.shape, pad), "attention_mask": mask.long()}
        batch["input_ids"][mask] = ids[tokens]
        if types is not None:
            batch["token_type_ids"] = types.new_zeros(mask.shape)
            batch["token_type_ids"][mask] = types[tokens]
        batches.append(batch)
    return batches


def _scores(model: PreTrainedModel, inputs: dict[str, Any], dtype: torch.dtype) -> Tensor:
    with torch.autocast(inputs["input_ids"].device.type, dtype, enabled=dtype != torch.float32):
        scores: Tensor = model(**inputs).logits
    return scores
