// Dropout: y = dropped ? +0 : scale * x, an element being dropped where its 32-bit word of the stream is below the threshold.
// The same for a gradient. Source: Srivastava et al., JMLR 15 (2014), with the scale in training ("inverted").

#include "philox.h"

static void NAME(dropout)(const gf_dropout *a) {
  const T *const x = a->input;
  T *const y = a->output;
  const T scale = (T)a->scale;
  uint32_t words[4 * philox_blocks];
  const size_t most = sizeof words / sizeof *words;
  for (size_t done = 0; done < a->count;) {
    const uint64_t word = a->first + done;
    const size_t left = a->count - done;
    size_t part = left < most ? left : most;
    if (word % 4 == 0 && part == most) {
      philox_words(a->key, word / 4, words);
    } else {
      // Up to the next whole block, or to the end.
      if (word % 4 != 0 && part > 4 - word % 4) part = 4 - word % 4;
      gf_philox_fill(a->key, word, words, part);
    }
    for (size_t i = 0; i < part; i++) y[done + i] = words[i] < a->threshold ? (T)0 : scale * x[done + i];
    done += part;
  }
}
