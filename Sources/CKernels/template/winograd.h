// 3 x 3 convolution by minimal filtering: the products between the transforms. Expects winograd_tiles.h, and the register
// block of the instruction set: TILE_BLOCK tiles x VECTOR_BLOCK vectors, CHANNEL_BLOCK channels x VECTOR_BLOCK vectors, and for
// what is left of the channels CHANNEL_REST.

// Tiles that go through the three stages of a convolution together, and whose plane of the weight gradient's sums is added up at
// a time. No sum depends on either.
#undef WINOGRAD_TILES
#define WINOGRAD_TILES TILE_BLOCK
#undef GRADIENT_TILES
#define GRADIENT_TILES GF_WINOGRAD_GRADIENT_TILES
_Static_assert(WINOGRAD_TILES <= GF_WINOGRAD_TILES, "there is scratch memory for them");
_Static_assert(TILE_BLOCK >= 4, "the last tiles are taken by 4 or 2");
// One more row of channels than tiles, so that the planes do not meet in the same sets of the first-level cache.
#undef WINOGRAD_PLANE
#define WINOGRAD_PLANE(row) ((size_t)(WINOGRAD_TILES + 1) * (row))
#undef USUAL_PLANE
#define USUAL_PLANE WINOGRAD_PLANE(USUAL_CHANNELS)
#undef GRADIENT_PLANE
#define GRADIENT_PLANE(row) ((size_t)(GRADIENT_TILES + 1) * (row))

// --- what comes next, fetched meanwhile -----------------------------------------------------------------------------

// While the products are computed nothing else is asked of memory: the pixels that the next tiles read or write, and what is read
// after the call, are fetched into the second-level cache meanwhile, a share with each of the 36.
typedef struct {
  const char *next, *end;
  size_t share;
} NAME(fetch);

// About those of `count` tiles from `tile` on.
static inline NAME(fetch) NAME(fetch_tiles)(const gf_winograd_shape *shape, const void *base, size_t channels, NAME(tile) tile,
    size_t count) {
  if (tile.image >= shape->images) return (NAME(fetch)){0, 0, 0};
  const size_t pixel = (tile.image * shape->height + (size_t)tile.row) * shape->width + 4 * (size_t)tile.column;
  const char *const begin = (const char *)base + pixel * channels * sizeof(T);
  const size_t bytes = 16 * count * channels * sizeof(T);
  return (NAME(fetch)){begin, begin + bytes, (bytes / 36 + 63) / 64 * 64};
}

static inline __attribute__((always_inline)) void NAME(fetch_share)(NAME(fetch) *fetch, const int for_writing) {
  for (size_t at = 0; at < fetch->share && fetch->next < fetch->end; at += 64, fetch->next += 64) {
    if (for_writing) __builtin_prefetch(fetch->next, 1);
    else __builtin_prefetch(fetch->next, 0, 2);
  }
}

// What is read after the call: an even share with each of all products.
typedef struct {
  const gf_range *range, *end;
  size_t done;   // bytes of `range`
  size_t share;  // lines
} NAME(fetch_ahead);

static inline NAME(fetch_ahead) NAME(fetch_after)(const gf_winograd *a, size_t products) {
  if (a->ahead_count == 0 || products == 0) return (NAME(fetch_ahead)){0, 0, 0, 0};
  size_t lines = 0;
  for (size_t i = 0; i < a->ahead_count; i++) lines += (a->ahead[i].bytes + 63) / 64;
  return (NAME(fetch_ahead)){a->ahead, a->ahead + a->ahead_count, 0, (lines + products - 1) / products};
}

static inline __attribute__((always_inline)) void NAME(fetch_ahead_share)(NAME(fetch_ahead) *fetch) {
  for (size_t line = 0; line < fetch->share && fetch->range < fetch->end;) {
    if (fetch->done >= fetch->range->bytes) {
      fetch->range++;
      fetch->done = 0;
      continue;
    }
    __builtin_prefetch((const char *)fetch->range->begin + fetch->done, 0, 2);
    fetch->done += 64;
    line++;
  }
}

typedef struct {
  NAME(fetch) inputs, outputs;
  NAME(fetch_ahead) after;
} NAME(meanwhile);

// --- output and input gradient --------------------------------------------------------------------------------------

