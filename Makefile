# A thin front for CMake and the scripts, so that make, make demo, make test and make install do what people expect.
PREFIX ?= /usr/local
DESTDIR ?=
BUILD = build/release

.PHONY: all deps configure demo docs test test-peers kill-test bench sweep fuzz install clean format help

all: configure ## build everything
	cmake --build $(BUILD)

configure: deps
	@cmake -S . -B $(BUILD) -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX=$(PREFIX) > $(BUILD).log 2>&1 \
	  || { cat $(BUILD).log; exit 1; }

deps:
	@mkdir -p build
	@scripts/install-deps.sh build

demo: ## compare eight activation functions on a real brain; writes demo/report.html
	@scripts/install-deps.sh build demo
	@$(MAKE) --no-print-directory all
	@scripts/demo $(BUILD)/ogive

docs: all ## write docs/activations.md, its Chinese version and their pictures from the catalogue
	$(BUILD)/ogive act document -o docs

test: ## build and run all tests
	@scripts/install-deps.sh build demo test
	@$(MAKE) --no-print-directory all
	@scripts/run-tests $(BUILD)

test-peers: ## compare with PyTorch, JAX, onnxruntime and NVRTC, live
	@scripts/install-deps.sh build demo test peers
	@$(MAKE) --no-print-directory all
	@scripts/run-tests $(BUILD) tests/interop

KILL_SECONDS ?= 600
kill-test: ## kill workers of a study at random, KILL_SECONDS long (ten minutes), on both databases, and take its store away
	@scripts/install-deps.sh build demo test
	@$(MAKE) --no-print-directory all
	@OGIVE_KILL_SECONDS=$(KILL_SECONDS) OGIVE_OUTAGE_SECONDS=30 OGIVE_TEST_SECONDS=14400 \
	  nice -n 10 scripts/run-tests $(BUILD) tests/cli/kill.bats tests/cli/outage.bats
	@grep '^#' $(BUILD)/test-logs/tests_cli_kill.bats.log

bench: ## measure speed and memory beside PyTorch, ONNX Runtime and OpenVINO; writes docs/performance.md (QUICK=1: a little of it)
	@scripts/install-deps.sh build bench
	@$(MAKE) --no-print-directory all
	cmake --build $(BUILD) --target bench
	@bench/run.py $(if $(QUICK),--quick) $(PARTS)

sweep: all ## judge every activation at all 2^32 floats, for hours; prints the table of docs/exactness.md
	@scripts/install-deps.sh test
	cmake --build $(BUILD) --target bench_exact
	@nice -n 10 $(BUILD)/bench_exact -s 1 -j "$$(nproc)"

FUZZ_SECONDS ?= 3600
fuzz: ## search for formulas that break the language, FUZZ_SECONDS long (an hour); new ones go to tests/fuzz/corpus
	@scripts/install-deps.sh build test fuzz
	@cmake --preset fuzz > /dev/null && cmake --build --preset fuzz --target fuzz_formula
	@cd build/fuzz && tests/fuzz_formula -dict=../../tests/fuzz/formula.dict -max_len=300 -timeout=30 \
	  -max_total_time=$(FUZZ_SECONDS) ../../tests/fuzz/corpus

install: all ## install to DESTDIR/PREFIX (default /usr/local)
	DESTDIR=$(DESTDIR) cmake --install $(BUILD) --prefix $(PREFIX)

format: ## format the C sources in place
	@scripts/install-deps.sh ci
	@git ls-files '*.c' '*.h' | xargs clang-format -i

clean: ## remove what was built
	rm -rf build

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 14
