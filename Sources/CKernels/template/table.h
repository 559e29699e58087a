// Compiles the kernels of one instruction set for both element types and defines its two tables.
// Expects: SET (a name), VECTOR_BYTES, PIXEL_BLOCK, VECTOR_BLOCK, TILE_BLOCK, CHANNEL_BLOCK, CHANNEL_REST,
// ROWS_AHEAD (winograd.h).

#include "gf_elementary.h"
#include "gf_kernels.h"
#include "gf_philox.h"

#include "../exponential_constants.h"

// Contraction is never left to the compiler: a fused multiply-add stands where the source says FMA.
#pragma STDC FP_CONTRACT OFF

// Vectors wider than the baseline's registers are passed to inlined functions only, so no calling convention matters.
#pragma clang diagnostic ignored "-Wpsabi"

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define TEXT_(a) #a
#define TEXT(a) TEXT_(a)

#undef T
#define T float
#undef IS_BINARY32
#define IS_BINARY32 1
#undef T_BITS
#define T_BITS uint32_t
#undef INFINITY_BITS
#define INFINITY_BITS 0x7f800000u
#undef QUIET_NAN_BITS
#define QUIET_NAN_BITS 0x7fc00000u
#undef NAME
#define NAME(x) x##_f32
#include "one_type.h"

#undef T
#define T double
#undef IS_BINARY32
#define IS_BINARY32 0
#undef T_BITS
#define T_BITS uint64_t
#undef INFINITY_BITS
#define INFINITY_BITS 0x7ff0000000000000u
#undef QUIET_NAN_BITS
#define QUIET_NAN_BITS 0x7ff8000000000000u
#undef NAME
#define NAME(x) x##_f64
#include "one_type.h"
