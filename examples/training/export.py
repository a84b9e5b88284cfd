"""From a trained model to the folders that are `sparkcls/models/bundled`, see there."""

from __future__ import annotations

import json
from collections.abc import Iterable
from copy import deepcopy
from pathlib import Path

from safetensors.torch import save_file
from training.shared import Shared
from training.tasks import Task
from transformers import DistilBertTokenizer

SHARED, NAME = "distilbert_mini", "distilbert_mini_sequence_classifier_{}"
ENCODER_FILE, HEAD_FILE = (f"model-0000{i}-of-00002.safetensors" for i in (1, 2))


def tokenizer_of(vocabulary: list[str]) -> DistilBertTokenizer:
    """The lower-casing tokenizer of a list of wordpieces."""
    return DistilBertTokenizer(
        vocab={piece: i for i, piece in enumerate(vocabulary)}, do_lower_case=True, model_max_length=512
    )


def write_folders(out: Path, model: Shared, vocabulary: list[str], tasks: Iterable[Task]) -> None:
    """The encoder and the tokenizer in one folder, each head in one of its own; weights in float16."""
    weights = {name: tensor.half().cpu().contiguous() for name, tensor in model.state_dict().items()}
    encoder = {name: tensor for name, tensor in weights.items() if name.startswith("distilbert.")}
    shared = out / SHARED
    shared.mkdir(parents=True, exist_ok=True)
    save_file(encoder, shared / ENCODER_FILE, metadata={"format": "pt"})
    tokenizer = tokenizer_of(vocabulary)
    tokenizer.save_pretrained(shared)
    tokenizer.backend_tokenizer.model.save(str(shared))  # vocab.txt, which tools of Spark NLP users expect
    (shared / "sparkcls.json").write_text('{"params": {"caseSensitive": false}}\n')
    for task in tasks:
        before = f"heads.{task.name}."
        head = {name.removeprefix(before): tensor for name, tensor in weights.items() if name.startswith(before)}
        folder = out / NAME.format(task.name)
        folder.mkdir(exist_ok=True)
        save_file(head, folder / HEAD_FILE, metadata={"format": "pt"})
        config = deepcopy(model.distilbert.config)
        config.architectures = ["DistilBertForSequenceClassification"]
        config.dtype = "float16"
        config.id2label = dict(enumerate(task.labels))
        config.label2id = {label: i for i, label in enumerate(task.labels)}
        config.save_pretrained(folder)
        files = {**dict.fromkeys(encoder, ENCODER_FILE), **dict.fromkeys(head, HEAD_FILE)}
        size = sum(tensor.nbytes for part in (encoder, head) for tensor in part.values())
        index = json.dumps({"metadata": {"total_size": size}, "weight_map": files}, indent=2)
        (folder / "model.safetensors.index.json").write_text(f"{index}\n")
    for file in out.rglob("*.safetensors"):
        file.chmod(0o644)  # safetensors writes for the owner alone
