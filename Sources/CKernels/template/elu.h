// The exponential linear unit of what lies between two convolutions: y = z > 0 ? z : alpha * (exp(z) - 1), in binary64, rounded
// once. The exponential function is elementary.c's, operation by operation, over vectors: the same bits for every lane.
// Source: Clevert, Unterthiner & Hochreiter, arXiv:1511.07289.

typedef uint64_t NAME(wide_bits) __attribute__((ext_vector_type(VECTOR_BYTES / sizeof(T))));

// exp(z) - 1 where z <= 0; anything above it. Below -64 the result is -1 as at -64, so no power of two is subnormal.
static inline __attribute__((always_inline)) NAME(wide) NAME(exp_minus_1)(NAME(wide) z) {
  typedef NAME(wide) W;
  W x = z > 0.0 ? (W)0.0 : z;
  x = x < -64.0 ? (W)(-64.0) : x;
  // Its last bits are those of the integer n.
  const W shifted = x * GF_INVERSE_LN2 + 0x1.8p52, n = shifted - 0x1.8p52;
  // gf_sum
  const W a = x - n * GF_LN2_HIGH, b = -(n * GF_LN2_LOW);
  const W t = a + b, b_part = t - a, a_part = t - b_part, r_low = (a - a_part) + (b - b_part);
  GF_EXP_SERIES(series, t, W)
  // gf_product(t, t)
  const W scaled = t * (0x1p27 + 1), high = scaled - (scaled - t), low = t - high;
  const W square = t * t, square_low = ((high * high - square) + high * low + low * high) + low * low;
  // gf_sum_ordered, three times; of the last one only what is not below its rounding.
  const W linear = 1.0 + t, linear_low = t - (linear - 1.0);
  const W half = 0.5 * square, quadratic = linear + half, quadratic_low = half - (quadratic - linear);
  const W small = (linear_low + quadratic_low) + (0.5 * square_low + (r_low + t * r_low));
  const W power = (W)(((NAME(wide_bits))shifted + 1023) << 52);
  return (quadratic + (small + t * square * series)) * power - 1.0;
}

static inline __attribute__((always_inline)) NAME(vec) NAME(elu)(NAME(vec) z, double alpha) {
  const NAME(wide) y = alpha * NAME(exp_minus_1)(NAME(widen)(z));
  return z > (T)0 ? z : __builtin_convertvector(y, NAME(vec));
}

static inline __attribute__((always_inline)) T NAME(elu1)(T z, double alpha) {
  const double x = (double)z;
  return z > (T)0 ? z : (T)(alpha * (gf_exp(x < -64.0 ? -64.0 : x) - 1.0));
}
