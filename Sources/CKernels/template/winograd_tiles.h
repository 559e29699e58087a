// The tiles of winograd.h and the way of pixels into them. Expects winograd_transforms.h, vector.h and pointwise.h's load1
// and store1.

// Where a tile of a run of images lies: tiles are numbered image by image, row by row.
typedef struct {
  ptrdiff_t row, column;  // of its first output pixel
  size_t image;
} NAME(tile);

static inline NAME(tile) NAME(tile_at)(const gf_winograd_shape *s, size_t index) {
  const size_t across = (s->width + 3) / 4, per_image = across * ((s->height + 3) / 4);
  const size_t image = index / per_image, rest = index % per_image;
  return (NAME(tile)){(ptrdiff_t)(rest / across) * 4, (ptrdiff_t)(rest % across) * 4, image};
}

static inline NAME(tile) NAME(tile_after)(const gf_winograd_shape *s, NAME(tile) tile) {
  tile.column += 4;
  if (tile.column < (ptrdiff_t)s->width) return tile;
  tile.row += 4;
  if (tile.row < (ptrdiff_t)s->height) return (NAME(tile)){tile.row, 0, tile.image};
  return (NAME(tile)){0, 0, tile.image + 1};
}

static inline size_t NAME(tile_count)(const gf_winograd_shape *s) {
  return s->images * ((s->width + 3) / 4) * ((s->height + 3) / 4);
}

// Bit r is set where row (column) first + r is inside a map of `size`.
static inline unsigned NAME(inside_bits)(ptrdiff_t first, size_t size) {
  unsigned bits = 0;
  for (int r = 0; r < 6; r++) bits |= (unsigned)(first + r >= 0 && first + r < (ptrdiff_t)size) << r;
  return bits;
}

// Tiles that go through the three stages together, while they and the weights are in the second-level cache. No sum
// depends on it.
_Static_assert(GF_WINOGRAD_TILES % TILE_BLOCK == 0, "tiles go through in whole blocks");

// One more row of channels than tiles, so that the 36 planes do not meet in the same sets of the first-level cache.
#undef WINOGRAD_PLANE
#define WINOGRAD_PLANE(row) ((size_t)(GF_WINOGRAD_TILES + 1) * (row))

// A column of pixels is transformed once, though two tiles side by side share it: its values [6][row] wait in a ring of eight
// columns, of which a tile's first four are one half and the others, its neighbour's first, begin the other half.
#undef WINOGRAD_COLUMN
#define WINOGRAD_COLUMN(s) (((s) < 4 ? left : right) + (size_t)((s) % 4) * 6 * row)
#undef WINOGRAD_HALF_RING
#define WINOGRAD_HALF_RING (4 * 6)  // rows

// One vector of channels of a tile of SIZE x SIZE pixels: the `fresh` columns (a bit each) into the ring, then rows from the
// ring into the 36 planes. `v` is the tile's place in the first.
#undef WINOGRAD_FORWARD_TILE
#define WINOGRAD_FORWARD_TILE(V, LOAD, STORE, SIZE, TRANSFORM_1D)                                              \
  do {                                                                                                         \
    _Pragma("clang loop unroll(full)") for (int s = 0; s < SIZE; s++) {                                        \
      if (!(fresh >> s & 1)) continue;                                                                         \
      V d[SIZE], e[6];                                                                                         \
      _Pragma("clang loop unroll(full)") for (int r = 0; r < SIZE; r++)                                        \
          d[r] = LOAD(pixels[r] + (size_t)s * channels + c);                                                   \
      TRANSFORM_1D(V, e, d);                                                                                   \
      _Pragma("clang loop unroll(full)") for (int i = 0; i < 6; i++)                                           \
          STORE(WINOGRAD_COLUMN(s) + (size_t)i * row + c, e[i]);                                               \
    }                                                                                                          \
    _Pragma("clang loop unroll(full)") for (int i = 0; i < 6; i++) {                                           \
      V d[SIZE], e[6];                                                                                         \
      _Pragma("clang loop unroll(full)") for (int s = 0; s < SIZE; s++)                                        \
          d[s] = LOAD(WINOGRAD_COLUMN(s) + (size_t)i * row + c);                                               \
      TRANSFORM_1D(V, e, d);                                                                                   \
      _Pragma("clang loop unroll(full)") for (int j = 0; j < 6; j++) STORE(v + (size_t)(i * 6 + j) * plane + c, e[j]); \
    }                                                                                                          \
  } while (0)

