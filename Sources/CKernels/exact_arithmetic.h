#ifndef GF_EXACT_ARITHMETIC_H
#define GF_EXACT_ARITHMETIC_H

#include <stdint.h>
#include <string.h>

// Sums and products of two binary64 numbers without their rounding error, from additions and multiplications alone, and
// the access to a number's bits. For elementary.c and cosine.c only.

// The proofs below hold for one rounding to nearest per operation, in binary64.
#if defined(__FAST_MATH__)
#error "the elementary functions need IEEE arithmetic: build without -ffast-math"
#endif
#if defined(__FLT_EVAL_METHOD__) && __FLT_EVAL_METHOD__ != 0
#error "the elementary functions need binary64 arithmetic without excess precision"
#endif
#pragma STDC FP_CONTRACT OFF

// The number high + low, exactly; |low| is at most half a unit in the last place of high.
typedef struct {
  double high, low;
} gf_pair;

static inline uint64_t gf_bits(double x) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

static inline double gf_from_bits(uint64_t bits) {
  double x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

// 2^n, for a normal result: -1022 <= n <= 1023.
static inline double gf_power_of_two(int64_t n) { return gf_from_bits((uint64_t)(n + 1023) << 52); }

// a + b, for |a| >= |b| or a = 0. Source: Dekker, Numer. Math. 18 (1971), 224-242.
static inline gf_pair gf_sum_ordered(double a, double b) {
  const double sum = a + b;
  return (gf_pair){sum, b - (sum - a)};
}

// a + b. Source: Knuth, The Art of Computer Programming, vol. 2, section 4.2.2.
static inline gf_pair gf_sum(double a, double b) {
  const double sum = a + b, b_part = sum - a, a_part = sum - b_part;
  return (gf_pair){sum, (a - a_part) + (b - b_part)};
}

// a * b, where neither the product's last bit underflows nor 2^28 * a or 2^28 * b overflows. The factors are split into
// halves of 26 bits, whose products are exact. Source: Dekker, as above (the split is Veltkamp's).
static inline gf_pair gf_product(double a, double b) {
  const double splitter = 0x1p27 + 1;
  const double a_scaled = a * splitter, a_high = a_scaled - (a_scaled - a), a_low = a - a_high;
  const double b_scaled = b * splitter, b_high = b_scaled - (b_scaled - b), b_low = b - b_high;
  const double product = a * b;
  return (gf_pair){product, ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low};
}

#endif
