import CKernels

/// The instruction sets that the kernels are compiled for. All give the same bits.
public enum InstructionSet: String, CaseIterable, Sendable {
  case portable, avx2, avx512, neon

  var code: gf_instruction_set {
    switch self {
    case .portable: GF_PORTABLE
    case .avx2: GF_AVX2
    case .avx512: GF_AVX512
    case .neon: GF_NEON
    }
  }

  /// Whether this build and this machine have it.
  public var isAvailable: Bool { gf_kernels_find(code, 4) != nil }

  /// What this machine has, slowest first.
  public static var available: [InstructionSet] { allCases.filter(\.isAvailable) }

  /// The fastest that this machine has.
  public static var best: InstructionSet { available.last ?? .portable }
}

/// An element type that the kernels are compiled for: binary32 trains, binary64 checks gradients.
public protocol KernelScalar: BinaryFloatingPoint, BitwiseCopyable, Sendable, LosslessStringConvertible {}

extension Float: KernelScalar {}
extension Double: KernelScalar {}

/// The kernels of one instruction set and one element type. See `gf_kernels.h` for what each computes.
public typealias KernelTable = UnsafePointer<gf_kernels>

/// Length of a row of packed weights for `count` outputs: whole 128-byte rows.
public func paddedCount<S: KernelScalar>(_ count: Int, of: S.Type) -> Int {
  gf_padded(count, MemoryLayout<S>.size)
}
