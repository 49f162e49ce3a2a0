/* SPDX-License-Identifier: BSD-3-Clause */
/* BGZF in: any range of the content, by several threads, of files that change meanwhile, within limits. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <io/bgzf.h>

#include "bgzf_builder.h"
#include "fixture.h"

Test(bgzf_ranges, any_range_is_that_slice) {
  static const size_t parts[] = {1, 3, 250, 4096, 65280};
  struct bytes content = mixed_bytes(150000);
  struct random random = random_from(test_seed());
  for (size_t p = 0; p < sizeof parts / sizeof parts[0]; p++) {
    struct bytes some = content;
    if (parts[p] < 250) some.size = 200 * parts[p];
    struct bytes bytes = bgzf_of(&some, parts[p]);
    struct rc_bgzf bgzf;
    bool is;
    const struct rc_bgzf_file file = {.data = bytes.data, .size = bytes.size, .path = "file"};
    cr_assert(rc_bgzf_open(&bgzf, &is, &file, &(struct rc_bgzf_options){.max_bytes = 1 << 20}, NULL) == ROWCAST_OK);
    cr_assert(is && bgzf.size == some.size);
    struct rc_bgzf_worker *worker = rc_bgzf_worker_create(&bgzf, RC_INFLATE_BEST);
    for (size_t i = 0; i < 600; i++) {
      /* Half of them begin or end beside the edge of a block. */
      size_t ends[2];
      for (int e = 0; e < 2; e++) {
        ends[e] = random_below(&random, some.size + 1);
        if (random_below(&random, 2) == 0) ends[e] = ends[e] / parts[p] * parts[p] + random_below(&random, 3);
        if (random_below(&random, 2) == 0 && ends[e] > 0) ends[e]--;
        if (ends[e] > some.size) ends[e] = some.size;
      }
      const size_t from = ends[0] < ends[1] ? ends[0] : ends[1], to = ends[0] < ends[1] ? ends[1] : ends[0];
      struct guarded out = guarded_alloc(to - from, i % 2 ? GUARD_AFTER : GUARD_BEFORE, 0);
      cr_assert(rc_bgzf_read(&bgzf, worker, from, to, out.data, NULL, NULL) == ROWCAST_OK);
      cr_assert(memcmp(out.data, some.data + from, to - from) == 0, "[%zu, %zu)", from, to);
      cr_assert(guarded_surroundings_intact(&out));
      guarded_free(&out);
    }
    rc_bgzf_worker_destroy(worker);
    rc_bgzf_close(&bgzf);
    bytes_free(&bytes);
  }
  bytes_free(&content);
}

static int asked;
static bool yes(void *user) {
  (void)user;
  return ++asked > 0;
}

Test(bgzf_ranges, limits_and_cancelling) {
  struct bytes content = mixed_bytes(3000), bytes = bgzf_of(&content, 1);
  struct rc_bgzf bgzf;
  rowcast_error error;
  unsigned char out[3000];
  bool is;
  const struct rc_bgzf_file file = {.data = bytes.data, .size = bytes.size, .path = "file"};
  const size_t needed = 3002 * sizeof(struct rc_bgzf_block);
  cr_assert(needed == (size_t)3002 * 16);
  struct rc_bgzf_options options = {.max_bytes = needed - 1};
  cr_assert_eq(rc_bgzf_open(&bgzf, &is, &file, &options, &error), ROWCAST_ERR_LIMIT);
  cr_assert(!is && strstr(error.text, "too many for a limit of 48031 bytes") != NULL, "%s", error.text);
  options.max_bytes = needed;
  cr_assert_eq(rc_bgzf_open(&bgzf, &is, &file, &options, &error), ROWCAST_OK);
  struct rc_bgzf_worker *worker = rc_bgzf_worker_create(&bgzf, RC_INFLATE_BEST);
  struct rc_ask ask = rc_ask_of(yes, NULL);
  ask.due = 1;
  cr_assert_eq(rc_bgzf_read(&bgzf, worker, 0, 3000, out, &ask, &error), ROWCAST_ERR_CANCELLED);
  cr_assert(asked == 1 && strcmp(error.text, "file: interrupted") == 0);
  rc_bgzf_close(&bgzf);
  rc_bgzf_worker_destroy(worker);
  ask = rc_ask_of(yes, NULL);
  ask.due = 1;
  options.ask = &ask;
  cr_assert_eq(rc_bgzf_open(&bgzf, &is, &file, &options, &error), ROWCAST_ERR_CANCELLED);
  cr_assert(asked == 2 && !is);
  bytes_free(&content);
  bytes_free(&bytes);
}

