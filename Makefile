# Two commands for a new user: `make demo` and `make test`. Needs Python >= 3.11 with pip and venv.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

# The matrices are small: one BLAS thread is faster than several, and leaves cores to others.
export OMP_NUM_THREADS ?= 1
export OPENBLAS_NUM_THREADS ?= 1
export MPLBACKEND ?= Agg

# Version of the outside check of SurveyJS models.
SURVEY_CORE := 2.5.38
# Version of the outside check of data packages, in a folder of its own beside the environment.
FRICTIONLESS := 5.21.0

.PHONY: help demo test lint types format docs bench mutants texts validators survey-core frictionless lock clean
.DEFAULT_GOAL := help

help:
	@echo "make demo    run the shipped study from instrument to report"
	@echo "make test    run all tests"
	@echo "make lint    check style and formatting (ruff)"
	@echo "make types   check types (mypy)"
	@echo "make format  format the code"
	@echo "make docs    build the documentation site (build/site), with a gallery of the shipped study"
	@echo "make bench   time the engine beside its peers (TASKS), or beside an older commit (AGAINST)"
	@echo "make mutants change one token at a time and see whether a test notices (ROOMS, SAMPLE, SEED)"
	@echo "make texts   store the texts of the report's chapters anew (EVIDENCE=1: their evidence, too)"
	@echo "make validators install what checks exported surveys and data packages from outside (needs npm)"
	@echo "make lock    rebuild requirements.lock (needs uv)"
	@echo "make clean   remove the environment and results"

# The stamp is written last: a half-finished environment is completed by the next call.
$(READY): requirements.lock pyproject.toml
	@test -x $(BIN)/python || rm -rf $(VENV)
	@test -x $(BIN)/pip || $(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)

demo: $(READY)
	$(BIN)/comply-measure run analyses/demo.yaml

test: $(READY)
	$(BIN)/python -m pytest -q -n auto --dist loadfile

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: export NO_MKDOCS_2_WARNING ?= 1
docs: $(READY)
	$(BIN)/mkdocs build --quiet
	@echo "read it: $(BIN)/python -m http.server --directory build/site"

bench: $(READY)
	$(BIN)/python -m benchmarks $(TASKS) $(if $(AGAINST),--against $(AGAINST))

texts: $(READY)
	$(BIN)/python tests/report/chapter_texts.py $(if $(EVIDENCE),--evidence)

mutants: $(READY)
	$(BIN)/python tests/mutants $(ROOMS) --sample $(or $(SAMPLE),20) --seed $(or $(SEED),1)

validators: survey-core frictionless

survey-core:
	npm install --silent --no-audit --no-fund --no-package-lock --prefix .validators survey-core@$(SURVEY_CORE)

frictionless:
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --upgrade --target .validators/python frictionless==$(FRICTIONLESS)

lock:
	uv pip compile pyproject.toml --group dev --group docs --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header --no-annotate -o requirements.lock

clean:
	rm -rf $(VENV) results build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .mutants .validators
