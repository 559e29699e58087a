// Average pooling over windows that do not overlap the border: output size (H - size) / stride + 1, rounded down.

static void NAME(average_pool_forward)(const void *input, size_t height, size_t width, size_t channels,
    size_t size_h, size_t size_w, size_t stride, void *output) {
  const T *const x = input;
  T *const y = output;
  const size_t rows = (height - size_h) / stride + 1, columns = (width - size_w) / stride + 1;
  const T count = (T)(size_h * size_w);
#define BODY(V, LOAD, STORE)                                                                       \
  V sum = (V)(T)0;                                                                                 \
  for (size_t r = 0; r < size_h; r++)                                                              \
    for (size_t s = 0; s < size_w; s++)                                                            \
      sum += LOAD(x + ((row * stride + r) * width + column * stride + s) * channels + c);          \
  STORE(y + i, sum / count);
  for (size_t row = 0; row < rows; row++) {
    for (size_t column = 0; column < columns; column++) {
      const size_t place = (row * columns + column) * channels;
      size_t c = 0;
      for (; c + LANES <= channels; c += LANES) {
        const size_t i = place + c;
        BODY(NAME(vec), NAME(load), NAME(store))
      }
      for (; c < channels; c++) {
        const size_t i = place + c;
        BODY(T, NAME(load1), NAME(store1))
      }
    }
  }
#undef BODY
}

// As average_pool_backward, where every pixel is in one window.
static void NAME(average_pool_backward_disjoint)(const T *dy, size_t rows, size_t columns, size_t channels, size_t size,
    T *dx) {
  const size_t width = columns * size;
  const T count = (T)(size * size);
#define BODY(V, LOAD, STORE)                                                          \
  const V share = (V)(T)0 + LOAD(window + c) / count;                                 \
  for (size_t r = 0; r < size; r++)                                                   \
    for (size_t s = 0; s < size; s++) STORE(pixels + (r * width + s) * channels + c, share);
  for (size_t row = 0; row < rows; row++)
    for (size_t column = 0; column < columns; column++) {
      const T *const window = dy + (row * columns + column) * channels;
      T *const pixels = dx + (row * size * width + column * size) * channels;
      size_t c = 0;
      for (; c + LANES <= channels; c += LANES) { BODY(NAME(vec), NAME(load), NAME(store)) }
      for (; c < channels; c++) { BODY(T, NAME(load1), NAME(store1)) }
    }
#undef BODY
}

// dx[h][w] = sum over the windows that hold (h, w), rows then columns ascending, of dy / count; from +0.
static void NAME(average_pool_backward)(const void *output_gradient, size_t height, size_t width, size_t channels,
    size_t size_h, size_t size_w, size_t stride, void *input_gradient) {
  const T *const dy = output_gradient;
  T *const dx = input_gradient;
  const size_t rows = (height - size_h) / stride + 1, columns = (width - size_w) / stride + 1;
  const T count = (T)(size_h * size_w);
  if (size_h == stride && size_w == stride && height == rows * stride && width == columns * stride)
    return NAME(average_pool_backward_disjoint)(dy, rows, columns, channels, stride, dx);
  for (size_t h = 0; h < height; h++)
    for (size_t w = 0; w < width; w++) {
      const size_t first_row = h < size_h ? 0 : (h - size_h) / stride + 1;
      const size_t first_column = w < size_w ? 0 : (w - size_w) / stride + 1;
      const size_t last_row = h / stride < rows ? h / stride + 1 : rows;
      const size_t last_column = w / stride < columns ? w / stride + 1 : columns;
#define BODY(V, LOAD, STORE)                                              \
  V sum = (V)(T)0;                                                        \
  for (size_t row = first_row; row < last_row; row++)                     \
    for (size_t column = first_column; column < last_column; column++)    \
      sum += LOAD(dy + (row * columns + column) * channels + c) / count;  \
  STORE(dx + (h * width + w) * channels + c, sum);
      size_t c = 0;
      for (; c + LANES <= channels; c += LANES) { BODY(NAME(vec), NAME(load), NAME(store)) }
      for (; c < channels; c++) { BODY(T, NAME(load1), NAME(store1)) }
#undef BODY
    }
}
