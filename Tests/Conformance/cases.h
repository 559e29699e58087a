#ifndef CONFORMANCE_CASES_H
#define CONFORMANCE_CASES_H

#include "digest.h"
#include "gf_kernels.h"
#include "inputs.h"

// One kernel of a table: runs shape `shape` (below `shapes`) on inputs of a family and digests everything it stored.
typedef struct {
  const char *name;
  size_t shapes;
  digest (*run)(const gf_kernels *kernels, size_t shape, family f);
} kernel_case;

extern const kernel_case kernel_cases[];
extern const size_t kernel_case_count;

// A primitive that is compiled once for all instruction sets.
typedef struct {
  const char *name;
  digest (*run)(void);
} common_case;

// Whether the standard control word keeps subnormals and rounds to nearest even, and another is noticed and repaired.
int control_is_right(void);

extern const common_case common_cases[];
extern const size_t common_case_count;

#endif
