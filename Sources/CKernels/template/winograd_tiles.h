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

// A tile's 36 values are made six at a time: for one i, the i-th result over the rows (r) of pixels for each column (s), then the
// six results over those columns. The columns wait in registers, so that tiles side by side take over what they share.

// One vector of channels of the tile whose first column of SIZE pixels is `column`: KEPT columns are those of the tile before.
// EDGE: some may lie beyond the map.
#undef WINOGRAD_FORWARD_TILE
#define WINOGRAD_FORWARD_TILE(V, LOAD, STORE, SIZE, KEPT, EDGE, COLUMN_1D, ROW_1D)                             \
  do {                                                                                                         \
    V e[6];                                                                                                    \
    _Pragma("clang loop unroll(full)") for (int s = 0; s < KEPT; s++) d[s] = d[s + 4];                         \
    _Pragma("clang loop unroll(full)") for (int s = KEPT; s < SIZE; s++) {                                     \
      if (EDGE && (column + s < 0 || column + s >= width)) d[s] = (V)(T)0;                                     \
      else COLUMN_1D(V, d[s], LOAD, (size_t)s * channels + c);                                                 \
    }                                                                                                          \
    ROW_1D(V, e, d);                                                                                           \
    _Pragma("clang loop unroll(full)") for (int j = 0; j < 6; j++) STORE(v + (size_t)j * plane + c, e[j]);     \
  } while (0)

// One vector of channels of `run` tiles side by side.
#undef WINOGRAD_FORWARD_RUN
#define WINOGRAD_FORWARD_RUN(V, LOAD, STORE, SIZE, FIRST, KEPT, COLUMN_1D, ROW_1D)                             \
  do {                                                                                                         \
    V d[SIZE];                                                                                                 \
    T *v = planes + t * row;                                                                                   \
    const T *pixels[SIZE];                                                                                     \
    _Pragma("clang loop unroll(full)") for (int r = 0; r < SIZE; r++) pixels[r] = begin[r], d[r] = (V)(T)0;    \
    ptrdiff_t column = tile.column + FIRST;                                                                    \
    for (size_t n = 0; n < run; n++, v += row, column += 4) {                                                  \
      if (n == 0) WINOGRAD_FORWARD_TILE(V, LOAD, STORE, SIZE, 0, 1, COLUMN_1D, ROW_1D);                        \
      else if (column + SIZE <= width) WINOGRAD_FORWARD_TILE(V, LOAD, STORE, SIZE, KEPT, 0, COLUMN_1D, ROW_1D); \
      else WINOGRAD_FORWARD_TILE(V, LOAD, STORE, SIZE, KEPT, 1, COLUMN_1D, ROW_1D);                            \
      _Pragma("clang loop unroll(full)") for (int r = 0; r < SIZE; r++) pixels[r] += step[r];                  \
    }                                                                                                          \
  } while (0)

#undef PAIRED
#define PAIRED (VECTOR_BYTES == 64)
static inline __attribute__((always_inline)) void NAME(store_pair)(T *p, NAME(pair) v) { *(NAME(pair_unaligned) *)p = v; }

#undef WINOGRAD_INPUT_COLUMN
#define WINOGRAD_INPUT_COLUMN(V, out, LOAD, at)                                                                \
  WINOGRAD_INPUT_AT(V, out, i, LOAD(pixels[0] + (at)), LOAD(pixels[1] + (at)), LOAD(pixels[2] + (at)),         \
                    LOAD(pixels[3] + (at)), LOAD(pixels[4] + (at)), LOAD(pixels[5] + (at)))
#undef WINOGRAD_INPUT_ROW
#define WINOGRAD_INPUT_ROW(V, out, d) WINOGRAD_INPUT(V, out, d[0], d[1], d[2], d[3], d[4], d[5])
#undef WINOGRAD_SPREAD_COLUMN
#define WINOGRAD_SPREAD_COLUMN(V, out, LOAD, at)                                                               \
  WINOGRAD_SPREAD_AT(V, out, i, LOAD(pixels[0] + (at)), LOAD(pixels[1] + (at)), LOAD(pixels[2] + (at)), LOAD(pixels[3] + (at)))
#undef WINOGRAD_SPREAD_ROW
#define WINOGRAD_SPREAD_ROW(V, out, d) WINOGRAD_SPREAD(V, out, d[0], d[1], d[2], d[3])

