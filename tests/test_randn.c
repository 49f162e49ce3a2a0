/* SPDX-License-Identifier: BSD-3-Clause */
/* rowcast_randn() against PyTorch's own values (tests/data/make_randn_reference.py), up to the 2e-6 that the
 * header promises. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rowcast/experimental.h>

static const double tolerance = 2e-6;

/* The lists of make_randn_reference.py: these seeds, and for each of them counts 1..40, 100 and 7840. */
static const uint64_t seeds[] = {0, 1, 42, UINT64_C(123456789012)};
enum { SEEDS = sizeof seeds / sizeof seeds[0], SMALL_COUNTS = 40, COUNTS = SMALL_COUNTS + 2, MOST = 7840 };

static size_t count_at(size_t i) { return i < SMALL_COUNTS ? i + 1 : i == SMALL_COUNTS ? 100 : MOST; }

/* The floats of a file after its first `header` bytes; there must be exactly `count` of them. */
static float *read_floats(const char *name, size_t header, size_t count) {
  char path[1024];
  snprintf(path, sizeof path, "%s/tests/data/%s", ROWCAST_SOURCE_DIR, name);
  FILE *file = fopen(path, "rb");
  cr_assert(file != NULL, "cannot open %s", path);
  float *values = malloc((count + 1) * sizeof *values);
  cr_assert(values != NULL);
  cr_assert(fseek(file, (long)header, SEEK_SET) == 0);
  const size_t got = fread(values, 1, (count + 1) * sizeof *values, file);
  cr_assert(got == count * sizeof *values, "%s: %zu bytes after byte %zu, expected %zu", path, got, header,
            count * sizeof *values);
  fclose(file);
  return values;
}

static void expect_close(uint64_t seed, const float *got, const float *expected, size_t count) {
  for (size_t i = 0; i < count; i++)
    cr_assert(fabs((double)got[i] - (double)expected[i]) <= tolerance,
              "seed %llu, value %zu of %zu: %.9g, PyTorch has %.9g", (unsigned long long)seed, i, count, (double)got[i],
              (double)expected[i]);
}

Test(randn, every_count_and_seed_of_the_reference) {
  size_t total = 0;
  for (size_t i = 0; i < COUNTS; i++) total += count_at(i);
  float *reference = read_floats("randn_reference.f32", 0, SEEDS * total);
  float *values = malloc(MOST * sizeof *values);
  cr_assert(values != NULL);
  const float *expected = reference;
  for (size_t s = 0; s < SEEDS; s++)
    for (size_t i = 0; i < COUNTS; i++) {
      const size_t count = count_at(i);
      cr_assert(rowcast_randn(seeds[s], values, count) == ROWCAST_OK);
      expect_close(seeds[s], values, expected, count);
      expected += count;
    }
  free(values);
  free(reference);
}

/* The article's weights: torch.manual_seed(1); torch.randn(784, 10). */
Test(randn, weights_of_the_article) {
  enum { NPY_HEADER = 128 };
  float *expected = read_floats("torch_randn_seed1_784x10.npy", NPY_HEADER, MOST);
  float *values = malloc(MOST * sizeof *values);
  cr_assert(values != NULL);
  cr_assert(rowcast_randn(1, values, MOST) == ROWCAST_OK);
  expect_close(1, values, expected, MOST);
  free(values);
  free(expected);
}

/* Only the low 32 bits of a seed count. */
Test(randn, high_bits_of_the_seed_are_ignored) {
  enum { COUNT = 48 };
  static const size_t counts[] = {5, COUNT};
  for (size_t i = 0; i < 2; i++) {
    float low[COUNT], high[COUNT], other[COUNT];
    cr_assert(rowcast_randn(7, low, counts[i]) == ROWCAST_OK);
    cr_assert(rowcast_randn((UINT64_C(0xabcdef01) << 32) + 7, high, counts[i]) == ROWCAST_OK);
    cr_assert(rowcast_randn(8, other, counts[i]) == ROWCAST_OK);
    cr_assert(memcmp(low, high, counts[i] * sizeof *low) == 0);
    cr_assert(memcmp(low, other, counts[i] * sizeof *low) != 0);
  }
}

/* Exactly count values are written, the ends of both paths and of a group included. */
Test(randn, writes_nothing_after_its_values) {
  enum { COUNT = 70 };
  for (size_t count = 0; count < COUNT; count++) {
    float values[COUNT + 1];
    for (size_t i = 0; i <= COUNT; i++) values[i] = 1234.5f;
    cr_assert(rowcast_randn(3, values, count) == ROWCAST_OK);
    for (size_t i = 0; i <= COUNT; i++)
      cr_assert((values[i] == 1234.5f) == (i >= count), "count %zu: value %zu is %g", count, i, (double)values[i]);
  }
}

/* Bits, not only closeness: the same on every machine. A hash of the bit patterns of the article's weights,
 * recorded once. */
Test(randn, same_bits_everywhere) {
  float *values = malloc(MOST * sizeof *values);
  cr_assert(values != NULL);
  cr_assert(rowcast_randn(1, values, MOST) == ROWCAST_OK);
  uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a over 32-bit words */
  for (size_t i = 0; i < MOST; i++) {
    uint32_t bits;
    memcpy(&bits, values + i, sizeof bits);
    hash = (hash ^ bits) * UINT64_C(1099511628211);
  }
  cr_assert(hash == UINT64_C(0xb551531df705e859), "hash 0x%016llx", (unsigned long long)hash);
  free(values);
}

Test(randn, arguments) {
  cr_assert(rowcast_randn(1, NULL, 0) == ROWCAST_OK);
  cr_assert(rowcast_randn(1, NULL, 1) == ROWCAST_ERR_ARGUMENT);
  cr_assert(rowcast_randn(1, NULL, 16) == ROWCAST_ERR_ARGUMENT);
}