/* A file that is another one after it was opened. */
Test(bgzf_ranges, files_that_change) {
  struct bytes content = mixed_bytes(400000), bytes = bgzf_of(&content, 65280);
  const int fd = memfd_create("bgzf", MFD_CLOEXEC);
  cr_assert(write(fd, bytes.data, bytes.size) == (ssize_t)bytes.size);
  struct rc_bgzf bgzf;
  rowcast_error error;
  bool is;
  const struct rc_stream stream = {.fd = fd, .path = "file"};
  const struct rc_bgzf_file file = {.stream = &stream, .size = bytes.size, .path = "file"};
  const struct rc_bgzf_options options = {.max_bytes = 1 << 20};
  cr_assert_eq(rc_bgzf_open(&bgzf, &is, &file, &options, &error), ROWCAST_OK);
  struct rc_bgzf_worker *worker = rc_bgzf_worker_create(&bgzf, RC_INFLATE_BEST);
  unsigned char *out = malloc(content.size);
  const size_t last = (size_t)bgzf.blocks[5].at;
  cr_assert(pwrite(fd, "\x1c", 1, (off_t)last + 16) == 1); /* its size */
  cr_assert_eq(rc_bgzf_read(&bgzf, worker, 0, content.size, out, NULL, &error), ROWCAST_ERR_FORMAT);
  cr_assert(strstr(error.text, "BGZF: block 5 at byte ") != NULL && strstr(error.text, "has changed") != NULL, "%s",
            error.text);
  /* What does not touch it can be read. */
  cr_assert_eq(rc_bgzf_read(&bgzf, worker, 10, (uint64_t)5 * 65280, out, NULL, NULL), ROWCAST_OK);
  cr_assert(memcmp(out, content.data + 10, (size_t)5 * 65280 - 10) == 0);
  cr_assert(ftruncate(fd, (off_t)last + 100) == 0);
  cr_assert_eq(rc_bgzf_read(&bgzf, worker, 0, content.size, out, NULL, &error), ROWCAST_ERR_FORMAT);
  cr_assert(strstr(error.text, "has changed") != NULL, "%s", error.text);
  cr_assert_eq(rc_bgzf_open(&(struct rc_bgzf){0}, &is, &file, &options, &error), ROWCAST_ERR_FORMAT);
  cr_assert(strstr(error.text, "shorter while it was read") != NULL, "%s", error.text);
  close(fd);
  cr_assert_eq(rc_bgzf_read(&bgzf, worker, 0, content.size, out, NULL, &error), ROWCAST_ERR_IO);
  cr_assert(strstr(error.text, "cannot read: ") != NULL, "%s", error.text);
  free(out);
  rc_bgzf_worker_destroy(worker);
  rc_bgzf_close(&bgzf);
  bytes_free(&content);
  bytes_free(&bytes);
}

/* One table, one file, threads that read all of it in their own order. */
struct reading {
  const struct rc_bgzf *bgzf;
  const struct bytes *content;
  uint64_t seed;
  bool right;
};

static void *read_ranges(void *argument) {
  struct reading *reading = argument;
  const struct rc_bgzf *bgzf = reading->bgzf;
  struct random random = random_from(reading->seed);
  struct rc_bgzf_worker *worker = rc_bgzf_worker_create(bgzf, RC_INFLATE_BEST);
  unsigned char *out = malloc((size_t)bgzf->size);
  reading->right = worker != NULL && out != NULL;
  for (int i = 0; reading->right && i < 30; i++) {
    const size_t from = random_below(&random, (size_t)bgzf->size),
                 to = from + random_below(&random, (size_t)bgzf->size - from + 1);
    reading->right = rc_bgzf_read(bgzf, worker, from, to, out, NULL, NULL) == ROWCAST_OK &&
                     memcmp(out, reading->content->data + from, to - from) == 0;
  }
  free(out);
  rc_bgzf_worker_destroy(worker);
  return NULL;
}

Test(bgzf_ranges, threads) {
  enum { THREADS = 4 };
  struct bytes content = mixed_bytes(700000), bytes = bgzf_of(&content, 65280);
  const int fd = memfd_create("bgzf", MFD_CLOEXEC);
  cr_assert(write(fd, bytes.data, bytes.size) == (ssize_t)bytes.size);
  struct rc_bgzf bgzf;
  bool is;
  const struct rc_stream stream = {.fd = fd, .path = "file"};
  const struct rc_bgzf_file file = {.stream = &stream, .size = bytes.size, .path = "file"};
  cr_assert(rc_bgzf_open(&bgzf, &is, &file, &(struct rc_bgzf_options){.max_bytes = 1 << 20}, NULL) == ROWCAST_OK && is);
  pthread_t threads[THREADS];
  struct reading readings[THREADS];
  for (size_t i = 0; i < THREADS; i++) {
    readings[i] = (struct reading){&bgzf, &content, i + 1, false};
    cr_assert(pthread_create(&threads[i], NULL, read_ranges, &readings[i]) == 0);
  }
  for (size_t i = 0; i < THREADS; i++) {
    pthread_join(threads[i], NULL);
    cr_expect(readings[i].right);
  }
  rc_bgzf_close(&bgzf);
  close(fd);
  bytes_free(&content);
  bytes_free(&bytes);
}
