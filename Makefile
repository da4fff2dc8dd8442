# One word runs everything; each works on a machine that has only Python 3.11 or newer.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: demo test test-clients check docs bench clean

demo: $(VENV)/.demo
	$(BIN)/grokcall demo

test: $(VENV)/.test $(VENV)/clients/dbt/.ready $(VENV)/clients/airflow/.ready
	$(BIN)/python -m pytest --numprocesses auto --dist worksteal $(ARGS)

test-clients: $(VENV)/clients/apis/.ready $(VENV)/clients/ai-sdk/.ready
	$(VENV)/clients/apis/bin/python -m pytest tests/api_clients $(ARGS)

check: $(VENV)/.check
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell
	$(BIN)/python tools/public_types.py

docs: $(VENV)/.test
	$(BIN)/python tools/pages.py

bench: $(VENV)/.test
	$(BIN)/python benchmarks/parse.py
	$(BIN)/python benchmarks/overhead.py
	$(BIN)/python benchmarks/start.py

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "grokcall needs Python 3.11 or newer; say make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"

$(VENV)/.demo: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[sandbox]'
	touch $@

$(VENV)/.test: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[all]' --group test
	touch $@ $(VENV)/.demo

# Clients that pin what the others need newer; each has grokcall beside it, as on the machine of who uses it.
$(VENV)/clients/%/.ready: pyproject.toml | $(BIN)/python
	$(BIN)/python -m venv $(VENV)/clients/$*
	$(VENV)/clients/$*/bin/python -m pip install --quiet --upgrade "pip>=25.1"
	$(VENV)/clients/$*/bin/python -m pip install --quiet --editable . --group $*
	touch $@

# Node.js comes from PyPI, with the Python clients.
$(VENV)/clients/ai-sdk/.ready: tests/api_clients/ai_sdk/package.json $(VENV)/clients/apis/.ready
	mkdir -p $(@D)
	cp $< $(@D)
	$(VENV)/clients/apis/bin/npm install --prefix $(@D) --no-package-lock --no-audit --no-fund --loglevel=error
	touch $@

$(VENV)/.check: $(VENV)/.test
	$(BIN)/python -m pip install --quiet --group check
	touch $@

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .import_linter_cache
