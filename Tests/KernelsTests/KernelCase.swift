import CKernels
import Kernels
import TestSupport
import Testing

/// One kernel of the table, for one element type, with everything it is run on.
struct KernelCase: Sendable, CustomTestStringConvertible {
  let kernel: String
  let type: String
  let elementBytes: Int
  /// The runs over one family of values. They are made when they are needed: together they would fill the memory.
  let runs: @Sendable (ValueSet) -> [Run]

  struct Run: Sendable {
    /// The shape, in words.
    let shape: String
    /// Runs the kernel of a table on this input; leaves the input as it was.
    let outputs: @Sendable (KernelTable) -> [Field]
  }

  init<S: KernelScalar>(
    _ kernel: String, _: S.Type, _ runs: @escaping @Sendable (ValueSet, inout Generator) -> [Run]
  ) {
    self.kernel = kernel
    type = S.self == Float.self ? "f32" : "f64"
    elementBytes = MemoryLayout<S>.size
    let name = "\(kernel) \(type)"
    self.runs = { set in
      var generator = Generator("\(name) \(set.rawValue)")
      return runs(set, &generator)
    }
  }

  var testDescription: String { "\(kernel) \(type)" }

  func table(_ set: InstructionSet) -> KernelTable { kernelTable(set, elementBytes: elementBytes) }

  static let all = cases(of: Float.self) + cases(of: Double.self)

  private static func cases<S: KernelScalar>(of type: S.Type) -> [KernelCase] {
    convolutionCases(type) + winogradCases(type) + pointwiseCases(type) + eluCases(type) + statisticsCases(type)
      + poolingCases(type) + elementwiseCases(type)
  }

  /// Kernels that move bits and compute nothing: a control word cannot matter to them.
  var movesBitsOnly: Bool { ["pack_forward", "pack_backward", "is_finite", "canonicalise", "mix"].contains(kernel) }
}

/// The kernels of an available instruction set.
func kernelTable(_ set: InstructionSet, elementBytes: Int) -> KernelTable {
  let code =
    switch set {
    case .portable: GF_PORTABLE
    case .avx2: GF_AVX2
    case .avx512: GF_AVX512
    case .neon: GF_NEON
    }
  return gf_kernels_find(code, elementBytes)!
}

func kernelTable<S: KernelScalar>(_ set: InstructionSet, _: S.Type) -> KernelTable {
  kernelTable(set, elementBytes: MemoryLayout<S>.size)
}

/// Channel counts that fill no vector, one, several, and several and a rest, of 4, 8 and 16 lanes.
let oddChannels = [1, 3, 5, 7, 16, 31, 32, 33, 48, 100]
