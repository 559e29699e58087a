import CKernels
import Digests
import Kernels
import Tensors

/// SHA-256 over the little-endian bytes of elements, NaNs made canonical before (quiet, positive, payload zero).
public enum CanonicalDigest {
  public static func digest<S: KernelScalar>(
    of values: UnsafeBufferPointer<S>, kernels: KernelTable
  ) -> Digest {
    var hasher = Digest.Hasher()
    withUnsafeTemporaryAllocation(of: S.self, capacity: min(values.count, 4096)) { copy in
      var first = 0
      while first < values.count {
        let count = min(values.count - first, copy.count)
        kernels.pointee.canonicalise(values.baseAddress! + first, count, copy.baseAddress!)
        hasher.update(UnsafeRawBufferPointer(start: copy.baseAddress!, count: count * MemoryLayout<S>.size))
        first += count
      }
    }
    return hasher.finalize()
  }
}
