"""What the cache keeps, and removing what is no longer used."""

import os
import time

import pytest
import torch
from filelock import FileLock

from sparkcls.catalogue.install import CONVERTED
from sparkcls.catalogue.upkeep import drop_weights, kept, prune
from sparkcls.cli import main
from sparkcls.engine.weights import load_weights
from sparkcls.models.bundled import ASSEMBLED
from sparkcls.models.checksums import file_sha256
from sparkcls.models.layout import WEIGHTS, read_model_folder
from tests.models import save_tiny_model

DAY = 86_400


def load(folder, precision="bfloat16"):
    load_weights(read_model_folder(folder), torch.device("cpu"), precision)


def age(path, days):
    for file in (path, *path.rglob("*")):
        os.utime(file, (time.time() - days * DAY,) * 2)


@pytest.fixture
def full(cache):
    """A cache with a model and its weights, another's that is gone, and what a killed process left."""
    load(save_tiny_model(cache / "mine_en", ["a", "b"]))
    load(save_tiny_model(cache / "old_en", ["a", "b"], seed=5))
    for file in (cache / "old_en").iterdir():
        file.unlink()
    (cache / "old_en").rmdir()
    for part in (".partial/gone_en", ".work/gone_en-0123"):
        (cache / part).mkdir(parents=True)
        (cache / part / "x.zip").write_bytes(b"x" * 1000)
    return cache


def names(items):
    return sorted(f"{item.kind}: {item.what.partition(',')[0]}" for item in items)


def test_what_is_kept(full):
    assert names(kept(full)) == [
        "model: mine (en)",
        "unfinished: gone_en",
        "unfinished: gone_en-0123",
        "weights: bfloat16 of a model that is not in the cache",
        "weights: bfloat16 of mine_en",
    ]
    files = [file for file in full.rglob("*") if file.is_file() and file.suffix != ".lock"]
    assert sum(item.size for item in kept(full)) == sum(f.stat().st_size for f in files if ASSEMBLED not in f.parts)


def test_what_was_not_used_for_long_is_removed(full):
    assert prune(full, DAY) == []
    age(full, 31)
    load(full / "mine_en")
    assert names(prune(full, 30 * DAY)) == [
        "unfinished: gone_en",
        "unfinished: gone_en-0123",
        "weights: bfloat16 of a model that is not in the cache",
    ]
    assert names(kept(full)) == ["model: mine (en)", "weights: bfloat16 of mine_en"]
    assert names(prune(full, 0)) == ["weights: bfloat16 of mine_en"]
    load(full / "mine_en")
    assert names(kept(full)) == ["model: mine (en)", "weights: bfloat16 of mine_en"]


def test_what_a_process_is_at_stays(full):
    age(full, 31)
    (full / ".locks").mkdir()
    weights = next((full / CONVERTED).glob(f"sha256-{file_sha256(full / 'mine_en' / WEIGHTS)}*.lock"))
    with FileLock(full / ".locks" / "gone_en.lock"), FileLock(weights):
        assert names(prune(full, 0)) == ["weights: bfloat16 of a model that is not in the cache"]


def test_a_model_that_is_removed_takes_its_weights_along(full):
    drop_weights(full, full / "mine_en")
    assert "weights: bfloat16 of mine_en" not in names(kept(full))
    assert len([item for item in kept(full) if item.kind == "weights"]) == 1


def test_the_command(full, capsys):
    capsys.readouterr()
    assert main(["cache"]) == 0
    out, err = capsys.readouterr()
    assert [line.split()[0] for line in out.splitlines()] == [
        "KIND",
        "model",
        "weights",
        "weights",
        *["unfinished"] * 2,
    ]
    assert err.startswith(f"sparkcls: in {full}: ")
    assert main(["cache", "--prune"]) == 0
    assert capsys.readouterr() == ("", f"sparkcls: removed from {full}: 0 bytes\n")
    assert main(["cache", "--prune", "--unused-for", "0"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 5
    assert (full / "mine_en" / "config.json").is_file()
    for wrong in (["--unused-for", "1"], ["--prune", "--unused-for", "-1"], ["--prune", "--unused-for", "nan"]):
        assert main(["cache", *wrong]) == 2


def test_models_clean_is_the_same(full, capsys):
    assert main(["models", "--clean"]) == 0
    assert capsys.readouterr() == ("", f"sparkcls: removed from {full}: 0 bytes\n")
    assert main(["models", "--clean", "--unused-for", "0"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 5
    assert (full / "mine_en" / "config.json").is_file()
    for wrong in (["--unused-for", "1"], ["--clean", "--search", "x"], ["--clean", "--unused-for", "-1"]):
        assert main(["models", *wrong]) == 2
        assert "--clean" in capsys.readouterr().err or wrong[-1] == "-1"


def test_no_cache_at_all(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("SPARKCLS_CACHE", str(tmp_path / "none"))
    for more in ([], ["--prune"]):
        assert main(["cache", *more]) == 0
        assert capsys.readouterr().out == ""
    assert not (tmp_path / "none").exists()
