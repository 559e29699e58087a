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
public enum NumericsContract {
  public static let version = 2
}
