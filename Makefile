# make run | make test | make check | make bench; each sets up what it needs, and is quick the second time.

PYTHON ?= python3
UV := .cache/uv/bin/uv
VENV := .venv
STAMP := $(VENV)/.set-up
PROJECTS := pyproject.toml $(wildcard hfs_plugins/*/pyproject.toml)
MODEL ?= qwen2.5-coder-0.5b
TEST_MODEL := smollm2-135m

export HFS_TEST_MODELS := $(CURDIR)/.cache/models
export HFS_UV := $(CURDIR)/$(UV)

.PHONY: setup run test test-slow lint check bench check-plugins docs wheels clean

setup: $(STAMP)

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "HFS needs Python 3.11 or newer, and make PYTHON=... to name it")'
	$(PYTHON) -m venv .cache/uv
	.cache/uv/bin/pip install --quiet --disable-pip-version-check uv

# Bytecode is compiled here: without it SQLAlchemy alone imports three times slower at the first start.
$(STAMP): $(UV) $(PROJECTS)
	UV_COMPILE_BYTECODE=1 $(UV) sync --quiet --python $(PYTHON) --all-packages --all-extras
	@touch $@

# Without the weights HFS starts all the same, and says how to get them.
run: $(STAMP)
	@$(VENV)/bin/python -m hfs_local_model.fetch $(MODEL) || true
	@$(VENV)/bin/hfs $(ARGS)

.cache/models/.fetched: $(STAMP)
	@mkdir -p .cache/models
	@if HFS_HOME=.cache $(VENV)/bin/python -m hfs_local_model.fetch $(TEST_MODEL); then touch $@; \
	 else echo "make: tests of the local model will be skipped" >&2; fi

test: $(STAMP) .cache/models/.fetched
	$(VENV)/bin/pytest -q -m "not slow" -n 2 $(ARGS)

test-slow: $(STAMP) .cache/models/.fetched
	$(VENV)/bin/pytest -q -m slow -n 2 --dist loadfile $(ARGS)

lint: $(STAMP)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

check: lint test

bench: $(STAMP) .cache/models/.fetched
	@test -x .cache/llm/bin/llm || { $(UV) venv --quiet --python $(PYTHON) .cache/llm && $(UV) pip install --quiet --python .cache/llm/bin/python "llm>=0.27"; }
	@test -x .cache/langgraph/bin/python || { $(UV) venv --quiet --python $(PYTHON) .cache/langgraph && $(UV) pip install --quiet --python .cache/langgraph/bin/python langgraph langgraph-checkpoint-sqlite; } \
	 || { rm -rf .cache/langgraph; echo "make: langgraph cannot be had here, so it is not compared with" >&2; }
	$(VENV)/bin/python -m benchmarks.run $(ARGS)

# What people do with plugins, in fresh environments, from the built wheels.
check-plugins: $(STAMP)
	@$(VENV)/bin/python -m tests.check_plugins

# The reference for plugin authors, from the code; a test keeps it true.
docs: $(STAMP)
	@$(VENV)/bin/python docs/generate.py

wheels: $(STAMP)
	rm -rf dist
	$(UV) build --quiet --all-packages --wheel --out-dir dist

clean:
	rm -rf .venv .cache dist
