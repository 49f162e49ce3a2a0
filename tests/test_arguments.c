/* SPDX-License-Identifier: BSD-3-Clause */
/* Every public function with NULL for every pointer, each in a process of its own; results that overlap the rows;
 * options whose struct_size was never set. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rowcast/experimental.h>
#include <rowcast/io.h>
#include <rowcast/rowcast.h>

#include "file_builder.h"
#include "process.h"
#include "scene.h"

/* ---- NULL ---- */

/* The functions that were called. */
static char called[8192];

static void expect_value(const char *text, int status) {
  const char *name = strstr(text, "rowcast_");
  strncat(called, name, strcspn(name, "("));
  strcat(called, "\n");
  if (status == 0) return;
  scene_failures++;
  fprintf(stderr, "%s: %s\n", text, status < 0 ? strsignal(-status) : "another value");
}

/* Calls it in a child, where its value must be that one. */
#define GIVES(call, value)                                                                                             \
  do {                                                                                                                 \
    const pid_t child = fork();                                                                                        \
    if (child == 0) {                                                                                                  \
      alarm(5);                                                                                                        \
      _exit((call) == (value) ? 0 : 1);                                                                                \
    }                                                                                                                  \
    expect_value(#call, scene_wait(child));                                                                            \
  } while (0)
/* Calls it here: a child may not use its parent's readers and writers. */
#define GIVES_HERE(call, value) expect_value(#call, (call) == (value) ? 0 : 1)
/* One that returns nothing. */
#define RETURNS(call) GIVES(call, 0)
#define ARGUMENT      ROWCAST_ERR_ARGUMENT

/* Was every function of the libraries' maps called? */
static void expect_all_called(void) {
  struct bytes map = bytes_read(ROWCAST_SOURCE_DIR "/src/lib/rowcast.map");
  struct bytes io = bytes_read(ROWCAST_SOURCE_DIR "/src/io/rowcast-io.map");
  bytes_add(&map, io.data, io.size);
  bytes_free(&io);
  bytes_add(&map, "", 1);
  unsigned count = 0;
  for (char *line = strtok((char *)map.data, " \n"); line != NULL; line = strtok(NULL, " \n")) {
    char *end = strchr(line, ';');
    if (strncmp(line, "rowcast_", 8) != 0 || end == NULL) continue;
    strcpy(end, "\n");
    const char *at = strstr(called, line);
    count++;
    if (at != NULL && (at == called || at[-1] == '\n')) continue;
    scene_failures++;
    fprintf(stderr, "not called: %s", line);
  }
  SCENE_EXPECT(count > 40);
  bytes_free(&map);
}

SCENE(nulls) {
  static float w[4] = {1, 2, 3, 4}, x[4] = {1, 1, 1, 1}, c[4];
  static const void *const addresses[2] = {x, NULL};
  static int32_t classes[2];
  static const rowcast_layout layout = {ROWCAST_F32, 2, {2, 2}};
  char *folder = folder_make(), *csv = path_in(folder, "x.csv"), *npy = path_in(folder, "c.npy");
  FILE *file = fopen(csv, "w");
  SCENE_EXPECT(file != NULL && fputs("1,2\n3,4\n", file) >= 0 && fclose(file) == 0);
  rowcast_plan *plan = NULL, *made;
  rowcast_cpu cpu;
  rowcast_matrix matrix;
  rowcast_reader *reader = NULL, *opened;
  rowcast_writer *writer = NULL, *begun;
  rowcast_stream stream = ROWCAST_STREAM_DEFAULTS;
  rowcast_sink sink = ROWCAST_SINK_DEFAULTS;
  size_t rows;
  rowcast_error error;
  rowcast_plan_info info;
  rowcast_kernel_info kernel;
  rowcast_choice choice;
  SCENE_EXPECT(rowcast_plan_create(&plan, 2, 2, w, 2, NULL, NULL) == ROWCAST_OK);
  SCENE_EXPECT(rowcast_cpu_detect(&cpu, sizeof cpu, NULL) == ROWCAST_OK);
  SCENE_EXPECT(rowcast_reader_open(&reader, csv, NULL, NULL) == ROWCAST_OK);
  SCENE_EXPECT(rowcast_writer_open(&writer, npy, &layout, NULL, NULL) == ROWCAST_OK);

  GIVES(rowcast_plan_create(NULL, 2, 2, w, 2, NULL, &error), ARGUMENT);
  GIVES(rowcast_plan_create(NULL, 2, 2, w, 2, NULL, NULL), ARGUMENT);
  GIVES(rowcast_plan_create(&made, 2, 2, NULL, 2, NULL, &error), ARGUMENT);
  GIVES(rowcast_plan_create(&made, 2, 2, NULL, 2, NULL, NULL), ARGUMENT);
  GIVES(rowcast_plan_create(&made, 0, 2, NULL, 2, NULL, NULL), ROWCAST_OK);
  GIVES(rowcast_plan_bytes(2, 2, NULL, NULL, &error), ARGUMENT);
  GIVES(rowcast_plan_bytes(2, 2, NULL, NULL, NULL), ARGUMENT);
  GIVES(rowcast_plan_options_init(NULL, sizeof(rowcast_plan_options)), ARGUMENT);
  RETURNS((rowcast_plan_destroy(NULL), 0));
  GIVES(rowcast_matmul(NULL, 1, x, 2, c, 2), ARGUMENT);
  GIVES(rowcast_matmul(plan, 1, NULL, 2, c, 2), ARGUMENT);
  GIVES(rowcast_matmul(plan, 1, x, 2, NULL, 2), ARGUMENT);
  GIVES(rowcast_matmul(plan, 0, NULL, 2, NULL, 2), ROWCAST_OK);
  GIVES(rowcast_matmul_rows(NULL, 0, 1, x, 2, c, 2), ARGUMENT);
  GIVES(rowcast_matmul_rows(plan, 0, 1, NULL, 2, c, 2), ARGUMENT);
  GIVES(rowcast_matmul_rows(plan, 0, 1, x, 2, NULL, 2), ARGUMENT);
  GIVES(rowcast_matmul_gather(NULL, 1, addresses, c, 2), ARGUMENT);
  GIVES(rowcast_matmul_gather(plan, 1, NULL, c, 2), ARGUMENT);
  GIVES(rowcast_matmul_gather(plan, 1, addresses, NULL, 2), ARGUMENT);
  GIVES(rowcast_matmul_gather(plan, 2, addresses, c, 2), ARGUMENT); /* the second row is NULL */
  GIVES(rowcast_matmul_gather(plan, 0, NULL, NULL, 2), ROWCAST_OK);
  GIVES(rowcast_predict_gather(NULL, 1, addresses, classes), ARGUMENT);
  GIVES(rowcast_predict_gather(plan, 1, NULL, classes), ARGUMENT);
  GIVES(rowcast_predict_gather(plan, 1, addresses, NULL), ARGUMENT);
  GIVES(rowcast_predict_gather(plan, 2, addresses, classes), ARGUMENT);
  GIVES(rowcast_predict(NULL, 1, x, 2, classes), ARGUMENT);
  GIVES(rowcast_predict(plan, 1, NULL, 2, classes), ARGUMENT);
  GIVES(rowcast_predict(plan, 1, x, 2, NULL), ARGUMENT);
  GIVES(rowcast_predict_rows(NULL, 0, 1, x, 2, classes), ARGUMENT);
  GIVES(rowcast_predict_rows(plan, 0, 1, NULL, 2, classes), ARGUMENT);
  GIVES(rowcast_predict_rows(plan, 0, 1, x, 2, NULL), ARGUMENT);
  GIVES(rowcast_plan_describe(NULL, &info, sizeof info), ARGUMENT);
  GIVES(rowcast_plan_describe(plan, NULL, sizeof(rowcast_plan_info)), ARGUMENT);
  GIVES(rowcast_plan_threads_for(NULL, 1), 0);
  GIVES(rowcast_plan_explain(NULL, 1, x, 2, &choice, sizeof choice), ARGUMENT);
  GIVES(rowcast_plan_explain(plan, 1, x, 2, NULL, sizeof(rowcast_choice)), ARGUMENT);
  GIVES(rowcast_plan_explain(plan, 1, NULL, 2, &choice, sizeof choice),
        ROWCAST_OK); /* of float32 no row is looked at */
  GIVES(rowcast_prepare_fork(), ROWCAST_OK);
  GIVES(rowcast_auto_order(2, 2), ROWCAST_SEQUENTIAL);

  GIVES(rowcast_cpu_detect(NULL, sizeof(rowcast_cpu), &error), ARGUMENT);
  GIVES((rowcast_allow_amx(NULL) == ROWCAST_ERR_ARGUMENT), 0);
  GIVES(rowcast_cpu_detect(NULL, sizeof(rowcast_cpu), NULL), ARGUMENT);
  GIVES(rowcast_default_threads_explain(NULL, sizeof(rowcast_thread_choice)), ARGUMENT);
  GIVES(rowcast_default_threads() > 0, true);
  GIVES(rowcast_available_cpus() > 0, true);
  GIVES(rowcast_startable_threads(1), 1);
  GIVES(rowcast_kernel_at(0, NULL, &kernel, sizeof kernel), ARGUMENT);
  GIVES(rowcast_kernel_at(0, &cpu, NULL, sizeof(rowcast_kernel_info)), ARGUMENT);
  GIVES(rowcast_kernel_cycles(0, NULL, 2, 2, 1.0) < 0.0, true);
  GIVES(rowcast_kernel_count() > 0, true);
  GIVES(rowcast_driver_count() > 0, true);
  rowcast_isa isa;
  rowcast_order order;
  rowcast_dtype dtype;
  GIVES(rowcast_isa_from_name(NULL, &isa), ARGUMENT);
  GIVES(rowcast_isa_from_name("avx2", NULL), ARGUMENT);
  GIVES(rowcast_order_from_name(NULL, &order), ARGUMENT);
  GIVES(rowcast_order_from_name("lanes8", NULL), ARGUMENT);
  GIVES(rowcast_dtype_from_name(NULL, &dtype), ARGUMENT);
  GIVES(rowcast_dtype_from_name("u8", NULL), ARGUMENT);
  GIVES(rowcast_isa_name((rowcast_isa)-5), NULL);
  GIVES(rowcast_feature_state_name((rowcast_feature_state)99), NULL);
  GIVES(rowcast_order_name((rowcast_order)-1), NULL);
  GIVES(rowcast_dtype_name((rowcast_dtype)77), NULL);
  GIVES(rowcast_driver_name(SIZE_MAX), NULL);
  GIVES(rowcast_status_text((rowcast_status)99) != NULL, true);
  GIVES(rowcast_version() != NULL, true);
  GIVES(rowcast_version_number(), ROWCAST_VERSION_NUMBER);
  GIVES(rowcast_io_version() != NULL, true);
  GIVES(rowcast_io_build_info() != NULL, true);
  GIVES(rowcast_build_info() != NULL, true);
  GIVES(rowcast_build_compiler() != NULL, true);
  GIVES(rowcast_build_flags() != NULL, true);
  RETURNS((rowcast_build_commit(), 0));
  GIVES(rowcast_randn(1, NULL, 1), ARGUMENT);
  GIVES(rowcast_randn(1, NULL, 0), ROWCAST_OK);

  GIVES(rowcast_matrix_read(NULL, csv, NULL, &error), ARGUMENT);
  GIVES(rowcast_matrix_read(NULL, csv, NULL, NULL), ARGUMENT);
  GIVES(rowcast_matrix_read(&matrix, NULL, NULL, &error), ARGUMENT);
  GIVES(rowcast_matrix_read(&matrix, NULL, NULL, NULL), ARGUMENT);
  GIVES(rowcast_matrix_read(&matrix, folder, NULL, NULL), ROWCAST_ERR_IO);
  GIVES(rowcast_matrix_read_memory(NULL, "1,2\n", 4, "name", NULL, &error), ARGUMENT);
  GIVES(rowcast_matrix_read_memory(&matrix, NULL, 4, "name", NULL, &error), ARGUMENT);
  GIVES(rowcast_matrix_read_memory(&matrix, "1,2\n", 4, NULL, NULL, &error), ARGUMENT);
  GIVES(rowcast_matrix_read_memory(&matrix, NULL, 4, NULL, NULL, NULL), ARGUMENT);
  GIVES(rowcast_matrix_alloc(NULL, ROWCAST_F32, 1, 1), ARGUMENT);
  RETURNS((rowcast_matrix_free(NULL), 0));
  GIVES(rowcast_matrix_to_bytes(NULL), false);
  matrix = (rowcast_matrix){.rows = 1, .cols = 1, .stride = 1};
  GIVES(rowcast_matrix_to_bytes(&matrix), false);

  GIVES(rowcast_reader_open(NULL, csv, NULL, &error), ARGUMENT);
  GIVES(rowcast_reader_open(NULL, csv, NULL, NULL), ARGUMENT);
  GIVES(rowcast_reader_open(&opened, NULL, NULL, &error), ARGUMENT);
  GIVES(rowcast_reader_shape(NULL), NULL);
  GIVES(rowcast_reader_next(NULL, &matrix, &error), ARGUMENT);
  GIVES(rowcast_reader_next(NULL, NULL, NULL), ARGUMENT);
  GIVES_HERE(rowcast_reader_next(reader, NULL, &error), ARGUMENT);
  GIVES(rowcast_reader_take(NULL, &matrix), false);
  GIVES(rowcast_reader_take(reader, NULL), false);
  GIVES_HERE(rowcast_reader_next(reader, &matrix, NULL) == ROWCAST_OK ? rowcast_reader_take(reader, NULL) : true,
             false);
  GIVES(rowcast_reader_open_fd(NULL, 0, "name", NULL, &error), ARGUMENT);
  GIVES(rowcast_reader_open_fd(&opened, 0, NULL, NULL, NULL), ARGUMENT);
  GIVES(rowcast_reader_open_fd(&opened, -1, "name", NULL, NULL), ROWCAST_ERR_IO);
  GIVES(rowcast_reader_open_stream(NULL, &stream, "name", NULL, &error), ARGUMENT);
  GIVES(rowcast_reader_open_stream(&opened, NULL, "name", NULL, &error), ARGUMENT);
  GIVES(rowcast_reader_open_stream(&opened, &stream, NULL, NULL, NULL), ARGUMENT);
  GIVES(rowcast_reader_open_stream(&opened, &stream, "name", NULL, NULL), ARGUMENT); /* it has no functions */
  GIVES(rowcast_matrix_read_fd(NULL, 0, "name", NULL, &error), ARGUMENT);
  GIVES(rowcast_matrix_read_fd(&matrix, 0, NULL, NULL, NULL), ARGUMENT);
  GIVES(rowcast_matrix_read_stream(NULL, &stream, "name", NULL, &error), ARGUMENT);
  GIVES(rowcast_matrix_read_stream(&matrix, NULL, "name", NULL, NULL), ARGUMENT);
  GIVES(rowcast_matrix_read_stream(&matrix, &stream, NULL, NULL, NULL), ARGUMENT);
  GIVES(rowcast_reader_read(NULL, 1, x, 2, &rows, &error), ARGUMENT);
  GIVES_HERE(rowcast_reader_read(reader, 1, x, 2, NULL, &error), ARGUMENT);
  GIVES_HERE(rowcast_reader_read(reader, 0, NULL, 0, &rows, NULL), ROWCAST_OK);
  GIVES(rowcast_reader_skip(NULL, 1, &rows, &error), ARGUMENT);
  GIVES_HERE(rowcast_reader_skip(reader, 1, NULL, NULL), ARGUMENT);
  GIVES(rowcast_reader_seekable(NULL), false);
  GIVES(rowcast_reader_rows(NULL, 0, 1, x, 2, &error), ARGUMENT);
  GIVES(rowcast_reader_rows(reader, 0, 1, NULL, 2, NULL), ARGUMENT);
  RETURNS((rowcast_reader_close(NULL), 0));

  GIVES(rowcast_write_f32(NULL, c, 1, 1, 1, NULL, &error), ARGUMENT);
  GIVES(rowcast_write_f32(csv, NULL, 1, 1, 1, NULL, &error), ARGUMENT);
  GIVES(rowcast_write_f32(NULL, NULL, 1, 1, 1, NULL, NULL), ARGUMENT);
  GIVES(rowcast_write_check(NULL, false, &error), ARGUMENT);
  GIVES(rowcast_write_check(NULL, false, NULL), ARGUMENT);
  GIVES(rowcast_writer_open(NULL, npy, &layout, NULL, &error), ARGUMENT);
  GIVES(rowcast_writer_open(&begun, NULL, &layout, NULL, &error), ARGUMENT);
  GIVES(rowcast_writer_open(&begun, npy, NULL, NULL, NULL), ARGUMENT);
  GIVES(rowcast_writer_open_sink(NULL, &sink, &layout, NULL, &error), ARGUMENT);
  GIVES(rowcast_writer_open_sink(&begun, NULL, &layout, NULL, &error), ARGUMENT);
  GIVES(rowcast_writer_open_sink(&begun, &sink, NULL, NULL, NULL), ARGUMENT);
  RETURNS((rowcast_write_options_init(NULL, 64), 0));
  RETURNS((rowcast_read_options_init(NULL, 64), 0));
  GIVES(rowcast_writer_rows(NULL, c, 1, 2, &error), ARGUMENT);
  GIVES_HERE(rowcast_writer_rows(writer, NULL, 0, 2, NULL), ROWCAST_OK);
  GIVES_HERE(rowcast_writer_rows(writer, NULL, 1, 2, &error), ARGUMENT);
  GIVES_HERE(rowcast_writer_rows(writer, NULL, 1, 2, NULL), ARGUMENT);
  GIVES(rowcast_writer_commit(NULL, &error), ARGUMENT);
  GIVES(rowcast_writer_commit(NULL, NULL), ARGUMENT);
  RETURNS((rowcast_writer_abandon(NULL), 0));
  GIVES(rowcast_crc32_f32(NULL, 1, 1, 1), 0);
  GIVES(rowcast_crc32_f32_next(7, NULL, 3, 2, 5), 7);

  expect_all_called();
  rowcast_writer_abandon(writer);
  rowcast_reader_close(reader);
  rowcast_plan_destroy(plan);
  free(npy);
  free(csv);
  folder_remove(folder);
  return scene_failures > 0;
}
Test(arguments, null, .timeout = 60) { cr_expect_eq(scene_play("nulls", NULL), 0); }

/* ---- Rows and results in the same place ---- */

enum { K = 6, N = 4, M = 5 };

static rowcast_plan *plan_for(rowcast_dtype dtype) {
  static float w[K * N];
  for (size_t i = 0; i < K * N; i++) w[i] = (float)i;
  rowcast_plan_options options = ROWCAST_PLAN_DEFAULTS;
  options.dtype = dtype;
  rowcast_plan *plan;
  cr_assert_eq(rowcast_plan_create(&plan, K, N, w, N, &options, NULL), ROWCAST_OK);
  return plan;
}

Test(arguments, overlaps_are_refused) {
  static float memory[600];
  float *x = memory + 100;
  rowcast_plan *plan = plan_for(ROWCAST_F32);
  int32_t *classes = (int32_t *)(void *)memory;
  for (size_t i = 0; i < 600; i++) memory[i] = 3.0f;
  /* X is 5 rows of 6, 10 apart: its last element is number 45. */
  static const long inside[] = {-43, -1, 0, 5, 7, 9, 45};
  for (size_t i = 0; i < sizeof inside / sizeof inside[0]; i++) {
    cr_expect_eq(rowcast_matmul(plan, M, x, 10, x + inside[i], 10), ROWCAST_ERR_ARGUMENT, "C at %ld", inside[i]);
    cr_expect_eq(rowcast_matmul_rows(plan, 1, M, x, 10, x + inside[i], 10), ROWCAST_ERR_ARGUMENT);
  }
  /* Before it, after it, and between its rows. */
  static const long outside[] = {-44, 46, 6, 26, -4};
  for (size_t i = 0; i < sizeof outside / sizeof outside[0]; i++)
    cr_expect_eq(rowcast_matmul(plan, M, x, 10, x + outside[i], 10), ROWCAST_OK, "C at %ld", outside[i]);
  /* Other strides. */
  cr_expect_eq(rowcast_matmul(plan, M, x, 10, x + 6, 11), ROWCAST_ERR_ARGUMENT);
  cr_expect_eq(rowcast_matmul(plan, M, x, 100, x - 20, N), ROWCAST_OK);
  cr_expect_eq(rowcast_matmul(plan, 2, x, 100, x + 6, N), ROWCAST_OK, "all of C between two rows of X");
  cr_expect_eq(rowcast_matmul(plan, 2, x, 12, x + 6, N), ROWCAST_ERR_ARGUMENT);
  cr_expect_eq(rowcast_matmul(plan, 2, x, K, x - 3, 20), ROWCAST_ERR_ARGUMENT);
  cr_expect_eq(rowcast_matmul(plan, 2, x, K, x - 4, 20), ROWCAST_OK, "all of X between two rows of C");
  /* One row: its stride does not count. */
  cr_expect_eq(rowcast_matmul(plan, 1, x, 0, x + 5, 0), ROWCAST_ERR_ARGUMENT);
  cr_expect_eq(rowcast_matmul(plan, 1, x, 0, x + 6, 0), ROWCAST_OK);
  /* Rows of X that overlap, 5 of 6, 2 apart: 14 elements without a gap. The same row five times: 6. */
  static const long within[] = {-43, -3, 0, 5, 7, 13};
  for (size_t i = 0; i < sizeof within / sizeof within[0]; i++)
    cr_expect_eq(rowcast_matmul(plan, M, x, 2, x + within[i], 10), ROWCAST_ERR_ARGUMENT, "C at %ld", within[i]);
  cr_expect_eq(rowcast_matmul(plan, M, x, 2, x - 44, 10), ROWCAST_OK);
  cr_expect_eq(rowcast_matmul(plan, M, x, 2, x + 14, 10), ROWCAST_OK);
  cr_expect_eq(rowcast_matmul(plan, M, x, 4, x - 2, 4), ROWCAST_ERR_ARGUMENT, "the same stride");
  cr_expect_eq(rowcast_matmul(plan, 2, x, 2, x - 4, 12), ROWCAST_OK, "all of X between two rows of C");
  cr_expect_eq(rowcast_matmul(plan, 2, x, 2, x - 4, 11), ROWCAST_ERR_ARGUMENT);
  cr_expect_eq(rowcast_matmul(plan, M, x, 0, x + 5, N), ROWCAST_ERR_ARGUMENT);
  cr_expect_eq(rowcast_matmul(plan, M, x, 0, x + 6, N), ROWCAST_OK);
  cr_expect_eq(rowcast_matmul(plan, M, x, 0, x - 4, 10), ROWCAST_OK, "X between the rows of C");
  /* Classes. */
  cr_expect_eq(rowcast_predict(plan, M, x, 10, classes + 96), ROWCAST_ERR_ARGUMENT);
  cr_expect_eq(rowcast_predict(plan, M, x, 10, classes + 145), ROWCAST_ERR_ARGUMENT);
  cr_expect_eq(rowcast_predict_rows(plan, 0, M, x, 10, classes + 106), ROWCAST_ERR_ARGUMENT);
  cr_expect_eq(rowcast_predict(plan, M, x, 10, classes + 95), ROWCAST_OK);
  cr_expect_eq(rowcast_predict(plan, M, x, 10, classes + 146), ROWCAST_OK);
  cr_expect_eq(rowcast_predict_rows(plan, 0, 4, x, 10, classes + 106), ROWCAST_OK, "between the first two rows");
  rowcast_plan_destroy(plan);
  plan = plan_for(ROWCAST_U8);
  const unsigned char *bytes = (const unsigned char *)memory + 401;
  cr_expect_eq(rowcast_matmul(plan, M, bytes, 10, memory + 111, N), ROWCAST_ERR_ARGUMENT, "the last byte");
  cr_expect_eq(rowcast_matmul(plan, M, bytes, 10, memory + 112, N), ROWCAST_OK);
  cr_expect_eq(rowcast_matmul(plan, M, bytes, 40, memory + 102, 10), ROWCAST_OK, "between rows of as many bytes");
  rowcast_plan_destroy(plan);
}

/* ---- Writers ---- */

Test(arguments, writers_check_strides_and_extents) {
  char *folder = folder_make(), *path = path_in(folder, "c.npy");
  static const float values[6];
  static const struct {
    size_t rows, stride;
    rowcast_status status;
  } cases[] = {{2, 2, ROWCAST_ERR_ARGUMENT},
               {2, 0, ROWCAST_ERR_ARGUMENT},
               {2, SIZE_MAX / 4, ROWCAST_ERR_OVERFLOW},
               {3, SIZE_MAX / 2 + 2, ROWCAST_ERR_OVERFLOW},
               {1, 0, ROWCAST_OK}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const rowcast_layout layout = {ROWCAST_F32, 2, {SIZE_MAX, 3}};
    rowcast_writer *writer;
    rowcast_error error;
    cr_assert_eq(rowcast_writer_open(&writer, path, &layout, NULL, NULL), ROWCAST_OK);
    const rowcast_status status = rowcast_writer_rows(writer, values, cases[i].rows, cases[i].stride, &error);
    cr_expect_eq(status, cases[i].status, "%zu rows, %zu apart", cases[i].rows, cases[i].stride);
    if (status != ROWCAST_OK) cr_expect_eq(rowcast_writer_rows(writer, values, 1, 3, NULL), ROWCAST_ERR_ARGUMENT);
    rowcast_writer_abandon(writer);
  }
  free(path);
  folder_remove(folder);
}

/* ---- struct_size ---- */

/* Options at the end of readable memory: reading past them ends the process. */
SCENE(garbage_size) {
  static const size_t sizes[] = {4097, 1 << 20, SIZE_MAX / 2, SIZE_MAX};
  const float w[2] = {1.0f, 2.0f};
  rowcast_plan *plan;
  rowcast_matrix matrix;
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    rowcast_plan_options make = ROWCAST_PLAN_DEFAULTS;
    rowcast_read_options read = ROWCAST_READ_DEFAULTS;
    rowcast_write_options write = ROWCAST_WRITE_DEFAULTS;
    make.struct_size = read.struct_size = write.struct_size = sizes[i];
    SCENE_EXPECT(rowcast_plan_create(&plan, 2, 1, w, 1, &make, NULL) == ROWCAST_ERR_ARGUMENT);
    SCENE_EXPECT(rowcast_matrix_read_memory(&matrix, "1,2\n", 4, "made", &read, NULL) == ROWCAST_ERR_ARGUMENT);
    SCENE_EXPECT(rowcast_write_f32("/nowhere/c.npy", w, 1, 1, 1, &write, NULL) == ROWCAST_ERR_ARGUMENT);
  }
  /* A later version's struct that asks for nothing new is still taken. */
  struct {
    rowcast_plan_options options;
    char more[4096 - sizeof(rowcast_plan_options)];
  } later = {ROWCAST_PLAN_DEFAULTS, {0}};
  later.options.struct_size = sizeof later;
  SCENE_EXPECT(sizeof later == 4096 && rowcast_plan_create(&plan, 2, 1, w, 1, &later.options, NULL) == ROWCAST_OK);
  rowcast_plan_destroy(plan);
  return scene_failures;
}
Test(arguments, struct_size_that_was_never_set, .timeout = 60) { cr_expect_eq(scene_play("garbage_size", NULL), 0); }
