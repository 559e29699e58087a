#include "gf_kernels.h"

extern const gf_kernels gf_kernels_portable_f32, gf_kernels_portable_f64;
#if defined(__x86_64__)
extern const gf_kernels gf_kernels_avx2_f32, gf_kernels_avx2_f64;
extern const gf_kernels gf_kernels_avx512_f32, gf_kernels_avx512_f64;
#elif defined(__aarch64__)
extern const gf_kernels gf_kernels_neon_f32, gf_kernels_neon_f64;
#endif

const gf_kernels *gf_kernels_find(gf_instruction_set set, size_t element_bytes) {
  const int single = element_bytes == 4;
  if (!single && element_bytes != 8) return 0;
  switch (set) {
    case GF_PORTABLE:
      return single ? &gf_kernels_portable_f32 : &gf_kernels_portable_f64;
#if defined(__x86_64__)
    case GF_AVX2:
      if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return 0;
      return single ? &gf_kernels_avx2_f32 : &gf_kernels_avx2_f64;
    case GF_AVX512:
      if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma") || !__builtin_cpu_supports("avx512f") ||
          !__builtin_cpu_supports("avx512dq") || !__builtin_cpu_supports("avx512vl"))
        return 0;
      return single ? &gf_kernels_avx512_f32 : &gf_kernels_avx512_f64;
#elif defined(__aarch64__)
    case GF_NEON:
      return single ? &gf_kernels_neon_f32 : &gf_kernels_neon_f64;
#endif
    default:
      return 0;
  }
}
