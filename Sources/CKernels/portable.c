// The path that every machine can take: 16-byte vectors, fused multiply-adds by the C library's fma where the
// baseline instruction set has none.
#define SET portable
#define VECTOR_BYTES 16
#define PIXEL_BLOCK 4
#define VECTOR_BLOCK 2
#define CHANNEL_BLOCK 4
#include "template/table.h"
