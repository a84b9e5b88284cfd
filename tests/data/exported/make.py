"""Make the exporters' folders in this folder, and record what their own runtimes answer.

Nothing here runs in the tests. Each step needs an environment of its own, see README.md:

    python make.py onnx         torch with its two exporters, transformers, onnxruntime
    python make.py tensorflow   tensorflow-cpu, tf-keras and transformers 4
"""

from __future__ import annotations

import json
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
#: Ids of three texts of different lengths.
TEXTS = [[2, *range(5, 18), 3], [2, 390, 41, 7, 250, 3], [2, 77, 3]]
SIZES = {"vocab_size": 400, "max_position_embeddings": 32, "dim": 48, "hidden_dim": 64, "n_layers": 2, "num_labels": 3}


def write(name: str, folder: Path, logits: np.ndarray, config: dict, runtime: str) -> None:
    """NAME.zip and NAME.json of a folder."""
    with zipfile.ZipFile(HERE / f"{name}.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for file in sorted(f for f in folder.rglob("*") if f.is_file()):
            archive.write(file, file.relative_to(folder))
    record = {"config": config, "texts": TEXTS, "logits": logits.tolist(), "runtime": runtime}
    (HERE / f"{name}.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(name, (HERE / f"{name}.zip").stat().st_size, logits[0])


def padded() -> tuple[np.ndarray, np.ndarray]:
    """Ids and mask of the texts in one batch."""
    longest = max(map(len, TEXTS))
    ids = np.array([text + [0] * (longest - len(text)) for text in TEXTS])
    mask = np.array([[1] * len(text) + [0] * (longest - len(text)) for text in TEXTS])
    return ids, mask


# --- ONNX -----------------------------------------------------------------------------------------


def onnx() -> None:
    """By both exporters of torch, of models with another activation and another number of heads than usual."""
    import onnxruntime
    import torch
    import transformers
    from transformers import DistilBertConfig, DistilBertForSequenceClassification

    made = {
        "onnx_legacy_relu_4": ({"activation": "relu", "n_heads": 4}, "eager", {"dynamo": False, "opset_version": 14}),
        "onnx_legacy_gelu_6": ({"activation": "gelu", "n_heads": 6}, "sdpa", {"dynamo": False, "opset_version": 17}),
        "onnx_dynamo_relu_3": ({"activation": "relu", "n_heads": 3}, "sdpa", {"dynamo": True}),
        "onnx_dynamo_gelu_12": ({"activation": "gelu", "n_heads": 12}, "eager", {"dynamo": True}),
    }
    for seed, (name, (own, attention, options)) in enumerate(made.items()):
        torch.manual_seed(seed)
        config = DistilBertConfig(**SIZES, **own, initializer_range=0.3)
        model = DistilBertForSequenceClassification._from_config(config, attn_implementation=attention).eval()
        with torch.no_grad():
            for parameter in model.parameters():
                if parameter.dim() == 1:
                    parameter.add_(torch.randn_like(parameter) * 0.2)
                parameter.copy_(parameter.bfloat16())  # so that the zips are small
        ids, mask = (torch.tensor(a) for a in padded())
        with tempfile.TemporaryDirectory() as temporary:
            file = Path(temporary) / "model.onnx"
            axes = {0: "batch_size", 1: "sequence_length"}
            if options["dynamo"]:
                options = options | {"dynamic_shapes": ({0: "batch", 1: "sequence"}, {0: "batch", 1: "sequence"})}
            else:
                options = options | {"dynamic_axes": {"input_ids": axes, "attention_mask": axes, "logits": {0: "b"}}}
            torch.onnx.export(
                model,
                (ids, mask),
                str(file),
                input_names=["input_ids", "attention_mask"],
                output_names=["logits"],
                **options,
            )
            session = onnxruntime.InferenceSession(str(file))
            (logits,) = session.run(["logits"], {"input_ids": ids.numpy(), "attention_mask": mask.numpy()})
            versions = f"onnxruntime {onnxruntime.__version__}, torch {torch.__version__}, transformers {transformers.__version__}"
            write(name, Path(temporary), logits, own, versions)


# --- TensorFlow -----------------------------------------------------------------------------------


def tensorflow() -> None:
    """SavedModels with the signature that Spark NLP asks for, one of them with dropout left in."""
    import tensorflow as tf
    import transformers
    from transformers import DistilBertConfig, TFDistilBertForSequenceClassification

    made = {
        "tensorflow_relu_4": ({"activation": "relu", "n_heads": 4}, False),
        "tensorflow_training": ({"activation": "gelu", "n_heads": 4}, True),
    }
    for seed, (name, (own, training)) in enumerate(made.items()):
        tf.random.set_seed(seed)
        config = DistilBertConfig(**SIZES, **own, initializer_range=0.3)
        model = TFDistilBertForSequenceClassification(config)
        ids, mask = padded()
        model({"input_ids": tf.constant(ids, tf.int32), "attention_mask": tf.constant(mask, tf.int32)})
        random = np.random.default_rng(seed)
        for variable in model.variables:
            value = variable.numpy()
            if value.ndim == 1:
                value = value + random.standard_normal(value.shape) * 0.2
            variable.assign(tf.cast(tf.cast(value, tf.bfloat16), tf.float32))
        spec = {key: tf.TensorSpec([None, None], tf.int32, name=key) for key in ("input_ids", "attention_mask")}

        with tempfile.TemporaryDirectory() as temporary:

            @tf.function(input_signature=[spec])
            def serve(inputs, model=model, training=training):
                return {"logits": model(inputs, training=training).logits}

            model.save_pretrained(temporary, saved_model=True, signatures={"serving_default": serve})
            folder = Path(temporary) / "saved_model" / "1"
            (folder / "keras_metadata.pb").unlink(missing_ok=True)
            loaded = tf.saved_model.load(str(folder)).signatures["serving_default"]
            given = {"input_ids": tf.constant(ids, tf.int32), "attention_mask": tf.constant(mask, tf.int32)}
            versions = f"tensorflow {tf.__version__}, transformers {transformers.__version__}"
            write(name, folder, loaded(**given)["logits"].numpy(), own, versions)


if __name__ == "__main__":
    {"onnx": onnx, "tensorflow": tensorflow}[sys.argv[1]]()
