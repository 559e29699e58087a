import CKernels
import Kernels

/// The loss, the optimiser, and the kernels that look at bits.
func elementwiseCases<S: KernelScalar>(_ type: S.Type) -> [KernelCase] {
  [
    KernelCase("cross_entropy", type) { set, generator in
      (oddChannels + [2, 10, 100]).enumerated().map { i, classes in
        var logits: [S] = generator.values(classes, set, specials: i % 3)
        // A spread at which some shares of the smaller type are subnormal.
        if set == .subnormal { for k in stride(from: 1, to: classes, by: 2) { logits[k] = S(-95 - k % 9) } }
        if i % 4 == 3 { logits[classes - 1] = logits[0] }
        let z = Memory<S>(logits)
        let label = i % 2 == 0 ? generator.below(classes) : classes - 1
        let weight = set == .subnormal && S.self == Double.self ? 0x1p-900 : 0.01
        return .init(shape: "\(classes) classes, label \(label)") { kernels in
          let gradient = Memory<S>(count: classes, repeating: 7)
          var loss = 7.0
          let hit = kernels.pointee.cross_entropy(z.pointer, classes, label, weight, &loss, gradient.pointer)
          var lossAlone = 7.0
          let hitAlone = kernels.pointee.cross_entropy(z.pointer, classes, label, weight, &lossAlone, nil)
          return [
            gradient.field("gradient"), Field("loss", loss), Field("hit", hit),
            Field("loss without a gradient", lossAlone), Field("hit without a gradient", hitAlone),
          ]
        }
      }
    },
    KernelCase("adam", type) { set, generator in
      (oddChannels + [64, 101]).map { count in
        let gradient = Memory<S>(generator.values(count, set))
        let parameter: [S] = generator.values(count, set)
        let first: [S] = generator.values(count, set)
        let second = generator.values(count, set, of: type).map(\.magnitude)
        return .init(shape: "\(count) elements") { kernels in
          let (p, m, v) = (Memory<S>(parameter), Memory<S>(first), Memory<S>(second))
          var constants = gf_adam_constants(
            beta1: 0.9, beta2: 0.999, one_minus_beta1: 1 - 0.9, one_minus_beta2: 1 - 0.999, step: 0.0021, root: 0.055,
            epsilon: 1e-8)
          kernels.pointee.adam(&constants, gradient.pointer, p.pointer, m.pointer, v.pointer, count)
          return [p.field("parameter"), m.field("first moment"), v.field("second moment")]
        }
      }
    },
    KernelCase("adamw", type) { set, generator in
      (oddChannels + [64, 101]).map { count in
        let gradient = Memory<S>(generator.values(count, set))
        let parameter: [S] = generator.values(count, set)
        let first: [S] = generator.values(count, set)
        let second = generator.values(count, set, of: type).map(\.magnitude)
        return .init(shape: "\(count) elements") { kernels in
          let (p, m, v) = (Memory<S>(parameter), Memory<S>(first), Memory<S>(second))
          var constants = gf_adam_constants(
            beta1: 0.9, beta2: 0.999, one_minus_beta1: 1 - 0.9, one_minus_beta2: 1 - 0.999, step: 0.0021, root: 0.055,
            epsilon: 1e-8)
          kernels.pointee.adamw(&constants, 0.997, gradient.pointer, p.pointer, m.pointer, v.pointer, count)
          return [p.field("parameter"), m.field("first moment"), v.field("second moment")]
        }
      }
    },
    KernelCase("sgd", type) { set, generator in
      (oddChannels + [64, 101]).flatMap { count in
        [(false, false), (true, false), (true, true)].map { hasMomentum, isNesterov in
          let gradient = Memory<S>(generator.values(count, set))
          let parameter: [S] = generator.values(count, set)
          let velocity: [S] = generator.values(count, set)
          return .init(shape: "\(count) elements, momentum \(hasMomentum), Nesterov \(isNesterov)") { kernels in
            let (p, v) = (Memory<S>(parameter), Memory<S>(velocity))
            var constants = gf_sgd_constants(rate: 0.013, momentum: 0.9, nesterov: isNesterov ? 1 : 0)
            kernels.pointee.sgd(&constants, gradient.pointer, p.pointer, hasMomentum ? v.pointer : nil, count)
            return [p.field("parameter"), v.field("velocity")]
          }
        }
      }
    },
    KernelCase("is_finite", type) { set, generator in
      (oddChannels + [0, 64, 101]).map { count in
        let x = Memory<S>(generator.values(count, set))
        return .init(shape: "\(count) elements") { kernels in
          [Field("is finite", kernels.pointee.is_finite(x.pointer, count))]
        }
      }
    },
    KernelCase("canonicalise", type) { set, generator in
      (oddChannels + [0, 64, 101]).map { count in
        let x = Memory<S>(generator.values(count, set))
        return .init(shape: "\(count) elements") { kernels in
          let copy = Memory<S>(count: count + 1, repeating: 7)
          kernels.pointee.canonicalise(x.pointer, count, copy.pointer)
          return [rawField("copy", copy)]
        }
      }
    },
    KernelCase("mix", type) { set, generator in
      (oddChannels + [0, 64, 101]).map { count in
        let x = Memory<S>(generator.values(count, set))
        let seed = (0..<Int(GF_MIX_LANES)).map { UInt32($0) &* 0x9e37_79b9 }
        return .init(shape: "\(count) elements") { kernels in
          let lanes = Memory<UInt32>(seed)
          kernels.pointee.mix(x.pointer, count, lanes.pointer)
          return [lanes.field("lanes")]
        }
      }
    },
  ]
}

/// A field whose NaNs are left as they are: for the kernel whose work is to make them canonical.
func rawField<S: KernelScalar>(_ name: String, _ memory: Memory<S>) -> Field {
  let field = memory.field(name)
  return Field(
    name: name, elementBytes: field.elementBytes, isFloatingPoint: false,
    bytes: memory.values.withUnsafeBytes { Array($0) }, isIntact: field.isIntact)
}
