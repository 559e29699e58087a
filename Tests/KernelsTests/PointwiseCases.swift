import CKernels
import Kernels
import TestSupport

/// Images of [pixels][channels], every channel count with another number of pixels.
struct PixelShape: Sendable {
  let pixels, channels: Int
  var count: Int { pixels * channels }
  var text: String { "\(pixels) pixels, \(channels) channels" }

  static let all = oddChannels.enumerated().map { i, channels in
    PixelShape(pixels: [1, 2, 9, 4, 64, 7, 16, 5, 3, 6][i], channels: channels)
  }
}

func pointwiseCases<S: KernelScalar>(_ type: S.Type) -> [KernelCase] {
  [
    KernelCase("pointwise_forward", type) { set, generator in
      var runs: [KernelCase.Run] = []
      for shape in PixelShape.all {
        let x: [S] = generator.values(shape.count, set)
        let skip = Memory<S>(generator.values(shape.count, set))
        let constants = (0..<3).map { _ in Memory<S>(generator.values(shape.channels, set)) }
        // Slopes 0 and 2 tell compare-and-select from a maximum.
        for (normalise, skips, slope) in [
          (true, true, 0.01), (true, false, 0.01), (false, true, 1), (false, false, 0.01), (true, true, 1),
          (false, false, 0), (true, false, 2),
        ] {
          let inPlace = normalise == skips
          runs.append(
            .init(
              shape: "\(shape.text), slope \(slope)" + (normalise ? ", normalised" : "") + (skips ? ", skip" : "")
                + (inPlace ? ", in place" : "")
            ) { kernels in
              let input = Memory<S>(x)
              let output = inPlace ? input : Memory<S>(count: shape.count, repeating: 7)
              var arguments = gf_pointwise_forward(
                pixels: shape.pixels, channels: shape.channels, input: input.pointer,
                mean: normalise ? constants[0].pointer : nil, scale: normalise ? constants[1].pointer : nil,
                shift: normalise ? constants[2].pointer : nil, skip: skips ? skip.pointer : nil, slope: slope,
                output: output.pointer)
              kernels.pointee.pointwise_forward(&arguments)
              return [output.field("output")]
            })
        }
      }
      return runs
    },
    KernelCase("pointwise_backward", type) { set, generator in
      var runs: [KernelCase.Run] = []
      for shape in PixelShape.all {
        let input = BackwardInput<S>(shape, set, &generator)
        for statistics in BackwardInput<S>.Statistics.allCases {
          for (activation, skips, inPlace) in [
            (BackwardInput<S>.Activation.kept, true, false), (.none, true, true), (.kept, false, true), (.anew, false, false),
            (.anew, true, true),
          ] where activation != .anew || statistics == .training {
            runs.append(
              .init(
                shape: "\(shape.text), \(statistics), \(activation)" + (skips ? ", skip" : "") + (inPlace ? ", in place" : "")
              ) { kernels in
                let dy = Memory<S>(input.dy)
                let dx = inPlace ? dy : Memory<S>(count: shape.count, repeating: 7)
                let dskip = Memory<S>(count: shape.count, repeating: 7)
                var arguments = input.arguments(statistics, activation, gradient: dy)
                arguments.input_gradient = UnsafeMutableRawPointer(dx.pointer)
                arguments.skip_gradient = skips ? UnsafeMutableRawPointer(dskip.pointer) : nil
                kernels.pointee.pointwise_backward(&arguments)
                return [dx.field("input gradient"), dskip.field("skip gradient"), dy.field("output gradient")]
              })
          }
        }
      }
      return runs
    },
    KernelCase("backward_sums", type) { set, generator in
      var runs: [KernelCase.Run] = []
      for shape in PixelShape.all {
        let input = BackwardInput<S>(shape, set, &generator)
        for activation in BackwardInput<S>.Activation.allCases {
          runs.append(
            .init(shape: "\(shape.text), \(activation)") { kernels in
              let dy = Memory<S>(input.dy)
              let sums = Memory<Double>(count: 2 * shape.channels, repeating: 7)
              var arguments = input.arguments(.training, activation, gradient: dy)
              kernels.pointee.backward_sums(&arguments, sums.pointer)
              return [sums.field("sums"), dy.field("output gradient")]
            })
        }
      }
      return runs
    },
  ]
}

