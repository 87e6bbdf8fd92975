# The verbs of the README; `make help` lists them. Each does first what it needs, and nothing twice.

SHELL := /bin/bash
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN := PYTHONPATH=.:handler:client/src $(BIN)/python
MEASURE := OMP_WAIT_POLICY=PASSIVE $(RUN)

ARCHIVE := model_store/luke-qa.mar

# The last checkpoint that was packaged stays the one until another is, and so do the engine and the profile.
PACKAGED := $(file <.run/checkpoint)
PACKAGED_LABEL := $(file <.run/end_label)
PACKAGED_ENGINE := $(or $(file <.run/engine),torch)
PACKAGED_PROFILE := $(or $(file <.run/profile),auto)
override CHECKPOINT := $(or $(value CHECKPOINT),$(PACKAGED),checkpoints/embedded)
PACKAGED_INT8 := $(file <.run/int8)
override ENGINE := $(or $(value ENGINE),$(PACKAGED_ENGINE))
override PROFILE := $(or $(value PROFILE),$(PACKAGED_PROFILE))
KEPT_INT8 := $(if $(filter openvino,$(ENGINE)),$(PACKAGED_INT8))
override INT8 := $(if $(filter undefined,$(origin INT8)),$(KEPT_INT8),$(value INT8))
ifeq ($(CHECKPOINT),$(PACKAGED))
END_LABEL ?= $(PACKAGED_LABEL)
endif

REPO ?= Mizuiro-sakura/luke-japanese-base-finetuned-QA
REVISION ?= main

AUTH ?=
QUESTION ?= 好きな食べ物は何ですか
CONTEXT ?= 私の名前はEIMIです。好きな食べ物は苺です。 趣味は皆さんと会話することです。

# Texts and paths travel to the recipes by the environment, as they are: neither make nor the shell may read them.
override QUESTION := $(value QUESTION)
override CONTEXT := $(value CONTEXT)
export CHECKPOINT END_LABEL ENGINE PROFILE INT8 QUESTION CONTEXT
override ASKED := ARTICLES QUESTIONS SENTENCES BOOKS DATA BASE TRAIN DEV OUT WORK OPTIONS
$(foreach name,$(ASKED),$(eval override $(name) := $$(value $(name))))
export $(ASKED)

need = @$(foreach name,$(1),$(if $(value $(name)),,$(error $(name)= is missing: see `make help`)))

.PHONY: help setup setup-dev model archive start stop status ask ui demo env test test-all train evaluate finetune bench docs lint openapi \
	clean FORCE

help: ## List the verbs
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/; s/[$$][$$]/$$/g' | expand -t 12

setup: $(VENV)/.serve ## Install what the server needs into .venv

setup-dev: $(VENV)/.dev ## Install what the tests and checks need, too

$(VENV)/bin/python:
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.serve: requirements/serve.txt requirements/lock.txt client/pyproject.toml | $(VENV)/bin/python
	@$(BIN)/pip install --quiet --disable-pip-version-check -r requirements/serve.txt -c requirements/lock.txt >&2
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps -e client >&2
	@touch $@

$(VENV)/.openvino: $(VENV)/.serve requirements/openvino.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check -r requirements/openvino.txt -c requirements/lock.txt >&2
	@touch $@

$(VENV)/.int8: $(VENV)/.openvino requirements/int8.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check -r requirements/int8.txt -c requirements/lock.txt >&2
	@touch $@

# The page's environment is its own: Gradio wants other versions of what the server is tested with.
$(VENV)/.ui: requirements/ui.txt client/pyproject.toml | $(VENV)/bin/python
	@$(PYTHON) -m venv $(VENV)/ui
	@$(VENV)/ui/bin/pip install --quiet --disable-pip-version-check -e "client[ui]" -c requirements/ui.txt >&2
	@touch $@