// One of the 36 products, of `tiles` tiles: m[tile][k] = sum over c ascending of fma(v[tile][c], u[c][k], .), from +0. Meanwhile
// the weights of the next, `ahead` elements further, are fetched into the first-level cache.
static inline __attribute__((always_inline)) void NAME(winograd_product)(
    const int tiles, const T *v, const size_t v_row, const T *u, const size_t u_row, const size_t channels, T *m,
    const ptrdiff_t ahead) {
  NAME(vec) sum[TILE_BLOCK][VECTOR_BLOCK];
#pragma clang loop unroll(full)
  for (int i = 0; i < tiles; i++)
#pragma clang loop unroll(full)
    for (int j = 0; j < VECTOR_BLOCK; j++) sum[i][j] = (NAME(vec))(T)0;
  // Left to itself the compiler unrolls this where the number of turns is known, and runs out of registers.
#pragma clang loop unroll(disable)
  for (size_t c = 0; c < channels; c++, u += u_row) {
#pragma clang loop unroll(full)
    for (int j = 0; j < (int)((FILTER_BLOCK * sizeof(T) + 63) / 64); j++) __builtin_prefetch((const char *)(u + ahead) + j * 64);
    NAME(vec) weight[VECTOR_BLOCK];
#pragma clang loop unroll(full)
    for (int j = 0; j < VECTOR_BLOCK; j++) weight[j] = NAME(load)(u + j * LANES);
#pragma clang loop unroll(full)
    for (int i = 0; i < tiles; i++) {
      const NAME(vec) value = (NAME(vec))v[(size_t)i * v_row + c];
#pragma clang loop unroll(full)
      for (int j = 0; j < VECTOR_BLOCK; j++) sum[i][j] = FMA(value, weight[j], sum[i][j]);
    }
  }
#pragma clang loop unroll(full)
  for (int i = 0; i < tiles; i++)
#pragma clang loop unroll(full)
    for (int j = 0; j < VECTOR_BLOCK; j++) NAME(store)(m + (size_t)i * u_row + j * LANES, sum[i][j]);
}

// One vector of filters of a tile. The two outputs of even number come from the sums of the products at opposite points,
// the other two from their differences: rows 0 and 2 first, then 1 and 3, so that what waits for the second transform
// stays in registers.
#undef WINOGRAD_OUTPUT_ROWS
#define WINOGRAD_OUTPUT_ROWS(V, LOAD, STORE, WINOGRAD_1D, FIRST)                                               \
  do {                                                                                                         \
    V upper[6], lower[6];                                                                                      \
    _Pragma("clang loop unroll(full)") for (int j = 0; j < 6; j++) {                                           \
      V e[6];                                                                                                  \
      _Pragma("clang loop unroll(full)") for (int i = 0; i < 6; i++) e[i] = LOAD(m + (size_t)(i * 6 + j) * plane + k); \
      WINOGRAD_1D(V, upper[j], lower[j], e[0], e[1], e[2], e[3], e[4], e[5]);                                  \
    }                                                                                                          \
    WINOGRAD_OUTPUT_ROW(V, LOAD, STORE, upper, FIRST);                                                         \
    WINOGRAD_OUTPUT_ROW(V, LOAD, STORE, lower, FIRST + 2);                                                     \
  } while (0)

#undef WINOGRAD_OUTPUT_ROW
#define WINOGRAD_OUTPUT_ROW(V, LOAD, STORE, half, r)                                                           \
  do {                                                                                                         \
    V y[4];                                                                                                    \
    WINOGRAD_OUTPUT_EVEN(V, y[0], y[2], half[0], half[1], half[2], half[3], half[4], half[5]);                 \
    WINOGRAD_OUTPUT_ODD(V, y[1], y[3], half[0], half[1], half[2], half[3], half[4], half[5]);                  \
    _Pragma("clang loop unroll(full)") for (int s = 0; s < 4; s++) {                                           \
      if (!inside && !(rows >> (r) & columns >> s & 1)) continue;                                              \
      const ptrdiff_t at = ((r) * width + s) * (ptrdiff_t)filters + (ptrdiff_t)k;                              \
      V value = y[s];                                                                                          \
      if (bias) value += LOAD(bias + k);                                                                       \
      if (addend) value += LOAD(addend + at);                                                                  \
      STORE(output + at, value);                                                                               \
    }                                                                                                          \
  } while (0)

