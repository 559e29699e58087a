#include "gf_ceilings.h"

// Independent sums. Two multiply-add units with a latency of four cycles need at least eight; AVX2 has sixteen registers.
#define SUMS 12

#define DEFINE_PEAK(name, vector_bytes)                                                                     \
  static double name(size_t rounds, float *sink) {                                                          \
    typedef float vector __attribute__((ext_vector_type((vector_bytes) / 4)));                              \
    /* Volatile, so that the compiler cannot compute any sum in advance. */                                 \
    const volatile float contraction = 0.75f, shift = 0.25f;                                                \
    const vector factor = (vector)(contraction), term = (vector)(shift);                                    \
    vector sums[SUMS];                                                                                      \
    for (int i = 0; i < SUMS; i++) sums[i] = (vector)(contraction * (float)i);                              \
    for (size_t round = 0; round < rounds; round++)                                                         \
      for (int i = 0; i < SUMS; i++) sums[i] = __builtin_elementwise_fma(sums[i], factor, term);            \
    vector total = sums[0];                                                                                 \
    for (int i = 1; i < SUMS; i++) total += sums[i];                                                        \
    float all = 0;                                                                                          \
    for (size_t lane = 0; lane < (vector_bytes) / 4; lane++) all += total[lane];                            \
    *sink = all;                                                                                            \
    return 2.0 * SUMS * ((vector_bytes) / 4) * (double)rounds;                                              \
  }

DEFINE_PEAK(peak_baseline, 16)

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
DEFINE_PEAK(peak_avx2, 32)
#pragma clang attribute pop
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512vl,avx2,fma"))), apply_to = function)
DEFINE_PEAK(peak_avx512, 64)
#pragma clang attribute pop
#endif

double gf_peak_multiply_adds(gf_instruction_set set, size_t rounds, float *sink) {
  if (!gf_kernels_find(set, 4)) return 0;
  switch (set) {
#if defined(__x86_64__)
    case GF_AVX2: return peak_avx2(rounds, sink);
    case GF_AVX512: return peak_avx512(rounds, sink);
#endif
    default: return peak_baseline(rounds, sink);
  }
}
