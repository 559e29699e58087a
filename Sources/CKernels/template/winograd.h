// 3 x 3 convolution with stride 1 and padding 1 by minimal filtering, F(4 x 4, 3 x 3): a tile of 4 x 4 outputs takes 36
// multiplications a channel instead of 144. Sources: Winograd, Arithmetic Complexity of Computations (SIAM, 1980), ch. IV;
// Lavin & Gray, arXiv:1509.09308. Expects vector.h, pointwise.h's load1 and store1, and the register block of the
// instruction set: TILE_BLOCK tiles x VECTOR_BLOCK vectors, CHANNEL_BLOCK channels x VECTOR_BLOCK vectors.
//
// Evaluation at the points 0, p, -p, q, -q and infinity. With P = p^2, Q = q^2, the one-dimensional transforms are
//   input     B': 6 -> 6   coefficients of the product of (z - point) over the other finite points;
//                          at infinity of the product over all
//   output    A': 6 -> 4   powers 0 to 3 of the points; at infinity only the last output
//   spread    A : 4 -> 6   its transpose, for the output gradient in the weight gradient
//   weights   G : 3 -> 6   powers 0 to 2 of the points, divided by the product of (point - other points)
// and B' (x) G (w) A make y = A' [(G w) * (B' x)]; the weight gradient is G' [(B' x) * (A dy)] by transposition.
//
// p = 5/8 and q = 3/2: every constant but G's is exact in binary32, and with p q near 1 no transform's entries are large.
// On the production shapes the error is less than half of what the customary points 1 and 2 give, the largest less than a
// third: twice the direct sum's (PrecisionConvolution.swift measures it).
// G is applied in binary64 and rounded once. A transform runs over rows (r) first, then columns (s), in the order written.

#define WINOGRAD_p ((T)0.625)
#define WINOGRAD_q ((T)1.5)
#define WINOGRAD_P ((T)0.390625)
#define WINOGRAD_Q ((T)2.25)
#define WINOGRAD_PQ ((T)0.87890625)        // P Q
#define WINOGRAD_SUM ((T)2.640625)         // P + Q
#define WINOGRAD_p3 ((T)0.244140625)       // p^3
#define WINOGRAD_q3 ((T)3.375)             // q^3
// The divisors in G. At 0: P Q = 225/256. At p and -p: 2 P (P - Q) = -2975/2048. At q and -q: 2 Q (Q - P) = 1071/128.
#define WINOGRAD_N0 (256.0 / 225.0)
#define WINOGRAD_Np (-2048.0 / 2975.0)
#define WINOGRAD_Nq (128.0 / 1071.0)

// B': in[0..5] -> out[0..5]
#define WINOGRAD_INPUT(V, out, d0, d1, d2, d3, d4, d5)                            \
  do {                                                                            \
    const V even_p = FMA((V)-WINOGRAD_Q, d2, d4), odd_p = FMA((V)-WINOGRAD_Q, d1, d3); \
    const V even_q = FMA((V)-WINOGRAD_P, d2, d4), odd_q = FMA((V)-WINOGRAD_P, d1, d3); \
    (out)[0] = FMA((V)WINOGRAD_PQ, d0, FMA((V)-WINOGRAD_SUM, d2, d4));            \
    (out)[1] = FMA((V)WINOGRAD_p, odd_p, even_p);                                 \
    (out)[2] = FMA((V)-WINOGRAD_p, odd_p, even_p);                                \
    (out)[3] = FMA((V)WINOGRAD_q, odd_q, even_q);                                 \
    (out)[4] = FMA((V)-WINOGRAD_q, odd_q, even_q);                                \
    (out)[5] = FMA((V)WINOGRAD_PQ, d1, FMA((V)-WINOGRAD_SUM, d3, d5));            \
  } while (0)

