/// The version of the reproducibility contract: the same row, profile and seed give the same bits as long as it stands.
/// `CONTRACT.md` beside this file is the contract itself, exact enough for a second implementation.
///
/// It changes exactly when some bit of some run changes: another order of sums, another formula or rounding in a kernel,
/// another derivation of random numbers, another split, augmentation or normalisation of images, other built-in data,
/// another meaning of a digest. With it the goldens and the digests of the reference runs (`make proof ARGUMENTS=--record`)
/// are recorded anew, the old bands must still hold, and the changelog says why. Every trace, golden and checkpoint carries
/// it; this is the only place where it is written.
///
/// Version 2: convolutions of 3×3 with stride 1 by minimal filtering instead of the direct sum.
///
/// Its rules are of two parts, each with a version of its own: one of them rises whenever the contract's does.
public enum NumericsContract {
  public static let version = 2
  /// What enters the arithmetic: random numbers, data, split, order, augmentation, normalisation, initialisation, the optimiser's
  /// scalars (CONTRACT.md, sections 2 to 4 and 10). While it stands, runs must agree in their `inputs` lines bit for bit,
  /// whatever the kernels do.
  public static let inputs = 1
  /// How it is computed: orders of sums, formulas and rounding in kernels (sections 5 to 7). Runs that differ in it alone stay
  /// within rounding of each other for their first steps.
  public static let compute = 2
}
