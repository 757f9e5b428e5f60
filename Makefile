PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# Given as variables of make or of the environment: HOST=0.0.0.0 PORT=8080 make serve
ifdef HOST
export GUIDEQA_HOST := $(HOST)
endif
ifdef PORT
export GUIDEQA_PORT := $(PORT)
endif

.PHONY: help serve test check browser
help: ## この一覧 / this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

$(VENV)/.installed: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --requirement requirements.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

serve: $(VENV)/.installed ## チャットとAPIを動かす（HOST、PORT で待ち受け先を変える）/ chat and API
	$(BIN)/guideqa ingest --if-missing
	$(BIN)/guideqa serve

check: $(VENV)/.installed ## ruff, mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# The browser tests skip, and say so, where this cannot install a browser.
browser:
	@command -v chromium >/dev/null || ! command -v apt-get >/dev/null || test "$$(id -u)" -ne 0 || { \
		export DEBIAN_FRONTEND=noninteractive; apt-get -qq update && \
		apt-get -qq install -y --no-install-recommends chromium fonts-noto-cjk >/dev/null; } || true

test: $(VENV)/.installed browser ## the tests
	$(BIN)/pytest