#undef WINOGRAD_OUTPUT_TILE
#define WINOGRAD_OUTPUT_TILE(V, LOAD, STORE)                                                                   \
  do {                                                                                                         \
    WINOGRAD_OUTPUT_ROWS(V, LOAD, STORE, WINOGRAD_OUTPUT_EVEN, 0);                                             \
    WINOGRAD_OUTPUT_ROWS(V, LOAD, STORE, WINOGRAD_OUTPUT_ODD, 1);                                              \
  } while (0)

static inline __attribute__((always_inline)) void NAME(winograd_output_tile)(
    const T *m, const size_t plane, const size_t filters, ptrdiff_t width, unsigned rows, unsigned columns, const int inside,
    const T *bias, const T *addend, T *output) {
  size_t k = 0;
  for (; k + LANES <= filters; k += LANES) WINOGRAD_OUTPUT_TILE(NAME(vec), NAME(load), NAME(store));
  for (; k < filters; k++) WINOGRAD_OUTPUT_TILE(T, NAME(load1), NAME(store1));
}

static inline __attribute__((always_inline)) void NAME(winograd_output_of)(
    const gf_winograd *a, const size_t filters, const size_t row, const size_t plane, NAME(tile) tile, size_t count, const T *m,
    const T *bias, const T *addend) {
  const gf_winograd_shape *const shape = &a->shape;
  const ptrdiff_t width = (ptrdiff_t)shape->width;
  for (size_t t = 0; t < count; t++, m += row, tile = NAME(tile_after)(shape, tile)) {
    const size_t place = ((tile.image * shape->height + (size_t)tile.row) * shape->width + (size_t)tile.column) * filters;
    const unsigned rows = NAME(inside_bits)(tile.row, shape->height) & 15;
    const unsigned columns = NAME(inside_bits)(tile.column, shape->width) & 15;
    const T *const added = addend ? addend + place : 0;
    T *const output = (T *)a->output + place;
    if (rows == 15 && columns == 15)
      NAME(winograd_output_tile)(m, plane, filters, width, 0, 0, 1, bias, added, output);
    else
      NAME(winograd_output_tile)(m, plane, filters, width, rows, columns, 0, bias, added, output);
  }
}

static void NAME(winograd_output)(const gf_winograd *a, size_t row, size_t plane, NAME(tile) tile, size_t count, const T *m) {
  const T *const bias = a->bias, *const addend = a->addend;
  // What is absent is known to be absent, so that the inner loop need not ask.
  if (a->filters != USUAL_CHANNELS || plane != USUAL_PLANE)
    NAME(winograd_output_of)(a, a->filters, row, plane, tile, count, m, bias, addend);
  else if (addend)
    NAME(winograd_output_of)(a, USUAL_CHANNELS, USUAL_CHANNELS, USUAL_PLANE, tile, count, m, bias, addend);
  else if (bias)
    NAME(winograd_output_of)(a, USUAL_CHANNELS, USUAL_CHANNELS, USUAL_PLANE, tile, count, m, bias, 0);
  else
    NAME(winograd_output_of)(a, USUAL_CHANNELS, USUAL_CHANNELS, USUAL_PLANE, tile, count, m, 0, 0);
}

// Six of the products: of v[6][tile][v_row] with the weights of as many planes, into m; planes are `plane` elements apart.
static inline __attribute__((always_inline)) void NAME(winograd_products_of)(
    const T *weights, const size_t channels, const size_t filters, const size_t v_row, const size_t m_row, const size_t plane,
    size_t count, const int is_last, const T *v, T *m, NAME(meanwhile) *meanwhile) {
  const size_t u_plane = channels * m_row;
  for (size_t j = 0; j < 6; j++, weights += u_plane, v += plane, m += plane) {
    NAME(fetch_share)(&meanwhile->inputs, 0);
    NAME(fetch_share)(&meanwhile->outputs, 1);
    NAME(fetch_ahead_share)(&meanwhile->after);
    const ptrdiff_t ahead = is_last && j == 5 ? -35 * (ptrdiff_t)u_plane : (ptrdiff_t)u_plane;
    for (size_t k = 0; k < filters; k += FILTER_BLOCK)
      for (size_t t = 0; t < count; t += TILE_BLOCK) {
        const T *const values = v + t * v_row;
        T *const sums = m + t * m_row + k;
        // A smaller block for the last tiles. It may hold tiles of earlier runs, whose sums nobody reads.
        if (count - t > 4) NAME(winograd_product)(TILE_BLOCK, values, v_row, weights + k, m_row, channels, sums, ahead);
        else if (count - t > 2) NAME(winograd_product)(4, values, v_row, weights + k, m_row, channels, sums, ahead);
        else NAME(winograd_product)(2, values, v_row, weights + k, m_row, channels, sums, ahead);
      }
  }
}

