# One word runs everything; each works on a machine that has only Python 3.11 or newer.
PYTHON ?= python3
VENV ?= .venv
PYTHONS ?= 3.14 3.13 3.12
BIN := $(VENV)/bin
INSTALL := $(BIN)/python tools/install.py
IN_PARALLEL := --numprocesses auto --dist worksteal
# About a quarter of the tests, some of every room; ARGS=tests runs all of them.
CHOSEN = $(or $(ARGS),@tests/quarter.txt)
# Tests that start many processes, kill them, or measure.
LONG := $(shell cat tests/long.txt)
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: demo test test-long test-clients test-oldest test-wheel test-strict test-pythons coverage check docs bench clean

demo: $(VENV)/.demo
	$(BIN)/grokcall demo

test: $(VENV)/.test
	$(BIN)/python -m pytest $(IN_PARALLEL) $(or $(ARGS),$(LONG:%=--ignore=%))

test-long: $(VENV)/.test
	$(BIN)/python -m pytest $(IN_PARALLEL) $(or $(ARGS),@tests/long.txt)

# Programs and clients that grokcall and its sandbox have to get along with.
test-clients: $(VENV)/.test $(VENV)/clients/dbt/.ready $(VENV)/clients/airflow/.ready
test-clients: $(VENV)/clients/apis/.ready $(VENV)/clients/ai-sdk/.ready
	$(BIN)/python -m pytest --every-client tests/integrations/test_dbt.py tests/integrations/test_airflow.py $(ARGS)
	$(VENV)/clients/apis/bin/python -m pytest --every-client tests/api_clients $(ARGS)

# With the oldest version of each package that pyproject.toml allows.
test-oldest: $(VENV)/oldest/.ready
	$(VENV)/oldest/bin/python -m pytest $(IN_PARALLEL) $(CHOSEN)

# With what is published, where the source tree is not to be found, and with the newest Python at hand.
test-wheel: $(VENV)/.package
	rm -rf $(VENV)/wheel
	$(BIN)/python -m build --outdir $(VENV)/wheel/dist . > $(VENV)/build.log 2>&1 || (cat $(VENV)/build.log; exit 1)
	@python=$$($(BIN)/python tools/pythons.py $(PYTHONS)); $${python:-$(BIN)/python} -m venv $(VENV)/wheel/env
	@$(VENV)/wheel/env/bin/python --version
	$(INSTALL) $(VENV)/wheel/env "$$(echo $(VENV)/wheel/dist/*.whl)[all]" --group test
	mkdir $(VENV)/wheel/tree
	cp -R tests tools benchmarks samples docs *.md LICENSE Makefile pyproject.toml .ci .github $(VENV)/wheel/tree
	cd $(VENV)/wheel/tree && ../env/bin/python -m pytest $(IN_PARALLEL) $(CHOSEN)

# As python -O -W error: without the statements that -O leaves out, and with every warning an error, those of imports and
# of commands as well. The tests themselves go on to assert.
test-strict: $(VENV)/.optimized
	PYTHONOPTIMIZE=1 PYTHONWARNINGS=error $(BIN)/python -m pytest $(IN_PARALLEL) \
		-W "ignore:assertions not in test modules" $(CHOSEN)

# With each other Python that is at hand.
test-pythons: $(PYTHONS:%=test-python-%)

test-python-%: $(BIN)/python
	@python=$$($(BIN)/python tools/pythons.py $*); \
	if [ -z "$$python" ]; then echo "there is no Python $* here"; \
	else $(MAKE) test PYTHON="$$python" VENV=$(VENV)-$* ARGS="$(CHOSEN)"; fi

# Lines and branches of the connector, the procedures and the parser that no test reaches, those of other processes too.
coverage: $(VENV)/.coverage
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest $(IN_PARALLEL) $(ARGS); failed=$$?; \
	$(BIN)/coverage combine --quiet; $(BIN)/coverage report --skip-covered --sort cover && exit $$failed

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
	$(BIN)/python -m pip install --quiet "uv>=0.7" || echo "uv is not to be had; pip installs without it"

$(VENV)/.demo: pyproject.toml | $(BIN)/python
	$(INSTALL) $(VENV) --editable '.[sandbox]'
	touch $@

$(VENV)/.test: pyproject.toml | $(BIN)/python
	$(INSTALL) $(VENV) --editable '.[all]' --group test
	touch $@ $(VENV)/.demo

# Clients that pin what the others need newer; each has grokcall beside it, as on the machine of who uses it.
$(VENV)/clients/%/.ready: pyproject.toml | $(BIN)/python
	$(INSTALL) $(VENV)/clients/$* --editable . --group $*
	touch $@

# Node.js comes from PyPI, with the Python clients.
$(VENV)/clients/ai-sdk/.ready: tests/api_clients/ai_sdk/package.json $(VENV)/clients/apis/.ready
	mkdir -p $(@D)
	cp $< $(@D)
	$(VENV)/clients/apis/bin/npm install --prefix $(@D) --no-package-lock --no-audit --no-fund --loglevel=error
	touch $@

# DuckDB 1.5 has a test of its own, tests/duckdb/test_oldest_duckdb.py: it differs from 2.0 in what docs/duckdb.md says.
$(VENV)/oldest/.ready: pyproject.toml | $(BIN)/python
	rm -rf $(VENV)/oldest
	$(INSTALL) $(VENV)/oldest --resolution lowest-direct --editable '.[all]' 'duckdb>=2.0' --group test
	touch $@

# Compiled beforehand, once, so that compilers say nothing of other people's modules in tests.
$(VENV)/.optimized: $(VENV)/.test
	PYTHONOPTIMIZE=1 $(BIN)/python -m compileall -q -j 0 $(VENV)/lib > /dev/null || true
	touch $@

$(VENV)/.check: $(VENV)/.test
	$(INSTALL) $(VENV) --group check
	touch $@

$(VENV)/.package: pyproject.toml | $(BIN)/python
	$(INSTALL) $(VENV) --group package
	touch $@

$(VENV)/.coverage: $(VENV)/.test
	$(INSTALL) $(VENV) --group coverage
	touch $@

clean:
	rm -rf $(VENV) $(PYTHONS:%=$(VENV)-%) build dist .coverage .mypy_cache .ruff_cache .import_linter_cache
