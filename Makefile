# Ventanilla's verbs. `make` alone lists them.
PYTHON ?= python3
VENV := .venv/bin
export VENTANILLA_ROOT := $(CURDIR)

.PHONY: help setup setup-dev train run test check bench clean

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: ## build both environments from pinned files (nothing when they are current)
	@$(PYTHON) bootstrap.py

setup-dev: ## the same, with what tests and checks need
	@$(PYTHON) bootstrap.py --development

train: setup ## train the campaigns whose data changed, all in one process
	@.venv-engine/bin/python engine/train.py --out var/models

run: train ## start everything over the sandbox and print the address; Ctrl-C stops it
	@$(VENV)/ventanilla run

check: setup-dev ## style, types, the one-way dependencies, and content that channels cannot show or say
	@$(VENV)/ruff format --check .
	@$(VENV)/ruff check .
	@$(VENV)/mypy
	@$(VENV)/lint-imports
	@$(VENV)/ventanilla lint --errors-only

test: check ## the whole test suite against the real parts
	@.venv-engine/bin/python engine/train.py --out var/models
	@$(VENV)/python -m pytest

bench: train ## speed and memory, as ratios within one run
	@$(VENV)/python -m benchmarks.turns
	@$(VENV)/python -m benchmarks.engine_memory
	@$(VENV)/python -m benchmarks.training
	@$(VENV)/python -m benchmarks.conversations
	@$(VENV)/python -m benchmarks.settlement
	@$(VENV)/python -m benchmarks.recognition
	@$(VENV)/python -m benchmarks.synthesis
	@$(VENV)/python -m benchmarks.call_frames
	@$(VENV)/python -m benchmarks.voice_latency

clean: ## remove environments, models and all of var/: ledger, recordings, accounts, secrets
	rm -rf .venv .venv-engine var
