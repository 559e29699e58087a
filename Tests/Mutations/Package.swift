// swift-tools-version: 6.1
import PackageDescription

// A package of its own: nobody who builds gradflow or runs its tests builds the Swift parser with it.
let package = Package(
  name: "mutations",
  platforms: [.macOS(.v15)],
  dependencies: [
    // Parses Swift: mutants are placed by the syntax tree, never by looks. Of the compiler's own version.
    .package(url: "https://github.com/swiftlang/swift-syntax", exact: "603.0.1"),
    // The command line, as the program's own.
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
  ],
  targets: [
    .executableTarget(
      name: "mutations",
      dependencies: [
        .product(name: "SwiftSyntax", package: "swift-syntax"), .product(name: "SwiftParser", package: "swift-syntax"),
        .product(name: "SwiftOperators", package: "swift-syntax"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ])
  ],
  swiftLanguageModes: [.v6]
)
