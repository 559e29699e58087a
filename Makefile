# gradflow: two commands do everything — `make matrix` and `make test`. `make help` lists the rest.
# Names and one-liners; what takes more lines is in scripts/, which read variables of the command line in their environment.

SWIFT ?= swift
PYTHON ?= python3
RELEASE := .build/release/gradflow
export SWIFT PYTHON RELEASE

.PHONY: help
help: ## This list
	@awk -F ':.*## ' '/^[a-z][a-z0-9-]*:.*## / { printf "  make %-20s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: prepare
prepare:
	@scripts/prepare.sh

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

.PHONY: lint
lint: ## Formatters, shellcheck and the length of lines; says which tool is not installed
	@scripts/lint.sh

.PHONY: install
install: build ## Install the program, its manual and its completions: PREFIX=/usr/local
	@scripts/install.sh

.PHONY: container
container: ## Build a container of the program (docker or podman), and try it
	@scripts/container.sh

.PHONY: docs
docs: ## Pages of the library GradientChecking, made by docc: .build/docs
	@scripts/docs.sh

# --- goldens --------------------------------------------------------------------------------------------------------

.PHONY: golden
golden: build ## Run smoke, quick, and short where GRADFLOW_DATA is set, against the goldens (MATRIX=FILE: other rows)
	@scripts/check-goldens.sh $(ARGUMENTS)

.PHONY: power
power: prepare ## Plant defects and other arithmetics: what do the goldens notice, in which row, by what? (half an hour)
	@$(SWIFT) build --product planted-defects >&2
	@.build/debug/planted-defects --power $(ARGUMENTS)

.PHONY: golden-mutations
golden-mutations: prepare ## What the verdict is when each value, digest and line of a run is changed in turn, as a table
	@scripts/mutation-verdicts.sh

.PHONY: golden-junit
golden-junit: build ## Read the JUnit report of a check back with junitparser, where Python has it
	@scripts/read-junit.sh

# --- data -----------------------------------------------------------------------------------------------------------

.PHONY: data
data: ## Download CIFAR-100 (161 MB) to data/cifar-100-binary, checked; continues a download that broke off
	@scripts/fetch-data.sh

# --- more evidence --------------------------------------------------------------------------------------------------

.PHONY: gradcheck
gradcheck: build ## Finite-difference checks of every layer and of whole networks, as a table (some minutes)
	@$(RELEASE) gradcheck --thorough $(ARGUMENTS)

.PHONY: mutants
mutants: prepare ## Mutation testing: defects planted in copies of the source, which the checks must catch (40 minutes)
	@$(SWIFT) run planted-defects $(ARGUMENTS)

.PHONY: mutation-score
mutation-score: prepare ## Mutation testing by rule: which share do the tests notice? (an hour; ARGUMENTS="--modules Goldens")
	@$(SWIFT) build --package-path Tests/Mutations --scratch-path .build-mutation-tool >&2
	@.build-mutation-tool/debug/mutations $(ARGUMENTS)

SECONDS ?= 60
.PHONY: fuzz
fuzz: prepare ## Fuzz the readers, guided by coverage: make fuzz SECONDS=60 FUZZ_READERS="json trace"
	@FUZZ_SECONDS='$(SECONDS)' scripts/fuzz.sh

.PHONY: sanitize
sanitize: prepare ## Run the tests under AddressSanitizer with UndefinedBehaviorSanitizer, then ThreadSanitizer (half an hour)
	@SWIFT='$(SWIFT)' CLANG='$(CLANG)' scripts/sanitize.sh $(ARGUMENTS)

.PHONY: report
report: build ## Write report.html about finished runs, by default those of make matrix: RUNS=runs/quick
	@$(RELEASE) report $(or $(RUNS),runs/quick) $(ARGUMENTS)

# --- speed: nothing here passes or fails by a time; let nothing else run meanwhile -----------------------------------

.PHONY: bench
bench: build ## One table: step and evaluation of every row, beside PyTorch's where it is installed (bfloat16 with AMX)
	@scripts/bench.sh $(ARGUMENTS)

.PHONY: bench-peer
bench-peer: ## Install PyTorch for make bench, in a virtual environment of its own (.build-peer)
	@scripts/install-peer.sh

.PHONY: bench-scaling
bench-scaling: build ## Time and memory against threads, batch, depth and epochs: tables, then CSV (a few minutes)
	@$(RELEASE) bench --scaling $(ARGUMENTS)

.PHONY: bench-jobs
bench-jobs: build ## Seconds for the seven smoke runs, one after the other with all threads, and two at the same time
	@scripts/bench-jobs.sh $(ARGUMENTS)

.PHONY: interop
interop: build ## Read our files with others' tools: the course's plots, TensorBoard, safetensors, PyTorch
	@scripts/interop.sh

# --- the same bits on another architecture --------------------------------------------------------------------------

.PHONY: conformance
conformance: ## Digests of all numeric primitives, on every instruction set of this machine, against the recorded ones
	@scripts/conformance.sh

.PHONY: conformance-arm64
conformance-arm64: ## The same for arm64: cross-compiled by clang, run by qemu (about 10 seconds)
	@scripts/conformance.sh arm64

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

.PHONY: test-slurm
test-slurm: build ## gradflow cluster on a real Slurm of two nodes on this machine, runs cut, killed and lost (root; 5 minutes)
	@scripts/test-slurm.sh

.PHONY: test-workflows
test-workflows: prepare ## Execute hosted workflows here, with smoke (ARGUMENTS="--jobs first,second,verdict": the night alone)
	@$(SWIFT) build --product run-workflows >&2
	@.build/debug/run-workflows $(ARGUMENTS)

.PHONY: clean
clean: ## Remove what was built (runs stay)
	rm -rf .build .build-*