// A': m[0..5] -> out[0..3]
#define WINOGRAD_OUTPUT(V, out, m0, m1, m2, m3, m4, m5)                           \
  do {                                                                            \
    const V sum_p = (m1) + (m2), sum_q = (m3) + (m4);                             \
    const V difference_p = (m1) - (m2), difference_q = (m3) - (m4);               \
    (out)[0] = ((m0) + sum_p) + sum_q;                                            \
    (out)[1] = FMA((V)WINOGRAD_p, difference_p, (V)WINOGRAD_q * difference_q);    \
    (out)[2] = FMA((V)WINOGRAD_P, sum_p, (V)WINOGRAD_Q * sum_q);                  \
    (out)[3] = FMA((V)WINOGRAD_p3, difference_p, FMA((V)WINOGRAD_q3, difference_q, m5)); \
  } while (0)

// A: d[0..3] -> out[0..5]
#define WINOGRAD_SPREAD(V, out, d0, d1, d2, d3)                                   \
  do {                                                                            \
    const V even_p = FMA((V)WINOGRAD_P, d2, d0), odd_p = FMA((V)WINOGRAD_P, d3, d1); \
    const V even_q = FMA((V)WINOGRAD_Q, d2, d0), odd_q = FMA((V)WINOGRAD_Q, d3, d1); \
    (out)[0] = d0;                                                                \
    (out)[1] = FMA((V)WINOGRAD_p, odd_p, even_p);                                 \
    (out)[2] = FMA((V)-WINOGRAD_p, odd_p, even_p);                                \
    (out)[3] = FMA((V)WINOGRAD_q, odd_q, even_q);                                 \
    (out)[4] = FMA((V)-WINOGRAD_q, odd_q, even_q);                                \
    (out)[5] = d3;                                                                \
  } while (0)

// G, in binary64: g[0..2] -> out[0..5]
#define WINOGRAD_WEIGHT(W, out, g0, g1, g2)                                       \
  do {                                                                            \
    const W even_p = FMA((W)0.390625, g2, g0), even_q = FMA((W)2.25, g2, g0);     \
    (out)[0] = (W)WINOGRAD_N0 * (g0);                                             \
    (out)[1] = (W)WINOGRAD_Np * FMA((W)0.625, g1, even_p);                        \
    (out)[2] = (W)WINOGRAD_Np * FMA((W)-0.625, g1, even_p);                       \
    (out)[3] = (W)WINOGRAD_Nq * FMA((W)1.5, g1, even_q);                          \
    (out)[4] = (W)WINOGRAD_Nq * FMA((W)-1.5, g1, even_q);                         \
    (out)[5] = g2;                                                                \
  } while (0)

// G', in binary64: m[0..5] -> out[0..2]
#define WINOGRAD_WEIGHT_GRADIENT(W, out, m0, m1, m2, m3, m4, m5)                  \
  do {                                                                            \
    const W sum_p = (W)WINOGRAD_Np * ((m1) + (m2)), sum_q = (W)WINOGRAD_Nq * ((m3) + (m4)); \
    const W difference_p = (W)WINOGRAD_Np * ((m1) - (m2));                        \
    const W difference_q = (W)WINOGRAD_Nq * ((m3) - (m4));                        \
    (out)[0] = FMA((W)WINOGRAD_N0, m0, sum_p + sum_q);                            \
    (out)[1] = FMA((W)0.625, difference_p, (W)1.5 * difference_q);                \
    (out)[2] = FMA((W)0.390625, sum_p, FMA((W)2.25, sum_q, m5));                  \
  } while (0)

// --- tiles ----------------------------------------------------------------------------------------------------------

// Where tile `index` of a run of images lies: tiles are numbered image by image, row by row.
typedef struct {
  ptrdiff_t row, column;  // of its first output pixel
  size_t image;
} NAME(tile);