static void NAME(winograd_products)(const T *weights, size_t channels, size_t filters, size_t v_row, size_t m_row, size_t plane,
    size_t count, int is_last, const T *v, T *m, NAME(meanwhile) *meanwhile) {
  if (channels == USUAL_CHANNELS && filters == USUAL_CHANNELS)
    NAME(winograd_products_of)(weights, USUAL_CHANNELS, USUAL_CHANNELS, USUAL_CHANNELS, USUAL_CHANNELS,
      USUAL_PLANE, count, is_last, v, m, meanwhile);
  else
    NAME(winograd_products_of)(weights, channels, filters, v_row, m_row, plane, count, is_last, v, m, meanwhile);
}

static void NAME(winograd_convolve)(const gf_winograd *a) {
  const gf_winograd_shape *const shape = &a->shape;
  const size_t channels = a->channels, filters = a->filters;
  const size_t v_row = gf_padded(channels, sizeof(T)), m_row = gf_padded(filters, sizeof(T));
  const size_t plane = WINOGRAD_PLANE(v_row > m_row ? v_row : m_row);
  T *const m = a->scratch, *const v = m + 36 * plane, *const zeros = v + 6 * plane;
  for (size_t c = 0; c < 6 * v_row; c++) zeros[c] = (T)0;
  const size_t tiles = NAME(tile_count)(shape);
  NAME(tile) tile = {0, 0, 0};
  NAME(meanwhile) meanwhile = {.after = NAME(fetch_after)(a, 36 * ((tiles + WINOGRAD_TILES - 1) / WINOGRAD_TILES))};
  for (size_t first = 0; first < tiles; first += WINOGRAD_TILES) {
    const size_t count = tiles - first < WINOGRAD_TILES ? tiles - first : WINOGRAD_TILES;
    NAME(tile) after = tile;
    meanwhile.outputs = NAME(fetch_tiles)(shape, a->output, filters, tile, count);
    for (int i = 0; i < 6; i++) {
      T *const sums = m + (size_t)(6 * i) * plane;
      after = NAME(winograd_input)(shape, a->source, channels, v_row, plane, tile, count, i, v, zeros);
      if (i == 0) meanwhile.inputs = NAME(fetch_tiles)(shape, a->source, channels, after, WINOGRAD_TILES);
      NAME(winograd_products)((const T *)a->weights + (size_t)(6 * i) * channels * m_row, channels, filters, v_row, m_row, plane,
          count, i == 5, v, sums, &meanwhile);
    }
    NAME(winograd_output)(a, m_row, plane, tile, count, m);
    tile = after;
  }
}

// --- weights and the sums of their gradient -------------------------------------------------------------------------

// Planes of weights are 4 KiB apart, or a multiple of it, so what lies at one place in all of them falls into one set of the
// first-level cache, which has room for a third of the lines. So a portion of a plane is read or written at a time, and what
// lies between the two one-dimensional transforms waits in the first-level cache.
#undef PORTION
#define PORTION (512 / sizeof(T))

static inline size_t NAME(portion_vectors)(size_t left) { return (left < PORTION ? left : PORTION) / LANES; }

