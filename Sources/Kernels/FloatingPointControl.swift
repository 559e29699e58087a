import CKernels

/// The floating-point control word of the calling thread.
public enum FloatingPointControl {
  /// Round to nearest even, subnormals kept, exceptions masked.
  public static func setStandard() { gf_control_set_standard() }

  public static var isStandard: Bool { gf_control_is_standard() != 0 }

  /// The raw control word: MXCSR on x86-64, FPCR on arm64.
  public static var word: UInt64 {
    get { gf_control_read() }
    set { gf_control_write(newValue) }
  }
}
