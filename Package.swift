// swift-tools-version: 6.1
import PackageDescription

// The modules, lowest first: each imports only from those above it. The numeric primitives are C, compiled once
// for every instruction set; everything else is Swift.

let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

// Homebrew's headers lie where only pkg-config finds them; on Linux they lie where the compiler looks.
#if os(macOS)
  let zstd: String? = "libzstd"
#else
  let zstd: String? = nil
#endif

// Optimised in debug builds too, like the C sources: the tests run these loops for minutes. Overflow and bounds are checked as
// ever. Engine modules are generic in their scalar; only a module that is compiled as a whole is specialised for both.
let optimised: [SwiftSetting] = [
  .unsafeFlags(["-disable-batch-mode", "-O", "-wmo", "-num-threads", "2"], .when(configuration: .debug))
]

let package = Package(
  name: "gradflow",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "gradflow", targets: ["gradflow"]),
    // Gradient checks of one's own layers, for other packages: Swift alone.
    .library(name: "GradientChecking", targets: ["GradientChecking"]),
  ],
  dependencies: [
    // The command line: parsing, help and usage errors.
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    // SHA-256 with hardware instructions: digests of parameters and fingerprints of datasets.
    .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
    // Matrix files are YAML; Yams keeps the line of every key, which our error messages need.
    .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
  ],
  targets: [
    // MARK: Foundations
    .systemLibrary(name: "CZstd", pkgConfig: zstd, providers: [.apt(["libzstd-dev"]), .brew(["zstd"])]),
    .target(
      name: "CKernels",
      // Optimised in debug builds too: the gradient checks and the training tests run these loops.
      cSettings: [.unsafeFlags(["-O3", "-fno-math-errno", "-ffp-contract=off"])]),
    .target(name: "Platform"),
    .target(name: "Files", dependencies: ["Platform", "CZstd"], swiftSettings: optimised),
    .target(name: "PlainText"),
    .target(name: "GradientChecking"),
    .target(name: "LayerNames", swiftSettings: optimised),
    .target(name: "SystemLimits", dependencies: ["Platform", "Files"]),
    .target(
      name: "Kernels", dependencies: ["Platform", "CKernels", "SystemLimits"], exclude: ["CONTRACT.md"], swiftSettings: optimised),
    .target(name: "Digests", dependencies: [crypto], swiftSettings: optimised),
    .target(name: "Randomness", dependencies: ["CKernels", "Digests"], swiftSettings: optimised),

    // MARK: The engine
    .target(name: "Tensors", dependencies: ["Platform", "Kernels"], swiftSettings: optimised),
    .target(name: "Layers", dependencies: ["Tensors"], swiftSettings: optimised),
    .target(name: "Optimisers", dependencies: ["Tensors"], swiftSettings: optimised),
    .target(
      name: "Networks", dependencies: ["Platform", "Layers", "Optimisers", "LayerNames", "Randomness", "Files", "SystemLimits"],
      swiftSettings: optimised),
    .target(
      name: "GradientChecks", dependencies: ["GradientChecking", "Networks", "LayerNames", "PlainText"], swiftSettings: optimised),

    // MARK: The experiment
    .target(
      name: "Datasets", dependencies: ["Platform", "Files", "Randomness", "Digests", "Kernels", "CKernels"],
      swiftSettings: optimised),
    .target(name: "Traces", dependencies: ["Platform", "Files", "Digests"], swiftSettings: optimised),
    .target(
      name: "Goldens", dependencies: ["Platform", "Traces", "LayerNames", "Files", "Digests", "PlainText"],
      swiftSettings: optimised),
    .target(name: "Training", dependencies: ["Networks", "Datasets", "Traces"], swiftSettings: optimised),
    .target(name: "Experiments", dependencies: ["Training", "Yams"]),

    // MARK: Instruments
    .target(name: "Bisection", dependencies: ["Training"]),
    .target(name: "Benchmarks", dependencies: ["Platform", "Experiments", "PlainText"]),
    .target(name: "Cluster", dependencies: ["Training", "PlainText"]),

    // MARK: The report
    .target(
      name: "Reports", dependencies: ["Platform", "PlainText", "Goldens", "LayerNames", "Traces", "Files", "Digests"],
      resources: [
        // The published numbers, compiled in: the program stays one file.
        .embedInCode("Published/table1.csv"), .embedInCode("Published/replications.csv"),
        .embedInCode("Published/figure4.csv"), .embedInCode("Published/gradient_flow.csv"),
        .embedInCode("Published/course_vgg08.csv"), .embedInCode("Published/course_vgg38.csv"),
        .embedInCode("Published/scatter.csv"),
      ], swiftSettings: optimised),

    // MARK: The command line
    .executableTarget(
      name: "gradflow",
      dependencies: [
        "Platform", "GradientChecks", "Experiments", "Bisection", "Benchmarks", "Cluster", "Goldens", "Reports", "PlainText",
        "SystemLimits",
        argumentParser,
      ],
      plugins: ["RevisionPlugin"]),
    // The commit that the program is built from; the manifest cannot tell it, since the package manager keeps what it said once.
    .plugin(name: "RevisionPlugin", capability: .buildTool(), path: "Sources/RevisionPlugin"),

    // MARK: Tests
    // What suites share: numbers, temporary directories. Processes are started by suites and tools.
    .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: optimised),
    .target(name: "Processes", path: "Tests/Processes"),
    .executableTarget(
      name: "planted-defects", dependencies: ["Processes", "Goldens", "Traces"], path: "Tests/PlantedDefects"),
    // Also compiled by itself, for other architectures: scripts/conformance.sh. It does not build if a kernel has no case.
    .executableTarget(
      name: "conformance", dependencies: ["CKernels"], path: "Tests/Conformance", exclude: ["digests.txt"],
      cSettings: [.unsafeFlags(["-O2", "-ffp-contract=off"])], linkerSettings: [.linkedLibrary("m")]),
    // The hosted workflows: read in a test, and executed by `make test-workflows`.
    .target(name: "Workflows", dependencies: ["Yams"], path: "Tests/Workflows"),
    .executableTarget(name: "run-workflows", dependencies: ["Workflows", "Processes"], path: "Tests/RunWorkflows"),
    .testTarget(name: "WorkflowsTests", dependencies: ["Workflows", "Processes", "gradflow"]),
    .target(name: "ReferenceTables", path: "Tests/ReferenceTables"),
    .target(
      name: "ReferenceRuns", dependencies: ["Experiments"], path: "Tests/ReferenceRuns",
      exclude: ["digests.txt", "digests-beyond-table-1.txt"]),
    .executableTarget(
      name: "proof", dependencies: ["ReferenceRuns", "ReferenceTables", "Processes"], path: "Tests/Proof"),
    .testTarget(
      name: "KernelsTests",
      dependencies: ["Platform", "Kernels", "Tensors", "Layers", "ReferenceTables", "conformance", "Processes", "TestSupport"],
      exclude: ["Reference"], swiftSettings: optimised),
    .testTarget(name: "RandomnessTests", dependencies: ["Randomness"], exclude: ["Reference"]),
    .testTarget(name: "GradientCheckingTests", dependencies: ["GradientChecking"]),
    .testTarget(name: "LayersTests", dependencies: ["GradientChecks"]),
    // C, as it stands in front of the C library's allocator.
    .target(name: "CAllocationCounter", path: "Tests/CAllocationCounter"),
    .testTarget(
      name: "NetworksTests", dependencies: ["Platform", "Networks", "Files", "Randomness", "SystemLimits", "CAllocationCounter"],
      exclude: ["Oracle"]),
    .testTarget(name: "OptimisersTests", dependencies: ["Optimisers", "Files"], exclude: ["Oracle"]),
    .testTarget(name: "LayerNamesTests", dependencies: ["LayerNames", "Networks"]),
    // C, as it stands in front of the C library's calls of the system.
    .target(name: "CSystemCallCounter", path: "Tests/CSystemCallCounter"),
    .testTarget(name: "FilesTests", dependencies: ["Platform", "Files", "Digests", "CSystemCallCounter", "TestSupport"]),
    .testTarget(name: "SystemLimitsTests", dependencies: ["SystemLimits", "Files", "Processes", "TestSupport"]),
    .testTarget(
      name: "DatasetsTests", dependencies: ["Datasets", "Files", "Digests", "Randomness", "Processes", "TestSupport"],
      swiftSettings: optimised),
    .testTarget(name: "TracesTests", dependencies: ["Traces", "Files", "Digests", "CSystemCallCounter", "TestSupport"]),
    .testTarget(
      name: "GoldensTests", dependencies: ["Goldens", "Traces", "Files", "Digests", "TestSupport"], swiftSettings: optimised),
    .testTarget(name: "TrainingTests", dependencies: ["Training", "Experiments", "ReferenceRuns", "TestSupport"]),
    .testTarget(name: "ExperimentsTests", dependencies: ["Experiments", "TestSupport"]),
    .testTarget(
      name: "ReportsTests", dependencies: ["Reports", "Goldens", "Experiments", "Kernels", "TestSupport"],
      swiftSettings: optimised),
    .testTarget(name: "BisectionTests", dependencies: ["Bisection", "Files"]),
    .testTarget(name: "BenchmarksTests", dependencies: ["Benchmarks", "Experiments", "Datasets", "Networks"]),
    .testTarget(name: "ClusterTests", dependencies: ["Cluster", "Files", "Processes"]),
    .testTarget(
      name: "CommandTests",
      dependencies: ["gradflow", "planted-defects", "Processes", "Files", "Traces", "Kernels", "Digests", "TestSupport"],
      exclude: ["OldRun"]),
    .target(
      name: "FuzzedReaders", dependencies: ["Files", "Traces", "Goldens", "Experiments", "Datasets"],
      path: "Tests/FuzzedReaders"),
    .testTarget(name: "FuzzedReadersTests", dependencies: ["FuzzedReaders"]),
  ],
  swiftLanguageModes: [.v6]
)

// Each module's folder has a README.md, which is no source.
for target in package.targets where target.path == nil && [.regular, .executable].contains(target.type) {
  target.exclude.append("README.md")
}

// Only for `make fuzz`: it links with libFuzzer alone, whose `main` it has.
if Context.environment["GRADFLOW_FUZZ"] != nil {
  package.targets.append(
    .executableTarget(
      name: "fuzz", dependencies: ["FuzzedReaders"], path: "Tests/Fuzz", exclude: ["Corpus"],
      swiftSettings: [.unsafeFlags(["-parse-as-library"])]))
}
