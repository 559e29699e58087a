// swift-tools-version: 6.1
import PackageDescription

// The modules, lowest first: each imports only from those above it. The numeric primitives are C, compiled once
// for every instruction set; everything else is Swift.

let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

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
    .systemLibrary(name: "CZstd", providers: [.apt(["libzstd-dev"]), .brew(["zstd"])]),
    .target(
      name: "CKernels",
      // Optimised in debug builds too: the gradient checks and the training tests run these loops.
      cSettings: [.unsafeFlags(["-O3", "-fno-math-errno", "-ffp-contract=off"])]),
    .target(name: "Files", dependencies: ["CZstd"]),
    .target(name: "PlainText"),
    .target(name: "GradientChecking"),
    .target(name: "LayerNames"),
    .target(name: "SystemLimits", dependencies: ["Files"]),
    .target(name: "Kernels", dependencies: ["CKernels", "SystemLimits"], exclude: ["CONTRACT.md"]),
    .target(name: "Digests", dependencies: [crypto]),
    .target(name: "Randomness", dependencies: ["CKernels", "Digests"]),

    // MARK: The engine
    .target(name: "Tensors", dependencies: ["Kernels"]),
    .target(name: "Layers", dependencies: ["Tensors"]),
    .target(name: "Optimisers", dependencies: ["Tensors"]),
    .target(name: "Networks", dependencies: ["Layers", "Optimisers", "LayerNames", "Randomness", "Files", "SystemLimits"]),
    .target(name: "GradientChecks", dependencies: ["GradientChecking", "Networks", "LayerNames", "PlainText"]),

    // MARK: The experiment
    .target(name: "Datasets", dependencies: ["Files", "Randomness", "Digests", "Kernels", "CKernels"]),
    .target(name: "Traces", dependencies: ["Files", "Digests"]),
    .target(name: "Goldens", dependencies: ["Traces", "LayerNames", "Files", "Digests", "PlainText"]),
    .target(name: "Training", dependencies: ["Networks", "Datasets", "Traces"]),
    .target(name: "Experiments", dependencies: ["Training", "Yams"]),

    // MARK: Instruments
    .target(name: "Bisection", dependencies: ["Training"]),
    .target(name: "Benchmarks", dependencies: ["Experiments", "PlainText"]),

    // MARK: The report
    .target(
      name: "Reports", dependencies: ["Goldens", "LayerNames", "Traces", "Files", "Digests"],
      resources: [
        // The published numbers, compiled in: the program stays one file.
        .embedInCode("Published/table1.csv"), .embedInCode("Published/replications.csv"),
        .embedInCode("Published/figure4.csv"), .embedInCode("Published/gradient_flow.csv"),
        .embedInCode("Published/course_vgg08.csv"), .embedInCode("Published/course_vgg38.csv"),
      ]),

    // MARK: The command line
    .executableTarget(
      name: "gradflow",
      dependencies: [
        "GradientChecks", "Experiments", "Bisection", "Benchmarks", "Goldens", "Reports", "PlainText", "SystemLimits",
        argumentParser,
      ],
      plugins: ["RevisionPlugin"]),
    // The commit that the program is built from; the manifest cannot tell it, since the package manager keeps what it said once.
    .plugin(name: "RevisionPlugin", capability: .buildTool(), path: "Sources/RevisionPlugin"),

    // MARK: Tests
    // What suites share: numbers, temporary directories. Processes are started by suites and tools.
    .target(name: "TestSupport", path: "Tests/TestSupport"),
    .target(name: "Processes", path: "Tests/Processes"),
    .executableTarget(
      name: "planted-defects", dependencies: ["Processes", "Goldens", "Traces"], path: "Tests/PlantedDefects"),
    .target(name: "ReferenceTables", path: "Tests/ReferenceTables"),
    .target(name: "ReferenceRuns", dependencies: ["Experiments"], path: "Tests/ReferenceRuns", exclude: ["digests.txt"]),
    .executableTarget(
      name: "proof", dependencies: ["ReferenceRuns", "ReferenceTables", "Processes"], path: "Tests/Proof"),
    .testTarget(
      name: "KernelsTests", dependencies: ["Kernels", "Tensors", "Layers", "ReferenceTables", "TestSupport"],
      exclude: ["Reference"]),
    .testTarget(name: "RandomnessTests", dependencies: ["Randomness"], exclude: ["Reference"]),
    .testTarget(name: "GradientCheckingTests", dependencies: ["GradientChecking"]),
    .testTarget(name: "LayersTests", dependencies: ["GradientChecks"]),
    // C, as it stands in front of the C library's allocator.
    .target(name: "CAllocationCounter", path: "Tests/CAllocationCounter"),
    .testTarget(
      name: "NetworksTests", dependencies: ["Networks", "Files", "Randomness", "SystemLimits", "CAllocationCounter"],
      exclude: ["Oracle"]),
    .testTarget(name: "OptimisersTests", dependencies: ["Optimisers", "Files"], exclude: ["Oracle"]),
    .testTarget(name: "LayerNamesTests", dependencies: ["LayerNames", "Networks"]),
    // C, as it stands in front of the C library's calls of the system.
    .target(name: "CSystemCallCounter", path: "Tests/CSystemCallCounter"),
    .testTarget(name: "FilesTests", dependencies: ["Files", "Digests", "CSystemCallCounter", "TestSupport"]),
    .testTarget(name: "SystemLimitsTests", dependencies: ["SystemLimits", "Files", "Processes", "TestSupport"]),
    .testTarget(name: "DatasetsTests", dependencies: ["Datasets", "Files", "Digests", "Randomness", "Processes", "TestSupport"]),
    .testTarget(name: "TracesTests", dependencies: ["Traces", "Files", "Digests", "CSystemCallCounter", "TestSupport"]),
    .testTarget(name: "GoldensTests", dependencies: ["Goldens", "Traces", "Files", "Digests", "TestSupport"]),
    .testTarget(name: "TrainingTests", dependencies: ["Training", "Experiments", "ReferenceRuns", "TestSupport"]),
    .testTarget(name: "ExperimentsTests", dependencies: ["Experiments", "TestSupport"]),
    .testTarget(name: "ReportsTests", dependencies: ["Reports", "Goldens", "Experiments", "Kernels", "TestSupport"]),
    .testTarget(name: "BisectionTests", dependencies: ["Bisection", "Files"]),
    .testTarget(name: "BenchmarksTests", dependencies: ["Benchmarks"]),
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

// Only for `make fuzz`: it links with libFuzzer alone, whose `main` it has.
if Context.environment["GRADFLOW_FUZZ"] != nil {
  package.targets.append(
    .executableTarget(
      name: "fuzz", dependencies: ["FuzzedReaders"], path: "Tests/Fuzz", exclude: ["Corpus"],
      swiftSettings: [.unsafeFlags(["-parse-as-library"])]))
}
