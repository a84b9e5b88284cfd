"""Confs of Spark sessions: whose count where."""

import threading
from types import SimpleNamespace

import pytest
from pyspark.sql import SparkSession

from sparkcls.settings import CACHE_CONF, MIRROR_CONF, cache_folder, mirror
from sparkcls.spark.confs import take_over_confs


def session(**confs):
    return SimpleNamespace(conf=SimpleNamespace(get=lambda name, default=None: confs.get(name, default)))


@pytest.fixture(autouse=True)
def fresh(fresh_settings, monkeypatch):
    monkeypatch.setattr(SparkSession, "getActiveSession", lambda: None)
    for variable in ("SPARKCLS_CACHE", "SPARKCLS_MIRROR"):
        monkeypatch.delenv(variable, raising=False)


def in_a_thread(call):
    found = []
    thread = threading.Thread(target=lambda: found.append(call()))
    thread.start()
    thread.join(30)
    return found[0]


def test_each_thread_goes_by_the_session_that_it_spoke_for(tmp_path):
    mine = session(**{CACHE_CONF: str(tmp_path / "mine"), MIRROR_CONF: "https://mine/models"})
    take_over_confs(mine)
    in_a_thread(lambda: take_over_confs(session(**{CACHE_CONF: str(tmp_path / "theirs")})))
    assert (cache_folder(), mirror()) == (tmp_path / "mine", "https://mine/models")
    take_over_confs(session())
    assert mirror() is None, "another session of this thread, without the conf"


def test_a_thread_without_a_session_changes_nothing(tmp_path):
    take_over_confs(session(**{CACHE_CONF: str(tmp_path / "mine")}))

    def work():
        take_over_confs()
        return cache_folder()

    assert in_a_thread(work) == tmp_path / "mine"
    assert cache_folder() == tmp_path / "mine"


def test_a_session_that_refuses_to_answer():
    def refuse(*_):
        raise RuntimeError("CONFIG_NOT_AVAILABLE")

    take_over_confs(SimpleNamespace(conf=SimpleNamespace(get=refuse)))
    assert mirror() is None
