// Dropout: y = dropped ? +0 : scale * x, an element being dropped where its 32-bit word of the stream is below the threshold.
// The same for a gradient. Source: Srivastava et al., JMLR 15 (2014), with the scale in training ("inverted").

#include "philox.h"

static void NAME(dropout)(const gf_dropout *a) {
  const T *const x = a->input;
  T *const y = a->output;
  const T scale = (T)a->scale;
  uint32_t words[256];
  for (size_t done = 0; done < a->count; done += 256) {
    const size_t part = a->count - done < 256 ? a->count - done : 256;
    philox_fill(a->key, a->first + done, words, part);
    for (size_t i = 0; i < part; i++) y[done + i] = words[i] < a->threshold ? (T)0 : scale * x[done + i];
  }
}
