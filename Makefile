# The front door. Meson does the building; these are the words to remember.
#   make run    install what is missing, build, start the demo on http://localhost:8080
#   make test   install what is missing, build, run every test; ends with `N passed, N failed`
.PHONY: help deps build run test docs bench scan-report scan-peers check fmt check-layers install clean

PYTHON := /usr/bin/python3

help:
	@sed -n 's/^#   //p' Makefile
	@echo 'also: make deps | build | docs | bench | check | fmt | install | clean'

deps:
	@tools/deps.sh deps/debian.txt

build: deps
	@test -f build/build.ninja || meson setup build >/dev/null
	@ninja -C build

run: build
	@exec build/cardea serve --demo

test: build
	@$(PYTHON) tools/run_tests.py

# The documentation as a site, build/docs: no link of it is dead, and its commands do what it says.
docs: build
	@$(PYTHON) tools/docs.py build/docs
	@CARDEA_BUILD=$(CURDIR)/build PYTHONPYCACHEPREFIX=build/pycache $(PYTHON) -m pytest -q -p no:cacheprovider tests/cli/test_tutorial.py tests/cli/test_guides.py

# Each page as a picture, light and dark, on a desk and on a phone: build/screenshots/
screenshots: build
	@CARDEA_BUILD=$(CURDIR)/build node web/tests/screenshots.mjs build/screenshots

bench: build
	@tools/deps.sh deps/bench.txt
	@test -f build-bench/build.ninja || meson setup build-bench --buildtype=release -Dpages=disabled >/dev/null
	@ninja -C build-bench
	@$(PYTHON) bench/run.py build-bench bench/RESULTS.md

# How well the scanner does on labelled messages: make scan-report DATA=folder
scan-report: build
	@$(PYTHON) tools/scan_report.py build $(DATA)

# The same beside public scanners, which it installs into build/: make scan-peers DATA=folder
scan-peers: build
	@$(PYTHON) tools/scan_peers.py build $(DATA)

# What a reviewer would otherwise look for by hand.
check: build check-layers
	@$(PYTHON) tools/check/headers.py
	@$(PYTHON) tools/check/symbols.py build/libcardea.so
	@$(PYTHON) tools/check/symbols.py build/libcardea-scan.so scan
	@$(PYTHON) tools/check/banned.py build
	@git ls-files '*.c' '*.h' | xargs clang-format --dry-run -Werror

check-layers:
	@$(PYTHON) tools/check/layers.py

fmt:
	@git ls-files '*.c' '*.h' | xargs clang-format -i

install: build
	@meson install -C build

clean:
	rm -rf build build-asan build-tsan build-fuzz build-bench
