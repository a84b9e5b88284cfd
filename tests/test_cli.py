import json
import os
import shutil
import subprocess
import sys

import pytest
from filelock import FileLock, Timeout

from sparkcls.catalogue.cards import CARDS
from sparkcls.catalogue.index import parse_index
from sparkcls.catalogue.resolve import resolve
from sparkcls.catalogue.sources import forget_indexes
from sparkcls.cli import main
from sparkcls.errors import ModelNotFoundError
from sparkcls.models.bundled import ASSEMBLED, bundled_names
from sparkcls.models.ref import folder_digest
from tests.models import save_tiny_model

BUNDLED = "distilbert_mini_sequence_classifier_sst2"
IMDB = "distilbert_base_sequence_classifier_imdb"


@pytest.fixture
def mirror(tmp_path, monkeypatch, cache):
    """An index without archives, which is all that the commands here may ask."""
    folder = tmp_path / "mirror"
    folder.mkdir()
    lines = [
        {"name": "far_away", "language": "fr", "annotator": "DistilBertForSequenceClassification", "engine": "onnx"},
        {"name": "ner", "language": "en", "annotator": "NerDLModel"},
        {"name": "explain", "language": "en", "category": "pl"},
    ]
    common = {
        "libVersion": {"parts": [3, 3, 3]},
        "sparkVersion": {"parts": [3, 0]},
        "readyToUse": True,
        "isZipped": True,
        "time": "2021-11-21T13:51:09.757Z",
        "category": "ml",
    }
    (folder / "metadata.json").write_text("".join(json.dumps(common | line) + "\n" for line in lines))
    monkeypatch.setenv("SPARKCLS_MIRROR", str(folder))
    forget_indexes()
    return folder


def run(capsys, *arguments):
    capsys.readouterr()  # the bar of save_pretrained
    code = main([str(a) for a in arguments])
    out, err = capsys.readouterr()
    return code, out, err


def test_models(capsys, mirror, cache):
    save_tiny_model(cache / "mine_en", ["a", "b"])
    (cache / ".partial").mkdir()
    code, out, err = run(capsys, "models")
    assert (code, err) == (0, "")
    states = {line.split()[0]: line.split()[1:3] for line in out.splitlines()[1:]}
    assert states == {
        **{name: ["en", "bundled"] for name in bundled_names()},
        "mine": ["en", "cached"],
        "far_away": ["fr", "store"],
        **{name: ["en", "card"] for name in CARDS},
    }
    assert str(mirror / "far_away_fr_3.3.3_3.0_1637502669757.zip") in out
    assert [line.split()[0] for line in run(capsys, "models", "--lang", "FR")[1].splitlines()] == ["NAME", "far_away"]
    found = [line.split()[0] for line in run(capsys, "models", "--search", "Imdb")[1].splitlines()]
    assert found == ["NAME", CARDS[IMDB].mini, IMDB]
    assert [line.split()[0] for line in run(capsys, "models", "--annotator", "nerdlmodel")[1].splitlines()[1:]] == [
        "ner"
    ]
    everything = run(capsys, "models", "--all")[1]
    assert " NerDLModel " in everything
    assert "explain" not in everything
    assert "no model matches" in run(capsys, "models", "--search", "zzz")[2]


