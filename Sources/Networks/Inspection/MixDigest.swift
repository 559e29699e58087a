import CKernels
import Digests
import Kernels

/// A digest of many elements at the speed of memory, for finding where two runs part: SHA-256 over the lanes of the `mix`
/// kernel (`gf_kernels.h`), each little-endian, all starting from 0. One differing element always shows; it resists
/// accidents, not forgery.
public enum MixDigest {
  public static func digest<S: KernelScalar>(of values: UnsafeBufferPointer<S>, kernels: KernelTable) -> Digest {
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: Int(GF_MIX_LANES)) { lanes in
      lanes.initialize(repeating: 0)
      kernels.pointee.mix(values.baseAddress, values.count, lanes.baseAddress)
      for index in lanes.indices { lanes[index] = lanes[index].littleEndian }
      return Digest(of: UnsafeRawBufferPointer(lanes))
    }
  }
}
