"""Save a pipeline with the installed sparkcls, and beside it what it answers; see README.md."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from pyspark.sql import SparkSession

import sparkcls.annotator
from sparkcls.base import LightPipeline
from sparkcls.catalogue.locate import copy_into_cache
from sparkcls.models.ref import ModelRef
from tests.models import save_tiny_model
from tests.pipelines import classifier_of, pipeline_of

TEXTS = ["I really liked that movie!", "bad", "the film was good and bad", "", "the plot was good. " * 9 + "bad"]


def main() -> None:
    target = Path(__file__).parent / sparkcls.version()
    SparkSession.builder.master("local[1]").getOrCreate()
    if len(sys.argv) > 1:
        stage = sparkcls.annotator.DistilBertForSequenceClassification.pretrained(sys.argv[1])
        stage.setInputCols("token", "document").setOutputCol("class")
    else:
        folder = save_tiny_model(Path(tempfile.mkdtemp()) / "tiny", ["red", "green", "blue"], seed=3)
        stage = classifier_of(folder)
        # What is saved names no folder of this machine.
        copy_into_cache(stage._ref(), folder)
        stage._update(model=ModelRef("tiny", stage._ref().digest, ("/absent/tiny",)).to_json())
    # The last text is longer than this.
    stage._update(precision="float32", maxSentenceLength=16, longText="windows")
    model = pipeline_of(stage)
    model.save(str(target / "pipeline"))
    rows = [result["class"] for result in LightPipeline(model).fullAnnotate(TEXTS)]
    expected = {
        "texts": TEXTS,
        "labels": [[a.result for a in row] for row in rows],
        "scores": [[{k: float(a.metadata[k]) for k in stage.getClasses()} for a in row] for row in rows],
    }
    (target / "expected.json").write_text(json.dumps(expected, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
