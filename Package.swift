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

    // MARK: Tests
    .testTarget(name: "KernelsTests", dependencies: ["Kernels"], exclude: ["Reference"]),
    .testTarget(name: "RandomnessTests", dependencies: ["Randomness"], exclude: ["Reference"]),
    .testTarget(name: "FilesTests", dependencies: ["Files", "Digests"]),
  ],
  swiftLanguageModes: [.v6]
)
