"""What Spark NLP's zero-shot classifier for BERT makes of texts and labels, into tests/golden/zero_shot.

    python -m tests.reference.zero_shot export WORK     torch, transformers and onnx: an exporter's folder
    JARS=<folder> python zero_shot.py record WORK       spark-nlp and pyspark, see README.md: the scores

The second step imports nothing of this repository.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

GOLDEN = Path(__file__).resolve().parent.parent / "golden" / "zero_shot"
MODEL_LABELS = ["contradiction", "entailment", "neutral"]

TEXTS = [
    "I really liked that movie, don't you?",
    "The market fell by 3.5% on Monday, while shares of the New York team rose.",
    "Größe und Straße: naïve café!",
    "THE WHOLE THING IS AWFUL!!!",
    "Hello   World\tand\nnew lines",
    "日本語 and 😀 emoji",
    "a",
    "good " * 80 + "end",
    "The film was great. We hated the plot! And you?",
    "",
    "   ",
]
LABELS = ["science", "the market", "good films"]
#: With pieces, punctuation, accents, what the vocabulary lacks, capitals and blanks.
ODD = ["loving hatedly", "don't you?", "😀 film", "THE Movie", "  a   team ", "naïve café", "日本", "3.5%"]
#: Setters by case, beside the usual ones.
CASES: dict[str, dict[str, Any]] = {
    "usual": {},
    "uncased": {"CaseSensitive": False},
    "odd labels": {"CandidateLabels": ODD},
    "odd labels, uncased": {"CandidateLabels": ODD, "CaseSensitive": False},
    "one label": {"CandidateLabels": LABELS[:1]},
    "several labels a text": {"Multilabel": True},
    "sigmoid": {"Activation": "sigmoid"},
    "another contradiction": {"Multilabel": True, "ContradictionIdParam": 2},
    "entailment first": {"Multilabel": True, "EntailmentIdParam": 0, "ContradictionIdParam": 2},
    "another entailment": {"EntailmentIdParam": 2},
    "short": {"MaxSentenceLength": 16},
    "short, odd labels": {"MaxSentenceLength": 10, "CandidateLabels": ODD},
    "long label": {"MaxSentenceLength": 16, "CandidateLabels": ["science " * 30, "good"]},
    "sentences": {"sentences": True},
    "sentences averaged": {"sentences": True, "CoalesceSentences": True},
}


def export(work: Path) -> None:
    """A folder for Spark NLP in `work`, and the model folder in `GOLDEN`."""
    import torch
    from transformers import AutoModelForSequenceClassification

    from tests.families import save_tiny_family

    class Logits(torch.nn.Module):
        def __init__(self, model: Any):
            super().__init__()
            self.model = model

        def forward(self, input_ids: Any, attention_mask: Any, token_type_ids: Any) -> Any:
            return self.model(input_ids, attention_mask, token_type_ids).logits

    def rounded(model: Any) -> None:
        # Half of a weight's bits are zeros, which zip well.
        for weight in model.parameters():
            weight.data = weight.data.bfloat16().float()

    folder = save_tiny_family(work / "hf", "bert", MODEL_LABELS, change=rounded, max_position_embeddings=128)
    model = AutoModelForSequenceClassification.from_pretrained(folder, attn_implementation="eager").eval()
    names = ["input_ids", "attention_mask", "token_type_ids"]
    with torch.no_grad():
        torch.onnx.export(
            Logits(model),
            (torch.ones(1, 6, dtype=torch.long),) * len(names),
            str(work / "model.onnx"),
            input_names=names,
            output_names=["logits"],
            dynamic_axes={name: {0: "batch", 1: "length"} for name in names} | {"logits": {0: "batch"}},
            opset_version=14,
            dynamo=False,
        )
    assets = work / "assets"
    assets.mkdir(exist_ok=True)
    vocabulary = json.loads((folder / "tokenizer.json").read_text())["model"]["vocab"]
    (assets / "vocab.txt").write_text("\n".join(sorted(vocabulary, key=vocabulary.__getitem__)) + "\n")
    (assets / "labels.txt").write_text("\n".join(MODEL_LABELS))
    GOLDEN.mkdir(parents=True, exist_ok=True)
    shutil.make_archive(str(GOLDEN / "bert"), "zip", folder)


def record(work: Path) -> None:
    """Spark NLP's results and scores by case, each text's a list of pairs."""
    import sparknlp
    from pyspark.ml import Pipeline
    from pyspark.sql import SparkSession
    from sparknlp.annotator import BertForZeroShotClassification, SentenceDetector, Tokenizer
    from sparknlp.base import DocumentAssembler

    jars = ",".join(map(str, Path(os.environ["JARS"]).glob("*.jar")))
    spark = SparkSession.builder.master("local[1]").config("spark.jars", jars).getOrCreate()
    frame = spark.createDataFrame(list(enumerate(TEXTS)), "id int, text string").coalesce(1)
    cases: dict[str, Any] = {}
    for case, setters in CASES.items():
        stage = BertForZeroShotClassification.loadSavedModel(str(work), spark)
        document = "sentence" if "sentences" in setters else "document"
        stages: list[Any] = [DocumentAssembler().setInputCol("text").setOutputCol("document")]
        if document == "sentence":
            stages.append(SentenceDetector().setInputCols(["document"]).setOutputCol("sentence"))
        stages.append(Tokenizer().setInputCols([document]).setOutputCol("token"))
        stage.setInputCols([document, "token"]).setOutputCol("class").setMaxSentenceLength(64)
        stage.setCaseSensitive(True).setEntailmentIdParam(1).setContradictionIdParam(0).setCandidateLabels(LABELS)
        for setter, value in setters.items():
            if setter != "sentences":
                getattr(stage, f"set{setter}")(value)
        rows = Pipeline(stages=[*stages, stage]).fit(frame).transform(frame).select("id", "class").collect()
        cases[case] = [
            [[a["result"], {k: float(v) for k, v in a["metadata"].items() if k != "sentence"}] for a in row["class"]]
            for row in sorted(rows, key=lambda row: row["id"])
        ]
    found = {"spark_nlp": sparknlp.version(), "cases": cases}
    (GOLDEN / "bert.json").write_text(json.dumps(found, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    {"export": export, "record": record}[sys.argv[1]](Path(sys.argv[2]))
