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
	@$(RELEASE) matrix --profile quick $(if $(findstring --resume,$(ARGUMENTS)),,--overwrite) $(ARGUMENTS)

.PHONY: test
test: prepare ## Run all tests: gradients, oracle, bits, data, traces, command line
	@$(SWIFT) test

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
gradcheck: build ## Finite-difference checks of every layer and of whole networks, as a table
	@$(RELEASE) gradcheck $(ARGUMENTS)

.PHONY: mutants
mutants: prepare ## Plant defects in copies of the source, one at a time: the checks must catch each (about 30 minutes)
	@$(SWIFT) run planted-defects $(ARGUMENTS)

.PHONY: bench
bench: build ## Time of a training step of every row
	@for row in $$($(RELEASE) list --yaml | awk '/- id:/ { print $$3 }'); do $(RELEASE) bench --row $$row $(ARGUMENTS); done

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

.PHONY: clean
clean: ## Remove what was built (runs stay)
	rm -rf .build .build-*
