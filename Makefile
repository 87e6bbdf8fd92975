# The targets that the README names; `make help` lists them. make keeps the environments, Python does the work.

SHELL := /bin/bash
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
RUN := PYTHONPATH=.:handler:client/src $(BIN)/python
MEASURE := OMP_WAIT_POLICY=PASSIVE $(RUN)
# WHAT SIZE ARGUMENT...: says what it installs and how large that is, and shows pip's progress on a terminal.
INSTALL := $(BIN)/python -m ops.install

# The variables of the targets. Only make's command line sets them, never the environment. A recipe gets NAME as
# $LUKE_QA_MAKE_NAME, which neither make nor the shell expands, and `python -m ops` reads it as the option --name.
VARIABLES := ARTICLES AUTH BACKEND BASE BOOKS CHECKPOINT CONTEXT CORRECTIONS COUNT DATA DEV END_LABEL ENGINE FEEDBACK INT8 MODEL_API OPTIONS \
	OUT PORT PRODUCTION PROFILE PYTHON QUESTION QUESTIONS REPO REVISION ROWS SENTENCES SERVER TAG TORCH_INDEX TRAIN WORK
given = $(filter command,$(origin $(1)))
define pass_on
unexport $(1)
$(if $(call given,$(1)),export LUKE_QA_MAKE_$(1) := $$(value $(1)),unexport LUKE_QA_MAKE_$(1))
endef
$(foreach name,$(VARIABLES),$(eval $(call pass_on,$(name))))

# A misspelt variable would let a target do something else than it was asked for.
unknown := $(filter-out $(VARIABLES) SHELL,$(foreach name,$(.VARIABLES),$(if $(call given,$(name)),$(name))))
$(if $(unknown),$(error $(firstword $(unknown))= is not a variable of this Makefile: see `make help`))

# What a target cannot do without is asked for here, before anything is installed.
needs-train := ARTICLES QUESTIONS SENTENCES BOOKS DEV OUT
needs-evaluate := DATA
needs-finetune := BASE TRAIN DEV OUT
needs-bench := DATA INT8
need = $(if $(and $(call given,$(1)),$(value $(1))),,$(error $(1)= is missing: see `make help`))
$(foreach goal,$(MAKECMDGOALS),$(foreach name,$(needs-$(goal)),$(call need,$(name))))

.PHONY: help setup setup-openvino setup-int8 setup-tracing setup-bulk setup-dev needed model archive start upgrade rollback stop status \
	ask ui demo env image triton setup-triton triton-image triton-needed triton-start triton-stop triton-status triton-ask \
	triton-upgrade triton-rollback kserve setup-kserve kserve-image kserve-start kserve-stop kserve-status kserve-ask \
	test test-all test-triton test-kserve test-deploy train evaluate finetune bench chaos fuzz sbom audit docs \
	docs-serve lint generated clean

help: ## List the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(firstword $(MAKEFILE_LIST)) | sed -E 's/^([a-z0-9-]+):.*## /\1\t/; s/[$$][$$]/$$/g' | expand -t 16

setup: $(VENV)/.serve ## Install what the server needs into .venv (PYTHON=, TORCH_INDEX=)

setup-openvino: $(VENV)/.openvino ## Install OpenVINO as well

setup-int8: $(VENV)/.int8 ## Install what int8 needs as well

setup-tracing: $(VENV)/.tracing ## Install OpenTelemetry as well

setup-bulk: $(VENV)/.bulk ## Install Ray as well, for tables of questions: python -m bulk

setup-dev: $(VENV)/.dev ## Install what the tests and checks need as well

$(VENV)/bin/python:
	@echo "Creating $(VENV) ..." >&2
	@"$${LUKE_QA_MAKE_PYTHON:-python3}" -m venv $(VENV)

$(VENV)/.serve: requirements/serve.txt requirements/client.txt requirements/lock.txt client/pyproject.toml | $(VENV)/bin/python
	@$(INSTALL) "the server's packages" "1.2 GB with torch for CPUs, several GB with torch for GPUs" \
		-r requirements/serve.txt -c requirements/lock.txt \
		$${LUKE_QA_MAKE_TORCH_INDEX:+--extra-index-url "$$LUKE_QA_MAKE_TORCH_INDEX"}
	@$(INSTALL) "what the client reads files with" "70 MB" -r requirements/client.txt -c requirements/lock.txt
	@$(INSTALL) "the client" "small" --no-deps -e client
	@touch $@

