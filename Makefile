# gradflow: two commands do everything — `make matrix` and `make test`. `make help` lists the rest.

SWIFT ?= swift
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:

RELEASE := .build/release/gradflow

.PHONY: help
help: ## This list
	@awk -F ':.*## ' '/^[a-z][a-z0-9-]*:.*## / { printf "  make %-20s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# --- what is needed -------------------------------------------------------------------------------------------------

.PHONY: prepare
prepare:
	@command -v $(SWIFT) >/dev/null || { echo "make: Swift 6.1 or newer is needed: https://www.swift.org/install" >&2; exit 2; }
	@if ! printf '#include <zstd.h>\n' | $(CC) -E - >/dev/null 2>&1; then \
	  echo "make: installing libzstd-dev (the zstd library's headers)" >&2; \
	  if command -v apt-get >/dev/null; then \
	    run=""; [ "$$(id -u)" = 0 ] || run=sudo; \
	    { $$run apt-get install -y libzstd-dev || { $$run apt-get update && $$run apt-get install -y libzstd-dev; }; } >&2 \
	      || { echo "make: that failed; install it by hand: sudo apt-get install libzstd-dev" >&2; exit 2; }; \
	  else \
	    echo "make: no apt-get here; install the zstd development files by hand (Debian: libzstd-dev, Fedora: libzstd-devel, macOS: brew install zstd)" >&2; exit 2; \
	  fi; \
	fi

.PHONY: build
build: prepare ## Build the program in release
	@$(SWIFT) build -c release --product gradflow

# --- the two commands -----------------------------------------------------------------------------------------------

