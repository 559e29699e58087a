#ifndef GF_EXPONENTIAL_CONSTANTS_H
#define GF_EXPONENTIAL_CONSTANTS_H

// What elementary.c's exponential function and its form over vectors (template/elu.h) share.

// ln 2 = GF_LN2_HIGH + GF_LN2_LOW up to 2^-97. GF_LN2_HIGH is a multiple of 2^-40, so its product with an integer below 2^13
// is exact.
#define GF_LN2_HIGH 0x1.62e42fefa4p-1
#define GF_LN2_LOW -0x1.8432a1b0e2634p-43
#define GF_INVERSE_LN2 0x1.71547652b82fep+0

// r^3/6 to r^14/14! of e^r, over r^3, by Horner's rule: each step a product and a sum. Names of the variable and of its type.
#define GF_EXP_SERIES(series, t, TYPE)              \
  TYPE series = (TYPE)(1.0 / 87178291200.0);        \
  series = series * t + 1.0 / 6227020800.0;         \
  series = series * t + 1.0 / 479001600.0;          \
  series = series * t + 1.0 / 39916800.0;           \
  series = series * t + 1.0 / 3628800.0;            \
  series = series * t + 1.0 / 362880.0;             \
  series = series * t + 1.0 / 40320.0;              \
  series = series * t + 1.0 / 5040.0;               \
  series = series * t + 1.0 / 720.0;                \
  series = series * t + 1.0 / 120.0;                \
  series = series * t + 1.0 / 24.0;                 \
  series = series * t + 1.0 / 6.0;

#endif