// G of packed[tap][element] -> transformed[36][element], in binary64, rounded once.
static void NAME(winograd_weights)(const void *packed, size_t channels, size_t filters, int turned, void *transformed) {
  const size_t size = channels * gf_padded(filters, sizeof(T));
  for (size_t begin = 0; begin < size; begin += PORTION) {
    const size_t vectors = NAME(portion_vectors)(size - begin);
    const T *const w = (const T *)packed + begin;
    T *const u = (T *)transformed + begin;
    NAME(wide) half[3][PORTION / LANES][6];
    for (size_t s = 0; s < 3; s++)
      for (size_t l = 0; l < vectors; l++) {
        NAME(wide) g[3];
        for (size_t r = 0; r < 3; r++) {
          const size_t tap = turned ? 8 - (r * 3 + s) : r * 3 + s;
          g[r] = NAME(widen)(NAME(load)(w + tap * size + l * LANES));
        }
        WINOGRAD_WEIGHT(NAME(wide), half[s][l], g[0], g[1], g[2]);
      }
    for (size_t i = 0; i < 6; i++)
      for (size_t l = 0; l < vectors; l++) {
        NAME(wide) e[6];
        WINOGRAD_WEIGHT(NAME(wide), e, half[0][l][i], half[1][l][i], half[2][l][i]);
        for (size_t j = 0; j < 6; j++)
          NAME(store)(u + (i * 6 + j) * size + l * LANES, __builtin_convertvector(e[j], NAME(vec)));
      }
  }
}

// G' of sums[36][element] -> gradient[tap][element], likewise.
static void NAME(winograd_gradient_of_sums)(const T *sums, size_t size, T *gradient) {
  for (size_t begin = 0; begin < size; begin += PORTION) {
    const size_t vectors = NAME(portion_vectors)(size - begin);
    NAME(wide) half[6][PORTION / LANES][3];
    for (size_t j = 0; j < 6; j++)
      for (size_t l = 0; l < vectors; l++) {
        NAME(wide) e[6];
        for (size_t i = 0; i < 6; i++) e[i] = NAME(widen)(NAME(load)(sums + (i * 6 + j) * size + begin + l * LANES));
        WINOGRAD_WEIGHT_GRADIENT(NAME(wide), half[j][l], e[0], e[1], e[2], e[3], e[4], e[5]);
      }
    for (size_t r = 0; r < 3; r++)
      for (size_t l = 0; l < vectors; l++) {
        NAME(wide) g[3];
        WINOGRAD_WEIGHT_GRADIENT(
            NAME(wide), g, half[0][l][r], half[1][l][r], half[2][l][r], half[3][l][r], half[4][l][r], half[5][l][r]);
        for (size_t s = 0; s < 3; s++)
          NAME(store)(gradient + (r * 3 + s) * size + begin + l * LANES, __builtin_convertvector(g[s], NAME(vec)));
      }
  }
}

// --- weight gradient ------------------------------------------------------------------------------------------------

// A row of planes, (i, 0) ... (i, 5), of `count` tiles' transformed values. The next one is made, a few tiles at a time, while
// the products of the one before are added up, so that what it writes has time to reach the second-level cache; and the rows
// of pixels that it is going to read are fetched into the first-level cache, a line of each with a turn of the inner loop.
typedef struct {
  const gf_winograd_gradient *call;
  size_t count, made[2];  // tiles, of the inputs and of the output gradients
  NAME(tile) tile[2];     // the next of either
  int i;
  T *v, *d;               // [6][GRADIENT_PLANE(row)] each
  const T *zeros;
  const char *pixels[6];  // where rows begin that are still to be fetched
  int pixel_rows;
} NAME(plane_row);

#undef TILES_AT_A_TIME
#define TILES_AT_A_TIME 8

static inline int NAME(has_fewer)(const NAME(plane_row) *next) { return next->made[0] > next->made[1]; }

static void NAME(note_pixels)(NAME(plane_row) *next) {
  // Which rows of a tile's pixels a row of planes is made of, a bit each.
  static const unsigned char needed[2][6] = {{0x15, 0x1e, 0x1e, 0x1e, 0x1e, 0x2a}, {0x1, 0xf, 0xf, 0xf, 0xf, 0x8}};
  const gf_winograd_gradient *const a = next->call;
  const int which = NAME(has_fewer)(next);
  const NAME(tile) tile = next->tile[which];
  const size_t channels = which ? a->filters : a->channels;
  const T *const maps = which ? a->gradient : a->source;
  next->pixel_rows = 0;
  if (next->made[which] == next->count) return;
  for (int r = 0; r < 6; r++) {
    const ptrdiff_t y = tile.row + r - !which;
    if (!(needed[which][next->i] >> r & 1) || y < 0 || y >= (ptrdiff_t)a->shape.height) continue;
    const size_t pixel = (tile.image * a->shape.height + (size_t)y) * a->shape.width + (size_t)tile.column;
    next->pixels[next->pixel_rows++] = (const char *)(maps + pixel * channels);
  }
}

