"""Each thing that can be wrong with an installation is found, and comes with what to do."""

from __future__ import annotations

import os
import shutil
from collections import namedtuple
from pathlib import Path

import pytest
import torch

from lemmata.doors.doctor import HOME, ledger_findings, package, threads, torch_findings, training, versions
from lemmata.ledger import Ledger


def wrong(findings):
    found = [finding for finding in findings if not finding.is_well]
    assert all(finding.remedy for finding in found), "what is wrong comes with what to do"
    return {finding.what: finding.found + " -> " + finding.remedy for finding in found}


def test_old_versions_are_wrong():
    assert not wrong(versions((3, 11), (3, 37, 0)))
    assert set(wrong(versions((3, 10), (3, 36, 9)))) == {"Python", "SQLite"}


def test_our_own_package_is_well():
    assert not wrong([package(["lemmata"], HOME)])
    assert not wrong([package([], HOME)]), "a checkout that is not installed"


def test_another_project_with_a_package_of_our_name_is_named():
    found = wrong([package(["theorems", "lemmata"], HOME)])
    assert "pip uninstall theorems, then install lemmata again" in found["lemmata"]


def test_a_package_that_hides_ours_is_named():
    found = wrong([package(["lemmata"], Path("/project/lemmata"))])
    assert "rename /project/lemmata, or remove its __init__.py" in found["lemmata"]
    assert "nowhere" in wrong([package([], None)])["lemmata"]


@pytest.mark.parametrize("name", ["OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"])
def test_several_threads_are_wrong(name):
    assert not wrong(threads({}))
    assert not wrong(threads({name: "1"}))
    assert f"unset {name}" in wrong(threads({name: "8"}))["threads"]


def test_coarse_products_are_wrong():
    assert "precision" not in wrong(torch_findings(os.environ))
    assert "unset NVIDIA_TF32_OVERRIDE" in wrong(torch_findings({"NVIDIA_TF32_OVERRIDE": "1"}))["precision"]
    try:
        torch.set_float32_matmul_precision("medium")
        assert "set_float32_matmul_precision('highest')" in wrong(torch_findings({}))["precision"]
    finally:
        torch.set_float32_matmul_precision("highest")


def test_a_ledger_is_well_before_and_after_its_first_run(tmp_path):
    path = tmp_path / "ledger.sqlite"
    assert not wrong(ledger_findings(path))
    assert not path.exists(), "to look makes nothing"
    Ledger(path)
    assert not wrong(ledger_findings(path))


def test_a_damaged_ledger_is_wrong(tmp_path):
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(b"no database" * 100)
    assert "file is not a database" in wrong(ledger_findings(path))["ledger"]
    path.unlink()
    Ledger(path)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    assert "move it away" in wrong(ledger_findings(path))["ledger"]


def test_a_full_disk_is_wrong(tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**12, 10**12, 10**6))
    assert "lemmata prune" in wrong(ledger_findings(tmp_path / "ledger.sqlite"))["disk"]


def test_training_is_tried(monkeypatch):
    for is_bitwise, words in ((True, "bit for bit"), (False, "up to rounding")):
        monkeypatch.setattr("lemmata.engine.selftest.is_bitwise", lambda is_bitwise=is_bitwise: is_bitwise)
        assert training().is_well
        assert words in training().found

    def coarse():
        raise RuntimeError("float32 products have precision 'high'")

    monkeypatch.setattr("lemmata.engine.selftest.is_bitwise", coarse)
    assert set(wrong([training()])) == {"training"}
