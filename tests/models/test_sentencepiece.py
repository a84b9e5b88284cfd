import random
from contextlib import suppress

import pytest

from sparkcls.errors import ModelFormatError
from sparkcls.families.pieces import CLASSES, XLM_ROBERTA
from sparkcls.models.layout import DECISIVE, FORMERLY_DECISIVE, decisive_files
from sparkcls.models.sentencepiece import read_sentencepiece
from sparkcls.models.tokenizer_files import read_source
from tests.reference_models import sentencepiece_model
from tests.tokenizer_folders import charsmap, sentencepiece_file


@pytest.fixture
def file(tmp_path):
    return tmp_path / "sentencepiece.bpe.model"


def test_what_google_s_reader_reads(file):
    content = sentencepiece_file("deberta-v2", charsmap=charsmap(), user_defined="ﬁlm")
    file.write_bytes(content)
    theirs = sentencepiece_model.ModelProto.FromString(content)
    ours = read_sentencepiece(file)
    assert ours.pieces == [(piece.piece, piece.score) for piece in theirs.pieces]
    assert ours.types == [piece.type for piece in theirs.pieces]
    assert ours.unknown == theirs.trainer_spec.unk_id == 3
    assert ours.charsmap == charsmap()


def test_only_model_format_errors_come_out_of_a_damaged_file(file):
    content = sentencepiece_file("xlm-roberta", charsmap=charsmap())
    chance = random.Random(0)
    for _ in range(300):
        damaged = bytearray(content[: chance.randrange(len(content))] if chance.random() < 0.3 else content)
        for _ in range(chance.randrange(1, 4)):
            if damaged:
                damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        file.write_bytes(damaged)
        with suppress(ModelFormatError):
            read_source(file.parent, XLM_ROBERTA)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m: m.pieces.add(piece="x" * 1001), "has over 1,000 characters"),
        (lambda m: setattr(m.normalizer_spec, "precompiled_charsmap", b"abc"), "precompiled_charsmap is cut off"),
    ],
)
def test_what_would_stall_a_worker_is_refused(file, change, message):
    model = sentencepiece_model.ModelProto.FromString(sentencepiece_file("xlm-roberta"))
    change(model)
    file.write_bytes(model.SerializeToString())
    with pytest.raises(ModelFormatError, match=message):
        read_source(file.parent, XLM_ROBERTA)


def test_exporters_files_are_found_in_assets(file):
    (file.parent / "assets").mkdir()
    (file.parent / "assets" / file.name).write_bytes(sentencepiece_file("xlm-roberta"))
    assert len(read_source(file.parent, XLM_ROBERTA).scored) > 100


def test_vocabulary_files_are_part_of_a_model_unless_tokenizer_json_takes_their_place(tmp_path):
    names = {name for pieces in CLASSES.values() for name in pieces.files} - {*FORMERLY_DECISIVE}
    assert names == {"vocab.json", "merges.txt", "sentencepiece.bpe.model", "spiece.model", "spm.model"}
    assert names < {*DECISIVE}
    for name in names:
        (tmp_path / name).write_text("x")
    assert set(decisive_files(tmp_path)) == names
    (tmp_path / "tokenizer.json").write_text("{}")
    assert set(decisive_files(tmp_path)) == {"tokenizer.json"}