// FUNCTION: `count` tiles of `source`, from `tile` on, into planes (i, 0) ... (i, 5), [tile][row] each and `plane` elements
// apart; returns the tile that follows. A tile reads SIZE x SIZE pixels, FIRST beyond its first output pixel, and shares KEPT
// columns with the next. `zeros`: SIZE pixels of +0, in the place of rows beyond the map.
#undef WINOGRAD_FORWARD
#define WINOGRAD_FORWARD(FUNCTION, SIZE, FIRST, KEPT, COLUMN_1D, ROW_1D)                                       \
  static inline __attribute__((always_inline)) NAME(tile) NAME(FUNCTION##_of)(                                 \
      const gf_winograd_shape *shape, const T *source, const size_t channels, const size_t row, const size_t plane, \
      NAME(tile) tile, size_t count, const int i, T *planes, const T *zeros) {                                 \
    const ptrdiff_t width = (ptrdiff_t)shape->width, height = (ptrdiff_t)shape->height;                        \
    for (size_t t = 0; t < count;) {                                                                           \
      const size_t to_border = ((size_t)(width - tile.column) + 3) / 4;                                        \
      const size_t run = count - t < to_border ? count - t : to_border;                                        \
      const T *begin[SIZE];                                                                                    \
      size_t step[SIZE];                                                                                       \
      _Pragma("clang loop unroll(full)") for (int r = 0; r < SIZE; r++) {                                      \
        const ptrdiff_t y = tile.row + FIRST + r, pixel = ((ptrdiff_t)tile.image * height + y) * width + tile.column + FIRST; \
        const int inside = y >= 0 && y < height;                                                               \
        begin[r] = inside ? source + pixel * (ptrdiff_t)channels : zeros;                                      \
        step[r] = inside ? 4 * channels : 0;                                                                   \
      }                                                                                                        \
      size_t c = 0;                                                                                            \
      for (; PAIRED && c + 2 * LANES <= channels; c += 2 * LANES)                                              \
        WINOGRAD_FORWARD_RUN(NAME(pair), NAME(load_pair), NAME(store_pair), SIZE, FIRST, KEPT, COLUMN_1D, ROW_1D); \
      for (; c + LANES <= channels; c += LANES)                                                                \
        WINOGRAD_FORWARD_RUN(NAME(vec), NAME(load), NAME(store), SIZE, FIRST, KEPT, COLUMN_1D, ROW_1D);        \
      for (; c < channels; c++)                                                                                \
        WINOGRAD_FORWARD_RUN(T, NAME(load1), NAME(store1), SIZE, FIRST, KEPT, COLUMN_1D, ROW_1D);              \
      t += run;                                                                                                \
      tile.column += 4 * (ptrdiff_t)(run - 1);                                                                 \
      tile = NAME(tile_after)(shape, tile);                                                                    \
    }                                                                                                          \
    return tile;                                                                                               \
  }                                                                                                            \
  static NAME(tile) NAME(FUNCTION)(const gf_winograd_shape *shape, const T *source, size_t channels, size_t row, size_t plane, \
                                   NAME(tile) tile, size_t count, int i, T *planes, const T *zeros) {          \
    WINOGRAD_FORWARD_CASE(FUNCTION, 0)                                                                         \
    WINOGRAD_FORWARD_CASE(FUNCTION, 1)                                                                         \
    WINOGRAD_FORWARD_CASE(FUNCTION, 2)                                                                         \
    WINOGRAD_FORWARD_CASE(FUNCTION, 3)                                                                         \
    WINOGRAD_FORWARD_CASE(FUNCTION, 4)                                                                         \
    WINOGRAD_FORWARD_CASE(FUNCTION, 5)                                                                         \
    return NAME(FUNCTION##_of)(shape, source, channels, row, plane, tile, count, i, planes, zeros);            \
  }
#undef WINOGRAD_FORWARD_CASE
#define WINOGRAD_FORWARD_CASE(FUNCTION, I)                                                                     \
  if (i == I && channels == USUAL_CHANNELS && row == USUAL_CHANNELS)                                           \
    return NAME(FUNCTION##_of)(shape, source, USUAL_CHANNELS, USUAL_CHANNELS, plane, tile, count, I, planes, zeros);

WINOGRAD_FORWARD(winograd_input, 6, -1, 2, WINOGRAD_INPUT_COLUMN, WINOGRAD_INPUT_ROW)
WINOGRAD_FORWARD(winograd_spread, 4, 0, 0, WINOGRAD_SPREAD_COLUMN, WINOGRAD_SPREAD_ROW)
