# `make verify` checks the claims, `make test` tests the program, `make nightly` adds to the evidence of earlier nights.
# All of them set everything up first.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
TEST_WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)  # one more than cores: some tests wait for others to die

.PHONY: setup verify standard nightly test faults bench gpu lint clean

setup: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "lemmata needs Python 3.11 or newer")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@

verify: $(STAMP)
	$(BIN)/lemmata run --profile smoke $(CLAIMS)

standard: $(STAMP)
	$(BIN)/lemmata run --profile standard

# Adds to the evidence of earlier nights, in two hours unless BUDGET says otherwise; docs/nights.md tells how to schedule it.
nightly: $(STAMP)
	$(BIN)/lemmata run --profile nightly $(if $(BUDGET),--budget $(BUDGET))

# The slow ones first, a file on one worker: its tests share what it sets up.
test: $(STAMP)
	$(BIN)/pytest -n $(TEST_WORKERS) --dist loadfile --no-loadscope-reorder tests/faults tests/slow tests/power tests/fast

# The same faults as `make test`, at many more moments.
faults: $(STAMP)
	LEMMATA_KILLS=all $(BIN)/pytest tests/faults

bench: $(STAMP)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[bench]'
	$(BIN)/python -m benchmarks.engine $(BENCH)

# Fails where there is no GPU. The same without this environment: python -m pytest tests/gpu
gpu: $(STAMP)
	$(BIN)/python -m pytest tests/gpu
	$(BIN)/python -m benchmarks.gpu

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

clean:
	rm -rf .venv .lemmata report
