"""Turns on a GPU, with a GPU that is pretended."""

import multiprocessing
import os
import signal
import tempfile
import time

import torch
from filelock import Timeout

from sparkcls.engine import turn as module
from sparkcls.engine.turn import turn


class Properties:
    uuid = "GPU-pretended"


def pretend(monkeypatch, tmp_path):
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: Properties)
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path))
    module._lock.cache_clear()
    return torch.device("cuda:0")


def hold(folder, started):
    torch.cuda.get_device_properties = lambda device: Properties
    tempfile.gettempdir = lambda: folder
    with turn(torch.device("cuda:3")):
        started.set()
        time.sleep(60)


def test_a_cpu_needs_none():
    with turn(torch.device("cpu")), turn(torch.device("cpu")):
        pass


def test_one_process_at_a_time_and_a_killed_one_lets_go(monkeypatch, tmp_path):
    device = pretend(monkeypatch, tmp_path)
    context = multiprocessing.get_context("fork")
    started = context.Event()
    other = context.Process(target=hold, args=(str(tmp_path), started))
    other.start()
    try:
        assert started.wait(30)
        (file,) = tmp_path.glob("sparkcls-*/gpu-GPU-pretended.lock")
        lock = module.FileLock(file)
        try:
            lock.acquire(timeout=0.3)
        except Timeout:
            pass
        else:
            raise AssertionError("both have the turn")
        other.kill()
        other.join()
        assert other.exitcode == -signal.SIGKILL
        with turn(device), turn(device):  # a process may hold it twice: halves of a batch
            pass
    finally:
        other.kill()
        module._lock.cache_clear()


def test_where_nothing_can_be_locked_all_compute_at_once(monkeypatch, tmp_path, caplog):
    device = pretend(monkeypatch, tmp_path / "missing")
    (tmp_path / "missing").write_text("no folder")
    with turn(device):
        pass
    assert "compute at once" in caplog.text
    module._lock.cache_clear()


def test_a_process_that_hangs_is_not_waited_for_without_end(monkeypatch, tmp_path, caplog):
    device = pretend(monkeypatch, tmp_path)
    monkeypatch.setattr(module, "LONGEST", 0.2)
    with turn(device):
        pass
    context = multiprocessing.get_context("fork")
    started = context.Event()
    other = context.Process(target=hold, args=(str(tmp_path), started))
    other.start()
    try:
        assert started.wait(30)
        with turn(device):
            pass
        assert "computes beside it" in caplog.text
    finally:
        other.kill()
        other.join()
    with turn(device):
        pass
    module._lock.cache_clear()


def test_a_folder_of_somebody_else(monkeypatch, tmp_path, caplog):
    """He could hold the lock for ever."""
    device = pretend(monkeypatch, tmp_path)
    folder = tmp_path / f"sparkcls-{os.getuid()}"
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)
    with turn(device):
        pass
    assert "compute at once" in caplog.text
    assert not list(folder.iterdir())
    module._lock.cache_clear()
