# Most contributors need only two commands: `make run` and `make test`.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help

# All recipes use the same environment as scripts/build and `cargo leptos`.
ENV := source scripts/env

.PHONY: help setup run dev build dist test e2e bench torture attack eval fuzz fmt clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' Makefile

setup: ## install what the build needs
	@scripts/setup

run: ## install what is missing, build both halves, serve
	@echo "[build] step 1 of 3: installing tools (once)"
	scripts/setup
	scripts/build --quick
	export CSUITE_PROFILE=quick
	$(ENV)
	exec "$$CSUITE_BIN"

dev: ## build, serve, and rebuild on every change (cargo leptos watch)
	@scripts/setup dev
	$(ENV)
	exec cargo leptos watch

build: setup ## build both halves (release)
	@scripts/build --release

dist: setup ## build one program that holds everything, and prove that it serves alone
	@scripts/build --dist
	scripts/dist-check target/dist/csuite

test: ## install what the tests need and run all of them
	@scripts/setup test
	scripts/test

e2e: ## the browser tests alone, against a release build
	@scripts/setup test
	scripts/build --release
	scripts/e2e

bench: ## measure a release build; one table of figures with their targets
	@scripts/setup test
	scripts/bench

torture: setup ## kill it, cut it off, fill its disk: the long form of the proofs in docs/OPERATIONS.md
	@scripts/torture

attack: setup ## attack a running server at its default limits, and print what other tenants feel
	@scripts/torture attacks

eval: setup ## measure the check of numbers on sentences of known truth, and print the table
	@scripts/eval

fuzz: setup ## run the fuzz targets, five minutes each, guided by coverage
	@scripts/fuzz

fmt: ## format the source
	@scripts/setup lint
	$(ENV)
	cargo fmt

clean: ## remove what was built (not the cached tools)
	@rm -rf target end2end/node_modules end2end/test-results end2end/playwright-report
