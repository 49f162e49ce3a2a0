/* SPDX-License-Identifier: BSD-3-Clause */
/* Writers into a program's own function: the same bytes as in files, whatever the function does. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rowcast/experimental.h>
#include <rowcast/io.h>

#include "file_builder.h"
#include "process.h"
#include "scene.h"

#define PLAY(name) cr_expect_eq(scene_play(#name, NULL), 0)

static char *folder, *path;

static void set_up(void) { folder = folder_make(), path = path_in(folder, "file"); }
static void tear_down(void) { free(path), folder_remove(folder); }

TestSuite(sinks, .init = set_up, .fini = tear_down);

struct taker {
  struct bytes bytes;
  size_t fails_from; /* 0: never */
  int number;
};

static int take(void *user, const void *data, size_t bytes) {
  struct taker *taker = user;
  if (taker->fails_from > 0 && taker->bytes.size + bytes > taker->fails_from) {
    errno = taker->number;
    return -1;
  }
  bytes_add(&taker->bytes, data, bytes);
  errno = EDOM; /* nobody's business */
  return 0;
}

static rowcast_sink sink_of(struct taker *taker) {
  rowcast_sink sink = ROWCAST_SINK_DEFAULTS;
  sink.name = "a sink";
  sink.user = taker;
  sink.write = take;
  return sink;
}

static const float values[6] = {1.5f, -2.0f, 3.25f, 4.0f, 5.0f, -6.75f};

static rowcast_status write_rows(rowcast_writer *writer, rowcast_error *error) {
  for (int i = 0; i < 3; i++) {
    const rowcast_status status = rowcast_writer_rows(writer, values + 2 * i, 1, 2, error);
    if (status != ROWCAST_OK) return status;
  }
  return ROWCAST_OK;
}

Test(sinks, get_the_bytes_of_files) {
  const bool npz = strstr(rowcast_io_build_info(), "with libzip") != NULL;
  for (int format = 0; format < ROWCAST_FILE_FORMAT_COUNT; format++)
    for (int unknown = 0; unknown < 2; unknown++) {
      if ((format == ROWCAST_FILE_NPZ && !npz) || format == ROWCAST_FILE_IDX) continue; /* IDX: bytes alone */
      const rowcast_layout layout = {.dtype = ROWCAST_F32, .rank = 2, .dims = {unknown ? SIZE_MAX : 3, 2}};
      const rowcast_write_options options = {sizeof options, .format = (rowcast_file_format)format, .overwrite = true};
      struct taker taker = {{0}, 0, 0};
      const rowcast_sink sink = sink_of(&taker);
      rowcast_writer *writer;
      rowcast_error error;
      const rowcast_status status = rowcast_writer_open_sink(&writer, &sink, &layout, &options, &error);
      if (unknown && format == ROWCAST_FILE_NPY) {
        cr_expect_eq(status, ROWCAST_ERR_ARGUMENT);
        cr_expect(strncmp(error.text, "a sink: an NPY begins with the number of rows", 45) == 0, "%s", error.text);
        cr_expect_eq(taker.bytes.size, 0);
        cr_expect_null(writer);
        continue;
      }
      cr_assert(status == ROWCAST_OK, "%s", error.text);
      cr_assert(write_rows(writer, &error) == ROWCAST_OK, "%s", error.text);
      cr_assert(rowcast_writer_commit(writer, &error) == ROWCAST_OK, "%s", error.text);
      cr_assert_eq(rowcast_writer_open(&writer, path, &layout, &options, NULL), ROWCAST_OK);
      cr_assert_eq(write_rows(writer, NULL), ROWCAST_OK);
      cr_assert_eq(rowcast_writer_commit(writer, NULL), ROWCAST_OK);
      struct bytes file = bytes_read(path);
      cr_expect(file.size == taker.bytes.size && memcmp(file.data, taker.bytes.data, file.size) == 0, "format %d",
                format);
      bytes_free(&file);
      bytes_free(&taker.bytes);
    }
}

Test(sinks, that_fail) {
  const rowcast_layout layout = {.dtype = ROWCAST_F32, .rank = 2, .dims = {3, 2}};
  const rowcast_write_options options = {sizeof options, .format = ROWCAST_FILE_RAW};
  for (int number = 0; number < 2; number++) {
    struct taker taker = {{0}, 10, number ? ENOSPC : 0};
    const rowcast_sink sink = sink_of(&taker);
    rowcast_writer *writer;
    rowcast_error error;
    cr_assert_eq(rowcast_writer_open_sink(&writer, &sink, &layout, &options, &error), ROWCAST_OK);
    cr_expect_eq(write_rows(writer, &error), ROWCAST_ERR_IO);
    cr_expect_eq(error.system_error, number ? ENOSPC : 0);
    cr_expect(strncmp(error.text, "a sink: cannot write", 20) == 0, "%s", error.text);
    cr_expect_eq(rowcast_writer_rows(writer, values, 1, 2, &error), ROWCAST_ERR_ARGUMENT);
    cr_expect_eq(rowcast_writer_commit(writer, &error), ROWCAST_ERR_ARGUMENT);
    cr_expect_eq(taker.bytes.size, 8, "what it took stays");
    bytes_free(&taker.bytes);
  }
  /* Abandoned, or committed too early: it keeps what it has, and gets no more. */
  for (int commit = 0; commit < 2; commit++) {
    struct taker taker = {{0}, 0, 0};
    const rowcast_sink sink = sink_of(&taker);
    rowcast_writer *writer;
    cr_assert_eq(rowcast_writer_open_sink(&writer, &sink, &layout, &options, NULL), ROWCAST_OK);
    cr_assert_eq(rowcast_writer_rows(writer, values, 2, 2, NULL), ROWCAST_OK);
    if (commit) cr_expect_eq(rowcast_writer_commit(writer, NULL), ROWCAST_ERR_ARGUMENT);
    else rowcast_writer_abandon(writer);
    cr_expect_eq(taker.bytes.size, 16);
    bytes_free(&taker.bytes);
  }
}

static bool at_once(void *user) { return user == NULL; }

Test(sinks, are_cancelled) {
  const rowcast_layout layout = {.dtype = ROWCAST_F32, .rank = 2, .dims = {3, 2}};
  const rowcast_write_options options = {sizeof options, .format = ROWCAST_FILE_RAW, .cancelled = at_once};
  struct taker taker = {{0}, 0, 0};
  const rowcast_sink sink = sink_of(&taker);
  rowcast_writer *writer;
  rowcast_error error;
  cr_assert_eq(rowcast_writer_open_sink(&writer, &sink, &layout, &options, NULL), ROWCAST_OK);
  cr_expect_eq(rowcast_writer_rows(writer, values, 3, 2, &error), ROWCAST_ERR_CANCELLED);
  cr_expect_str_eq(error.text, "a sink: interrupted after 0 bytes");
  rowcast_writer_abandon(writer);
}

Test(sinks, arguments_of_sinks) {
  const rowcast_layout layout = {.dtype = ROWCAST_F32, .rank = 2, .dims = {3, 2}};
  struct taker taker = {{0}, 0, 0};
  rowcast_sink sink = sink_of(&taker);
  rowcast_writer *writer;
  rowcast_error error;
  cr_expect_eq(rowcast_writer_open_sink(NULL, &sink, &layout, NULL, NULL), ROWCAST_ERR_ARGUMENT);
  cr_expect_eq(rowcast_writer_open_sink(&writer, NULL, &layout, NULL, NULL), ROWCAST_ERR_ARGUMENT);
  cr_expect_eq(rowcast_writer_open_sink(&writer, &sink, NULL, NULL, NULL), ROWCAST_ERR_ARGUMENT);
  sink.write = NULL;
  cr_expect_eq(rowcast_writer_open_sink(&writer, &sink, &layout, NULL, &error), ROWCAST_ERR_ARGUMENT);
  cr_expect_str_eq(error.text, "a sink: its write is NULL");
  sink.struct_size = 3;
  cr_expect_eq(rowcast_writer_open_sink(&writer, &sink, &layout, NULL, &error), ROWCAST_ERR_ARGUMENT);
}

/* Types that later versions may write, and matrices that they may have. */
Test(sinks, element_types_of_later_versions) {
  rowcast_matrix matrix;
  struct taker taker = {{0}, 0, 0};
  const rowcast_sink sink = sink_of(&taker);
  rowcast_writer *writer;
  for (int dtype = ROWCAST_F32; dtype <= ROWCAST_I8 + 1; dtype++) {
    const rowcast_status others = dtype > ROWCAST_I8 ? ROWCAST_ERR_ARGUMENT : ROWCAST_ERR_UNSUPPORTED;
    const rowcast_layout layout = {.dtype = (rowcast_dtype)dtype, .rank = 1, .dims = {3}};
    cr_expect_eq(rowcast_writer_open_sink(&writer, &sink, &layout, NULL, NULL),
                 dtype <= ROWCAST_I32 ? ROWCAST_OK : others, "%d", dtype);
    rowcast_writer_abandon(writer);
    cr_expect_eq(rowcast_matrix_alloc(&matrix, (rowcast_dtype)dtype, 1, 1), dtype <= ROWCAST_U8 ? ROWCAST_OK : others);
    if (dtype <= ROWCAST_U8) rowcast_matrix_free(&matrix);
  }
  bytes_free(&taker.bytes);
}

static rowcast_writer *inherited;

static int is_refused(void) {
  rowcast_error error;
  SCENE_EXPECT(rowcast_writer_rows(inherited, values, 1, 2, &error) == ROWCAST_ERR_ARGUMENT);
  SCENE_EXPECT(strstr(error.text, "fork") != NULL);
  rowcast_writer_abandon(inherited);
  return scene_failures;
}

SCENE(child_of_sink) {
  const rowcast_layout layout = {.dtype = ROWCAST_F32, .rank = 2, .dims = {3, 2}};
  struct taker taker = {{0}, 0, 0};
  const rowcast_sink sink = sink_of(&taker);
  SCENE_EXPECT(rowcast_writer_open_sink(&inherited, &sink, &layout, NULL, NULL) == ROWCAST_OK);
  SCENE_EXPECT(scene_child(is_refused) == 0);
  SCENE_EXPECT(write_rows(inherited, NULL) == ROWCAST_OK && rowcast_writer_commit(inherited, NULL) == ROWCAST_OK);
  bytes_free(&taker.bytes);
  return scene_failures;
}
Test(sinks, are_their_parents, .timeout = 60) { PLAY(child_of_sink); }