.PHONY: matrix
matrix: build ## Run the seven experiments of Table 1 on the built-in data, about five minutes on two cores
	@$(RELEASE) matrix --profile quick $(if $(findstring --resume,$(ARGUMENTS)),,--overwrite) \
	  $(if $(wildcard golden/quick/*.zst),--check) --report $(ARGUMENTS)

.PHONY: test
test: prepare ## Run all tests: gradients, oracle, bits, data, traces, command line
	@$(SWIFT) test

# --- goldens --------------------------------------------------------------------------------------------------------

.PHONY: golden
golden: build ## Run smoke and quick, and short where GRADFLOW_DATA is set, against the goldens (MATRIX=FILE: rows beside the seven)
	@worst=0; checked=0; \
	for profile in smoke quick $${GRADFLOW_DATA:+short}; do \
	  if [ -z "$$(ls golden/$$profile/*.jsonl.zst 2>/dev/null)" ]; then \
	    echo "golden check: the profile $$profile is not recorded yet, so it is not checked"; continue; \
	  fi; \
	  checked=$$((checked + 1)); status=0; \
	  $(RELEASE) golden check --profile $$profile $(if $(MATRIX),--matrix '$(MATRIX)') $(ARGUMENTS) || status=$$?; \
	  if [ $$status -ne 0 ] && [ $$worst -ne 1 ]; then worst=$$status; fi; echo; \
	done; \
	[ -n "$${GRADFLOW_DATA:-}" ] || echo "golden check: short is checked where GRADFLOW_DATA says where CIFAR-100 is"; \
	[ $$checked -gt 0 ] || { echo "make: no profile is recorded" >&2; exit 2; }; \
	exit $$worst

.PHONY: power
power: prepare ## Plant subtle training defects: which do the goldens notice, by bits and by bands? (--profile quick; 20 minutes)
	@$(SWIFT) build --product planted-defects >&2
	@.build/debug/planted-defects --power $(ARGUMENTS)

.PHONY: golden-mutations
golden-mutations: prepare ## What the verdict is when each value, digest and line of a run is changed in turn, as a table
	@$(SWIFT) build --build-tests >&2
	@$(SWIFT) test --skip-build --filter GoldensTests.MutationTests 2>&1 | grep -E '^mutations: |✘'

.PHONY: golden-junit
PYTHON ?= python3
golden-junit: build ## Read the JUnit report of a check back with junitparser, where Python has it
	@if ! $(PYTHON) -c 'import junitparser' 2>/dev/null; then \
	  echo "make: $(PYTHON) has no junitparser (pip install junitparser), so the report is not read back"; exit 0; fi; \
	report=$$(mktemp); trap 'rm -f "$$report"' EXIT; \
	$(RELEASE) golden check --profile smoke --format junit >"$$report"; \
	$(PYTHON) -c 'import sys, junitparser; cases = [c for s in junitparser.JUnitXml.fromfile(sys.argv[1]) for c in s]; \
	  [print(c.classname, c.name, "failed" if c.result else "passed") for c in cases]; sys.exit(0 if cases else 1)' "$$report"

# --- data -----------------------------------------------------------------------------------------------------------

ARCHIVE_URL ?= https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz
ARCHIVE_MD5 ?= 03b5dce01913d631647c71ecec9e9cb8
DATA_DIR ?= data

# The archive is checked before it is unpacked, and unpacked aside: what carries the final name is whole.
.PHONY: data
data: ## Download CIFAR-100 (161 MB) to data/cifar-100-binary, checked; continues a download that broke off
	@target='$(DATA_DIR)/cifar-100-binary' archive='$(DATA_DIR)/cifar-100-binary.tar.gz.partial' aside='$(DATA_DIR)/.unpacking'; \
	fail() { echo "make data: $$*" >&2; exit 2; }; \
	md5() { if command -v md5sum >/dev/null; then md5sum < "$$1" | cut -c1-32; else command md5 -q "$$1"; fi; }; \
	if [ -e "$$target" ]; then echo "$$target is there already; to fetch it again, remove it first"; exit 0; fi; \
	mkdir -p '$(DATA_DIR)' || fail "cannot create $(DATA_DIR); give another place with DATA_DIR=..."; \
	if ! [ -s "$$archive" ] || [ "$$(md5 "$$archive")" != '$(ARCHIVE_MD5)' ]; then \
	  curl --fail --location --retry 3 --continue-at - --output "$$archive" '$(ARCHIVE_URL)' \
	    || fail "the download of $(ARCHIVE_URL) broke off; make data again continues it (or remove $$archive to start anew)"; \
	fi; \
	found=$$(md5 "$$archive"); \
	if [ "$$found" != '$(ARCHIVE_MD5)' ]; then \
	  rm -f "$$archive"; \
	  fail "the archive's MD5 is $$found, not $(ARCHIVE_MD5): it was damaged on its way, and is removed; make data again"; \
	fi; \
	rm -rf "$$aside" && mkdir "$$aside" && tar -xzf "$$archive" -C "$$aside" \
	  || fail "cannot unpack $$archive into $(DATA_DIR); is the disk full? make data again continues from here"; \
	for file in train.bin test.bin; do \
	  [ -s "$$aside/cifar-100-binary/$$file" ] || fail "the archive holds no cifar-100-binary/$$file"; \
	done; \
	mv "$$aside/cifar-100-binary" "$$target" && rm -rf "$$aside" "$$archive"; \
	echo "$$target is ready: gradflow matrix --profile short --data $$target"

# --- more evidence --------------------------------------------------------------------------------------------------

.PHONY: gradcheck
gradcheck: build ## Finite-difference checks of every layer and of whole networks, as a table (some minutes)
	@$(RELEASE) gradcheck --thorough $(ARGUMENTS)

.PHONY: mutants
mutants: prepare ## Plant defects of the engine and of the harness in copies of the source: the checks must catch each (40 minutes)
	@$(SWIFT) run planted-defects $(ARGUMENTS)

.PHONY: mutation-score
mutation-score: prepare ## Change the harness's sources by rule: which share do the tests notice? (an hour; ARGUMENTS="--modules Goldens")
	@$(SWIFT) build --package-path Tests/Mutations --scratch-path .build-mutation-tool >&2
	@.build-mutation-tool/debug/mutations $(ARGUMENTS)

# --- what instruments find: a build of its own, in a directory of its own ---------------------------------------------

# Whether swiftc has a sanitizer: it refuses to compile for one that it lacks.
SANITIZED = sanitized() { \
  local probe status=0; probe=$$(mktemp -d); echo 'print(1)' >"$$probe/probe.swift"; \
  $(SWIFT)c -sanitize=$$1 -c "$$probe/probe.swift" -o "$$probe/probe.o" >/dev/null 2>&1 || status=1; \
  rm -rf "$$probe"; return $$status; }

# Swiftc takes the last -sanitize alone, and the package manager gives one for each, in any order: so both are named in one.
# Every reader in turn, for SECONDS each. What is found lies in FUZZ_FINDINGS; the inputs that reached something new stay in
# FUZZ_CORPUS, from where the next run goes on. A finding that was mended joins Tests/Fuzz/Corpus, which `make test` reads.
FUZZ := .build-fuzz
FUZZ_CORPUS ?= $(FUZZ)/corpus
FUZZ_FINDINGS ?= $(FUZZ)/findings
FUZZ_READERS ?= $(notdir $(wildcard Tests/Fuzz/Corpus/*))
SECONDS ?= 60
.PHONY: fuzz
fuzz: prepare ## Fuzz the readers, guided by coverage: make fuzz SECONDS=60 FUZZ_READERS="json trace"
	@$(SANITIZED); \
	for kind in fuzzer address; do \
	  sanitized $$kind || { echo "make fuzz: this swiftc has no -sanitize=$$kind: NOT RUN" >&2; exit 2; }; \
	done; \
	GRADFLOW_FUZZ=1 $(SWIFT) build -c release --product fuzz --scratch-path $(FUZZ) --sanitize fuzzer --sanitize address \
	  -Xswiftc -sanitize=fuzzer,address 2>&1 | { grep -v 'Cannot export local symbol' || true; }; \
	export SWIFT_BACKTRACE=enable=no; found=0; \
	for reader in $(FUZZ_READERS); do \
	  mkdir -p '$(FUZZ_CORPUS)'/$$reader '$(FUZZ_FINDINGS)'; \
	  status=0; \
	  $(FUZZ)/release/fuzz $$reader '$(FUZZ_CORPUS)'/$$reader Tests/Fuzz/Corpus/$$reader -max_total_time=$(SECONDS) -timeout=10 \
	    -rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix='$(FUZZ_FINDINGS)'/$$reader- \
	    >'$(FUZZ)'/$$reader.log 2>&1 </dev/null || status=$$?; \
	  executed=$$(sed -n 's/^stat::number_of_executed_units: *//p' '$(FUZZ)'/$$reader.log); \
	  if grep -q 'Is the code instrumented for coverage' '$(FUZZ)'/$$reader.log; then \
	    found=1; echo "$$reader: no coverage was seen, so nothing guided the inputs: $(FUZZ)/$$reader.log"; \
	  elif [ $$status -eq 0 ]; then echo "$$reader: $$executed inputs in $(SECONDS) s, nothing found"; \
	  else found=1; echo "$$reader: FOUND (status $$status) after $${executed:-some} inputs: $(FUZZ)/$$reader.log"; \
	    echo "  again: $(FUZZ)/release/fuzz $$reader $(FUZZ_FINDINGS)/$$reader-..."; fi; \
	done; \
	exit $$found

.PHONY: report
report: build ## Write report.html about finished runs, by default those of make matrix: RUNS=runs/quick
	@$(RELEASE) report $(or $(RUNS),runs/quick) $(ARGUMENTS)

# --- speed: nothing here passes or fails by a time; let nothing else run meanwhile -----------------------------------

PEER ?= .build-peer
PEER_PYTHON ?= python3
PEER_PACKAGES ?= torch numpy

.PHONY: bench
bench: build ## One table: training step and evaluation of every row, beside PyTorch's where it is installed
	@peer=; isas=auto; \
	if [ -x '$(PEER)/bin/python' ]; then peer='$(PEER)/bin/python Tests/NetworksTests/Oracle/peer_step.py --serve'; \
	else echo "make: no PyTorch here, so our times alone; make bench-peer installs it" >&2; fi; \
	if $(RELEASE) list --json | grep -q '"avx2"'; then isas=auto,avx2; fi; \
	$(RELEASE) bench --rows all --isas "$$isas" $${peer:+--peer "$$peer"} $(ARGUMENTS)

.PHONY: bench-peer
bench-peer: ## Install PyTorch for make bench, in a virtual environment of its own (.build-peer)
	@$(PEER_PYTHON) -m venv --help >/dev/null 2>&1 || \
	  { echo "make: Python 3 with its venv module is needed: sudo apt-get install python3-venv, or set PEER_PYTHON=..." >&2; exit 2; }
	@$(PEER_PYTHON) -m venv '$(PEER)'
	@'$(PEER)/bin/python' -m pip install --quiet --disable-pip-version-check $(PEER_PACKAGES) || \
	  { echo "make: PyTorch could not be installed; make bench-peer tries again, PEER_PACKAGES=... names another build" >&2; exit 2; }
	@cd Tests/NetworksTests/Oracle && '$(abspath $(PEER))/bin/python' -B -c 'import torch, peer_step; print("PyTorch", torch.__version__)'

.PHONY: bench-scaling
bench-scaling: build ## Time and memory against threads, batch, depth and epochs: tables, then CSV (a few minutes)
	@$(RELEASE) bench --scaling $(ARGUMENTS)

.PHONY: bench-jobs
bench-jobs: build ## Seconds for the seven smoke runs, one after the other with all threads, and two at the same time
	@out=$$(mktemp -d); trap 'rm -rf "$$out"' EXIT; TIMEFORMAT='%R'; \
	for round in 1 2 3; do for jobs in 1 2; do \
	  seconds=$$({ time $(RELEASE) matrix --profile smoke --jobs $$jobs --out "$$out/$$round-$$jobs" $(ARGUMENTS) >/dev/null 2>&1; } 2>&1); \
	  echo "matrix --profile smoke --jobs $$jobs: $$seconds s"; \
	done; done

# Its own environment, or the Python of your choice: make interop INTEROP_PYTHON=python3
INTEROP_PYTHON ?= .build/interop/bin/python
INTEROP_RUNS := .build/interop-runs
.PHONY: interop
interop: build ## Read our files with others' tools: the course's plots, TensorBoard, safetensors, PyTorch
	@if [ '$(INTEROP_PYTHON)' = .build/interop/bin/python ] && ! [ -e .build/interop/ready ]; then \
	  command -v python3 >/dev/null || { echo "make interop: python3 is needed, with its venv module" >&2; exit 2; }; \
	  { python3 -m venv .build/interop && .build/interop/bin/python -m pip install --quiet -r Tests/Interoperability/requirements.txt \
	    && touch .build/interop/ready; } >&2 \
	    || { echo "make interop: that failed; install Tests/Interoperability/requirements.txt and name that Python with INTEROP_PYTHON=..." >&2; exit 2; }; \
	fi
	@$(RELEASE) matrix --profile smoke --rows vgg08,vgg38-bn-1e-2,vgg38-bn-rc-1e-2 --overwrite --out $(INTEROP_RUNS) >/dev/null 2>&1 \
	  || { echo "make interop: the runs failed: $(RELEASE) matrix --profile smoke" >&2; exit 2; }
	@$(INTEROP_PYTHON) Tests/Interoperability/check.py $(RELEASE) $(INTEROP_RUNS)

# --- the same bits on another architecture --------------------------------------------------------------------------

CLANG ?= clang
CONFORMANCE := .build/conformance
# The very flags that the package compiles the kernels with.
KERNEL_FLAGS = $(shell sed -n '/name: "CKernels"/,/unsafeFlags/p' Package.swift | grep -o '"-[^"]*"' | tr -d '"')
CONFORMANCE_BUILD = $(CLANG) $(KERNEL_FLAGS) -Wall -Wextra -I Sources/CKernels/include \
  Sources/CKernels/*.c Tests/Conformance/*.c -lm
.PHONY: conformance
conformance: ## Digests of all numeric primitives, on every instruction set of this machine, against the recorded ones
	@command -v $(CLANG) >/dev/null || { echo "make: clang is needed: it comes with Swift, or set CLANG=..." >&2; exit 2; }
	@[ -n "$(KERNEL_FLAGS)" ] || { echo "make: no compiler flags of the kernels found in Package.swift" >&2; exit 2; }
	@mkdir -p $(CONFORMANCE)
	@$(CONFORMANCE_BUILD) -o $(CONFORMANCE)/here
	@$(CONFORMANCE)/here >$(CONFORMANCE)/here.txt
	@diff -u Tests/Conformance/digests.txt $(CONFORMANCE)/here.txt || \
	  { echo "make: this machine's digests differ from the recorded ones. Shape by shape: $(CONFORMANCE)/here --cases" >&2; \
	    echo "If the contract's version was raised: cp $(CONFORMANCE)/here.txt Tests/Conformance/digests.txt" >&2; exit 1; }
	@echo "conformance: $$(wc -l <$(CONFORMANCE)/here.txt) digests on this machine equal the recorded ones"

.PHONY: conformance-arm64
conformance-arm64: conformance ## The same for arm64: cross-compiled by clang, run by qemu (about 10 seconds)
	@{ command -v qemu-aarch64 && echo 'int main(void) { return 0; }' | \
	    $(CLANG) --target=aarch64-linux-gnu -static -x c - -o $(CONFORMANCE)/arm64; } >/dev/null 2>&1 || \
	  { echo "make: an arm64 C library and qemu are needed:" >&2; \
	    echo "  sudo apt-get install gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user" >&2; exit 2; }
	@$(CONFORMANCE_BUILD) --target=aarch64-linux-gnu -static -o $(CONFORMANCE)/arm64
	@qemu-aarch64 $(CONFORMANCE)/arm64 >$(CONFORMANCE)/arm64.txt
	@diff -u $(CONFORMANCE)/here.txt $(CONFORMANCE)/arm64.txt || \
	  { echo "make: arm64 computes other bits than this machine. Shape by shape, on both:" >&2; \
	    echo "  $(CONFORMANCE)/here --cases --isa portable; qemu-aarch64 $(CONFORMANCE)/arm64 --cases --isa neon" >&2; exit 1; }
	@echo "conformance: $$(wc -l <$(CONFORMANCE)/arm64.txt) digests on arm64 (under qemu) equal those of this machine"

# --- the reproducibility contract, proved ---------------------------------------------------------------------------

.PHONY: proof-build
proof-build: build
	@$(SWIFT) build -c release --product proof
	@$(SWIFT) build --build-tests

.PHONY: proof
proof: proof-build ## Every property of the contract on this machine, as a table (5 to 15 minutes; --record after a new version)
	@.build/release/proof $(ARGUMENTS)

.PHONY: proof-alive
proof-alive: proof-build ## Break the contract in copies of the source, one way at a time: the proof must notice each (an hour)
	@.build/debug/planted-defects --proof $(ARGUMENTS)

.PHONY: bisect-alive
bisect-alive: proof-build ## Plant differences between two builds: gradflow bisect --rerun must find and name each (10 minutes)
	@.build/debug/planted-defects --bisect

.PHONY: proof-cost
proof-cost: build ## What digests and checkpoints take of a training step; let nothing else run meanwhile
	@$(SWIFT) build -c release --product proof
	@.build/release/proof cost

.PHONY: second-implementation
second-implementation: ## The contract a second time, in Python with NumPy: its runs must equal the goldens (1 to 4 minutes)
	@command -v $(PYTHON) >/dev/null || { echo "make: Python 3.9 or newer with NumPy is needed: set PYTHON=..." >&2; exit 2; }
	@$(PYTHON) -B Tests/SecondImplementation/against_goldens.py $(ARGUMENTS)

.PHONY: second-implementation-alive
second-implementation-alive: ## Break the second implementation, one rule at a time: each must be noticed (2 to 5 minutes)
	@$(PYTHON) -B Tests/SecondImplementation/check_alive.py

# --- the night ------------------------------------------------------------------------------------------------------

.PHONY: nightly
nightly: build ## The full matrix in one night, resumable, to its verdict (ARGUMENTS="--profile short --limit 6h ...")
	@$(RELEASE) nightly $(ARGUMENTS)

.PHONY: clean
clean: ## Remove what was built (runs stay)
	rm -rf .build .build-*
