#ifndef GF_ELEMENTARY_H
#define GF_ELEMENTARY_H

#include <stdint.h>

// Elementary functions in binary64 with the same bits on every machine: additions, subtractions, multiplications,
// divisions and operations on bits and integers only, none fused, none left to a library. Where a function's value is a
// NaN, its sign and payload are not specified. The stated errors are what the tests assert against a high-precision
// reference, on random arguments, special ones, and the worst found among 10^7; one ulp is the distance of neighbouring
// binary64 numbers at the exact result (2^-1074 where that is subnormal).

// e^x. Error below 0.54 ulp, gradual underflow included. Infinity from 709.782712893384 (the next number above it), +0
// below -745.1332191019412.
double gf_exp(double x);

// The natural logarithm. Error below 0.62 ulp. -infinity at both zeros, NaN below zero; log 1 = +0.
double gf_log(double x);

// The cosine of x in radians, for every finite x, however large. Error below 0.60 ulp. NaN at the infinities.
double gf_cos(double x);

// base^n by squaring, n's bits from the lowest: r = 1; for each bit up to the highest that is set: if it is set,
// r = r * base; then base = base * base. Relative error at most (n - 1) 2^-53 (1 + n 2^-53), the bound of the n - 1
// multiplications one by one, while no intermediate result underflows. 1 for n = 0, whatever the base.
double gf_power(double base, uint64_t n);

#endif