$(VENV)/.openvino: $(VENV)/.serve requirements/openvino.txt
	@$(INSTALL) "OpenVINO" "0.2 GB" -r requirements/openvino.txt -c requirements/lock.txt
	@touch $@

$(VENV)/.int8: $(VENV)/.openvino requirements/int8.txt
	@$(INSTALL) "what int8 needs" "0.2 GB" -r requirements/int8.txt -c requirements/lock.txt
	@touch $@

$(VENV)/.tracing: $(VENV)/.serve requirements/tracing.txt
	@$(INSTALL) "OpenTelemetry" "7 MB" -r requirements/tracing.txt -c requirements/lock.txt
	@touch $@

$(VENV)/.docs: requirements/docs.txt requirements/lock.txt | $(VENV)/bin/python
	@$(INSTALL) "what the documentation needs" "0.1 GB" -r requirements/docs.txt -c requirements/lock.txt
	@touch $@

$(VENV)/.bulk: $(VENV)/.serve requirements/bulk.txt
	@$(INSTALL) "Ray" "0.2 GB" -r requirements/bulk.txt -c requirements/lock.txt
	@touch $@

# The page has its own environment: Gradio needs other versions than those the server is tested with.
$(VENV)/.ui: requirements/ui.txt client/pyproject.toml | $(VENV)/bin/python
	@$(BIN)/python -m venv $(VENV)/ui
	@$(VENV)/ui/bin/python -m ops.install "the page" "0.4 GB" -e "client[ui,files]" -c requirements/ui.txt
	@touch $@

