# Xiangyin: `make run` starts the assistant, `make test` tests it. Both set up first what is missing.
.DEFAULT_GOAL := help
.PHONY: help setup run test unit lint eval adapt format lock clean
APP := .venv/bin

help: ## What can be done
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Environments, models, dialogue model, index: what is missing or has changed
	@python3 script/setup.py

run: setup ## Start everything; the address of the chat is printed when it works
	@exec $(APP)/xiangyin up

test: setup ## All tests, on both Pythons, the running stack included
	@.venv-rasa/bin/python -m pytest -q tests/nlu
	@$(APP)/python -m pytest -q --ignore=tests/nlu

unit: setup ## The quick tests alone
	@.venv-rasa/bin/python -m pytest -q tests/nlu -m unit
	@$(APP)/python -m pytest -q -m unit --ignore=tests/nlu

lint: ## ruff, mypy and the knowledge base's own check
	@$(APP)/ruff check .
	@$(APP)/ruff format --check .
	@$(APP)/mypy
	@$(APP)/xiangyin kb check

FRAUD_MESSAGES := ../shared/data/fraud_dev.jsonl

RECORDINGS := ../shared/speech

eval: setup ## Measure understanding, search (also as it grows), the fraud check and hearing; tables in benchmarks/results
	@.venv-rasa/bin/python -m benchmarks.understanding --diet
	@$(APP)/python -m benchmarks.knowledge_retrieval
	@$(APP)/python -m benchmarks.knowledge_scale
	@if [ -f $(FRAUD_MESSAGES) ]; then $(APP)/python -m benchmarks.knowledge_fraud $(FRAUD_MESSAGES); \
	else echo "fraud check: skipped, $(FRAUD_MESSAGES) is not there"; fi
	@$(APP)/python -m benchmarks.voice_cost
	@if [ -d $(RECORDINGS) ]; then $(APP)/python -m benchmarks.voice $(RECORDINGS); \
	else echo "hearing: skipped, $(RECORDINGS) is not there"; fi

adapt: setup ## An experiment: teach the recogniser accents; hours on CPU, figures at the end (docs/decisions/0013)
	@$(APP)/python -m voice.adaptation

format: ## Bring the code into shape
	@$(APP)/ruff check --fix .
	@$(APP)/ruff format .

lock: ## Resolve requirements/*.in anew into requirements/*.txt
	@sh script/lock.sh

clean: ## Remove what set-up made (ledger and secrets included!)
	rm -rf .venv .venv-rasa var