#undef WINOGRAD_INPUT_D
#define WINOGRAD_INPUT_D(V, out, d) WINOGRAD_INPUT(V, out, d[0], d[1], d[2], d[3], d[4], d[5])
#undef WINOGRAD_SPREAD_D
#define WINOGRAD_SPREAD_D(V, out, d) WINOGRAD_SPREAD(V, out, d[0], d[1], d[2], d[3])

// FUNCTION: tiles [first, first + count) of `source` into planes [36][tile][row]. A tile reads SIZE x SIZE pixels, FIRST
// beyond its first output pixel, and shares KEPT columns with the next. `columns`: GF_WINOGRAD_COLUMN_ROWS rows.
#undef WINOGRAD_FORWARD
#define WINOGRAD_FORWARD(FUNCTION, SIZE, FIRST, KEPT, TRANSFORM_1D)                                            \
  static inline __attribute__((always_inline)) void NAME(FUNCTION##_of)(                                       \
      const gf_winograd_shape *shape, const T *source, const size_t channels, const size_t row, size_t first,  \
      size_t count, T *planes, T *columns) {                                                                   \
    const size_t plane = WINOGRAD_PLANE(row);                                                                  \
    const ptrdiff_t width = (ptrdiff_t)shape->width, height = (ptrdiff_t)shape->height;                        \
    T *left = columns, *right = left + WINOGRAD_HALF_RING * row;                                               \
    /* Rows of pixels beyond the map are read here. */                                                         \
    T *const zeros = right + WINOGRAD_HALF_RING * row;                                                         \
    for (size_t i = 0; i < SIZE * row; i++) zeros[i] = (T)0;                                                   \
    NAME(tile) tile = NAME(tile_at)(shape, first);                                                             \
    for (size_t t = 0; t < count; t++, tile = NAME(tile_after)(shape, tile)) {                                 \
      const T *pixels[SIZE];                                                                                   \
      _Pragma("clang loop unroll(full)") for (int r = 0; r < SIZE; r++) {                                      \
        const ptrdiff_t y = tile.row + FIRST + r, pixel = ((ptrdiff_t)tile.image * height + y) * width + tile.column + FIRST; \
        pixels[r] = y >= 0 && y < height ? source + pixel * (ptrdiff_t)channels : zeros;                       \
      }                                                                                                        \
      const int kept = t > 0 && tile.column > 0 ? KEPT : 0;                                                    \
      const unsigned needed = ((1u << SIZE) - 1) >> kept << kept;                                              \
      const unsigned fresh = NAME(inside_bits)(tile.column + FIRST, shape->width) & needed;                    \
      for (unsigned outside = needed & ~fresh; outside; outside &= outside - 1) {                              \
        T *const column = WINOGRAD_COLUMN(__builtin_ctz(outside));                                             \
        for (size_t i = 0; i < 6 * row; i++) column[i] = (T)0;                                                 \
      }                                                                                                        \
      T *const v = planes + t * row;                                                                           \
      size_t c = 0;                                                                                            \
      for (; c + LANES <= channels; c += LANES)                                                                \
        WINOGRAD_FORWARD_TILE(NAME(vec), NAME(load), NAME(store), SIZE, TRANSFORM_1D);                         \
      for (; c < channels; c++) WINOGRAD_FORWARD_TILE(T, NAME(load1), NAME(store1), SIZE, TRANSFORM_1D);       \
      T *const former = left;                                                                                  \
      left = right;                                                                                            \
      right = former;                                                                                          \
    }                                                                                                          \
  }                                                                                                            \
  static void NAME(FUNCTION)(const gf_winograd_shape *shape, const T *source, size_t channels, size_t row,     \
                             size_t first, size_t count, T *planes, T *columns) {                              \
    /* The addresses of the 36 planes are constants then, and not 36 pointers to keep. */                      \
    if (channels == USUAL_CHANNELS)                                                                            \
      NAME(FUNCTION##_of)(shape, source, USUAL_CHANNELS, USUAL_CHANNELS, first, count, planes, columns);       \
    else                                                                                                       \
      NAME(FUNCTION##_of)(shape, source, channels, row, first, count, planes, columns);                        \
  }

WINOGRAD_FORWARD(winograd_input, 6, -1, 2, WINOGRAD_INPUT_D)
WINOGRAD_FORWARD(winograd_spread, 4, 0, 0, WINOGRAD_SPREAD_D)
