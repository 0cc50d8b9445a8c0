"""Everything that can be wrong with a claim, in one project: each gets its own status, and the good claims theirs."""

from __future__ import annotations

import pytest

from lemmata.doors.session import malformed

HANG = "import time\ntime.sleep(600)\nreturn 1.0, 2.0"
STUCK_OUTSIDE_PYTHON = "a = np.ones((1500, 1500))\nwhile True: np.linalg.svd(a)"

CASES = {
    # name: (body of the trial, status, words that have to be in the message)
    "nan_quantity": ('return float("nan"), 2.0', "ERROR", "quantity is NaN (trial"),
    "nan_bound": ('return 1.0, float("nan")', "ERROR", "bound is NaN (trial"),
    "infinite_quantity": ('return float("inf"), 2.0', "VIOLATED", "trials fail"),  # divergence is an outcome
    "infinite_bound": ('return 1.0, float("inf")', "ERROR", "bound is inf:"),
    "zero_bound": ("return 1.0, 0.0", "ERROR", "bound is 0.0:"),
    "raises": ('raise ArithmeticError("no such network")', "ERROR", "ArithmeticError: no such network (raises.py:"),
    "hangs": (HANG, "TIMEOUT", "no result after 4 s"),
    "stuck": (STUCK_OUTSIDE_PYTHON, "TIMEOUT", "no result after 4 s"),
    "eats_memory": ("return np.ones(2**40).sum(), 2.0", "ERROR", "out of memory"),
    "dies": ("import os\nos.kill(os.getpid(), 9)", "ERROR", "kills the process that runs it (killed by SIGKILL)"),
    "leaves": ("import sys\nsys.exit(3)", "ERROR", "SystemExit: 3"),
    "wrong_shape": ("return np.ones(3), 2.0", "ERROR", "one number a trial"),
    "too_large": (
        "from lemmata.engine.train import Network, Run, train\nimport torch\n"
        "run = Run(Network(3, 2**20, 2, 0.5), 1, torch.ones(1, 3), torch.ones(1), 0.1, 1)\nreturn train([run]), 1.0",
        "SKIPPED",
        "memory: one network with m = 1048576, L = 2, n = 1 needs 57344",
    ),
    "good": ("return 1.0, 2.0", "HOLDS", "no violation"),
}

MALFORMED = {
    # name: (text, words that have to be in the message)
    "no_control": (
        'from lemmata import Axis, Claim\nclaim = Claim("own.none", axes=[Axis("m", 1, 9)])\n'
        '@claim.at_most("b")\ndef trial(p):\n    return 1.0, 2.0\n',
        ["no_control.py", "bound 'b'", "no negative control", '@claim.control("b")'],
    ),
    "no_axes": (
        'from lemmata import Claim\nclaim = Claim("own.axes")\n',
        ["no_axes.py", "axes", "Give axes=[Axis(...)]"],
    ),
    "wrong_argument": (
        'from lemmata import Axis, Claim\nclaim = Claim("own.arg", axes=[Axis("m", 1, 9)])\n'
        '@claim.at_most("b")\ndef trial(p, seed):\n    return 1.0, 2.0\n',
        ["wrong_argument.py", "('p', 'seed')", "(p, rng) for one trial"],
    ),
    "syntax": ('from lemmata import Claim\nclaim = Claim("x", \n', ["syntax.py", "SyntaxError"]),
    "z_duplicate": (
        'from lemmata import Axis, Claim\nclaim = Claim("own.good", axes=[Axis("m", 1, 9)])\n'
        '@claim.at_most("b")\ndef trial(p):\n    return 1.0, 2.0\n'
        '@claim.control("b")\ndef false(p):\n    return 2.0, 1.0\n',
        ["'own.good' is used in", "id of its own"],
    ),
}


@pytest.fixture(scope="module")
def outcome(new_project, claim_text):
    project = new_project()
    project.write(**{name: claim_text(name, body) for name, (body, _, _) in CASES.items()})
    project.write(**{name: text for name, (text, _) in MALFORMED.items()})
    outside = 'regime=[Condition("m >= 10^6", lambda p: p.m / 1e6)]'
    project.write(empty_regime=claim_text("empty_regime", rest=outside))
    # In a run of their own: a limit that ends soon is one that good claims keep on a fast machine with nothing to do.
    stuck = project.run("-n", "2", "--claims-timeout", "4", "hangs.py", "stuck.py")
    assert stuck.returncode == 1, stuck.stdout + stuck.stderr
    run = project.run("-n", "2", "-v", "-k", "not (own.hangs or own.stuck)", str(project.folder))
    return run, project.rows()


def test_the_run_fails(outcome):
    assert outcome[0].returncode == 1


@pytest.mark.parametrize("name", CASES)
def test_each_case_has_its_own_status(outcome, name):
    row = outcome[1][f"own.{name}[bound]"]
    _, status, words = CASES[name]
    assert row["verdict"] == status
    assert words in row["why"]


def test_a_regime_that_excludes_every_point_is_vacuous(outcome):
    row = outcome[1]["own.empty_regime[bound]"]
    assert row["verdict"] == "VACUOUS"
    assert "missed by a factor of 1.95e+03" in row["why"]
    assert row["control"] == "caught"


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_file_is_named_with_field_and_remedy(outcome, name):
    shown = outcome[0].stdout
    message = next(line for line in shown.splitlines() if f"malformed claim file {name}.py" in line)
    for words in MALFORMED[name][1]:
        assert words in message


def test_malformed_files_of_one_name_in_two_folders_are_two(tmp_path, monkeypatch):
    """Catches: records under the name of the file alone, of which the ledger keeps the last."""
    monkeypatch.chdir(tmp_path)
    records = [malformed(tmp_path / folder / "lemma.py", "no axes") for folder in ("a", "b c")]
    assert [record["claim"] for record in records] == ["a.lemma", "b c.lemma"]
    assert [record["file"] for record in records] == ["a/lemma.py", "b c/lemma.py"]


def test_unknown_profiles_and_claims_are_refused(project, claim_text):
    project.write(fine=claim_text("fine"))
    run = project.run("--claims-profile", "lavish", "fine.py")
    assert run.returncode == 4
    assert "unknown profile 'lavish': choose one of smoke, standard, nightly" in run.stderr
    shown = project.run("show", "nothing.like.it", str(project.folder), module="lemmata")
    assert shown.returncode == 2
    assert "no claim 'nothing.like.it'" in shown.stderr
    assert project.run("replay", "cx-0", module="lemmata").returncode == 2
