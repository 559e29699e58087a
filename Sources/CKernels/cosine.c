#include "gf_elementary.h"

#include "exact_arithmetic.h"

// The cosine. Method: reduction to |r| <= pi/4 in integers with as many bits of 2/pi as the argument needs, so that every
// finite argument is right (Payne & Hanek, ACM SIGNUM Newsletter 18 (1983), 19-24), and Taylor series, whose coefficients
// are the reciprocals of factorials. Constants are printed by Tests/KernelsTests/Reference/make_elementary.py.

// Contraction is never left to the compiler.
#pragma STDC FP_CONTRACT OFF

// The bits of 2/pi after the binary point, 64 in a word, the first word zero.
// clang-format off
static const uint64_t two_over_pi[20] = {
  0x0000000000000000u, 0xa2f9836e4e441529u, 0xfc2757d1f534ddc0u, 0xdb6295993c439041u,
  0xfe5163abdebbc561u, 0xb7246e3a424dd2e0u, 0x06492eea09d1921cu, 0xfe1deb1cb129a73eu,
  0xe88235f52ebb4484u, 0xe99c7026b45f7e41u, 0x3991d639835339f4u, 0x9c845f8bbdf9283bu,
  0x1ff897ffde05980fu, 0xef2f118b5a0a6d1fu, 0x6d367ecf27cb09b7u, 0x4f463f669e5fea2du,
  0x7527bac7ebe5f17bu, 0x3d0739f78a5292eau, 0x6bfb5fb11f8d5d08u, 0x56033046fc7b6babu,
};
// clang-format on

// pi/2 up to 2^-107.
static const gf_pair pi_half = {0x1.921fb54442d18p+0, 0x1.1a62633145c07p-54};

typedef struct {
  int quadrant;  // modulo 4
  gf_pair rest;  // |rest| <= pi/4
} reduced;

// x = (4 j + quadrant) pi/2 + rest, for finite x > pi/4.
static reduced reduce(double x) {
  // x = m 2^e with an integer m < 2^53. Of the bits of 2/pi those before the one of weight 2^(1 - e) contribute multiples
  // of 4 to x * 2/pi; the 192 from there on give it modulo 4 up to 2^-137. For no binary64 number is it nearer to an
  // integer than 2^-62 (make_elementary.py asserts so), so the 126 bits of fraction kept below have 64 good ones at least.
  const uint64_t bits = gf_bits(x), m = (bits & 0x000fffffffffffffu) | 0x0010000000000000u;
  const unsigned position = (unsigned)(bits >> 52) - 1075 + 62, skip = position % 64;
  const uint64_t *const word = two_over_pi + position / 64;
  uint64_t window[3];
  for (int i = 0; i < 3; i++) window[i] = skip ? word[i] << skip | word[i + 1] >> (64 - skip) : word[i];
  const unsigned __int128 third = (unsigned __int128)m * window[2];
  const unsigned __int128 second = (unsigned __int128)m * window[1] + (uint64_t)(third >> 64);
  const uint64_t first = m * window[0] + (uint64_t)(second >> 64);

  // Two bits of integer, 190 of fraction. Round to the nearest integer; the rest is in [-1/2, 1/2).
  const int quadrant = (int)((first + 0x2000000000000000u) >> 62);
  uint64_t high = first << 2 | (uint64_t)second >> 62, middle = (uint64_t)second << 2 | (uint64_t)third >> 62;
  const int negative = (int)(high >> 63);
  if (negative) {  // up to 2^-128, as the truncation
    middle = ~middle;
    high = ~high;
  }
  // high is not zero, by the bound above. 106 bits from the leading one on.
  const int zeros = __builtin_clzll(high);
  if (zeros) {
    high = high << zeros | middle >> (64 - zeros);
    middle <<= zeros;
  }
  const double unit = gf_power_of_two(-53 - zeros);
  const double f_high = (double)(high >> 11) * unit;
  const double f_low = (double)((high & 0x7ff) << 42 | middle >> 22) * (unit * 0x1p-53);

  const gf_pair product = gf_product(f_high, pi_half.high);
  const gf_pair rest =
      gf_sum_ordered(product.high, product.low + (f_high * pi_half.low + f_low * pi_half.high));
  return (reduced){quadrant, negative ? (gf_pair){-rest.high, -rest.low} : rest};
}

// 1 - r^2/2 + the series from r^4/4! to r^18/18!, which leaves out less than 2^-67.
static double cosine(gf_pair r) {
  const gf_pair square = gf_product(r.high, r.high);
  const double z = square.high;
  double series = -1.0 / 6402373705728000.0;
  series = series * z + 1.0 / 20922789888000.0;
  series = series * z - 1.0 / 87178291200.0;
  series = series * z + 1.0 / 479001600.0;
  series = series * z - 1.0 / 3628800.0;
  series = series * z + 1.0 / 40320.0;
  series = series * z - 1.0 / 720.0;
  series = series * z + 1.0 / 24.0;
  const gf_pair quadratic = gf_sum_ordered(1, -0.5 * z);
  const double small = quadratic.low - (0.5 * square.low + r.high * r.low);
  return quadratic.high + (small + z * z * series);
}

// r - r^3/6 + the series from r^5/5! to r^19/19!, which leaves out less than 2^-72 of the sum.
static double sine(gf_pair r) {
  const gf_pair square = gf_product(r.high, r.high);
  const double z = square.high;
  double series = -1.0 / 121645100408832000.0;
  series = series * z + 1.0 / 355687428096000.0;
  series = series * z - 1.0 / 1307674368000.0;
  series = series * z + 1.0 / 6227020800.0;
  series = series * z - 1.0 / 39916800.0;
  series = series * z + 1.0 / 362880.0;
  series = series * z - 1.0 / 5040.0;
  series = series * z + 1.0 / 120.0;
  const gf_pair cube = gf_product(r.high, z);
  const gf_pair cubic = gf_sum_ordered(r.high, cube.high / -6.0);
  const double small = (cubic.low - (cube.low + r.high * square.low) / 6.0) + r.low * (1 - 0.5 * z);
  return cubic.high + (small + cube.high * z * series);
}

double gf_cos(double x) {
  const double size = x < 0 ? -x : x;
  if (!(size < gf_from_bits(0x7ff0000000000000u))) return x - x;
  if (size < 0x1.921fb54442d18p-1) return cosine((gf_pair){size, 0});
  const reduced y = reduce(size);
  switch (y.quadrant) {
    case 0: return cosine(y.rest);
    case 1: return -sine(y.rest);
    case 2: return -cosine(y.rest);
    default: return sine(y.rest);
  }
}
