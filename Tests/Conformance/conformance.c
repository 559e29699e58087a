// Prints a digest of every numeric primitive over a fixed set of seeded cases. Two machines, compilers or instruction
// sets that keep the reproducibility contract print the same lines.
//
//   conformance [--isa portable|avx2|avx512|neon|all] [--cases]
//
// With `all` (the default) every instruction set of the machine runs, and has to agree with the portable path.
// --cases prints a line for each shape and family of values: to find the first that differs.
// Exit codes: 0 all is equal; 1 an instruction set differs; 2 the machine lacks it; 64 usage.

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cases.h"
#include "gf_control.h"

static const char *const set_names[] = {"portable", "avx2", "avx512", "neon"};
enum {
  sets = sizeof set_names / sizeof *set_names,
  most_lines = 64,
};

typedef struct {
  digest digests[most_lines];
  size_t count;
} lines;

static uint64_t seed_of(const char *name) {
  digest d = DIGEST_START;
  while (*name) d = digest_byte(d, (unsigned char)*name++);
  return d;
}

// All kernels of one instruction set; prints a line for each if `print`.
static lines run_kernels(gf_instruction_set set, int print, int print_cases) {
  _Static_assert(most_lines >= 2 * sizeof(gf_kernels) / sizeof(void *), "room for the digests of a table");
  lines result = {{0}, 0};
  for (size_t i = 0; i < kernel_case_count; i++)
    for (size_t bytes = 4; bytes <= 8; bytes += 4) {
      const kernel_case *const kernel = &kernel_cases[i];
      const gf_kernels *const table = gf_kernels_find(set, bytes);
      const char *const type = bytes == 4 ? "f32" : "f64";
      digest all = DIGEST_START;
      for (family f = 0; f < FAMILIES; f++)
        for (size_t shape = 0; shape < kernel->shapes; shape++) {
          inputs_seed(seed_of(kernel->name) + 1000 * f + shape);
          const digest one = kernel->run(table, shape, f);
          inputs_release();
          all = digest_bits(all, one, 8);
          if (print_cases)
            printf("%s %s %s, shape %zu, %s: %016" PRIx64 "\n", kernel->name, type, set_names[set], shape,
                family_names[f], one);
        }
      if (print) printf("%-22s %s %016" PRIx64 "\n", kernel->name, type, all);
      result.digests[result.count++] = all;
    }
  return result;
}

static void run_common(void) {
  for (size_t i = 0; i < common_case_count; i++) {
    inputs_seed(seed_of(common_cases[i].name));
    printf("%-22s     %016" PRIx64 "\n", common_cases[i].name, common_cases[i].run());
  }
}

static int usage(void) {
  fprintf(stderr, "usage: conformance [--isa portable|avx2|avx512|neon|all] [--cases]\n");
  return 64;
}

int main(int count, char **options) {
  const char *wanted = "all";
  int print_cases = 0;
  for (int i = 1; i < count; i++) {
    if (strcmp(options[i], "--isa") == 0 && i + 1 < count) wanted = options[++i];
    else if (strcmp(options[i], "--cases") == 0) print_cases = 1;
    else return usage();
  }
  int known = 0, code = 0;
  if (!control_is_right()) {
    fprintf(stderr, "conformance: the floating-point control word is not what the contract asks for\n");
    code = 1;
  }
  gf_control_set_standard();

  lines first = {{0}, 0};
  for (int set = 0; set < sets; set++) {
    const int all = strcmp(wanted, "all") == 0, named = strcmp(wanted, set_names[set]) == 0;
    known = known || all || named;
    if (!all && !named) continue;
    if (!gf_kernels_find((gf_instruction_set)set, 4)) {
      if (!named) continue;
      fprintf(stderr, "conformance: this build or this machine has no %s\n", wanted);
      return 2;
    }
    const lines found = run_kernels((gf_instruction_set)set, first.count == 0, print_cases);
    size_t different = 0;
    for (size_t i = 0; first.count > 0 && i < found.count; i++)
      if (found.digests[i] != first.digests[i]) {
        fprintf(stderr, "conformance: %s %s: %s differs from portable (%016" PRIx64 ", expected %016" PRIx64 ")\n",
            kernel_cases[i / 2].name, i % 2 ? "f64" : "f32", set_names[set], found.digests[i], first.digests[i]);
        different++;
      }
    if (different) code = 1;
    fprintf(stderr, "%s: %zu digests, %zu different from the first set's\n", set_names[set], found.count, different);
    if (first.count == 0) first = found;
  }
  if (!known) return usage();
  run_common();
  return code;
}
