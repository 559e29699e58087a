import CKernels
import Kernels
import Testing

@Suite("Every instruction set gives the same bits")
struct InstructionSetTests {
  @Test("a kernel gives the bits of the portable path", arguments: KernelCase.all)
  func equalsPortable(_ kernel: KernelCase) {
    let portable = kernel.table(.portable)
    var compared = 0
    for values in ValueSet.allCases {
      for run in kernel.runs(values) {
        let expected = run.outputs(portable)
        for set in InstructionSet.available {
          let found = run.outputs(kernel.table(set))
          compared += found.reduce(0) { $0 + $1.count }
          if let difference = firstDifference(found: found, expected: expected) {
            Issue.record(
              "\(kernel.testDescription) on \(set.rawValue), \(run.shape), \(values.rawValue) values: \(difference)")
            break
          }
        }
      }
    }
    #expect(compared > 0, "nothing was compared")
  }

  @Test("the cases reach subnormals, infinities and NaNs", arguments: KernelCase.all)
  func inputsReachSpecialValues(_ kernel: KernelCase) {
    guard !kernel.movesBitsOnly else { return }
    var subnormal = false
    var infinite = false
    var nan = false
    for values in ValueSet.allCases {
      for run in kernel.runs(values) {
        for field in run.outputs(kernel.table(.portable)) where field.isFloatingPoint {
          subnormal = subnormal || field.holdsSubnormal
          for i in 0..<field.count where !(infinite && nan) {
            let value =
              field.elementBytes == 4
              ? Double(Float(bitPattern: UInt32(field.element(i)))) : Double(bitPattern: field.element(i))
            infinite = infinite || value.isInfinite
            nan = nan || value.isNaN
          }
        }
      }
    }
    #expect(nan)
    // In its transforms an infinity meets its like with the other sign; only rounding to binary32 makes one at the end.
    let cancels = kernel.kernel == "winograd_weight_gradient" && kernel.elementBytes == 8
    #expect(infinite || kernel.kernel == "cross_entropy" || cancels)
    // Sums in double of single-precision numbers are never subnormal in double.
    let widens = ["moments", "backward_sums", "elu_sums", "channel_sums", "statistics"].contains(kernel.kernel)
    #expect(subnormal || (widens && kernel.elementBytes == 4))
  }

  @Test("each kernel of the table has cases, for both types")
  func everyKernelHasCases() {
    let pointer = MemoryLayout<UnsafeRawPointer>.size
    // A name and two sizes stand before the kernels.
    let kernels = MemoryLayout<gf_kernels>.size / pointer - 3
    for type in ["f32", "f64"] {
      #expect(Set(KernelCase.all.filter { $0.type == type }.map(\.kernel)).count == kernels)
    }
  }

  @Test("a table is its own instruction set's, by its name and its lanes", arguments: InstructionSet.available)
  func tablesAreNamed(_ set: InstructionSet) {
    for bytes in [4, 8] {
      let table = kernelTable(set, elementBytes: bytes)
      #expect(String(cString: table.pointee.name) == set.rawValue)
      #expect(table.pointee.element_bytes == bytes)
      let vectorBytes = [InstructionSet.portable: 16, .avx2: 32, .avx512: 64, .neon: 16][set]!
      #expect(table.pointee.lanes * bytes == vectorBytes)
    }
  }

  @Test(
    "is_finite finds one number that is not finite wherever it stands, and takes the largest ones for finite",
    arguments: InstructionSet.available)
  func isFinite(_ set: InstructionSet) {
    func check<S: KernelScalar>(_ type: S.Type) {
      let table = kernelTable(set, elementBytes: MemoryLayout<S>.size)
      for count in [0, 1, 3, 31, 64, 101] {
        var values = (0..<count).map { $0 % 2 == 0 ? S.greatestFiniteMagnitude : -S.leastNonzeroMagnitude }
        #expect(table.pointee.is_finite(&values, count) == 1)
        for place in 0..<count {
          for bad in [S.infinity, -.infinity, .nan, -.nan] {
            let good = values[place]
            values[place] = bad
            #expect(table.pointee.is_finite(&values, count) == 0, "\(bad) at \(place) of \(count)")
            values[place] = good
          }
        }
      }
    }
    check(Float.self)
    check(Double.self)
  }

  @Test("canonicalise makes every NaN quiet, positive and empty, and changes nothing else")
  func canonicalise() {
    let floats: [Float] = [
      .nan, -.nan, Float(bitPattern: 0x7f80_0001), Float(bitPattern: .max), .infinity, -.infinity, -0.0, 0,
      .leastNonzeroMagnitude, -1,
    ]
    let doubles: [Double] = [
      .nan, -.nan, Double(bitPattern: 0x7ff0_0000_0000_0001), Double(bitPattern: .max), .infinity, -.infinity, -0.0, 0,
      .leastNonzeroMagnitude, -1,
    ]
    let singleNaNs = [UInt32](repeating: 0x7fc0_0000, count: 4)
    let doubleNaNs = [UInt64](repeating: 0x7ff8_0000_0000_0000, count: 4)
    for set in InstructionSet.available {
      var single = [Float](repeating: 7, count: floats.count)
      kernelTable(set, Float.self).pointee.canonicalise(floats, floats.count, &single)
      #expect(single.map(\.bitPattern) == singleNaNs + floats[4...].map(\.bitPattern))
      var double = [Double](repeating: 7, count: doubles.count)
      kernelTable(set, Double.self).pointee.canonicalise(doubles, doubles.count, &double)
      #expect(double.map(\.bitPattern) == doubleNaNs + doubles[4...].map(\.bitPattern))
    }
  }
}