$(VENV)/.dev: $(VENV)/.serve $(VENV)/.ui $(wildcard requirements/*.txt)
	@$(INSTALL) "what tests and training need" "1.6 GB" -r requirements/dev.txt -c requirements/lock.txt
	@touch $@

# Triton's Python backend has its own environment: it cannot take numpy 2. Triton looks for the stub beside its backend.
$(VENV)/.triton: requirements/triton.txt requirements/tritonserver.txt | $(VENV)/bin/python
	@$(BIN)/python -m venv $(VENV)/triton
	@$(VENV)/triton/bin/python -m ops.install "what Triton's Python backend needs" "1.2 GB" -r requirements/triton.txt
	@$(VENV)/triton/bin/python -m ops.install "Triton" "0.3 GB" --no-deps -r requirements/tritonserver.txt
	@cd $(VENV)/triton/lib/python3*/site-packages/pytriton/tritonserver && cp \
		python_backend_stubs/"$$(basename "$$(cd ../../.. && pwd)" | tr -d a-z)"/triton_python_backend_stub backends/python/
	@touch $@

# KServe's SDK has its own environment: it wants other versions than the rest is tested with.
$(VENV)/.kserve: requirements/kserve.txt | $(VENV)/bin/python
	@$(BIN)/python -m venv $(VENV)/kserve
	@$(VENV)/kserve/bin/python -m ops.install "KServe's SDK and what the model needs" "1.6 GB" -r requirements/kserve.txt
	@touch $@

# Beside the other transformers, not instead of it: they share torch.
$(VENV)/.transformers5: $(VENV)/.dev
	@$(INSTALL) "transformers 5" "0.1 GB" --upgrade --target $(VENV)/transformers5 transformers==5.23.0
	@touch $@

# Packages that the chosen archive needs beyond the server's.
needed: $(VENV)/.serve
	@target="$$($(RUN) -m ops needs)" && $(MAKE) --no-print-directory --silent "$$target"

model: setup ## Fetch the full-size checkpoint from the Hugging Face Hub (REPO=, REVISION=)
	@$(RUN) -m ops fetch

archive: needed ## Package a checkpoint as model_store/luke-qa.mar (CHECKPOINT=, END_LABEL=, BACKEND=, INT8=, PROFILE=)
	@$(RUN) -m ops archive

start: needed ## Package if needed, start the server, wait until it is ready (as archive; PRODUCTION=on: for a network; AUTH=, MODEL_API=)
	@$(RUN) -m ops start

upgrade: needed ## Put another checkpoint into service without losing a request (as archive; the server needs MODEL_API=on)
	@$(RUN) -m ops upgrade

rollback: setup ## Put the archive from before the last upgrade back into service
	@$(RUN) -m ops rollback

stop: setup ## Stop the server
	@$(RUN) -m ops stop

status: setup ## Show whether the server is up and its workers are ready
	@$(RUN) -m ops status

ask: start ## Ask the server (QUESTION=, CONTEXT=)
	@$(RUN) -m ops ask

ui: start $(VENV)/.ui ## Ask the server on a local web page (PORT=, FEEDBACK=: a file for what is said of the answers)
	@$(RUN) -m ops ui

demo: start ## Set up, start, and ask the model card's question and three more
	@$(RUN) -m ops demo

env: setup ## Print the environment for TorchServe's own commands: eval "$$(make -s env)"
	@$(RUN) -m ops env

image: setup ## Build a container image with podman or docker (TAG=, BASE=, PROFILE=, BACKEND=, TORCH_INDEX=)
	@$(RUN) -m deploy.container

triton: needed ## Build model_store/triton/luke-qa, what Triton serves (as archive)
	@$(RUN) -m deploy.triton build

setup-triton: $(VENV)/.triton ## Install Triton's binary and its Python environment, for machines without its container

triton-image: setup ## Build the image luke-qa-triton on NVIDIA's, with podman or docker (BASE=)
	@$(RUN) -m deploy.triton image

# Triton's binary, unless there is its image.
triton-needed: needed
	@target="$$($(RUN) -m deploy.triton needs)" && $(MAKE) --no-print-directory --silent "$$target"

triton-start: triton-needed ## Build the model repository, start Triton (container, else binary), wait until it is ready (as archive)
	@$(RUN) -m deploy.triton start

triton-stop: setup ## Stop Triton
	@$(RUN) -m deploy.triton stop

triton-status: setup ## Show whether Triton is up and which version is ready
	@$(RUN) -m deploy.triton status

triton-ask: triton-start ## Ask Triton (QUESTION=, CONTEXT=)
	@$(RUN) -m deploy.triton ask

triton-upgrade: needed ## Put another checkpoint into Triton's service without losing a request (as archive)
	@$(RUN) -m deploy.triton upgrade

triton-rollback: setup ## Put the version from before the last upgrade back into Triton's service
	@$(RUN) -m deploy.triton rollback

kserve: needed ## Write model_store/kserve/luke-qa, what KServe's server serves (as archive)
	@$(RUN) -m deploy.kserve build

setup-kserve: $(VENV)/.kserve ## Install KServe's SDK in an environment of its own

kserve-image: needed ## Build the image luke-qa-kserve with the model, with podman or docker (as archive; BASE=)
	@$(RUN) -m deploy.kserve image

kserve-start: needed setup-kserve ## Write the model's directory, start KServe's server, wait until it is ready (as archive)
	@$(RUN) -m deploy.kserve start

kserve-stop: setup ## Stop KServe's server
	@$(RUN) -m deploy.kserve stop

kserve-status: setup ## Show whether KServe's server is up and the model is ready
	@$(RUN) -m deploy.kserve status

kserve-ask: kserve-start ## Ask KServe's server (QUESTION=, CONTEXT=)
	@$(RUN) -m deploy.kserve ask

test: setup-dev ## Run the tests
	@$(BIN)/python -m pytest -q -m "not slow" --numprocesses 2 --dist loadfile --no-loadscope-reorder

test-all: setup-dev $(VENV)/.bulk $(VENV)/.transformers5 ## Run the slow tests as well, and parity with transformers 5
	@$(BIN)/python -m pytest -q
	@PYTHONPATH=$(VENV)/transformers5 $(BIN)/python -m pytest -q tests/parity/test_logits.py

test-deploy: setup-dev ## Build the image and run it: by itself, under systemd, as a pod (needs podman and mmdebstrap)
	@$(BIN)/python -m pytest -q tests/deploy

test-triton: setup-dev $(VENV)/.triton ## Run the tests against the real Triton
	@$(BIN)/python -m pytest -q tests/triton

test-kserve: setup-dev $(VENV)/.kserve ## Run the tests against KServe's real server
	@$(BIN)/python -m pytest -q tests/kserve

# DEV and OPTIONS are lists, separated by spaces.
train: setup-dev ## Train a checkpoint from scratch (ARTICLES=, QUESTIONS=, SENTENCES=, BOOKS=, DEV=, OUT=, WORK=, OPTIONS=)
	@set -f; $(MEASURE) -m training.train --articles "$$LUKE_QA_MAKE_ARTICLES" --questions "$$LUKE_QA_MAKE_QUESTIONS" \
		--sentences "$$LUKE_QA_MAKE_SENTENCES" --books "$$LUKE_QA_MAKE_BOOKS" --held-out $$LUKE_QA_MAKE_DEV \
		--work "$${LUKE_QA_MAKE_WORK:-.work/train}" --out "$$LUKE_QA_MAKE_OUT" $$LUKE_QA_MAKE_OPTIONS

# OPTIONS is a list, separated by spaces.
evaluate: setup-dev ## Evaluate a checkpoint on a question set (DATA=, CHECKPOINT=, OPTIONS=--calibrate: and calibrate it)
	@set -f; $(RUN) -m training.evaluate --data "$$LUKE_QA_MAKE_DATA" \
		--checkpoint "$${LUKE_QA_MAKE_CHECKPOINT:-$$($(RUN) -m ops checkpoint)}" $$LUKE_QA_MAKE_OPTIONS

# CORRECTIONS and OPTIONS are lists, separated by spaces.
finetune: setup-dev ## Fine-tune a base model on your own questions (BASE=, TRAIN=, CORRECTIONS=, DEV=, OUT=, OPTIONS=)
	@set -f; $(RUN) -m training.finetune --base "$$LUKE_QA_MAKE_BASE" --train "$$LUKE_QA_MAKE_TRAIN" \
		$$LUKE_QA_MAKE_CORRECTIONS --dev "$$LUKE_QA_MAKE_DEV" --out "$$LUKE_QA_MAKE_OUT" $$LUKE_QA_MAKE_OPTIONS

bench: setup-dev ## Benchmark backends, answers, the server and alternatives to it (DATA=, INT8=: two question sets; CHECKPOINT=)
	@$(MEASURE) -m bench --data "$$LUKE_QA_MAKE_DATA" --int8 "$$LUKE_QA_MAKE_INT8" \
		--checkpoint "$${LUKE_QA_MAKE_CHECKPOINT:-$$($(RUN) -m ops checkpoint)}"

# ROWS and OPTIONS are lists, separated by spaces.
chaos: setup-dev ## Harm the deployment in every way, and count what becomes of questions (ROWS=, OPTIONS=; needs haproxy; SERVER=triton: Triton's)
	@set -f; $(MEASURE) -m "bench.chaos$${LUKE_QA_MAKE_SERVER:+.$$LUKE_QA_MAKE_SERVER}" $$LUKE_QA_MAKE_ROWS $$LUKE_QA_MAKE_OPTIONS

fuzz: setup-dev ## Send a real server and its parts inputs that nobody would write, and count what becomes of them (COUNT=; needs haproxy)
	@$(MEASURE) -m bench.fuzz --count "$${LUKE_QA_MAKE_COUNT:-100000}"

sbom: setup-dev ## Write the bills of materials of the server and the client into build/ (CycloneDX)
	@$(RUN) -m deploy.sbom build

audit: setup-dev ## Ask PyPI's advisories about every pinned package
	@for pins in lock ui triton tritonserver kserve; do \
		echo "requirements/$$pins.txt:"; \
		$(BIN)/pip-audit --strict --no-deps --disable-pip -r requirements/$$pins.txt || exit 1; \
	done

docs: $(VENV)/.docs ## Build the documentation, in English and Japanese, into site/
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict
	@echo "Open site/index.html, or see it change while you write: make docs-serve"

docs-serve: $(VENV)/.docs ## Show the documentation at http://127.0.0.1:8000, rebuilt at every change
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs serve --dev-addr 127.0.0.1:8000

lint: setup-dev ## Check style and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy docs handler ops bulk deploy bench client/src training tests

generated: $(VENV)/.serve ## Regenerate docs/openapi.json, the generated tables in docs/ and the dashboard
	@$(RUN) -m docs.generate
	@$(RUN) -m deploy.grafana

clean: ## Stop the server and remove what was built, except .venv
	@if [ -x $(BIN)/python ]; then $(RUN) -m ops stop; $(RUN) -m deploy.triton stop; $(RUN) -m deploy.kserve stop; fi
	@rm -rf .run logs site model_store/luke-qa* model_store/triton model_store/kserve .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +
