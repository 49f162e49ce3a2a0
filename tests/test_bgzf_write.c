/* SPDX-License-Identifier: BSD-3-Clause */
/* BGZF out: blocks as bgzip divides them, the same bytes from any number of threads, and what other programs make of
 * them, and we of theirs. */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <io/bgzf.h>
#include <io/bgzf_write.h>

#include "bgzf_builder.h"
#include "fixture.h"
#include "process.h"
#include "scene.h"

#define PLAY(name) cr_expect_eq(scene_play(#name, NULL), 0)

/* The linker puts this in the place of the real one (--wrap). */
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument);
static unsigned threads_allowed = 1000;
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument) {
  if (threads_allowed == 0) return EAGAIN;
  threads_allowed--;
  return __real_pthread_create(thread, attributes, start, argument);
}

static rowcast_status keep(void *to, const void *data, size_t size, rowcast_error *err) {
  (void)err;
  bytes_add(to, data, size);
  return ROWCAST_OK;
}

/* The content in BGZF, given in parts of at most `part` bytes, of random sizes. */
static struct bytes written(const struct bytes *content, size_t part, struct rc_bgzf_write options) {
  struct bytes bytes = {0};
  struct rc_bgzf_writer *writer;
  struct random random = random_from(test_seed());
  if (options.sink == NULL) options.sink = keep, options.to = &bytes;
  options.path = "file";
  cr_assert(rc_bgzf_writer_create(&writer, &options, NULL) == ROWCAST_OK);
  for (size_t at = 0, size; at < content->size; at += size) {
    size = random_below(&random, part) + 1;
    if (size > content->size - at) size = content->size - at;
    cr_assert(rc_bgzf_writer_add(writer, content->data + at, size, NULL) == ROWCAST_OK);
  }
  cr_assert(rc_bgzf_writer_end(writer, NULL) == ROWCAST_OK);
  rc_bgzf_writer_destroy(writer);
  return bytes;
}

static void expect_content(const struct bytes *bytes, const struct bytes *content) {
  struct bgzf_verdict verdict = bgzf_read_all(bytes, false);
  struct bytes out = {0};
  cr_assert_eq(verdict.kind, VERDICT_BGZF, "%s", verdict.error.text);
  cr_assert(gzip_read_all(bytes, false, &out));
  cr_assert(verdict.content.size == content->size && out.size == content->size);
  if (content->size > 0)
    cr_assert(memcmp(out.data, content->data, out.size) == 0 &&
              memcmp(verdict.content.data, content->data, out.size) == 0);
  cr_assert_eq(verdict.blocks, (content->size + RC_BGZF_DIVIDED - 1) / RC_BGZF_DIVIDED + 1);
  bytes_free(&verdict.content);
  bytes_free(&out);
}

/* Sizes around those of a block and of all slots; every level; both compressors. */
Test(bgzf_write, any_size_and_level) {
  static const size_t sizes[] = {0, 1, 1000, 65279, 65280, 65281, 3 * 65280, 3 * 65280 + 1, 700000};
  struct bytes content = mixed_bytes(700000);
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
    for (int level = 1; level <= 12; level += sizes[i] > 1000 ? 5 : 1)
      for (int kind = 0; kind < 2; kind++) {
        struct bytes some = {content.data, sizes[i], 0};
        const struct rc_bgzf_write options = {.level = level, .threads = 1, .kind = (enum rc_deflater_kind)kind};
        struct bytes bytes = written(&some, 100000, options);
        expect_content(&bytes, &some);
        bytes_free(&bytes);
      }
  bytes_free(&content);
}

Test(bgzf_write, no_content_is_the_end_alone) {
  struct bytes content = {0}, end = {0}, bytes = written(&content, 1, (struct rc_bgzf_write){.level = 6, .threads = 3});
  add_end(&end);
  cr_assert(bytes.size == end.size && memcmp(bytes.data, end.data, end.size) == 0);
  bytes_free(&bytes);
  bytes_free(&end);
}

/* What does not become smaller is stored, in blocks of no more than 64 KiB. */
Test(bgzf_write, noise) {
  struct random random = random_from(test_seed());
  struct bytes content = {0};
  for (size_t i = 0; i < 200000; i++) bytes_add_fill(&content, (unsigned char)random_below(&random, 256), 1);
  for (int kind = 0; kind < 2; kind++) {
    const struct rc_bgzf_write options = {.level = 6, .threads = 2, .kind = (enum rc_deflater_kind)kind};
    struct bytes bytes = written(&content, 9999, options);
    cr_assert(bytes.size <= content.size + 4 * 31 + 28, "%zu", bytes.size);
    expect_content(&bytes, &content);
    bytes_free(&bytes);
  }
  bytes_free(&content);
}

Test(bgzf_write, the_same_bytes_from_any_number_of_threads) {
  struct bytes content = mixed_bytes(2000000);
  for (int kind = 0; kind < 2; kind++) {
    struct rc_bgzf_write options = {.level = 6, .threads = 1, .kind = (enum rc_deflater_kind)kind};
    struct bytes first = written(&content, 100000, options);
    for (options.threads = 0; options.threads <= 9; options.threads++) {
      struct bytes bytes = written(&content, options.threads % 2 ? 1000 : 5000000, options);
      cr_assert(bytes.size == first.size && memcmp(bytes.data, first.data, first.size) == 0, "%u", options.threads);
      bytes_free(&bytes);
    }
    bytes_free(&first);
  }
  bytes_free(&content);
}

/* No thread, or fewer than wanted: the caller's does it. */
Test(bgzf_write, threads_that_cannot_be_had) {
  struct bytes content = mixed_bytes(1000000);
  const struct rc_bgzf_write options = {.level = 1, .threads = 4};
  struct bytes first = written(&content, 100000, options);
  for (unsigned allowed = 0; allowed < 3; allowed++) {
    threads_allowed = allowed;
    struct bytes bytes = written(&content, 100000, options);
    cr_assert_eq(threads_allowed, 0);
    cr_assert(bytes.size == first.size && memcmp(bytes.data, first.data, first.size) == 0);
    bytes_free(&bytes);
  }
  bytes_free(&first);
  bytes_free(&content);
}

/* A sink that fails for good at some call: it is not called again, its error is the writer's. */
struct failing {
  unsigned left;
  unsigned called_after;
};

static rowcast_status fail(void *to, const void *data, size_t size, rowcast_error *err) {
  struct failing *failing = to;
  (void)data, (void)size;
  if (failing->left > 0) {
    failing->left--;
    return ROWCAST_OK;
  }
  failing->called_after++;
  if (err != NULL) snprintf(err->text, sizeof err->text, "the disk is full");
  return ROWCAST_ERR_IO;
}

Test(bgzf_write, a_sink_that_fails) {
  struct bytes content = mixed_bytes(600000);
  for (unsigned threads = 1; threads < 4; threads++)
    for (unsigned good = 0; good < 11; good++) {
      struct failing failing = {good, 0};
      struct rc_bgzf_writer *writer;
      rowcast_error error = {.status = ROWCAST_OK}, again;
      const struct rc_bgzf_write options = {
        .level = 1, .threads = threads, .sink = fail, .to = &failing, .path = "file"};
      cr_assert(rc_bgzf_writer_create(&writer, &options, NULL) == ROWCAST_OK);
      rowcast_status status = rc_bgzf_writer_add(writer, content.data, content.size, &error);
      if (status == ROWCAST_OK) status = rc_bgzf_writer_end(writer, &error);
      cr_assert_eq(status, ROWCAST_ERR_IO);
      cr_assert_str_eq(error.text, "the disk is full");
      cr_assert_eq(rc_bgzf_writer_add(writer, content.data, 1, &again), ROWCAST_ERR_ARGUMENT);
      cr_assert_eq(rc_bgzf_writer_end(writer, &again), ROWCAST_ERR_ARGUMENT);
      cr_assert_str_eq(again.text, "file: writing has failed before");
      cr_assert_eq(failing.called_after, 1);
      rc_bgzf_writer_destroy(writer);
    }
  bytes_free(&content);
}

static bool yes(void *user) {
  (void)user;
  return true;
}

Test(bgzf_write, cancelled) {
  struct bytes content = mixed_bytes(600000), bytes = {0};
  struct rc_ask ask = rc_ask_of(yes, NULL);
  ask.due = 1;
  struct rc_bgzf_writer *writer;
  rowcast_error error;
  const struct rc_bgzf_write options = {
    .level = 1, .threads = 2, .sink = keep, .to = &bytes, .path = "file", .ask = &ask};
  cr_assert(rc_bgzf_writer_create(&writer, &options, NULL) == ROWCAST_OK);
  rowcast_status status = rc_bgzf_writer_add(writer, content.data, content.size, &error);
  if (status == ROWCAST_OK) status = rc_bgzf_writer_end(writer, &error);
  cr_assert_eq(status, ROWCAST_ERR_CANCELLED);
  cr_assert(bytes.size == 0);
  rc_bgzf_writer_destroy(writer);
  bytes_free(&content);
}

/* Given up at any moment, with threads at work. */
Test(bgzf_write, destroyed_before_its_end) {
  struct bytes content = mixed_bytes(900000);
  rc_bgzf_writer_destroy(NULL);
  for (size_t size = 0; size <= content.size; size += 50000) {
    struct bytes bytes = {0};
    struct rc_bgzf_writer *writer;
    const struct rc_bgzf_write options = {.level = 1, .threads = 3, .sink = keep, .to = &bytes, .path = "file"};
    cr_assert(rc_bgzf_writer_create(&writer, &options, NULL) == ROWCAST_OK);
    cr_assert(rc_bgzf_writer_add(writer, content.data, size, NULL) == ROWCAST_OK);
    rc_bgzf_writer_destroy(writer);
    bytes_free(&bytes);
  }
  bytes_free(&content);
}

/* ---- Processes and signals ---- */

static struct rc_bgzf_writer *inherited;
static struct bytes inherited_content, inherited_bytes;

static int in_child(void) {
  rowcast_error error;
  SCENE_EXPECT(rc_bgzf_writer_add(inherited, "x", 1, &error) == ROWCAST_ERR_ARGUMENT);
  SCENE_EXPECT(strstr(error.text, "child of fork()") != NULL);
  SCENE_EXPECT(rc_bgzf_writer_end(inherited, &error) == ROWCAST_ERR_ARGUMENT);
  rc_bgzf_writer_destroy(inherited);
  return scene_failures;
}

SCENE(fork) {
  inherited_content = mixed_bytes(900000);
  const struct rc_bgzf_write options = {.level = 1, .threads = 3, .sink = keep, .to = &inherited_bytes, .path = "file"};
  SCENE_EXPECT(rc_bgzf_writer_create(&inherited, &options, NULL) == ROWCAST_OK);
  SCENE_EXPECT(rc_bgzf_writer_add(inherited, inherited_content.data, 500000, NULL) == ROWCAST_OK);
  SCENE_EXPECT(scene_child(in_child) == 0);
  SCENE_EXPECT(rc_bgzf_writer_add(inherited, inherited_content.data + 500000, 400000, NULL) == ROWCAST_OK);
  SCENE_EXPECT(rc_bgzf_writer_end(inherited, NULL) == ROWCAST_OK);
  rc_bgzf_writer_destroy(inherited);
  struct bytes out = {0};
  SCENE_EXPECT(gzip_read_all(&inherited_bytes, false, &out) && out.size == 900000 &&
               memcmp(out.data, inherited_content.data, out.size) == 0);
  bytes_free(&out);
  bytes_free(&inherited_bytes);
  bytes_free(&inherited_content);
  return 0;
}

Test(bgzf_write, a_child_of_fork_can_only_destroy_it) { PLAY(fork); }

static pthread_t main_thread;
static volatile sig_atomic_t elsewhere, received;

static void on_signal(int number) {
  (void)number;
  received = received + 1;
  if (!pthread_equal(pthread_self(), main_thread)) elsewhere = 1;
}

static rowcast_status raise_signal(void *to, const void *data, size_t size, rowcast_error *err) {
  kill(getpid(), SIGUSR1);
  return keep(to, data, size, err);
}

/* Signals of the process are handled by its own threads. */
SCENE(signals) {
  struct bytes content = mixed_bytes(2000000), bytes = {0};
  main_thread = pthread_self();
  signal(SIGUSR1, on_signal);
  struct rc_bgzf_writer *writer;
  const struct rc_bgzf_write options = {.level = 1, .threads = 3, .sink = raise_signal, .to = &bytes, .path = "file"};
  SCENE_EXPECT(rc_bgzf_writer_create(&writer, &options, NULL) == ROWCAST_OK);
  SCENE_EXPECT(rc_bgzf_writer_add(writer, content.data, content.size, NULL) == ROWCAST_OK);
  SCENE_EXPECT(rc_bgzf_writer_end(writer, NULL) == ROWCAST_OK);
  rc_bgzf_writer_destroy(writer);
  SCENE_EXPECT(received > 0 && !elsewhere);
  bytes_free(&content);
  bytes_free(&bytes);
  return 0;
}

Test(bgzf_write, signals_are_the_callers) { PLAY(signals); }

/* ---- Other programs ---- */

static bool there_is(const char *program) {
  char command[100];
  snprintf(command, sizeof command, "command -v %s >/dev/null 2>&1", program);
  return system(command) == 0;
}

/* A shell's command line over two files of a folder, in and out. */
static struct bytes through(const char *format, const struct bytes *in) {
  char *folder = folder_make(), *from = path_in(folder, "in.gz"), *to = path_in(folder, "out"), command[1000];
  bytes_write(in, from);
  snprintf(command, sizeof command, format, from, to);
  cr_assert_eq(system(command), 0, "%s", command);
  struct bytes out = bytes_read(to);
  free(from);
  free(to);
  folder_remove(folder);
  return out;
}

static void expect_read_by(const char *program, const char *format) {
  if (!there_is(program)) cr_skip_test("%s is not installed", program);
  static const size_t sizes[] = {0, 1, 65280, 300000};
  struct bytes content = mixed_bytes(300000);
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    struct bytes some = {content.data, sizes[i], 0};
    struct bytes bytes = written(&some, 5000, (struct rc_bgzf_write){.level = i == 3 ? 12 : 6, .threads = 2});
    struct bytes out = through(format, &bytes);
    cr_assert(out.size == some.size && (out.size == 0 || memcmp(out.data, some.data, out.size) == 0));
    bytes_free(&bytes);
    bytes_free(&out);
  }
  bytes_free(&content);
}

Test(bgzf_write, gzip_reads_it) { expect_read_by("gzip", "gzip -dc <'%s' >'%s'"); }

Test(bgzf_write, python_reads_it) {
  expect_read_by("python3", "python3 -c 'import gzip, sys; "
                            "open(sys.argv[2], \"wb\").write(gzip.open(sys.argv[1]).read())' '%s' '%s'");
}

/* bgzip reads it, and finds blocks by their sizes as we do: bytes from the middle of it. */
Test(bgzf_write, bgzip_reads_it) {
  expect_read_by("bgzip", "bgzip -dc '%s' >'%s'");
  struct bytes content = mixed_bytes(300000);
  struct bytes bytes = written(&content, 5000, (struct rc_bgzf_write){.level = 6, .threads = 2});
  struct bytes out = through("i='%s' && bgzip -r $i && bgzip -b 123456 -s 100000 $i >'%s'", &bytes);
  cr_assert(out.size == 100000 && memcmp(out.data, content.data + 123456, 100000) == 0);
  bytes_free(&out);
  bytes_free(&bytes);
  bytes_free(&content);
}

Test(bgzf_write, we_read_what_bgzip_writes) {
  if (!there_is("bgzip")) cr_skip_test("bgzip is not installed");
  static const size_t sizes[] = {0, 1, 65280, 65281, 300000};
  struct bytes content = mixed_bytes(300000);
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    struct bytes some = {content.data, sizes[i], 0};
    struct bytes bytes = through(i % 2 ? "bgzip -l 1 -c '%s' >'%s'" : "bgzip -@ 2 -c '%s' >'%s'", &some);
    expect_content(&bytes, &some);
    bytes_free(&bytes);
  }
  /* Its end is ours, and where it divides content, so do we. */
  struct bytes theirs = through("bgzip -c '%s' >'%s'", &content);
  cr_assert(memcmp(theirs.data + theirs.size - 28, rc_bgzf_end, 28) == 0);
  bytes_free(&theirs);
  bytes_free(&content);
}
