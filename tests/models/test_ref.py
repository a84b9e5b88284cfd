import hashlib
import json
import shutil

import pytest

from sparkcls._version import __version__
from sparkcls.errors import ModelFormatError, ModelNotFoundError
from sparkcls.models.bundled import BUNDLED_DEFAULT
from sparkcls.models.checksums import file_sha256
from sparkcls.models.ref import ModelRef, folder_digest


@pytest.fixture
def folder(tiny_model, tmp_path):
    return shutil.copytree(tiny_model, tmp_path / "copy")


def test_json_round_trip(folder):
    ref = ModelRef("n", "sha256:00", ("/a", "bundled:b"))
    assert ModelRef.from_json(ref.to_json()) == ref


@pytest.mark.parametrize("digest", ["..", "sha256:../../x", "", None, "md5:00", "sha256:00/.."])
def test_a_strangers_ref_names_no_folder(digest):
    with pytest.raises(ModelFormatError, match="is not a name, digest and places"):
        ModelRef.from_json(json.dumps({"name": "n", "digest": digest, "places": []}))


@pytest.mark.parametrize("text", ["", "[]", "3", "{}", '{"name": "n", "digest": "sha256:0", "places": [1]}'])
def test_what_is_no_ref(text):
    with pytest.raises(ModelFormatError, match="is not a name, digest and places"):
        ModelRef.from_json(text)


def test_digest_follows_content_not_place_or_bystanders(folder, tmp_path):
    twin = shutil.copytree(folder, tmp_path / "twin")
    (twin / "README.md").write_text("hello")
    assert folder_digest(twin) == folder_digest(folder)
    (twin / "vocab.txt").write_text("other")
    assert folder_digest(twin) != folder_digest(folder)


def test_the_first_place_with_the_right_content_wins(folder, tmp_path):
    ref = ModelRef.of_folder("n", str(folder))
    other = shutil.copytree(folder, tmp_path / "other")
    (other / "config.json").write_text((other / "config.json").read_text() + " ")
    many = ModelRef("n", ref.digest, (str(tmp_path / "absent"), str(other), str(folder)))
    assert many.find_here() == folder


def test_changed_since(folder):
    ref = ModelRef.of_folder("n", str(folder))
    (folder / "config.json").write_text((folder / "config.json").read_text() + " ")
    with pytest.raises(ModelFormatError, match="on host .* is not the one .* have changed or are damaged"):
        ref.find_here()


def test_nowhere():
    with pytest.raises(ModelNotFoundError, match="'n' is not on host .* looked in /absent"):
        ModelRef("n", "sha256:0", ("/absent",)).find_here()


def test_a_tokenizer_file_added_later_is_a_change(folder):
    ref = ModelRef.of_folder("n", str(folder))
    (folder / "added_tokens.json").write_text('{"good movie": 7}')
    with pytest.raises(ModelFormatError, match="have changed"):
        ref.find_here()


def test_refs_that_looked_at_fewer_files_find_their_folder(folder):
    former = "".join(
        f"{name}\0{file_sha256(folder / name)}\n"
        for name in ("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json", "vocab.txt")
    )
    ref = ModelRef("n", f"sha256:{hashlib.sha256(former.encode()).hexdigest()}", (str(folder),))
    (folder / "special_tokens_map.json").write_text("{}")
    assert ref.find_here() == folder
    (folder / "config.json").write_text((folder / "config.json").read_text() + " ")
    with pytest.raises(ModelFormatError, match="have changed"):
        ref.find_here()


def test_a_bundled_model_of_another_release(cache):
    """As where the driver has another sparkcls than this worker."""
    place = f"bundled:{BUNDLED_DEFAULT}"
    with pytest.raises(ModelFormatError, match=f"this host has sparkcls {__version__}: see that driver and executors"):
        ModelRef(BUNDLED_DEFAULT, "sha256:00", (place,)).find_here()
