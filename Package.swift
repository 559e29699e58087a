// swift-tools-version: 6.1
import PackageDescription

// The modules, lowest first: each imports only from those above it. The numeric primitives are C, compiled once
// for every instruction set; everything else is Swift.

let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")

let package = Package(
  name: "gradflow",
  platforms: [.macOS(.v15)],
  dependencies: [
    // SHA-256 with hardware instructions: digests of parameters and fingerprints of datasets.
    .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
  ],
  targets: [
    // MARK: Foundations
    .systemLibrary(name: "CZstd", providers: [.apt(["libzstd-dev"]), .brew(["zstd"])]),
    .target(
      name: "CKernels",
      // Optimised in debug builds too: the gradient checks and the training tests run these loops.
      cSettings: [.unsafeFlags(["-O3", "-fno-math-errno", "-ffp-contract=off"])]),
    .target(name: "Kernels", dependencies: ["CKernels"]),
    .target(name: "Digests", dependencies: [crypto]),
    .target(name: "Files", dependencies: ["CZstd", "Digests"]),
    .target(name: "Randomness", dependencies: ["CKernels", "Digests"]),

    // MARK: The engine
    .target(name: "Tensors", dependencies: ["Kernels"]),
    .target(name: "Layers", dependencies: ["Tensors"]),
    .target(name: "Networks", dependencies: ["Layers", "Randomness", "Files"]),
    .target(name: "GradientChecks", dependencies: ["Networks"]),

    // MARK: Tests
    .executableTarget(name: "planted-defects", path: "Tests/PlantedDefects"),
    .testTarget(name: "KernelsTests", dependencies: ["Kernels"], exclude: ["Reference"]),
    .testTarget(name: "RandomnessTests", dependencies: ["Randomness"], exclude: ["Reference"]),
    .testTarget(name: "LayersTests", dependencies: ["GradientChecks"]),
    // C, as it stands in front of the C library's allocator.
    .target(name: "CAllocationCounter", path: "Tests/CAllocationCounter"),
    .testTarget(
      name: "NetworksTests", dependencies: ["Networks", "Files", "CAllocationCounter"], exclude: ["Oracle"]),
    .testTarget(name: "FilesTests", dependencies: ["Files", "Digests"]),
  ],
  swiftLanguageModes: [.v6]
)