/// The same with the exponential linear unit, which reads the output's value and not only its sign.
func eluCases<S: KernelScalar>(_ type: S.Type) -> [KernelCase] {
  [
    KernelCase("elu_forward", type) { set, generator in
      PixelShape.all.flatMap { shape in
        let x: [S] = generator.values(shape.count, set)
        let skip = Memory<S>(generator.values(shape.count, set))
        let constants = (0..<3).map { _ in Memory<S>(generator.values(shape.channels, set)) }
        return [(true, true, 1), (false, false, 1), (true, false, 0.3)].map { normalise, skips, alpha in
          KernelCase.Run(shape: "\(shape.text), alpha \(alpha)") { kernels in
            let input = Memory<S>(x)
            var arguments = gf_pointwise_forward(
              pixels: shape.pixels, channels: shape.channels, input: input.pointer,
              mean: normalise ? constants[0].pointer : nil, scale: normalise ? constants[1].pointer : nil,
              shift: normalise ? constants[2].pointer : nil, skip: skips ? skip.pointer : nil, slope: alpha,
              output: input.pointer)
            kernels.pointee.elu_forward(&arguments)
            return [input.field("output")]
          }
        }
      }
    },
    KernelCase("elu_backward", type) { set, generator in
      PixelShape.all.flatMap { shape in
        let input = BackwardInput<S>(shape, set, &generator)
        return BackwardInput<S>.Statistics.allCases.map { statistics in
          KernelCase.Run(shape: "\(shape.text), \(statistics)") { kernels in
            let (dy, dx) = (Memory<S>(input.dy), Memory<S>(count: shape.count, repeating: 7))
            var arguments = input.arguments(statistics, .kept, gradient: dy)
            arguments.input_gradient = UnsafeMutableRawPointer(dx.pointer)
            arguments.skip_gradient = statistics == .training ? UnsafeMutableRawPointer(dy.pointer) : nil
            kernels.pointee.elu_backward(&arguments)
            return [dx.field("input gradient"), dy.field("skip gradient")]
          }
        }
      }
    },
    KernelCase("elu_sums", type) { set, generator in
      PixelShape.all.map { shape in
        let input = BackwardInput<S>(shape, set, &generator)
        return KernelCase.Run(shape: shape.text) { kernels in
          let dy = Memory<S>(input.dy)
          let sums = Memory<Double>(count: 2 * shape.channels, repeating: 7)
          var arguments = input.arguments(.training, .kept, gradient: dy)
          kernels.pointee.elu_sums(&arguments, sums.pointer)
          return [sums.field("sums")]
        }
      }
    },
    KernelCase("dropout", type) { set, generator in
      [1, 7, 256, 257, 700].map { count in
        let x: [S] = generator.values(count, set)
        return KernelCase.Run(shape: "\(count) elements") { kernels in
          let input = Memory<S>(x)
          var arguments = gf_dropout(
            count: count, key: 0x1234_5678_9abc_def0, first: 3 << 40, threshold: 1 << 30, scale: 1 / 0.75, input: input.pointer,
            output: input.pointer)
          kernels.pointee.dropout(&arguments)
          return [input.field("output")]
        }
      }
    },
  ]
}

/// What the gradient through a pointwise layer reads.
struct BackwardInput<S: KernelScalar>: Sendable {
  enum Statistics: String, CaseIterable {
    case training = "training statistics"
    case groups = "training statistics of groups of channels"
    case fixed = "fixed statistics"
    case none = "no normalisation"
  }

  /// Where the sign comes from that tells the side of the kink.
  enum Activation: String, CaseIterable {
    case none = "no activation"
    case kept = "activated"
    case anew = "activated, sign computed anew"
  }

  let shape: PixelShape
  let dy: [S]
  private let x, y: Memory<S>
  private let constants: [Memory<S>]

  init(_ shape: PixelShape, _ set: ValueSet, _ generator: inout Generator) {
    self.shape = shape
    dy = generator.values(shape.count, set)
    x = Memory(generator.values(shape.count, set))
    y = Memory(generator.values(shape.count, set))
    constants = (0..<7).map { _ in Memory(generator.values(shape.channels, set)) }
  }

  func arguments(_ statistics: Statistics, _ activation: Activation, gradient: Memory<S>) -> gf_pointwise_backward {
    let training = statistics == .training || statistics == .groups
    return gf_pointwise_backward(
      pixels: shape.pixels, channels: shape.channels, output: activation == .kept ? y.pointer : nil,
      output_gradient: gradient.pointer, input: x.pointer, mean: training ? constants[0].pointer : nil,
      inverse: training ? constants[1].pointer : nil, scale: statistics == .none ? nil : constants[2].pointer,
      shift: activation == .anew ? constants[5].pointer : nil, sum1: training ? constants[3].pointer : nil,
      sum2: training ? constants[4].pointer : nil, gamma: statistics == .groups ? constants[6].pointer : nil,
      slope: activation == .none ? 1 : 0.01, input_gradient: nil, skip_gradient: nil)
  }
}