def test_models_are_listed_by_the_names_that_they_are_asked_for(capsys, mirror, cache, tmp_path, monkeypatch):
    for name in ("plain--name", "owner--repository", "owner--older", "owner--new"):
        save_tiny_model(cache / f"{name}_en", ["a", "b"])
    sources = {
        "owner--repository": {"hub": "owner/repository", "name": "owner/repository", "lang": "en"},
        "owner--older": {"hub": "owner/older"},
        "owner--new": {"store": "https://host", "name": "owner--new", "lang": "en"},
    }
    for name, source in sources.items():
        (cache / f"{name}_en" / "source.json").write_text(json.dumps(source))
    (cache / "empty_en").mkdir()
    (cache / "half_en").mkdir()
    (cache / "half_en" / "vocab.txt").write_text("a")

    def cached():
        return sorted(line.split()[0] for line in run(capsys, "models")[1].splitlines() if " cached " in line)

    assert cached() == ["owner--new", "owner/older", "owner/repository", "plain--name"]
    for name in ("owner/repository", "plain--name"):
        assert run(capsys, "pull", name, "--to", tmp_path / "layer")[0] == 0
    code, _, err = run(capsys, "pull", "owner--repository", "--to", tmp_path / "layer", "--from", tmp_path / "layer")
    assert code == 1
    assert "owner/repository" in err
    monkeypatch.setenv("SPARKCLS_CACHE", str(tmp_path / "layer"))
    assert cached() == ["owner/repository", "plain--name"], "there is no source.json, but an index"


def test_models_without_a_store(capsys, mirror):
    (mirror / "metadata.json").unlink()
    code, out, err = run(capsys, "models")
    assert code == 0
    assert BUNDLED in out
    assert err.startswith("sparkcls: the store's models are not listed: ")
    assert len(err.splitlines()) == 1


def test_pull_into_the_cache(capsys, mirror, cache):
    model = save_tiny_model(cache / "mine_en", ["a", "b"])
    assert run(capsys, "pull", "mine") == (0, f"{model}\n", "")


def test_a_pulled_folder_is_a_cache_and_a_mirror(capsys, mirror, cache, tmp_path, monkeypatch):
    model = save_tiny_model(cache / f"{IMDB}_en", ["neg", "pos"])
    to = tmp_path / "layer"
    for name in (BUNDLED, IMDB, BUNDLED):
        assert run(capsys, "pull", name, "--to", to) == (0, f"{to / name}_en\n", "")
    assert sorted(p.name for p in to.iterdir()) == sorted([f"{IMDB}_en", f"{BUNDLED}_en", "metadata.json"])
    entries = {e.name: e for e in parse_index((to / "metadata.json").read_bytes())}
    assert sorted(entries) == sorted([BUNDLED, IMDB])
    assert entries[IMDB].key == CARDS[IMDB].key
    assert (entries[IMDB].folder, entries[IMDB].zipped, entries[IMDB].category) == (f"{IMDB}_en", False, "ml")
    assert "model.safetensors" in entries[IMDB].files

    shutil.rmtree(cache)
    monkeypatch.setenv("SPARKCLS_CACHE", str(to))
    assert resolve(IMDB).digest == folder_digest(to / f"{IMDB}_en")
    # As a remote mirror: the folder is not one of this machine's, so it is fetched by the index.
    monkeypatch.setenv("SPARKCLS_CACHE", str(cache))
    served = tmp_path / "served"
    shutil.copytree(to, served)
    (served / f"{IMDB}_en").rename(served / "elsewhere")
    index = (served / "metadata.json").read_text().replace(f'"folder": "{IMDB}_en"', '"folder": "elsewhere"')
    (served / "metadata.json").write_text(index)
    assert run(capsys, "pull", IMDB, "--from", served) == (0, f"{model}\n", "")
    assert folder_digest(model) == folder_digest(to / f"{IMDB}_en")


def test_pull_from_a_store_into_a_folder_leaves_the_cache_alone(capsys, cache, tmp_path):
    store, to = tmp_path / "store", tmp_path / "layer"
    save_tiny_model(cache / f"{IMDB}_en", ["neg", "pos"])
    run(capsys, "pull", IMDB, "--to", store)
    (store / f"{IMDB}_en").rename(store / "elsewhere")
    index = (store / "metadata.json").read_text().replace(f'"folder": "{IMDB}_en"', '"folder": "elsewhere"')
    (store / "metadata.json").write_text(index)
    shutil.rmtree(cache)
    assert run(capsys, "pull", IMDB, "--to", to, "--from", store)[:2] == (0, f"{to / IMDB}_en\n")
    assert sorted(p.name for p in to.iterdir()) == [f"{IMDB}_en", "metadata.json"]
    assert not cache.exists()


