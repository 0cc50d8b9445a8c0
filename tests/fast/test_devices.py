"""Which worker uses which GPU, without having any."""

from __future__ import annotations

import os

import pytest

from lemmata.doors import plugin


class Config:
    """As much of pytest's configuration as is asked for."""

    def __init__(self, device):
        self.device = device

    def getoption(self, name):
        """The one option."""
        assert name == "--claims-device"
        return self.device


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    for name in ("CUDA_VISIBLE_DEVICES", "PYTEST_XDIST_WORKER", "LEMMATA_DEVICE"):
        monkeypatch.setenv(name, "")  # so that what is set here is undone
        monkeypatch.delenv(name)


def test_the_cpu_unless_told_otherwise():
    plugin._choose_device(Config(None))
    assert "LEMMATA_DEVICE" not in os.environ, "a run without claims changes nothing"
    os.environ["LEMMATA_DEVICE"] = "cuda"
    plugin._choose_device(Config(None))
    assert os.environ["LEMMATA_DEVICE"] == "cpu"
    assert "CUDA_VISIBLE_DEVICES" not in os.environ
    assert plugin.pytest_xdist_auto_num_workers(Config(None)) is None


@pytest.mark.parametrize(("worker", "gpu"), [("gw0", "2"), ("gw1", "5"), ("gw2", "2")])
def test_workers_share_the_gpus(monkeypatch, worker, gpu):
    monkeypatch.setenv("PYTEST_XDIST_WORKER", worker)
    plugin._choose_device(Config("2,5"))
    assert os.environ["CUDA_VISIBLE_DEVICES"] == gpu
    assert os.environ["LEMMATA_DEVICE"] == "cuda"


def test_a_worker_for_each_gpu():
    assert plugin.pytest_xdist_auto_num_workers(Config("0,1,2")) == 3


def test_what_the_environment_allows_goes_first(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "7")
    plugin._choose_device(Config("0"))
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "7"
