# Every check and every product of pixelda-wgpu is a target here.
# Continuous integration runs `make test`.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# .ci/setup leaves a link to a recent Go here where the system's own is too old.
export PATH := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/pixelda-wgpu/go/bin:$(PATH)
# An older Go (1.21 or later) fetches the release that go.mod asks for.
export GOTOOLCHAIN := auto
# Version stamps would fail in a checkout that belongs to another user.
export GOFLAGS := $(GOFLAGS) -buildvcs=false

PYTHON ?= python3
FUZZTIME ?= 60s

.PHONY: help setup setup-web build view web serve demo test check test-web lint fuzz golden bench clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile

setup: ## Install what is missing: Go, a C compiler, a Vulkan loader and driver
	@.ci/setup

setup-web: setup ## Install besides what web pages and their tests need: Node.js, Chromium, npm packages
	@.ci/setup web

build: setup ## Build bin/pixelda-wgpu, with the page if it is built, and its window where the X11 headers are
	go build $(if $(wildcard web/dist/index.html),-tags page) -trimpath -ldflags='-s -w' -o bin/pixelda-wgpu ./native/pixelda-wgpu
	@if .ci/setup has-window; then $(MAKE) --no-print-directory bin/pixelda-wgpu-view; else \
		echo "left out: pixelda-wgpu view, whose window needs the X11 headers; 'make view' installs them"; fi

view: ## Build bin/pixelda-wgpu-view, the window of 'pixelda-wgpu view'
	@.ci/setup window
	@$(MAKE) --no-print-directory bin/pixelda-wgpu-view

# A program with a window ends at once where there is no display, whatever it was
# asked: so the window is a program of its own.
.PHONY: bin/pixelda-wgpu-view
bin/pixelda-wgpu-view:
	go build -tags view -trimpath -ldflags='-s -w' -o $@ ./native/pixelda-wgpu

web: setup-web ## Build the page and its program into web/dist
	cd web && node build.mjs

serve: setup ## Build the page and serve it on this machine
	@.ci/setup page
	cd web && node build.mjs
	@$(MAKE) --no-print-directory build
	bin/pixelda-wgpu serve

demo: build ## Adapt a classifier to the built-in target digits; a few minutes on a CPU
	bin/pixelda-wgpu train

# The packages whose tests take longest come first, so that no core is left with one of them
# in the end; the first compiles kernels that the others find in the driver's cache.
longest := ./wgsl/plan ./trainer/verify ./native ./model/graph ./model ./trainer ./wgsl/kernels

# What each phase of the test takes.
export TIMEFORMAT := %0lR by the clock, of the processors %1U s and %1S s of the system's

test: setup-web check ## Run every check: format, vet, tests on the GPU or its software driver and in a browser, lint
	@.ci/setup display
	time go test -timeout 30m $(longest) ./...  # of a package, on a busy machine without compiled shaders
	time $(MAKE) --no-print-directory test-web
	time $(MAKE) --no-print-directory lint

check: setup ## Check the format and vet: seconds
	@unformatted=$$(gofmt -l .); [ -z "$$unformatted" ] || \
		{ echo "not formatted; run gofmt -w on:"; echo "$$unformatted"; exit 1; } >&2
	go vet ./...
	@if .ci/setup has-window; then go vet -tags view ./native/... ./trainer/gallery/...; fi
	GOOS=js GOARCH=wasm go vet ./gpu ./wasm/...

test-web: web ## Check and test the page in Chromium: training there equals training here
	cd web && npm run --silent check && npm test --silent

lint: setup ## Run the pinned linters (the first time builds them: two minutes)
	go tool -modfile=.ci/tools/go.mod golangci-lint run ./...
	@if .ci/setup has-window; then \
		go tool -modfile=.ci/tools/go.mod golangci-lint run --build-tags view ./native/... ./trainer/gallery/...; fi

fuzz: setup ## Fuzz every parser for a minute each (FUZZTIME=60s)
	@grep -rHo --include='*_test.go' '^func Fuzz[A-Za-z0-9_]*' . | sort | \
	while IFS=: read -r file target; do \
		target=$${target#func }; \
		echo "fuzz: $$target in $$(dirname "$$file")"; \
		go test "./$$(dirname "$$file")" -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME); \
	done

bench: build ## Time a training step on this machine's adapter, kernel by kernel
	bin/pixelda-wgpu bench

golden: ## Check the PyTorch reference and record its traces again (PYTHON=python3, with torch)
	@$(PYTHON) -c 'import torch' 2>/dev/null || \
		{ echo "golden: $(PYTHON) has no torch; on Debian: apt-get install python3-torch" >&2; exit 1; }
	cd testdata/reference && $(PYTHON) -m unittest -q
	$(PYTHON) testdata/reference/record.py

clean: ## Remove what was built
	rm -rf bin web/dist
