// Softmax cross-entropy of one example, in double: loss = log(sum exp(z - max)) + max - z[label].

static int NAME(cross_entropy)(const void *logits, size_t classes, size_t label, double weight, double *loss,
    void *gradient) {
  const T *const z = logits;
  T *const dz = gradient;
  size_t best = 0;
  for (size_t k = 1; k < classes; k++)
    if (z[k] > z[best]) best = k;
  const double largest = (double)z[best];
  double sum = 0;
  for (size_t k = 0; k < classes; k++) sum += gf_exp((double)z[k] - largest);
  *loss = (gf_log(sum) + largest) - (double)z[label];
  if (dz)
    for (size_t k = 0; k < classes; k++) {
      const double share = gf_exp((double)z[k] - largest) / sum;
      dz[k] = (T)((k == label ? share - 1.0 : share) * weight);
    }
  return best == label;
}