def test_pull_leaves_the_locks_of_other_processes(capsys, cache, tmp_path):
    to = tmp_path / "layer"
    (to / ".locks").mkdir(parents=True)
    (to / ".work" / "other_en-1").mkdir(parents=True)
    with FileLock(to / ".locks" / "other_en.lock"), FileLock(to / ".locks" / "nowhere_en.lock"):
        assert run(capsys, "pull", "nowhere", "--to", to, "--from", tmp_path)[0] == 1
        assert sorted(p.name for p in (to / ".locks").iterdir()) == ["nowhere_en.lock", "other_en.lock"]
        with pytest.raises(Timeout):
            FileLock(to / ".locks" / "other_en.lock").acquire(timeout=0)
    assert (to / ".work" / "other_en-1").is_dir()


def test_pulling_a_changed_model_replaces_it(capsys, cache, tmp_path):
    to = tmp_path / "layer"
    save_tiny_model(cache / "mine_en", ["a", "b"])
    run(capsys, "pull", "mine", "--to", to)
    model = save_tiny_model(cache / "mine_en", ["a", "b", "c"], seed=1)
    run(capsys, "pull", "mine", "--to", to)
    assert folder_digest(to / "mine_en") == folder_digest(model)
    assert len((to / "metadata.json").read_text().splitlines()) == 1


def test_show(capsys, mirror, cache):
    code, out, err = run(capsys, "show", BUNDLED)
    assert (code, err) == (0, "")
    for fact in ("bundled", "sha256:", "NEGATIVE, POSITIVE", "MB", "caseSensitive", "uncased_finetuned_sst_2_english"):
        assert fact in out
    code, out, err = run(capsys, "show", IMDB)
    assert (code, err) == (0, "")
    card = CARDS[IMDB]
    for fact in ("not on this machine", card.key, card.description, "weighted avg", "neg, pos", card.mini):
        assert fact in out
    assert "engine       onnx" in run(capsys, "show", "far_away", "--lang", "fr")[1]
    assert [path.name for path in cache.iterdir()] == [ASSEMBLED]


def test_show_has_the_figures_of_a_bundled_model(capsys, mirror, figures):
    code, out, err = run(capsys, "show", BUNDLED)
    assert (code, err) == (0, "")
    assert "measured on" in out
    assert "sentences of a test (7 rows, at most 12 wordpieces of each)" in out
    assert "    NEGATIVE  0.750      1.000   0.857     3\n" in out
    assert out.endswith("    accuracy                     0.857     7\n")


def test_show_a_folder(capsys, mirror, tiny_model, tmp_path, monkeypatch):
    code, out, err = run(capsys, "show", tiny_model)
    assert (code, err) == (0, "")
    for fact in (str(tiny_model), "sha256:", "red, green, blue", "distilbert", "DistilBertForSequenceClassification"):
        assert fact in out
    assert "scores   softmax" in out
    assert "reads    texts of up to" in out
    monkeypatch.chdir(tiny_model.parent)
    assert run(capsys, "show", tiny_model.name)[0] == 0
    code, out, err = run(capsys, "show", "./nowhere")
    assert (code, out) == (1, "")
    assert "There is no folder" in err
    code, out, err = run(capsys, "show", tmp_path)
    assert (code, out) == (1, "")
    assert "is no model folder, for it has no config.json; `sparkcls convert" in err