static inline NAME(tile) NAME(tile_at)(const gf_winograd_shape *s, size_t index) {
  const size_t across = (s->width + 3) / 4, per_image = across * ((s->height + 3) / 4);
  const size_t image = index / per_image, rest = index % per_image;
  return (NAME(tile)){(ptrdiff_t)(rest / across) * 4, (ptrdiff_t)(rest % across) * 4, image};
}

static inline size_t NAME(tile_count)(const gf_winograd_shape *s) {
  return s->images * ((s->width + 3) / 4) * ((s->height + 3) / 4);
}

// Tiles that go through the three stages together, while they and the weights are in the second-level cache. No sum
// depends on it. GF_WINOGRAD_TILES, a multiple of every TILE_BLOCK.
// One more row of channels than tiles, so that the 36 planes do not meet in the same sets of the first-level cache.
#define WINOGRAD_PLANE(row) ((size_t)(GF_WINOGRAD_TILES + 1) * (row))

// Reads SIZE x SIZE pixels from (first_row, first_column) on, outside the map +0, and applies TRANSFORM_1D to columns and
// rows: SIZE -> 6. `v` is where [36 planes] of this tile begin.
#define WINOGRAD_FORWARD_TILE(V, LOAD, STORE, SIZE, TRANSFORM_1D)                                              \
  do {                                                                                                         \
    V half[SIZE][6];                                                                                           \
    _Pragma("clang loop unroll(full)") for (int s = 0; s < SIZE; s++) {                                        \
      V d[SIZE];                                                                                               \
      _Pragma("clang loop unroll(full)") for (int r = 0; r < SIZE; r++)                                        \
          d[r] = inside || (rows >> r & columns >> s & 1)                                                      \
                     ? LOAD(x + (r * width + s) * (ptrdiff_t)channels + c)                                     \
                     : (V)(T)0;                                                                                \
      TRANSFORM_1D(V, half[s], d);                                                                             \
    }                                                                                                          \
    _Pragma("clang loop unroll(full)") for (int i = 0; i < 6; i++) {                                           \
      V d[SIZE], e[6];                                                                                         \
      _Pragma("clang loop unroll(full)") for (int s = 0; s < SIZE; s++) d[s] = half[s][i];                     \
      TRANSFORM_1D(V, e, d);                                                                                   \
      _Pragma("clang loop unroll(full)") for (int j = 0; j < 6; j++) STORE(v + (size_t)(i * 6 + j) * plane + c, e[j]); \
    }                                                                                                          \
  } while (0)

#define WINOGRAD_INPUT_D(V, out, d) WINOGRAD_INPUT(V, out, d[0], d[1], d[2], d[3], d[4], d[5])
#define WINOGRAD_SPREAD_D(V, out, d) WINOGRAD_SPREAD(V, out, d[0], d[1], d[2], d[3])

// Bit r is set where row (column) first + r is inside a map of `size`.
static inline unsigned NAME(inside_bits)(ptrdiff_t first, size_t size) {
  unsigned bits = 0;
  for (int r = 0; r < 6; r++) bits |= (unsigned)(first + r >= 0 && first + r < (ptrdiff_t)size) << r;
  return bits;
}

