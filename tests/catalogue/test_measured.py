"""The figures of the bundled models: of these very weights, in the form of a card's, and no part of the model."""

import json

import pytest

from sparkcls.catalogue.cards import CARDS
from sparkcls.catalogue.measured import EVALUATION, HEAD, Measured, measured
from sparkcls.errors import ModelFormatError
from sparkcls.models.bundled import bundled_folder, bundled_names
from sparkcls.models.layout import may_be_decisive, read_model_folder
from sparkcls.models.ref import folder_digest


@pytest.mark.parametrize("name", bundled_names())
def test_each_bundled_model_has_its_own(name):
    found = measured(name)
    folder = bundled_folder(name)
    assert found.digest == folder_digest(folder), "other weights: run examples/training/measure.py"
    assert tuple(row[0] for row in found.table) == (HEAD[0], *read_model_folder(folder).labels, "accuracy")
    assert all(0 <= float(figure) <= 1 for row in found.table[1:-1] for figure in row[1:4])
    supports = [int(row[4]) for row in found.table[1:]]
    assert int(found.rows) == sum(supports[:-1]) == supports[-1]
    right = sum(float(row[2]) * int(row[4]) for row in found.table[1:-1])
    assert float(found.accuracy) == pytest.approx(right / int(found.rows), abs=0.0011)
    assert found.data
    assert "polarity" not in found.data, "a card's data are not the mini model's"


def test_each_card_has_one():
    assert sorted(card.mini for card in CARDS.values()) == bundled_names()


def test_they_are_no_part_of_the_model():
    assert not may_be_decisive(EVALUATION)


def test_what_is_read(figures):
    found = measured("any")
    assert found == Measured("sentences of a test", "7", "12", "sha256:0", found.table)
    assert found.accuracy == "0.857"
    assert found.table[1] == ("NEGATIVE", "0.750", "1.000", "0.857", "3")
    assert found.where == "sentences of a test (7 rows, at most 12 wordpieces of each)"
    assert measured("any") == found
    figures.unlink()
    assert measured("any") is None


@pytest.mark.parametrize("change", [{"table": []}, {"table": 3}, {"table": [[*HEAD]]}, {}])
def test_damaged_ones(figures, change):
    facts = json.loads(figures.read_text())
    if change:
        facts |= change
    else:
        del facts["data"]
    figures.write_text(json.dumps(facts))
    with pytest.raises(ModelFormatError, match="evaluation.json is no table of figures"):
        measured("any")


def test_of_no_bundled_model():
    assert measured("other") is None
