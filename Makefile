# `make train` and `make test` need Python 3.11 or newer with pip, and nothing else.
PYTHON ?= python3
ARGS ?=
VENV := .venv
BIN := $(VENV)/bin
PYTEST := OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto
TORCH := $(shell grep -o 'torch==[0-9.]*' pyproject.toml)

.PHONY: help train test bench lint clean
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "%-7s %s\n", $$1, $$2}' Makefile

train: $(VENV)/.plot ## train LeNet on the embedded MNIST subset; ARGS="--epochs 3" are its options
	$(BIN)/tinygrad-np train --out runs $(ARGS)

# Twice: with the loops of tinygrad_np/fast/ for arrays of every size, and in NumPy alone.
test: $(VENV)/.test ## run the whole suite; ARGS="-k conv" are pytest's options
	TINYGRAD_NP_FAST=always $(PYTEST) $(ARGS)
	TINYGRAD_NP_FAST=0 $(PYTEST) $(ARGS)

bench: $(VENV)/.test $(VENV)/.peers ## time this library beside PyTorch; ARGS="--only conv2d" are its options
	PYTHONPATH=tests $(BIN)/python -m benchmarks $(ARGS)

lint: $(VENV)/.dev ## check style, formatting and the types of the public API
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

clean: ## remove the environment, the runs and all caches
	rm -rf $(VENV) runs dist .*_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +

# .venv/.EXTRA stamps that the project is installed with that extra of pyproject.toml.
$(VENV)/.%: pyproject.toml | $(BIN)/pip
	$(BIN)/pip install --quiet --editable '.[$*]'
	@touch $@

# The other libraries of `make bench`: what cannot be installed is left out of the table.
$(VENV)/.peers: pyproject.toml | $(VENV)/.test
	-$(BIN)/pip install --quiet '.[peers]'
	@touch $@

# PyTorch goes first and alone, so that pip takes this very build. Where its default build brings
# CUDA along, set PIP_EXTRA_INDEX_URL to PyTorch's index of CPU builds.
$(VENV)/.test: | $(VENV)/.torch
$(VENV)/.torch: | $(BIN)/pip
	$(BIN)/pip install --quiet $(TORCH)
	@touch $@

# Without ensurepip (Debian, Ubuntu) Python's own pip fills the environment.
$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit( \
	  "make: Python 3.11 or newer is needed, $(PYTHON) is %d.%d" % sys.version_info[:2])'
	@echo "making $(VENV)"
	@$(PYTHON) -m venv $(VENV) >/dev/null || \
	{ $(PYTHON) -m venv --clear --without-pip $(VENV) && \
	  $(PYTHON) -m pip --python $(BIN)/python install --quiet pip; } || \
	{ rm -rf $(VENV); echo "make: $(PYTHON) has neither venv with ensurepip nor pip;" \
	  "install them (Debian, Ubuntu: the packages python3-venv and python3-pip)"; exit 1; }