static void NAME(make_tiles)(NAME(plane_row) *next) {
  const gf_winograd_gradient *const a = next->call;
  const size_t v_row = gf_padded(a->channels, sizeof(T)), row = gf_padded(a->filters, sizeof(T));
  const int which = NAME(has_fewer)(next);
  const size_t made = next->made[which], left = next->count - made;
  const size_t count = left < TILES_AT_A_TIME ? left : TILES_AT_A_TIME;
  next->tile[which] =
      which ? NAME(winograd_spread)(&a->shape, a->gradient, a->filters, row, GRADIENT_PLANE(row), next->tile[which], count,
                  next->i, next->d + made * row, next->zeros)
            : NAME(winograd_input)(&a->shape, a->source, a->channels, v_row, GRADIENT_PLANE(v_row), next->tile[which], count,
                  next->i, next->v + made * v_row, next->zeros);
  next->made[which] += count;
  NAME(note_pixels)(next);
}

// Register block: CHANNELS channels x VECTOR_BLOCK vectors of filters, over the tiles at hand, ascending.
#undef WINOGRAD_GRADIENT_BLOCK
#define WINOGRAD_GRADIENT_BLOCK(CHANNELS)                                                                           \
  do {                                                                                                              \
    const T *const x = v + c, *const dy = d + k;                                                                    \
    T *const place = sums + c * row + k;                                                                            \
    const char *ahead[ROWS_AHEAD];                                                                                  \
    _Pragma("clang loop unroll(full)") for (int i = 0; i < ROWS_AHEAD; i++)                                         \
        ahead[i] = next->pixel_rows > 0 ? next->pixels[--next->pixel_rows] : (const char *)x;                       \
    NAME(vec) sum[CHANNELS][VECTOR_BLOCK];                                                                          \
    _Pragma("clang loop unroll(full)") for (int i = 0; i < CHANNELS; i++)                                           \
        _Pragma("clang loop unroll(full)") for (int j = 0; j < VECTOR_BLOCK; j++)                                   \
            sum[i][j] = begins ? (NAME(vec))(T)0 : NAME(load)(place + (size_t)i * row + j * LANES);                 \
    _Pragma("clang loop unroll(disable)") for (size_t t = 0; t < count; t++) {                                      \
      _Pragma("clang loop unroll(full)") for (int i = 0; i < ROWS_AHEAD; i++) {                                     \
        __builtin_prefetch(ahead[i]);                                                                               \
        ahead[i] += 64;                                                                                             \
      }                                                                                                             \
      NAME(vec) weight[VECTOR_BLOCK];                                                                               \
      _Pragma("clang loop unroll(full)") for (int j = 0; j < VECTOR_BLOCK; j++)                                     \
          weight[j] = NAME(load)(dy + t * row + j * LANES);                                                         \
      _Pragma("clang loop unroll(full)") for (int i = 0; i < CHANNELS; i++) {                                       \
        const NAME(vec) value = (NAME(vec))x[t * v_row + (size_t)i];                                                \
        _Pragma("clang loop unroll(full)") for (int j = 0; j < VECTOR_BLOCK; j++)                                   \
            sum[i][j] = FMA(value, weight[j], sum[i][j]);                                                           \
      }                                                                                                             \
    }                                                                                                               \
    _Pragma("clang loop unroll(full)") for (int i = 0; i < CHANNELS; i++)                                           \
        _Pragma("clang loop unroll(full)") for (int j = 0; j < VECTOR_BLOCK; j++)                                   \
            NAME(store)(place + (size_t)i * row + j * LANES, sum[i][j]);                                            \
  } while (0)

// How many of the channels that are left go as a block. Two smaller blocks at the end keep more sums in flight than a whole one
// and a rest of two.
static inline size_t NAME(channel_block)(size_t left) {
  if (left >= CHANNEL_BLOCK && left != 2 * CHANNEL_REST) return CHANNEL_BLOCK;
  return left >= CHANNEL_REST ? CHANNEL_REST : 1;
}

static inline size_t NAME(channel_blocks)(size_t channels) {
  size_t blocks = 0;
  for (size_t c = 0; c < channels; c += NAME(channel_block)(channels - c)) blocks++;
  return blocks;
}

