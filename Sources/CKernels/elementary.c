#include "gf_elementary.h"

#include "exact_arithmetic.h"
#include "exponential_constants.h"

// The exponential function, the logarithm and whole powers. cosine.c has the cosine.
//
// Method: the classical reductions (Muller, Elementary Functions, ch. 11: argument = integer * ln 2 + remainder) and
// Taylor series, whose coefficients 1/n! and 2/n are quotients of integers, so nothing is fitted. The terms that are not
// small beside the result are added exactly (exact_arithmetic.h); what remains is below 1/15 of it, so that its own
// roundings are small beside the last one. Constants are printed by Tests/KernelsTests/Reference/make_elementary.py.

// Contraction is never left to the compiler.
#pragma STDC FP_CONTRACT OFF

static const double ln2_high = GF_LN2_HIGH;
static const double ln2_low = GF_LN2_LOW;
static const double inverse_ln2 = GF_INVERSE_LN2;

static const uint64_t infinity_bits = 0x7ff0000000000000u, sign_bit = 0x8000000000000000u;
static const uint64_t quiet_nan_bits = 0x7ff8000000000000u;

// x rounded to an integer, ties to even, for |x| < 2^51: the sum has no room for bits below 1.
static double nearest_integer(double x) { return (x + 0x1.8p52) - 0x1.8p52; }

// 2^n * y, rounded once, for 0.7 < y.high < 1.5 and -1076 <= n <= 1024.
static double scale(gf_pair y, int64_t n) {
  // Two factors, because 2^n itself need not be a normal number.
  const double half = gf_power_of_two(n / 2), rest = gf_power_of_two(n - n / 2);
  if (n > -1022 || (n == -1022 && y.high >= 1)) return (y.high * half) * rest;
  // The result is subnormal: one unit in its last place is 2^(-1074 - n) beside y. The sum with 2^(-1022 - n) is rounded
  // exactly there, low part included; multiplying would round a second time.
  const double anchor = gf_power_of_two(-1022 - n);
  const gf_pair sum = gf_sum_ordered(anchor, y.high);
  const double rounded = (sum.high + (sum.low + y.low)) - anchor;
  return (rounded * half) * rest;
}

// x = n ln 2 + r, |r| <= ln 2 / 2 (and a little); e^r = 1 + r + r^2/2 + the series from r^3/6 to r^14/14!, which leaves
// out less than 2^-62 of the sum.
double gf_exp(double x) {
  if (x != x) return x + x;
  if (x > 710) return gf_from_bits(infinity_bits);
  if (x < -746) return 0;
  const double n = nearest_integer(x * inverse_ln2);
  const gf_pair r = gf_sum(x - n * ln2_high, -(n * ln2_low));
  const double t = r.high;
  GF_EXP_SERIES(series, t, double)
  const gf_pair square = gf_product(t, t);
  const gf_pair linear = gf_sum_ordered(1, t), quadratic = gf_sum_ordered(linear.high, 0.5 * square.high);
  const double small = (linear.low + quadratic.low) + (0.5 * square.low + (r.low + t * r.low));
  return scale(gf_sum_ordered(quadratic.high, small + t * square.high * series), (int64_t)n);
}

// x = 2^n m, m in [sqrt(1/2), sqrt(2)), f = m - 1, s = f / (2 + f): log m = 2 artanh s = 2 s + s R,
// R = 2 s^2/3 + 2 s^4/5 + ... + 2 s^22/23, which leaves out less than 2^-65 of log m. As 2 s = f - s f and
// s f = f^2/2 - s f^2/2, log m = f - f^2/2 + s (f^2/2 + R), whose first two terms are exact.
double gf_log(double x) {
  if (x != x) return x + x;
  uint64_t bits = gf_bits(x);
  if (x == 0) return gf_from_bits(sign_bit | infinity_bits);
  if (x < 0) return gf_from_bits(quiet_nan_bits);
  if (bits == infinity_bits) return x;
  int64_t exponent = 0;
  if (bits < 0x0010000000000000u) {
    bits = gf_bits(x * 0x1p54);
    exponent = -54;
  }
  // The distance from sqrt(1/2) in the order of bit patterns; its exponent field counts the intervals [1, 2) sqrt(1/2) 2^n.
  const uint64_t root_half = 0x3fe6a09e667f3bcdu;
  const int64_t shift = (int64_t)((bits - root_half) & 0xfff0000000000000u);
  exponent += shift / (int64_t)0x0010000000000000;
  const double n = (double)exponent, f = gf_from_bits(bits - (uint64_t)shift) - 1;
  const gf_pair divisor = gf_sum_ordered(2, f);
  const double s = f / divisor.high, z = s * s;
  const gf_pair product = gf_product(s, divisor.high);
  const double s_low = ((f - product.high) - product.low - s * divisor.low) / divisor.high;
  double series = 2.0 / 23.0;
  series = series * z + 2.0 / 21.0;
  series = series * z + 2.0 / 19.0;
  series = series * z + 2.0 / 17.0;
  series = series * z + 2.0 / 15.0;
  series = series * z + 2.0 / 13.0;
  series = series * z + 2.0 / 11.0;
  series = series * z + 2.0 / 9.0;
  series = series * z + 2.0 / 7.0;
  series = series * z + 2.0 / 5.0;
  series = series * z + 2.0 / 3.0;
  const gf_pair square = gf_product(f, f);
  const gf_pair linear = gf_sum_ordered(n * ln2_high, f);
  const gf_pair quadratic = gf_sum_ordered(linear.high, -0.5 * square.high);
  const double half = 0.5 * square.high, remainder = series * z;
  double small = (linear.low + quadratic.low) + (n * ln2_low - 0.5 * square.low);
  // What the division lost: the derivative of s (f^2/2 + R) is f^2/2 + 3 R, nearly.
  small = small + s_low * (half + 3 * remainder);
  return quadratic.high + (small + s * (half + remainder));
}

double gf_power(double base, uint64_t n) {
  double result = 1;
  for (; n != 0; n >>= 1) {
    if (n & 1) result *= base;
    base *= base;
  }
  return result;
}
