// The path that every machine can take: 16-byte vectors, fused multiply-adds in software where the baseline instruction set
// has none.
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#if defined(__linux__) && !defined(__GLIBC__)
// Where the baseline has no fused multiply-add, binary64 and single elements take the C library's; musl's is known to round
// twice for subnormal results, which is where vanishing gradients live.
#error "gradflow needs a C library whose fma and fmaf round once: glibc, or Apple's"
#endif
#if defined(__x86_64__)
#define SUMS_FOR_FMA
#endif
#define SET portable
#define VECTOR_BYTES 16
#define PIXEL_BLOCK 4
#define VECTOR_BLOCK 2
#define TILE_BLOCK 4
#define CHANNEL_BLOCK 4
#define CHANNEL_REST 1
#define ROWS_AHEAD 1
#include "template/table.h"