def test_the_script_for_spark_submit(capsys):
    code, out, _ = run(capsys, "submit-script")
    assert code == 0
    done = subprocess.run([sys.executable, out.strip(), "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("sparkcls ")


def test_convert(capsys, tiny_model, tmp_path):
    out = tmp_path / "out"
    assert run(capsys, "convert", tiny_model, out) == (0, f"{out}\n", "")
    assert folder_digest(out) == folder_digest(tiny_model)


def test_unknown_names_get_the_nearest_and_the_ways_out(capsys, mirror, monkeypatch):
    typo = IMDB.replace("imdb", "imbd")
    for command in ("show", "pull"):
        for name, near in ((typo, IMDB), ("imdb", IMDB), ("sst2", BUNDLED)):
            code, out, err = run(capsys, command, name)
            assert (code, out) == (1, "")
            assert near in next(line for line in err.splitlines() if line.startswith("Nearest names: "))
    assert "\n  1. Put it into the cache" in err, "the ways out are a list"
    assert "Nearest names: far_away\n" in run(capsys, "show", "far_awai", "--lang", "fr")[2]
    monkeypatch.setenv("SPARKCLS_MIRROR", "http://127.0.0.1:9/models")
    for command in ("show", "pull"):
        code, out, err = run(capsys, command, typo)
        assert (code, out) == (1, "")
        assert err.startswith(f"sparkcls: No model '{typo}' (en): it is not ")
        assert "http://127.0.0.1:9/models" in err
        assert "no answer" in err
        assert f"Nearest names: {IMDB}" in err
    code, out, err = run(capsys, "show", "zzz")
    assert "Nearest" not in err
    assert "`sparkcls models`" in err


def test_a_card_is_not_shown_of_another_model(capsys, mirror, cache):
    save_tiny_model(cache / f"{IMDB}_en", ["yes", "no"])
    code, out, _ = run(capsys, "show", IMDB)
    assert code == 0
    assert "not of this model: the card of the name has the labels neg, pos" in out
    assert "params of the card" not in out


def test_errors_are_one_line(capsys, mirror, tmp_path, tiny_model):
    (tmp_path / "file").write_text("")
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "metadata.json").write_text("[]\n")
    for name, content in (("latin", b"\xe9\n"), ("deep", b"[" * 100_000)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "metadata.json").write_bytes(content)
    for arguments, code, text in (
        (["pull", "../up"], 2, "expected a plain name"),
        (["pull", BUNDLED, "--to", tmp_path / "file"], 2, "expected a folder"),
        (["pull", BUNDLED, "--to", tmp_path / "odd"], 1, "line 1, is no entry"),
        (["pull", BUNDLED, "--to", tmp_path / "latin"], 1, "it is not UTF-8"),
        (["pull", BUNDLED, "--to", tmp_path / "deep"], 1, "line 1, is no entry"),
        (["convert", tmp_path / "none", tmp_path / "x"], 1, "No folder"),
        (["convert", tiny_model, tmp_path / "odd"], 2, "exists"),
    ):
        found, out, err = run(capsys, *arguments)
        assert (found, out) == (code, "")
        assert err.startswith("sparkcls: ")
        assert text in err
        assert len(err.splitlines()) == 1


def test_usage(capsys):
    assert run(capsys)[0] == 2
    assert run(capsys, "fetch")[0] == 2
    assert "usage: sparkcls" in run(capsys, "--help")[1]
    for command in ("models", "pull", "show", "convert"):
        code, out, _ = run(capsys, command, "--help")
        assert code == 0
        assert "SPARKCLS_MIRROR" in " ".join(out.split())


def test_as_a_process_without_torch_or_spark(mirror, cache, tmp_path):
    code = (
        "import sys\n"
        "for name in ('torch', 'pyspark', 'transformers'): sys.modules[name] = None\n"
        "from sparkcls.cli import main\n"
        f"codes = [main(a) for a in (['models'], ['show', {BUNDLED!r}], ['pull', {BUNDLED!r}, '--to', 'layer'], "
        f"['convert', 'layer/{BUNDLED}_en', 'again'])]\n"
        "sys.exit(max(codes))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    module = [sys.executable, "-m", "sparkcls", "show", "nothing_there"]
    done = subprocess.run(module, capture_output=True, text=True, check=False, env=os.environ)
    assert (done.returncode, done.stderr[:9]) == (1, "sparkcls:")


def test_missing_models_name_the_command(mirror):
    with pytest.raises(ModelNotFoundError, match="sparkcls pull far_off"):
        resolve("far_off")
