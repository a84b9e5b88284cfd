"""How many threads a process uses, and how they wait."""

import os
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from sparkcls.engine import process
from sparkcls.engine.process import available_memory, fitting_threads, give_back_now_and_then, leave_pages
from sparkcls.rows.scoring import _waiting_passively

needs_openmp = pytest.mark.skipif(process._openmp() is None, reason="torch without OpenMP")


@pytest.fixture
def _two_threads(monkeypatch):
    monkeypatch.setattr(process, "_is_worker", False)
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@needs_openmp
@pytest.mark.usefixtures("_two_threads")
@pytest.mark.parametrize(("idle", "used"), [(-3, 1), (0, 1), (1, 1), (2, 2), (64, 2)])
def test_no_more_threads_than_cores_are_idle(monkeypatch, idle, used):
    monkeypatch.setattr(process, "_idle_cores", lambda: idle)
    with ThreadPoolExecutor(1) as other:
        with fitting_threads():
            assert torch.get_num_threads() == used
            assert other.submit(torch.get_num_threads).result() == 2, "other threads keep theirs"
        assert torch.get_num_threads() == 2
        with pytest.raises(ZeroDivisionError), fitting_threads():
            _ = 1 / 0
        assert torch.get_num_threads() == 2


@needs_openmp
@pytest.mark.usefixtures("_two_threads")
def test_a_worker_has_the_threads_that_spark_gave_it(monkeypatch):
    monkeypatch.setattr(process, "_idle_cores", lambda: 1)
    monkeypatch.setattr(process, "_is_worker", True)
    with fitting_threads():
        assert torch.get_num_threads() == 2


def test_idle_cores_and_memory():
    assert process._idle_cores() <= (os.cpu_count() or 1)
    assert available_memory("cpu") > 1 << 28


@pytest.mark.parametrize("is_worker", [True, False])
def test_a_worker_gives_memory_back_every_few_seconds(monkeypatch, is_worker):
    monkeypatch.setattr(process, "_is_worker", is_worker)
    monkeypatch.setattr(process, "_given_back", 100.0)
    now, given = [100.0], []
    monkeypatch.setattr(process.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(process, "give_back_memory", lambda: given.append(now[0]))
    for seconds in (101.0, 105.5, 106.0, 110.0, 111.0, 120.0):
        now[0] = seconds
        give_back_now_and_then(5.0)
    now[0] = 120.5
    give_back_now_and_then(0)
    assert given == ([105.5, 111.0, 120.0, 120.5] if is_worker else [])


@pytest.mark.parametrize("loaded", [False, True])
def test_torch_is_loaded_with_threads_that_do_not_spin(monkeypatch, loaded):
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    if not loaded:
        monkeypatch.delitem(sys.modules, "torch")
    with _waiting_passively():
        assert os.environ.get("OMP_WAIT_POLICY") == (None if loaded else "PASSIVE")
    assert "OMP_WAIT_POLICY" not in os.environ, "processes that it starts do not inherit it"
    monkeypatch.setenv("OMP_WAIT_POLICY", "ACTIVE")
    with _waiting_passively():
        assert os.environ["OMP_WAIT_POLICY"] == "ACTIVE"


def resident(file):
    """Bytes of a file's mappings that this process has read."""
    found, inside = 0, False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
            inside = line.endswith(f" {file}")
        elif inside and line.startswith("Rss:"):
            found += int(line.split()[1]) * 1024
    return found


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has this advice")
@pytest.mark.parametrize("is_worker", [True, False])
def test_pages_of_a_mapped_file_are_left_and_come_again(monkeypatch, tmp_path, is_worker):
    monkeypatch.setattr(process, "_is_worker", is_worker)
    file, other, link = tmp_path / "of a model.safetensors", tmp_path / "other.safetensors", tmp_path / "link"
    link.symlink_to(file)
    for path in (file, other):
        save_file({"x": torch.arange(1 << 20)}, path)
    mapped, beside = load_file(link)["x"], load_file(other)["x"]
    own = mapped.clone()
    assert torch.equal(mapped, beside)
    assert resident(file) >= 8 << 20
    leave_pages(link)
    assert (resident(file) == 0) == is_worker
    assert resident(other) >= 8 << 20, "another file's stay"
    assert torch.equal(mapped, own)
    file.unlink()
    leave_pages(file)
    assert torch.equal(mapped, own)
