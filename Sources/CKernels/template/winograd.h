// 3 x 3 convolution by minimal filtering: the products between the transforms. Expects winograd_tiles.h, and the register
// block of the instruction set: TILE_BLOCK tiles x VECTOR_BLOCK vectors, CHANNEL_BLOCK channels x VECTOR_BLOCK vectors.

// --- prefetching ----------------------------------------------------------------------------------------------------

// The 36 products read only the cache, so memory is idle. Meanwhile the rows of pixels that the next tiles read or write are
// prefetched into the second-level cache: one thirty-sixth with each product.
typedef struct {
  const char *next, *end;
  size_t share;
} NAME(fetch);

// The rows of `count` tiles from `first` on, of the maps at `base`. Tiles beyond the last one belong to the next maps.
static inline NAME(fetch) NAME(fetch_tiles)(const gf_winograd_shape *shape, const void *base, size_t channels, size_t first,
    size_t count) {
  const NAME(tile) tile = NAME(tile_at)(shape, first), end = NAME(tile_at)(shape, first + count);
  const size_t row_bytes = shape->width * channels * sizeof(T);
  const char *const begin = (const char *)base + (tile.image * shape->height + (size_t)tile.row) * row_bytes;
  const char *const stop = (const char *)base + (end.image * shape->height + (size_t)end.row) * row_bytes;
  return (NAME(fetch)){begin, stop, ((size_t)(stop - begin) / 36 + 63) / 64 * 64};
}

static inline __attribute__((always_inline)) void NAME(fetch_share)(NAME(fetch) *fetch, const int for_writing) {
  for (size_t at = 0; at < fetch->share && fetch->next < fetch->end; at += 64, fetch->next += 64) {
    if (for_writing) __builtin_prefetch(fetch->next, 1);
    else __builtin_prefetch(fetch->next, 0, 2);
  }
}

// The planes of the next product are prefetched into the first-level cache: one cache line with each iteration of the inner
// loop. `ahead` is the address that lies `offset` bytes into the ranges, taken one after another. Beyond the last range it is
// the first address again, which is in the cache already.
typedef struct {
  const void *begin;
  size_t bytes;
} NAME(range);

static inline __attribute__((always_inline)) const char *NAME(ahead)(const NAME(range) *ranges, int count, size_t offset) {
  _Pragma("clang loop unroll(full)") for (int i = 0; i < count; i++) {
    if (offset < ranges[i].bytes) return (const char *)ranges[i].begin + offset;
    offset -= ranges[i].bytes;
  }
  return ranges[0].begin;
}

// --- output and input gradient --------------------------------------------------------------------------------------

