// fma(a, b, c) = fl(a·b + c), with one rounding, on every instruction set. Expects what vector.h defines, and
// SUMS_FOR_FMA (portable.c) with IS_BINARY32 (table.h).
// No include guard: included once for each element type.

#undef FMA
#if !defined(SUMS_FOR_FMA) || !IS_BINARY32
// The hardware's instruction, or the C library's function.
#define FMA(a, b, c) __builtin_elementwise_fma(a, b, c)
#else
// Without the instruction a vector's elements would be given to the library one by one, and the registers be saved around each
// call. In binary64, which holds a product of two binary32 numbers exactly, two lanes are computed at a time:
// - Knuth's sum gives the rounded a·b + c and its error, exactly (exact_arithmetic.h);
// - where the error is not 0 and the sum's last bit is, the sum moves by one unit to the side of the error: it is then rounded
//   to odd, between the same two binary64 numbers as the exact value and never on one that binary32 rounds a tie at;
// - 53 bits are more than twice 24 and 2, so the last rounding gives what it would give of the exact value, subnormal or not.
//   Source: Boldo & Melquiond, "Emulation of a FMA and correctly rounded sums: proved algorithms using rounding to odd", IEEE
//   Trans. Comput. 57 (2008), 462-471.
// An infinity and a NaN have a NaN for an error, which is on no side. Nothing over- or underflows in binary64.
typedef int64_t NAME(sum_bits) __attribute__((ext_vector_type(VECTOR_BYTES / sizeof(T))));
typedef int64_t NAME(sum_pair_bits) __attribute__((ext_vector_type(2 * VECTOR_BYTES / sizeof(T))));

#define FUSED(V, WIDE, BITS)                                                                                            \
  static inline __attribute__((always_inline, overloadable)) V NAME(fused)(V a, V b, V c) {                             \
    const WIDE product = __builtin_convertvector(a, WIDE) * __builtin_convertvector(b, WIDE);                           \
    const WIDE addend = __builtin_convertvector(c, WIDE);                                                               \
    const WIDE sum = product + addend, addend_part = sum - product, product_part = sum - addend_part;                   \
    const WIDE error = (product - product_part) + (addend - addend_part);                                               \
    /* 1 above, -1 below; comparisons give -1 where they hold. Of a negative number the next bits lie below. */         \
    const BITS side = (BITS)(error < 0.0) - (BITS)(error > 0.0), is_negative = (BITS)(sum < 0.0), bits = (BITS)sum;     \
    const BITS is_even = (bits & 1) - 1;                                                                                \
    return __builtin_convertvector((WIDE)(bits + (((side ^ is_negative) - is_negative) & is_even)), V);                 \
  }
FUSED(NAME(vec), NAME(wide), NAME(sum_bits))
FUSED(NAME(pair), NAME(wide_pair), NAME(sum_pair_bits))
#undef FUSED

static inline __attribute__((always_inline, overloadable)) T NAME(fused)(T a, T b, T c) { return __builtin_fmaf(a, b, c); }
static inline __attribute__((always_inline, overloadable)) double NAME(fused)(double a, double b, double c) {
  return __builtin_fma(a, b, c);
}
static inline __attribute__((always_inline, overloadable)) NAME(wide)
    NAME(fused)(NAME(wide) a, NAME(wide) b, NAME(wide) c) {
  return __builtin_elementwise_fma(a, b, c);
}
static inline __attribute__((always_inline, overloadable)) NAME(wide_pair)
    NAME(fused)(NAME(wide_pair) a, NAME(wide_pair) b, NAME(wide_pair) c) {
  return __builtin_elementwise_fma(a, b, c);
}
#define FMA(a, b, c) NAME(fused)(a, b, c)
#endif
