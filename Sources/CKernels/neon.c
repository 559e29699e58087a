#if defined(__aarch64__)
#define SET neon
#define VECTOR_BYTES 16
// 32 registers: 24 sums, 4 weights, values as they come.
#define PIXEL_BLOCK 6
#define VECTOR_BLOCK 4
#define TILE_BLOCK 6
#define CHANNEL_BLOCK 4
#define CHANNEL_REST 1
#define ROWS_AHEAD 1
#include "template/table.h"
#endif
