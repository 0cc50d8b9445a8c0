"""How much memory is said to be left, on machines and in containers."""

from __future__ import annotations

import resource

from lemmata.engine import memory


def test_the_machine_has_some_left():
    with open("/proc/meminfo", encoding="ascii") as meminfo:
        total = int(next(line for line in meminfo if line.startswith("MemTotal")).split()[1]) * 1024
    assert 0 < memory.available() <= total


def test_a_container_may_have_less(tmp_path, monkeypatch):
    limit, usage = tmp_path / "limit", tmp_path / "usage"
    limit.write_text("3000000")
    usage.write_text("1000000")
    monkeypatch.setattr(memory, "CGROUP_LIMITS", (str(limit),))
    monkeypatch.setattr(memory, "CGROUP_USAGE", (str(usage),))
    assert memory.available() == 2_000_000
    limit.write_text("max")
    assert memory.available() > 2_000_000


def test_workers_share_half(monkeypatch):
    monkeypatch.setattr(memory, "available", lambda: 40 * memory.GIBIBYTE)
    assert memory.worker_share(4) == 5 * memory.GIBIBYTE
    assert memory.worker_share(1000) == memory.GIBIBYTE


def test_the_budget_respects_the_limit_of_the_process(monkeypatch):
    monkeypatch.setattr(memory, "available", lambda: 40 * memory.GIBIBYTE)
    monkeypatch.setenv("PYTEST_XDIST_WORKER_COUNT", "2")
    monkeypatch.setattr(resource, "getrlimit", lambda _: (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert memory.budget() == 10 * memory.GIBIBYTE
    monkeypatch.setattr(resource, "getrlimit", lambda _: (memory.mapped() + 12345, resource.RLIM_INFINITY))
    assert 0 <= memory.budget() <= 12345
