"""Make the exporters' folders in this folder, and record what their own runtimes answer.

Nothing here runs in the tests. Each step needs an environment of its own, see README.md:

    python make.py onnx         torch with its two exporters, transformers, onnxruntime
    python make.py tensorflow   tensorflow-cpu, tf-keras and transformers 4
    python make.py families     the same, of other families; names behind it make these alone
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


def families() -> None:
    """SavedModels of other families, with token types where Spark NLP gives them."""
    import tensorflow as tf
    import transformers

    # Variables are called after the classes.
    sizes = {"vocab_size": 400, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_labels": 3}
    sizes |= {"num_attention_heads": 4, "initializer_range": 0.3}
    of_roberta = {"max_position_embeddings": 34, "pad_token_id": 1, "type_vocab_size": 1, "layer_norm_eps": 1e-5}
    made = {
        "bert": ("Bert", {"max_position_embeddings": 32, "hidden_act": "relu"}, True),
        "roberta": ("Roberta", of_roberta, False),
        "albert": ("Albert", {"max_position_embeddings": 32, "embedding_size": 16, "num_hidden_layers": 3}, True),
        "mpnet": ("MPNet", {"max_position_embeddings": 34}, False),
        "deberta-v2": (
            "DebertaV2",
            {"max_position_embeddings": 32, "relative_attention": True, "position_buckets": 8, "type_vocab_size": 0}
            | {"pos_att_type": ["c2p", "p2c"], "position_biased_input": False, "share_att_key": True}
            | {"norm_rel_ebd": "layer_norm"},
            False,
        ),
    }
    for seed, (name, (family, own, types)) in enumerate(made.items()):
        if sys.argv[2:] and name not in sys.argv[2:]:
            continue
        tf.random.set_seed(seed)
        config = getattr(transformers, f"{family}Config")(**(sizes | own))
        model = getattr(transformers, f"TF{family}ForSequenceClassification")(config)
        ids, mask = padded()
        given = {"input_ids": tf.constant(ids, tf.int32), "attention_mask": tf.constant(mask, tf.int32)}
        given |= {"token_type_ids": tf.zeros_like(given["input_ids"])} if types else {}
        model(given)
        random = np.random.default_rng(seed)
        for variable in model.variables:
            value = variable.numpy()
            if value.ndim == 1:
                value = value + random.standard_normal(value.shape) * 0.2
            if value.dtype == np.float32 or value.dtype == np.float64:
                variable.assign(tf.cast(tf.cast(value, tf.bfloat16), tf.float32))
        spec = {key: tf.TensorSpec([None, None], tf.int32, name=key) for key in given}

        with tempfile.TemporaryDirectory() as temporary:

            @tf.function(input_signature=[spec])
            def serve(inputs, model=model):
                return {"logits": model(inputs, training=False).logits}

            model.save_pretrained(temporary, saved_model=True, signatures={"serving_default": serve})
            folder = Path(temporary) / "saved_model" / "1"
            (folder / "keras_metadata.pb").unlink(missing_ok=True)
            loaded = tf.saved_model.load(str(folder)).signatures["serving_default"]
            versions = f"tensorflow {tf.__version__}, transformers {transformers.__version__}"
            told = {key: value for key, value in config.to_dict().items() if key in sizes | own and key != "num_labels"}
            told.pop("initializer_range", None)
            write(f"tensorflow_{name}", folder, loaded(**given)["logits"].numpy(), told, versions)


if __name__ == "__main__":
    {"onnx": onnx, "tensorflow": tensorflow, "families": families}[sys.argv[1]]()
