#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define SET avx2
#define VECTOR_BYTES 32
// 16 registers: 12 sums, 2 weights, 1 value.
#define PIXEL_BLOCK 6
#define VECTOR_BLOCK 2
#define TILE_BLOCK 6
// Twelve sums in flight where eight would just cover the latency of a multiply-add; 32 channels are 6 + 6 + 6 + 6 + 4 + 4.
#define CHANNEL_BLOCK 6
#define CHANNEL_REST 4
#define ROWS_AHEAD 1
#include "template/table.h"
#pragma clang attribute pop
#endif