#define WINOGRAD_FORWARD(FUNCTION, SIZE, FIRST, TRANSFORM_1D)                                                    \
  static inline __attribute__((always_inline)) void NAME(FUNCTION##_tile)(                                     \
      const T *x, ptrdiff_t width, size_t channels, unsigned rows, unsigned columns, int inside, size_t plane, T *v) { \
    size_t c = 0;                                                                                              \
    for (; c + LANES <= channels; c += LANES)                                                                  \
      WINOGRAD_FORWARD_TILE(NAME(vec), NAME(load), NAME(store), SIZE, TRANSFORM_1D);                           \
    for (; c < channels; c++) WINOGRAD_FORWARD_TILE(T, NAME(load1), NAME(store1), SIZE, TRANSFORM_1D);         \
  }                                                                                                            \
  /* Tiles [first, first + count) of `source` into planes [36][tile][row]. */                                  \
  static void NAME(FUNCTION)(const gf_winograd_shape *shape, const T *source, size_t channels, size_t row,     \
                             size_t first, size_t count, T *planes) {                                          \
    const ptrdiff_t width = (ptrdiff_t)shape->width;                                                           \
    const unsigned all = (1u << SIZE) - 1;                                                                     \
    for (size_t t = 0; t < count; t++) {                                                                       \
      const NAME(tile) tile = NAME(tile_at)(shape, first + t);                                                 \
      const ptrdiff_t r = tile.row + FIRST, s = tile.column + FIRST;                                           \
      const T *const x = source + ((ptrdiff_t)(tile.image * shape->height) * width + r * width + s) * (ptrdiff_t)channels; \
      const unsigned rows = NAME(inside_bits)(r, shape->height) & all;                                         \
      const unsigned columns = NAME(inside_bits)(s, shape->width) & all;                                       \
      T *const v = planes + t * row;                                                                           \
      if (rows == all && columns == all)                                                                       \
        NAME(FUNCTION##_tile)(x, width, channels, 0, 0, 1, WINOGRAD_PLANE(row), v);                            \
      else                                                                                                     \
        NAME(FUNCTION##_tile)(x, width, channels, rows, columns, 0, WINOGRAD_PLANE(row), v);                   \
    }                                                                                                          \
  }

WINOGRAD_FORWARD(winograd_input, 6, -1, WINOGRAD_INPUT_D)
WINOGRAD_FORWARD(winograd_spread, 4, 0, WINOGRAD_SPREAD_D)

// While the products are computed nothing else is asked of memory: the rows of pixels that the next tiles read or write are
// fetched meanwhile, a share with each of the 36.
typedef struct {
  const char *next, *end;
  size_t share;
} NAME(fetch);

// The `count` tiles from `first` on, of maps at `base`; beyond the last tile the maps that follow, if any.
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

// --- output and input gradient --------------------------------------------------------------------------------------

// One of the 36 products: m[tile][k] = sum over c ascending of fma(v[tile][c], u[c][k], .), from +0.
static inline __attribute__((always_inline)) void NAME(winograd_product)(
    const T *v, size_t v_row, const T *u, size_t u_row, size_t channels, T *m) {
  NAME(vec) sum[TILE_BLOCK][VECTOR_BLOCK];
#pragma clang loop unroll(full)
  for (int i = 0; i < TILE_BLOCK; i++)
#pragma clang loop unroll(full)
    for (int j = 0; j < VECTOR_BLOCK; j++) sum[i][j] = (NAME(vec))(T)0;
  for (size_t c = 0; c < channels; c++, u += u_row) {
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

#define WINOGRAD_OUTPUT_TILE(V, LOAD, STORE)                                                                   \
  do {                                                                                                         \
    V half[6][4];                                                                                              \
    _Pragma("clang loop unroll(full)") for (int j = 0; j < 6; j++) {                                           \
      V e[6];                                                                                                  \
      _Pragma("clang loop unroll(full)") for (int i = 0; i < 6; i++) e[i] = LOAD(m + (size_t)(i * 6 + j) * plane + k); \
      WINOGRAD_OUTPUT(V, half[j], e[0], e[1], e[2], e[3], e[4], e[5]);                                         \
    }                                                                                                          \
    _Pragma("clang loop unroll(full)") for (int r = 0; r < 4; r++) {                                           \
      V y[4];                                                                                                  \
      WINOGRAD_OUTPUT(V, y, half[0][r], half[1][r], half[2][r], half[3][r], half[4][r], half[5][r]);           \
      _Pragma("clang loop unroll(full)") for (int s = 0; s < 4; s++) {                                         \
        if (!inside && !(rows >> r & columns >> s & 1)) continue;                                              \
        const ptrdiff_t at = (r * width + s) * (ptrdiff_t)filters + (ptrdiff_t)k;                              \
        V value = y[s];                                                                                        \
        if (bias) value += LOAD(bias + k);                                                                     \
        if (addend) value += LOAD(addend + at);                                                                \
        STORE(output + at, value);                                                                             \
      }                                                                                                        \
    }                                                                                                          \
  } while (0)

static inline __attribute__((always_inline)) void NAME(winograd_output_tile)(
    const T *m, size_t plane, size_t filters, ptrdiff_t width, unsigned rows, unsigned columns, int inside,
    const T *bias, const T *addend, T *output) {
  size_t k = 0;
  for (; k + LANES <= filters; k += LANES) WINOGRAD_OUTPUT_TILE(NAME(vec), NAME(load), NAME(store));
  for (; k < filters; k++) WINOGRAD_OUTPUT_TILE(T, NAME(load1), NAME(store1));
}

static void NAME(winograd_convolve)(const gf_winograd *a) {
  const gf_winograd_shape *const shape = &a->shape;
  const size_t channels = a->channels, filters = a->filters;
  const size_t v_row = gf_padded(channels, sizeof(T)), m_row = gf_padded(filters, sizeof(T));
  T *const v = a->scratch, *const m = v + 36 * WINOGRAD_PLANE(v_row);
  const size_t tiles = NAME(tile_count)(shape);
  const ptrdiff_t width = (ptrdiff_t)shape->width;
  for (size_t first = 0; first < tiles; first += GF_WINOGRAD_TILES) {
    const size_t count = tiles - first < GF_WINOGRAD_TILES ? tiles - first : GF_WINOGRAD_TILES;
    NAME(winograd_input)(shape, a->source, channels, v_row, first, count, v);
    NAME(fetch) inputs = NAME(fetch_tiles)(shape, a->source, channels, first + count, GF_WINOGRAD_TILES);
    NAME(fetch) outputs = NAME(fetch_tiles)(shape, a->output, filters, first, count);
    for (size_t i = 0; i < 36; i++) {
      NAME(fetch_share)(&inputs, 0);
      NAME(fetch_share)(&outputs, 1);
      const T *const u = (const T *)a->weights + i * channels * m_row;
      for (size_t k = 0; k < filters; k += FILTER_BLOCK)
        // The last block may hold tiles of earlier runs; nobody reads their sums.
        for (size_t t = 0; t < count; t += TILE_BLOCK)
          NAME(winograd_product)(v + i * WINOGRAD_PLANE(v_row) + t * v_row, v_row, u + k, m_row, channels,
                                 m + i * WINOGRAD_PLANE(m_row) + t * m_row + k);
    }
    for (size_t t = 0; t < count; t++) {
      const NAME(tile) tile = NAME(tile_at)(shape, first + t);
      const size_t place = ((tile.image * shape->height + (size_t)tile.row) * shape->width + (size_t)tile.column) * filters;
      const unsigned rows = NAME(inside_bits)(tile.row, shape->height) & 15;
      const unsigned columns = NAME(inside_bits)(tile.column, shape->width) & 15;
      const T *const addend = a->addend ? (const T *)a->addend + place : 0;
      T *const output = (T *)a->output + place;
      if (rows == 15 && columns == 15)
        NAME(winograd_output_tile)(m + t * m_row, WINOGRAD_PLANE(m_row), filters, width, 0, 0, 1, a->bias, addend, output);
      else
        NAME(winograd_output_tile)(m + t * m_row, WINOGRAD_PLANE(m_row), filters, width, rows, columns, 0, a->bias, addend,
                                   output);
    }
  }
}

// --- weight gradient ------------------------------------------------------------------------------------------------

// Register block: CHANNELS_HERE channels x VECTOR_BLOCK vectors of filters, over the tiles at hand, ascending.
#define WINOGRAD_GRADIENT_BLOCK(CHANNELS_HERE)                                                                      \
  do {                                                                                                              \
    NAME(vec) sum[CHANNELS_HERE][VECTOR_BLOCK];                                                                     \
    _Pragma("clang loop unroll(full)") for (int i = 0; i < CHANNELS_HERE; i++)                                      \
        _Pragma("clang loop unroll(full)") for (int j = 0; j < VECTOR_BLOCK; j++)                                   \
            sum[i][j] = NAME(load)(sums + (size_t)i * row + j * LANES);                                             \
    for (size_t t = 0; t < count; t++) {                                                                            \
      NAME(vec) dy[VECTOR_BLOCK];                                                                                   \
      _Pragma("clang loop unroll(full)") for (int j = 0; j < VECTOR_BLOCK; j++)                                     \
          dy[j] = NAME(load)(d + t * row + j * LANES);                                                              \
      _Pragma("clang loop unroll(full)") for (int i = 0; i < CHANNELS_HERE; i++) {                                  \
        const NAME(vec) value = (NAME(vec))v[t * v_row + (size_t)i];                                                \
        _Pragma("clang loop unroll(full)") for (int j = 0; j < VECTOR_BLOCK; j++)                                   \
            sum[i][j] = FMA(value, dy[j], sum[i][j]);                                                               \
      }                                                                                                             \
    }                                                                                                               \
    _Pragma("clang loop unroll(full)") for (int i = 0; i < CHANNELS_HERE; i++)                                      \
        _Pragma("clang loop unroll(full)") for (int j = 0; j < VECTOR_BLOCK; j++)                                   \
            NAME(store)(sums + (size_t)i * row + j * LANES, sum[i][j]);                                             \
  } while (0)

static void NAME(winograd_weight_gradient)(const gf_winograd_gradient *a) {
  const gf_winograd_shape *const shape = &a->shape;
  const size_t channels = a->channels, filters = a->filters;
  const size_t v_row = gf_padded(channels, sizeof(T)), row = gf_padded(filters, sizeof(T));
  T *const planes = a->scratch, *const spread = planes + 36 * WINOGRAD_PLANE(v_row);
  T *const all_sums = a->accumulator;
  const size_t tiles = NAME(tile_count)(shape);
  if (a->begins)
    for (size_t i = 0; i < 36 * channels * row; i++) all_sums[i] = (T)0;
  for (size_t first = 0; first < tiles; first += GF_WINOGRAD_TILES) {
    const size_t count = tiles - first < GF_WINOGRAD_TILES ? tiles - first : GF_WINOGRAD_TILES;
    NAME(winograd_input)(shape, a->source, channels, v_row, first, count, planes);
    NAME(winograd_spread)(shape, a->gradient, filters, row, first, count, spread);
    NAME(fetch) inputs = NAME(fetch_tiles)(shape, a->source, channels, first + count, GF_WINOGRAD_TILES);
    NAME(fetch) gradients = NAME(fetch_tiles)(shape, a->gradient, filters, first + count, GF_WINOGRAD_TILES);
    for (size_t i = 0; i < 36; i++) {
      NAME(fetch_share)(&inputs, 0);
      NAME(fetch_share)(&gradients, 0);
      for (size_t k = 0; k < filters; k += FILTER_BLOCK) {
        // Beyond the last filter lie sums that nobody reads.
        const T *const d = spread + i * WINOGRAD_PLANE(row) + k;
        size_t c = 0;
        for (; c + CHANNEL_BLOCK <= channels; c += CHANNEL_BLOCK) {
          const T *const v = planes + i * WINOGRAD_PLANE(v_row) + c;
          T *const sums = all_sums + (i * channels + c) * row + k;
          WINOGRAD_GRADIENT_BLOCK(CHANNEL_BLOCK);
        }
        for (; c < channels; c++) {
          const T *const v = planes + i * WINOGRAD_PLANE(v_row) + c;
          T *const sums = all_sums + (i * channels + c) * row + k;
          WINOGRAD_GRADIENT_BLOCK(1);
        }
      }
    }
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