$(VENV)/.dev: $(VENV)/.serve $(VENV)/.ui $(wildcard requirements/*.txt)
	@$(BIN)/pip install --quiet --disable-pip-version-check -r requirements/dev.txt -c requirements/lock.txt >&2
	@touch $@

model: setup ## Fetch the real checkpoint from the Hugging Face hub (REPO=, REVISION=)
	@$(RUN) -m ops.hub --repo $(REPO) --revision $(REVISION)

archive: $(ARCHIVE) ## Package a checkpoint as model_store/luke-qa.mar (CHECKPOINT=, END_LABEL=, ENGINE=, INT8=, PROFILE=)

# Packaged anew, too, where something else is asked for than the last time.
ASKED_FOR := $(CHECKPOINT) $(END_LABEL) $(ENGINE) $(PROFILE) $(INT8)
ifneq ($(ASKED_FOR),$(PACKAGED) $(PACKAGED_LABEL) $(PACKAGED_ENGINE) $(PACKAGED_PROFILE) $(PACKAGED_INT8))
$(ARCHIVE): FORCE
endif
ifeq ($(ENGINE),openvino)
$(ARCHIVE): $(VENV)/.openvino
endif
ifneq ($(INT8),)
$(ARCHIVE): $(VENV)/.int8 ops/quantise.py $(wildcard $(INT8))
endif

$(ARCHIVE): $(VENV)/.serve config/model-config.yaml config/gpu.yaml $(shell find handler -name '*.py') \
		ops/archive.py ops/profiles.py $(wildcard $(CHECKPOINT)/*)
	@$(RUN) -m ops.archive --checkpoint "$$CHECKPOINT" --backend "$$ENGINE" --profile "$$PROFILE" \
		$(if $(END_LABEL),--end-label "$$END_LABEL") $(if $(INT8),--int8 "$$INT8")
	@mkdir -p .run && printf '%s' "$$END_LABEL" > .run/end_label && printf '%s' "$$ENGINE" > .run/engine \
		&& printf '%s' "$$PROFILE" > .run/profile && printf '%s' "$$INT8" > .run/int8 \
		&& printf '%s' "$$CHECKPOINT" > .run/checkpoint

start: $(ARCHIVE) ## Start the server and wait until it is ready (AUTH=on for tokens)
	@$(RUN) -m ops start $(if $(filter on,$(AUTH)),--auth)

stop: $(VENV)/.serve ## Stop the server
	@$(RUN) -m ops stop

status: $(VENV)/.serve ## Tell whether the server is up and its workers are ready
	@$(RUN) -m ops status

ask: start ## Ask the server (QUESTION=, CONTEXT=)
	@LUKE_QA_TOKEN="$$($(RUN) -m ops token)" $(BIN)/luke-qa ask -- "$$QUESTION" "$$CONTEXT"

ui: start $(VENV)/.ui ## Ask the server in a browser, on a local page
	@LUKE_QA_TOKEN="$$($(RUN) -m ops token)" $(VENV)/ui/bin/luke-qa ui

demo: start ## Set up, start, and ask the model card's question and three more
	@LUKE_QA_TOKEN="$$($(RUN) -m ops token)" $(RUN) -m ops.demo
	@echo
	@echo 'Ask it yourself:  make ask QUESTION=… CONTEXT=…   (or: $(BIN)/luke-qa ask QUESTION CONTEXT)'
	@echo 'Stop it:          make stop'

env: $(VENV)/.serve ## Print the environment for TorchServe's own commands: eval "$$(make -s env)"
	@$(RUN) -m ops.env

test: $(VENV)/.dev ## Run the tests
	@$(BIN)/python -m pytest -q -m "not slow"

test-all: $(VENV)/.dev $(VENV)/.transformers5 ## Run the tests that take long, too, and parity with transformers 5
	@$(BIN)/python -m pytest -q
	@PYTHONPATH=$(VENV)/transformers5 $(BIN)/python -m pytest -q tests/parity/test_logits.py

# Beside the other transformers rather than instead of it: torch is shared.
$(VENV)/.transformers5: $(VENV)/.dev
	@$(BIN)/pip install --quiet --disable-pip-version-check --upgrade --target $(VENV)/transformers5 transformers==5.23.0 >&2
	@touch $@

train: $(VENV)/.dev ## Train a checkpoint from scratch on public text (ARTICLES=, QUESTIONS=, SENTENCES=, BOOKS=, DEV=, OUT=)
	$(call need,ARTICLES QUESTIONS SENTENCES BOOKS DEV OUT)
	@$(MEASURE) -m training.train --articles "$$ARTICLES" --questions "$$QUESTIONS" \
		--sentences "$$SENTENCES" --books "$$BOOKS" --held-out $$DEV --work "$${WORK:-.work/train}" --out "$$OUT" $$OPTIONS

evaluate: $(VENV)/.dev ## Measure a checkpoint on a question set (DATA=, CHECKPOINT=)
	$(call need,DATA)
	@$(RUN) -m training.evaluate --data "$$DATA" --checkpoint "$$CHECKPOINT"

finetune: $(VENV)/.dev ## Fine-tune a base on your own questions (BASE=, TRAIN=, DEV=, OUT=)
	$(call need,BASE TRAIN DEV OUT)
	@$(RUN) -m training.finetune --base "$$BASE" --train "$$TRAIN" --dev "$$DEV" --out "$$OUT"

# One report: engines, then the server of the real size, then the answers and the peers. About two hours on two cores.
RESULTS = bench/results/$(shell date +%F)
REAL := .work/real
measure = @$(MEASURE) -m bench.$(1) $(3) --output $(RESULTS)/$(2).json
BF16 := --backend openvino --set handler.dtype=bfloat16

bench: $(VENV)/.dev ## Measure engines, answers, the server and its peers (DATA=, INT8=: two question sets)
	$(call need,DATA INT8)
	@$(RUN) -m bench.real $(REAL)
	$(call measure,forward,forward)
	$(call measure,forward,forward-one-thread,--threads 1)
	$(call measure,profile,profile)
	$(call measure,profile,profile-int8,--int8)
	$(call measure,agreement,agreement,--checkpoint "$$CHECKPOINT" --data "$$DATA" --limit 250 --int8 "$$INT8")
	$(call measure,served,served-torch,--checkpoint $(REAL))
	$(call measure,served,served-openvino,--checkpoint $(REAL) $(BF16))
	$(call measure,served,served-embedded,--checkpoint "$$CHECKPOINT" --backend openvino)
	$(call measure,cold_start,cold_start-torch,--checkpoint $(REAL))
	$(call measure,cold_start,cold_start-openvino,--checkpoint $(REAL) $(BF16))
	$(call measure,loadgen,loadgen,--checkpoint $(REAL) $(BF16))
	$(call measure,compare,compare-embedded,--checkpoint "$$CHECKPOINT" --int8 "$$INT8")
	@head -n 16 "$$INT8" > .work/int8-sample.jsonl
	$(call measure,compare,compare-real,--checkpoint $(REAL) --int8 .work/int8-sample.jsonl --max-loss inf --requests 80)
	@$(MEASURE) -m bench.report $(RESULTS)

docs: $(VENV)/.dev ## Build the documentation into site/
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

lint: $(VENV)/.dev ## Check style and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy handler ops deploy bench client/src training tests

openapi: $(VENV)/.serve ## Write docs/openapi.json from the schemas
	@$(RUN) -m luke_qa.openapi > docs/openapi.json

clean: ## Stop the server and remove what was built, except .venv
	@if [ -x $(BIN)/python ]; then $(RUN) -m ops stop; fi
	@rm -rf .run logs site $(ARCHIVE) .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +
