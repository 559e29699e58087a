#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512vl,avx2,fma"))), apply_to = function)
#define SET avx512
#define VECTOR_BYTES 64
// 32 registers: 16 sums, 2 weights, values as they come.
#define PIXEL_BLOCK 8
#define VECTOR_BLOCK 2
#define TILE_BLOCK 8
#define CHANNEL_BLOCK 8
#define CHANNEL_REST 1
#define ROWS_AHEAD 3
#include "template/table.h"
#pragma clang attribute pop
#endif
