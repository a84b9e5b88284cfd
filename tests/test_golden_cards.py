"""The five cards' code, run under the real Spark NLP with stand-in weights, and here: every field of every row."""

from __future__ import annotations

import json
import zipfile

import pytest

from sparkcls.base import PipelineModel
from sparkcls.formats.convert import convert_folder
from sparkcls.pretrained import importPipeline
from tests.card_snippets import SNIPPETS
from tests.reference.build import plain
from tests.reference.cards import CARDS
from tests.reference.compare import same, strip
from tests.reference.texts import TEXTS

HEADER = "from sparkcls.base import *\nfrom sparkcls.annotator import *\n"

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # cards that keep case on a lower-case vocabulary


@pytest.fixture(params=sorted(SNIPPETS))
def card(request, tmp_path):
    """Name, what was recorded, and the pipeline that Spark NLP saved."""
    with zipfile.ZipFile(CARDS / f"{request.param}.zip") as archive:
        archive.extractall(tmp_path / "saved")
    return request.param, json.loads((CARDS / f"{request.param}.json").read_text(encoding="ascii")), tmp_path / "saved"


def without_truncation(rows):
    """Rows without the key that only sparkcls writes."""
    for row in rows:
        for column in row:
            for annotation in column if isinstance(column, list) else []:
                annotation[4].pop("truncated", None)
    return rows


def test_the_saved_pipeline_and_the_code_give_the_same(spark, cache, card):
    name, recorded, folder = card
    saved = importPipeline(folder)
    saved.stages[-1].setTokenization("sparknlp")
    frame = spark.createDataFrame([(text,) for text in TEXTS], "text string").coalesce(1)
    rows = [list(row) for row in saved.transform(frame).select("class").collect()]
    assert same(recorded["texts"], without_truncation(plain(rows)))

    (stage,) = (folder / "stages").glob("*_DistilBert*")
    convert_folder(stage, cache / f"{name}_en")
    scope = {"spark": spark}
    exec(HEADER + SNIPPETS[name], scope)
    stages = scope["pipeline"].fit(scope["result"]).stages
    stages[-1].setTokenization("sparknlp")
    result = PipelineModel(stages).transform(scope["result"].select("text"))
    assert same(recorded["rows"], plain([list(row) for row in result.collect()]))
    ours = [strip(json.loads(field.json())) for field in result.schema.fields]
    assert ours == recorded["schema"]["fields"]
