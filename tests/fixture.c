/* SPDX-License-Identifier: BSD-3-Clause */
#include "fixture.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PATTERN = 0xa5 };

static _Noreturn void stop(const char *text) {
  perror(text);
  abort();
}

static size_t page_size(void) { return (size_t)sysconf(_SC_PAGESIZE); }

struct guarded guarded_alloc(size_t bytes, enum guard_side side, size_t gap) {
  const size_t page = page_size();
  size_t needed, inner, total;
  if (__builtin_add_overflow(bytes, gap, &needed) || __builtin_add_overflow(needed, page - 1, &inner) ||
      __builtin_add_overflow(inner / page * page, 2 * page, &total))
    stop("guarded_alloc: size");
  inner = inner / page * page;
  unsigned char *map = mmap(NULL, total, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (map == MAP_FAILED) stop("mmap");
  if (inner > 0 && mprotect(map + page, inner, PROT_READ | PROT_WRITE) != 0) stop("mprotect");
  memset(map + page, PATTERN, inner);
  unsigned char *data = side == GUARD_AFTER ? map + page + inner - gap - bytes : map + page + gap;
  return (struct guarded){data, bytes, map, total};
}

static void protect(const struct guarded *buffer, int protection) {
  const size_t page = page_size(), inner = buffer->map_bytes - 2 * page;
  if (inner > 0 && mprotect(buffer->map + page, inner, protection) != 0) stop("mprotect");
}

void guarded_make_readonly(const struct guarded *buffer) { protect(buffer, PROT_READ); }

void guarded_hide(const struct guarded *buffer) { protect(buffer, PROT_NONE); }

bool guarded_surroundings_intact(const struct guarded *buffer) {
  const unsigned char *end = buffer->map + buffer->map_bytes - page_size();
  for (const unsigned char *at = buffer->map + page_size(); at < buffer->data; at++)
    if (*at != PATTERN) return false;
  for (const unsigned char *at = buffer->data + buffer->bytes; at < end; at++)
    if (*at != PATTERN) return false;
  return true;
}

void guarded_free(struct guarded *buffer) {
  if (buffer->map != NULL && munmap(buffer->map, buffer->map_bytes) != 0) stop("munmap");
  *buffer = (struct guarded){0};
}

/* A linear congruential generator modulo 2^64 (Knuth's MMIX constants), of which the upper bits are used. */
static uint32_t draw(struct random *random) {
  random->state = random->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (uint32_t)(random->state >> 32);
}

struct random random_from(uint64_t seed) {
  struct random random = {seed};
  /* Neighbouring seeds would begin alike. */
  for (int i = 0; i < 4; i++) random.state ^= (uint64_t)draw(&random) << 17;
  return random;
}

size_t random_below(struct random *random, size_t below) {
  return (size_t)((uint64_t)draw(random) * (uint64_t)below >> 32);
}

float random_float(struct random *random, int low, int high) {
  const uint32_t bits = draw(random);
  const int exponent = low + (int)random_below(random, (size_t)(high - low));
  /* Sign, then 23 bits after a leading 1. */
  const float magnitude = ldexpf((float)(0x800000u | (bits >> 8 & 0x7fffffu)), exponent - 23);
  return bits & 1 ? -magnitude : magnitude;
}

uint64_t test_seed(void) {
  const char *text = getenv("ROWCAST_TEST_SEED");
  if (text == NULL || *text == '\0') return 1;
  char *end;
  errno = 0;
  const unsigned long long seed = strtoull(text, &end, 10);
  if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0) {
    fprintf(stderr, "ROWCAST_TEST_SEED: '%s' is not a whole number from 0 to %llu\n", text, ULLONG_MAX);
    exit(2);
  }
  return seed;
}
