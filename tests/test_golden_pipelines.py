"""Pipelines that Spark NLP saved, imported: they give what it recorded."""

from __future__ import annotations

import zipfile

import pytest

from sparkcls.pretrained import importPipeline
from tests.reference.build import frame_of, plain
from tests.reference.cases import SAVED
from tests.reference.compare import GOLDEN, golden_groups
from tests.reference.differences import drifts


@pytest.mark.parametrize(("stage", "name"), SAVED)
def test_an_imported_pipeline_gives_what_was_recorded(spark, tmp_path, stage, name):
    with zipfile.ZipFile(GOLDEN / "pipelines" / f"{stage}-{name}.zip") as archive:
        archive.extractall(tmp_path)
    (group,) = (g for g in golden_groups(GOLDEN / f"{stage}.json") if g["name"] == name)
    model = importPipeline(tmp_path)
    result = model.transform(frame_of(spark, group["rows"], group["schema"]))
    rows = plain([list(row) for row in result.select(*group["columns"]).collect()])
    differing = [
        text
        for text, theirs, ours in zip(group["rows"], group["output"], rows, strict=True)
        if theirs != ours and not drifts(text, theirs, ours)
    ]
    assert not differing


def test_a_corrupt_tokenizer_is_refused(tmp_path):
    from sparkcls.errors import ModelFormatError

    with zipfile.ZipFile(GOLDEN / "pipelines" / "Tokenizer-prefix and suffix.zip") as archive:
        archive.extractall(tmp_path)
    (part,) = (p for p in tmp_path.glob("stages/*/fields/rules/part-*") if p.stat().st_size > 1000)
    part.write_bytes(part.read_bytes()[:-700])
    with pytest.raises(ModelFormatError, match="copy the pipeline again"):
        importPipeline(tmp_path)