// The sums of planes (i, 0) ... (i, 5) over `count` tiles; meanwhile the row of planes that comes next is made.
static inline __attribute__((always_inline)) void NAME(winograd_gradient_products_of)(
    T *sums, const size_t channels, const size_t filters, const size_t v_row, const size_t row, size_t count, int begins,
    const T *v, const T *d, NAME(plane_row) *next) {
  const size_t parts = 2 * ((next->count + TILES_AT_A_TIME - 1) / TILES_AT_A_TIME);
  const size_t blocks = 6 * ((filters + FILTER_BLOCK - 1) / FILTER_BLOCK) * NAME(channel_blocks)(channels);
  size_t due = 0;
  for (size_t j = 0; j < 6; j++, sums += channels * row, v += GRADIENT_PLANE(v_row), d += GRADIENT_PLANE(row))
    // Beyond the last filter lie sums that nobody reads.
    for (size_t k = 0; k < filters; k += FILTER_BLOCK)
      for (size_t c = 0, block; c < channels; c += block) {
        block = NAME(channel_block)(channels - c);
        if (block == CHANNEL_BLOCK) WINOGRAD_GRADIENT_BLOCK(CHANNEL_BLOCK);
        else if (block == CHANNEL_REST) WINOGRAD_GRADIENT_BLOCK(CHANNEL_REST);
        else WINOGRAD_GRADIENT_BLOCK(1);
        // Spread evenly over the blocks.
        for (due += parts; due >= blocks; due -= blocks) NAME(make_tiles)(next);
      }
}

static void NAME(winograd_gradient_products)(T *sums, size_t channels, size_t filters, size_t v_row, size_t row, size_t count,
    int begins, const T *v, const T *d, NAME(plane_row) *next) {
  if (channels == USUAL_CHANNELS && filters == USUAL_CHANNELS)
    NAME(winograd_gradient_products_of)(sums, USUAL_CHANNELS, USUAL_CHANNELS, USUAL_CHANNELS, USUAL_CHANNELS, count, begins,
      v, d, next);
  else
    NAME(winograd_gradient_products_of)(sums, channels, filters, v_row, row, count, begins, v, d, next);
}

static void NAME(winograd_weight_gradient)(const gf_winograd_gradient *a) {
  const size_t channels = a->channels, filters = a->filters;
  const size_t v_row = gf_padded(channels, sizeof(T)), row = gf_padded(filters, sizeof(T));
  const size_t v_size = 6 * GRADIENT_PLANE(v_row), d_size = 6 * GRADIENT_PLANE(row);
  T *const v = a->scratch, *const d = v + 2 * v_size, *const zeros = d + 2 * d_size;
  for (size_t c = 0; c < 6 * (v_row > row ? v_row : row); c++) zeros[c] = (T)0;
  T *const all_sums = a->accumulator;
  const size_t tiles = NAME(tile_count)(&a->shape), chunks = (tiles + GRADIENT_TILES - 1) / GRADIENT_TILES;
  NAME(plane_row) next = {.call = a, .count = tiles < GRADIENT_TILES ? tiles : GRADIENT_TILES, .v = v, .d = d, .zeros = zeros};
  while (next.made[1] < next.count) NAME(make_tiles)(&next);
  NAME(tile) begin = {0, 0, 0};
  // Row by row of planes, chunk by chunk of tiles.
  for (size_t r = 0; r < 6 * chunks; r++) {
    const NAME(plane_row) here = next;
    const size_t chunk = (r + 1) / 6, half = (r + 1) % 2;
    next.i = (int)((r + 1) % 6);
    if (next.i == 0) begin = here.tile[0];
    const size_t left = tiles > chunk * GRADIENT_TILES ? tiles - chunk * GRADIENT_TILES : 0;
    next.count = left < GRADIENT_TILES ? left : GRADIENT_TILES;
    next.v = v + half * v_size, next.d = d + half * d_size;
    next.tile[0] = next.tile[1] = begin;
    next.made[0] = next.made[1] = 0;
    NAME(note_pixels)(&next);
    NAME(winograd_gradient_products)(all_sums + (size_t)(6 * here.i) * channels * row, channels, filters, v_row, row, here.count,
        a->begins && r < 6, here.v, here.d, &next);
  }
  if (a->ends) NAME(winograd_gradient_of_sums)(all_sums, channels * row, a->sums);
}
