# Everything sets itself up: `make run` and `make test` are all that a fresh machine needs (Python 3.11 or later).

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
OUT := out

# Tests start a hundred processes: each would compile all modules anew where the shell forbids to keep them.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test quick check lint wheel bench browser clean

run: $(READY)  ## read the sample letters with the rules reader and show what came out
	@mkdir -p $(OUT)
	@rm -f $(OUT)/imr.db $(OUT)/imr.db-wal $(OUT)/imr.db-shm
	@$(BIN)/imr run docs/samples --db $(OUT)/imr.db
	@$(BIN)/imr status --db $(OUT)/imr.db
	@$(BIN)/imr show CM17-0500538 --db $(OUT)/imr.db
	@echo "The records are in $(OUT)/imr.db: try  $(BIN)/imr export --db $(OUT)/imr.db --format csv $(OUT)/tables"

# A file of tests runs in one process: its fixtures are made once, and what builds on the test before it may.
test: $(READY) browser
	$(BIN)/python -m pytest -q -n auto --dist loadfile

# What needs no process of its own, no database and no drawing of samples: half a minute, while one works.
QUICK := architecture variants fields layout headings outcomes literals checks grounding public_names reading reconcile \
  recordings rules_diagnoses rules_guidelines rules_header rules_patient rules_quantities rules_reasons \
  rules_requests rules_reviewer rules_treatments

quick: $(READY)  ## lint, types, and the tests of what reads a letter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy extractor eval desk
	$(BIN)/python -m pytest -q -n auto --dist loadfile $(wildcard $(QUICK:%=tests/extractor/test_%.py)) tests/test_contributing.py

check: test lint wheel  ## what CI runs

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy extractor eval desk
	$(BIN)/mypy tests/eval
	MYPYPATH=tests:tests/extractor:docs $(BIN)/mypy --explicit-package-bases $(wildcard tests/*.py) tests/desk tests/extractor tests/real_letters
	$(BIN)/lint-imports

# A wheel, installed with the locked dependencies in an environment of its own, reads a letter in an empty folder.
wheel: $(READY)
	rm -rf dist $(OUT)/wheel
	$(BIN)/python -m build --wheel --no-isolation --outdir dist . >/dev/null
	$(PYTHON) -m venv $(OUT)/wheel/venv
	$(OUT)/wheel/venv/bin/pip install --quiet --constraint $(OUT)/wheel/../constraints.txt dist/*.whl
	mkdir -p $(OUT)/wheel/empty
	cd $(OUT)/wheel/empty && ../venv/bin/imr extract "$(CURDIR)/docs/samples/CM16-0500101.txt" --format jsonl \
	  | ../venv/bin/python -c 'import json, sys; d = json.load(sys.stdin)["determination"]; assert d["case_number"] == "CM16-0500101" and d["decisions"][0]["outcome"] == "upheld", d; print("the wheel reads:", d["case_number"], d["decisions"][0]["outcome"])'
	cd $(OUT)/wheel/empty && ../venv/bin/imr schema >/dev/null && ../venv/bin/imr eval --help >/dev/null && ../venv/bin/imr prompts item >/dev/null
	cd $(OUT)/wheel/empty && ! ../venv/bin/imr eval run --gold "$(CURDIR)/gold" --draws 100 2>eval.txt && grep "pip install 'imr-extractor\[eval\]'" eval.txt
	$(OUT)/wheel/venv/bin/pip install --quiet --constraint $(OUT)/wheel/../constraints.txt "$$(ls dist/*.whl)[eval]"
	cd $(OUT)/wheel/empty && ../venv/bin/imr eval run --gold "$(CURDIR)/gold" --draws 100 --html page.html >shown.txt && head -1 shown.txt && test -s page.html

bench: $(READY)  ## the figures of the README and docs/measured.md
	$(BIN)/python bench/letters.py
	$(BIN)/python bench/growth.py
	$(BIN)/python bench/backlog.py

# The report's test opens it in a real browser where there is one; Debian's is installed where that is possible.
browser:
	@command -v chromium >/dev/null 2>&1 || { command -v apt-get >/dev/null 2>&1 && [ "$$(id -u)" = 0 ] \
	  && apt-get update -qq && apt-get install -y -qq chromium >/dev/null; } || echo "no chromium: the report's browser test will be skipped"

$(READY): pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed: make PYTHON=python3.11")'
	@$(PYTHON) -m venv $(VENV)
	@echo "installing the locked dependencies into $(VENV) ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock 2>&1 | { grep -v 'is ignored: it is neither' || true; }
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@mkdir -p $(OUT)
	@$(BIN)/pip freeze --exclude-editable > $(OUT)/constraints.txt
	@touch $(READY)

clean:
	rm -rf $(VENV) $(OUT) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
