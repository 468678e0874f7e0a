.PHONY: help setup setup-tests run test check format bench reference lock clean

PY := .venv/bin/python
WORKERS ?= 3

help: ## show the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

setup: ## install everything this machine lacks (into .venv and var/)
	@./scripts/setup

setup-tests:
	@./scripts/setup --tests

run: setup ## start the sample site, play a demonstration call, stay up until Ctrl-C (DEMO=0: no call)
	@exec .venv/bin/trunkline up $(if $(filter 0,$(DEMO)),--no-demo)

test: setup-tests ## every test, files of them side by side (WORKERS=3)
	@$(PY) -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

check: setup-tests ## lint, types, import rules
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy
	@.venv/bin/lint-imports

format: setup-tests ## format the code and mend what the linter can
	@$(PY) -m ruff format .
	@$(PY) -m ruff check --fix .

bench: setup-tests ## every benchmark; each prints a table and, last, one JSON object
	@for name in answering assignment calls detection dialing flows joining leads masking residue routing routing_vectors; do $(PY) -m bench.$$name || exit 1; done

reference: setup ## write docs/reference/ (schemas and pages) from the models
	@for what in site flow test scenario; do \
		.venv/bin/trunkline schema $$what --output docs/reference/$$what.schema.json; done
	@.venv/bin/trunkline reference

lock: ## pin the newest allowed versions of every dependency (needs uv)
	@uv pip compile --universal --generate-hashes --python-version 3.11 --no-emit-index-url \
		--no-header --group dev --extra postgresql --upgrade -q -o requirements.lock pyproject.toml

clean: ## remove what the tests and benchmarks left; keeps .venv and var/
	@rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis build *.egg-info
