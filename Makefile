# Everything runs from a bare clone: only Python (3.11 or newer), make and a package registry are needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup demo up test long trust bench check fmt lint types layers docs lock clean

help: ## show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# --no-deps: the lock names everything, and the pip of Python 3.11 resolves an extra past its pin once a newer release is out.
$(STAMP): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "需要 Python 3.11 或更新版本，现为 " + sys.version.split()[0])'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements.lock
	@$(BIN)/python -m pip check
	@site=$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))'); echo "$(CURDIR)" > "$$site/creation.pth"
	@printf '#!%s\nfrom flows.cli import main\nmain()\n' "$(CURDIR)/$(BIN)/python" > $(BIN)/creation && chmod +x $(BIN)/creation
	@touch $(STAMP)

setup: $(STAMP) ## create .venv from the lock (about 1 minute, once)

demo: setup ## play both cohorts, 2025-11 to 2027-12; ARGS=--once ends afterwards (at most 4 minutes)
	$(BIN)/creation demo $(ARGS)

up: setup ## start server, runner, timetable, delivery and local mailbox
	$(BIN)/creation up $(ARGS)

# Three workers on two cores: half of the time a test waits for a server, a mail or a browser.
test: setup check ## all checks and tests (budget: checks 1 min, rules and stories 1 min, database and mail 2 min, Prefect 5 min, browser 2 min)
	$(BIN)/python -m pytest -q -n 3 --dist loadgroup $(ARGS)

# A shell that puts a job in the background has it ignore Ctrl-C, which a test sends to what it has started.
long: setup ## what is too long for `make test` and is no part of `make trust`: work pools, kills of `creation up`, every form drawn (ARGS=FILE: a part)
	CREATION_LONG=1 env --default-signal=INT $(BIN)/python -m pytest -q -n 3 --dist loadgroup -m "not trust" $(ARGS)

trust: setup ## crashes, races, tampering and hostile input at full length; writes docs/trust.md (needs CREATION_TEST_POSTGRES; at most 60 minutes; ARGS=tests/hostile: a part)
	CREATION_LONG=1 CREATION_TRUST_REPORT=docs/trust.md $(BIN)/python -m pytest -q -rs -n 3 --dist loadgroup -m trust $(ARGS)

bench: setup ## measure delivery and planning against the barest way; prints a table, writes bench.json (about 10 minutes)
	$(BIN)/python -m tests.benchmarks $(ARGS)

check: setup lint types layers ## lint, types, layers, generated documents (under 1 minute)
	$(BIN)/python -m flows.documents --check

fmt: setup ## format the code
	$(BIN)/ruff format . && $(BIN)/ruff check --fix .

lint: setup ## ruff
	$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: setup ## mypy, strict
	$(BIN)/mypy

layers: setup ## import-linter
	PYTHONPATH=. $(BIN)/lint-imports --no-cache

docs: setup ## write docs/rules.md and docs/requirements.md
	$(BIN)/python -m flows.documents

lock: setup ## resolve requirements.in anew
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -o requirements.lock requirements.in

clean: ## remove what was made here, but no data
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
