// Updates of parameters: Adam, AdamW, stochastic gradient descent.

// `decays` is known where this is called: without decay, nothing of it is left.
static inline __attribute__((always_inline)) void NAME(adam_update)(
    const gf_adam_constants *k, int decays, double decay_in_double, const void *gradient, void *parameter, void *first,
    void *second, size_t count) {
  const T *const g = gradient;
  T *const p = parameter, *const m = first, *const v = second;
  const T beta1 = (T)k->beta1, beta2 = (T)k->beta2, rest1 = (T)k->one_minus_beta1, rest2 = (T)k->one_minus_beta2;
  const T step = (T)k->step, root = (T)k->root, epsilon = (T)k->epsilon, decay = (T)decay_in_double;
#define BODY(V, LOAD, STORE)                                               \
  const V grad = LOAD(g + i);                                              \
  const V old = decays ? LOAD(p + i) * decay : LOAD(p + i);                \
  const V m1 = FMA((V)beta1, LOAD(m + i), rest1 * grad);                   \
  const V v1 = FMA((V)beta2, LOAD(v + i), (rest2 * grad) * grad);          \
  STORE(m + i, m1);                                                        \
  STORE(v + i, v1);                                                        \
  STORE(p + i, old - (step * m1) / (__builtin_elementwise_sqrt(v1) / root + epsilon));
  size_t i = 0;
  for (; i + LANES <= count; i += LANES) { BODY(NAME(vec), NAME(load), NAME(store)) }
  for (; i < count; i++) { BODY(T, NAME(load1), NAME(store1)) }
#undef BODY
}

static void NAME(adam)(const gf_adam_constants *k, const void *gradient, void *parameter, void *first, void *second,
    size_t count) {
  NAME(adam_update)(k, 0, 1, gradient, parameter, first, second, count);
}

static void NAME(adamw)(const gf_adam_constants *k, double decay, const void *gradient, void *parameter, void *first,
    void *second, size_t count) {
  NAME(adam_update)(k, 1, decay, gradient, parameter, first, second, count);
}

static void NAME(sgd)(const gf_sgd_constants *k, const void *gradient, void *parameter, void *velocity, size_t count) {
  const T *const g = gradient;
  T *const p = parameter, *const v = velocity;
  const T rate = (T)k->rate, momentum = (T)k->momentum;
  const int nesterov = k->nesterov;
#define BODY(V, LOAD, STORE)                                               \
  V direction = LOAD(g + i);                                               \
  if (v) {                                                                 \
    const V moved = FMA((V)momentum, LOAD(v + i), direction);              \
    STORE(v + i, moved);                                                   \
    direction = nesterov ? FMA((V)momentum, moved, direction) : moved;     \
  }                                                                        \
  STORE(p + i, LOAD(p + i) - rate * direction);
  size_t i = 0;
  for (; i + LANES <= count; i += LANES) { BODY(NAME(vec), NAME(load), NAME(store)) }
  for (; i < count; i++) { BODY(T, NAME(load1), NAME(store1)) }
#undef BODY
}