// One of the 36 products: m[tile][k] = sum over c ascending of fma(v[tile][c], u[c][k], .), from +0.
static inline __attribute__((always_inline)) void NAME(winograd_product)(
    const T *v, const size_t v_row, const T *u, const size_t u_row, const size_t channels, T *m, const char *ahead) {
  NAME(vec) sum[TILE_BLOCK][VECTOR_BLOCK];
#pragma clang loop unroll(full)
  for (int i = 0; i < TILE_BLOCK; i++)
#pragma clang loop unroll(full)
    for (int j = 0; j < VECTOR_BLOCK; j++) sum[i][j] = (NAME(vec))(T)0;
  // Left to itself the compiler unrolls this where the number of turns is known, and runs out of registers.
#pragma clang loop unroll(disable)
  for (size_t c = 0; c < channels; c++, u += u_row, ahead += 64) {
    __builtin_prefetch(ahead);
    NAME(vec) weight[VECTOR_BLOCK];
#pragma clang loop unroll(full)
    for (int j = 0; j < VECTOR_BLOCK; j++) weight[j] = NAME(load)(u + j * LANES);
#pragma clang loop unroll(full)
    for (int i = 0; i < TILE_BLOCK; i++) {
      const NAME(vec) value = (NAME(vec))v[(size_t)i * v_row + c];
#pragma clang loop unroll(full)
      for (int j = 0; j < VECTOR_BLOCK; j++) sum[i][j] = FMA(value, weight[j], sum[i][j]);
    }
  }
#pragma clang loop unroll(full)
  for (int i = 0; i < TILE_BLOCK; i++)
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
    const gf_winograd *a, const size_t filters, const size_t row, size_t first, size_t count, const T *m, const T *bias,
    const T *addend) {
  const gf_winograd_shape *const shape = &a->shape;
  const ptrdiff_t width = (ptrdiff_t)shape->width;
  const size_t plane = WINOGRAD_PLANE(row);
  NAME(tile) tile = NAME(tile_at)(shape, first);
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

static void NAME(winograd_output)(const gf_winograd *a, size_t row, size_t first, size_t count, const T *m) {
  const T *const bias = a->bias, *const addend = a->addend;
  // What is absent is known to be absent, so that the inner loop need not ask.
  if (a->filters != USUAL_CHANNELS)
    NAME(winograd_output_of)(a, a->filters, row, first, count, m, bias, addend);
  else if (addend)
    NAME(winograd_output_of)(a, USUAL_CHANNELS, USUAL_CHANNELS, first, count, m, bias, addend);
  else if (bias)
    NAME(winograd_output_of)(a, USUAL_CHANNELS, USUAL_CHANNELS, first, count, m, bias, 0);
  else
    NAME(winograd_output_of)(a, USUAL_CHANNELS, USUAL_CHANNELS, first, count, m, 0, 0);
}

static inline __attribute__((always_inline)) void NAME(winograd_products)(
    const gf_winograd *a, const size_t channels, const size_t filters, const size_t v_row, const size_t m_row, size_t count,
    const T *v, T *m, NAME(fetch) inputs, NAME(fetch) outputs) {
  const T *const weights = a->weights;
  const size_t u_plane = channels * m_row, v_plane = WINOGRAD_PLANE(v_row), m_plane = WINOGRAD_PLANE(m_row);
  for (size_t i = 0; i < 36; i++) {
    NAME(fetch_share)(&inputs, 0);
    NAME(fetch_share)(&outputs, 1);
    const size_t next = (i + 1) % 36;
    const NAME(range) ahead[2] = {
        {weights + next * u_plane, u_plane * sizeof(T)}, {v + next * v_plane, count * v_row * sizeof(T)}};
    size_t fetched = 0;
    for (size_t k = 0; k < filters; k += FILTER_BLOCK)
      // The last block may hold tiles of earlier runs; nobody reads their sums.
      for (size_t t = 0; t < count; t += TILE_BLOCK, fetched += channels * 64)
        NAME(winograd_product)(v + i * v_plane + t * v_row, v_row, weights + i * u_plane + k, m_row, channels,
          m + i * m_plane + t * m_row + k, NAME(ahead)(ahead, 2, fetched));
  }
}

static void NAME(winograd_convolve)(const gf_winograd *a) {
  const gf_winograd_shape *const shape = &a->shape;
  const size_t channels = a->channels, filters = a->filters;
  const size_t v_row = gf_padded(channels, sizeof(T)), m_row = gf_padded(filters, sizeof(T));
  T *const v = a->scratch, *const m = v + 36 * WINOGRAD_PLANE(v_row), *const columns = m + 36 * WINOGRAD_PLANE(m_row);
  const size_t tiles = NAME(tile_count)(shape);
  for (size_t first = 0; first < tiles; first += GF_WINOGRAD_TILES) {
    const size_t count = tiles - first < GF_WINOGRAD_TILES ? tiles - first : GF_WINOGRAD_TILES;
    NAME(winograd_input)(shape, a->source, channels, v_row, first, count, v, columns);
    const NAME(fetch) inputs = NAME(fetch_tiles)(shape, a->source, channels, first + count, GF_WINOGRAD_TILES);
    const NAME(fetch) outputs = NAME(fetch_tiles)(shape, a->output, filters, first, count);
    if (channels == USUAL_CHANNELS && filters == USUAL_CHANNELS)
      NAME(winograd_products)(a, USUAL_CHANNELS, USUAL_CHANNELS, USUAL_CHANNELS, USUAL_CHANNELS, count, v, m, inputs, outputs);
    else
      NAME(winograd_products)(a, channels, filters, v_row, m_row, count, v, m, inputs, outputs);
    NAME(winograd_output)(a, m_row, first, count, m);
  }
}

// --- weight gradient ------------------------------------------------------------------------------------------------

// Register block: CHANNELS channels x VECTOR_BLOCK vectors of filters, over the tiles at hand, ascending.
#undef WINOGRAD_GRADIENT_BLOCK
#define WINOGRAD_GRADIENT_BLOCK(CHANNELS)                                                                           \
  do {                                                                                                              \
    const T *const v = v_plane + c, *const d = d_plane + k;                                                         \
    T *const sums = s_plane + c * row + k;                                                                          \
    const char *next = NAME(ahead)(ahead, 3, fetched);                                                              \
    fetched += count * 64;                                                                                          \
    NAME(vec) sum[CHANNELS][VECTOR_BLOCK];                                                                          \
    _Pragma("clang loop unroll(full)") for (int i = 0; i < CHANNELS; i++)                                           \
        _Pragma("clang loop unroll(full)") for (int j = 0; j < VECTOR_BLOCK; j++)                                   \
            sum[i][j] = NAME(load)(sums + (size_t)i * row + j * LANES);                                             \
    _Pragma("clang loop unroll(disable)") for (size_t t = 0; t < count; t++, next += 64) {                          \
      __builtin_prefetch(next);                                                                                     \
      NAME(vec) dy[VECTOR_BLOCK];                                                                                   \
      _Pragma("clang loop unroll(full)") for (int j = 0; j < VECTOR_BLOCK; j++)                                     \
          dy[j] = NAME(load)(d + t * row + j * LANES);                                                              \
      _Pragma("clang loop unroll(full)") for (int i = 0; i < CHANNELS; i++) {                                       \
        const NAME(vec) value = (NAME(vec))v[t * v_row + (size_t)i];                                                \
        _Pragma("clang loop unroll(full)") for (int j = 0; j < VECTOR_BLOCK; j++)                                   \
            sum[i][j] = FMA(value, dy[j], sum[i][j]);                                                               \
      }                                                                                                             \
    }                                                                                                               \
    _Pragma("clang loop unroll(full)") for (int i = 0; i < CHANNELS; i++)                                           \
        _Pragma("clang loop unroll(full)") for (int j = 0; j < VECTOR_BLOCK; j++)                                   \
            NAME(store)(sums + (size_t)i * row + j * LANES, sum[i][j]);                                             \
  } while (0)

static inline __attribute__((always_inline)) void NAME(winograd_gradient_products)(
    T *all_sums, const size_t channels, const size_t filters, const size_t v_row, const size_t row, size_t count,
    const T *planes, const T *spread, NAME(fetch) inputs, NAME(fetch) gradients) {
  for (size_t i = 0; i < 36; i++) {
    NAME(fetch_share)(&inputs, 0);
    NAME(fetch_share)(&gradients, 0);
    const T *const v_plane = planes + i * WINOGRAD_PLANE(v_row), *const d_plane = spread + i * WINOGRAD_PLANE(row);
    T *const s_plane = all_sums + i * channels * row;
    const size_t next = (i + 1) % 36;
    const NAME(range) ahead[3] = {{all_sums + next * channels * row, channels * row * sizeof(T)},
        {planes + next * WINOGRAD_PLANE(v_row), count * v_row * sizeof(T)},
        {spread + next * WINOGRAD_PLANE(row), count * row * sizeof(T)}};
    size_t fetched = 0;
    // Beyond the last filter lie sums that nobody reads.
    for (size_t k = 0; k < filters; k += FILTER_BLOCK) {
      size_t c = 0;
      for (; c + CHANNEL_BLOCK <= channels; c += CHANNEL_BLOCK) WINOGRAD_GRADIENT_BLOCK(CHANNEL_BLOCK);
      for (; c < channels; c++) WINOGRAD_GRADIENT_BLOCK(1);
    }
  }
}

static void NAME(winograd_weight_gradient)(const gf_winograd_gradient *a) {
  const gf_winograd_shape *const shape = &a->shape;
  const size_t channels = a->channels, filters = a->filters;
  const size_t v_row = gf_padded(channels, sizeof(T)), row = gf_padded(filters, sizeof(T));
  T *const planes = a->scratch, *const spread = planes + 36 * WINOGRAD_PLANE(v_row);
  T *const columns = spread + 36 * WINOGRAD_PLANE(row);
  T *const all_sums = a->accumulator;
  const size_t tiles = NAME(tile_count)(shape);
  if (a->begins)
    for (size_t i = 0; i < 36 * channels * row; i++) all_sums[i] = (T)0;
  for (size_t first = 0; first < tiles; first += GF_WINOGRAD_TILES) {
    const size_t count = tiles - first < GF_WINOGRAD_TILES ? tiles - first : GF_WINOGRAD_TILES;
    NAME(winograd_input)(shape, a->source, channels, v_row, first, count, planes, columns);
    NAME(winograd_spread)(shape, a->gradient, filters, row, first, count, spread, columns);
    const NAME(fetch) inputs = NAME(fetch_tiles)(shape, a->source, channels, first + count, GF_WINOGRAD_TILES);
    const NAME(fetch) gradients = NAME(fetch_tiles)(shape, a->gradient, filters, first + count, GF_WINOGRAD_TILES);
    if (channels == USUAL_CHANNELS && filters == USUAL_CHANNELS)
      NAME(winograd_gradient_products)(all_sums, USUAL_CHANNELS, USUAL_CHANNELS, USUAL_CHANNELS, USUAL_CHANNELS, count, planes,
        spread, inputs, gradients);
    else
      NAME(winograd_gradient_products)(all_sums, channels, filters, v_row, row, count, planes, spread, inputs, gradients);
  }
  if (!a->ends) return;
  // G' of the 36 sums, in binary64, rounded once.
  T *const out = a->sums;
  for (size_t c = 0; c < channels; c++)
    for (size_t k = 0; k < row; k += LANES) {
      NAME(wide) half[6][3];
      for (int j = 0; j < 6; j++) {
        NAME(wide) e[6];
        for (int i = 0; i < 6; i++) e[i] = NAME(widen)(NAME(load)(all_sums + ((size_t)(i * 6 + j) * channels + c) * row + k));
        WINOGRAD_WEIGHT_GRADIENT(NAME(wide), half[j], e[0], e[1], e[2], e[3], e[4], e[5]);
      }
      for (int r = 0; r < 3; r++) {
        NAME(wide) g[3];
        WINOGRAD_WEIGHT_GRADIENT(NAME(wide), g, half[0][r], half[1][r], half[2][r], half[3][r], half[4][r], half[5][r]);
        for (int s = 0; s < 3; s++)
          NAME(store)(out + ((size_t)(r * 3 + s) * channels + c) * row + k, __builtin_convertvector(g[s], NAME(vec)));
      }
    }
}

// --- weights --------------------------------------------------------------------------------------------------------

static void NAME(winograd_weights)(const void *packed, size_t channels, size_t filters, int turned, void *transformed) {
  const T *const w = packed;
  T *const u = transformed;
  const size_t row = gf_padded(filters, sizeof(T));
  for (size_t c = 0; c < channels; c++)
    for (size_t k = 0; k < row; k += LANES) {
      NAME(wide) half[3][6];
      for (int s = 0; s < 3; s++) {
        NAME(wide) g[3];
        for (int r = 0; r < 3; r++) {
          const int tap = turned ? 8 - (r * 3 + s) : r * 3 + s;
          g[r] = NAME(widen)(NAME(load)(w + ((size_t)tap * channels + c) * row + k));
        }
        WINOGRAD_WEIGHT(NAME(wide), half[s], g[0], g[1], g[2]);
      }
      for (int i = 0; i < 6; i++) {
        NAME(wide) e[6];
        WINOGRAD_WEIGHT(NAME(wide), e, half[0][i], half[1][i], half[2][i]);
        for (int j = 0; j < 6; j++)
          NAME(store)(u + ((size_t)(i * 6 + j) * channels + c) * row + k, __builtin_convertvector(e[j], NAME(vec)));
      }
    }
}
