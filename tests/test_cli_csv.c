/* SPDX-License-Identifier: BSD-3-Clause */
/* CSV as users of the tool meet it: what was assumed of a first line is said by every command that reads one, options
 * reach the reader, and text in columns that are left out does not matter. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rowcast/rowcast.h>

#include "file_builder.h"
#include "process.h"

#define SAID "is taken for headings"

static char *folder, *images, *packed, *labels, *weights, *bias;

/* Rows of 784 pixels below 1; and with a first line of 0,1,...,cols-1. */
static struct bytes table(size_t rows, size_t cols, unsigned step) {
  struct bytes bytes = {0};
  char text[32];
  for (size_t i = 0; i <= rows; i++)
    for (size_t j = 0; j < cols; j++) {
      if (i == 0) snprintf(text, sizeof text, "%zu", j);
      else snprintf(text, sizeof text, "%.3f", (double)((i * j * step) % 8) / 8);
      bytes_add_text(&bytes, text);
      bytes_add_text(&bytes, j + 1 < cols ? "," : "\n");
    }
  return bytes;
}

static char *file_of(const char *name, struct bytes bytes) {
  char *path = path_in(folder, name);
  bytes_write(&bytes, path);
  bytes_free(&bytes);
  return path;
}

static struct bytes text_of(const char *text) {
  struct bytes bytes = {0};
  bytes_add_text(&bytes, text);
  return bytes;
}

static void set_up(void) {
  folder = folder_make();
  struct bytes plain = table(30, 784, 3);
  packed = file_of("x.csv.gz", gzip_of(&plain));
  images = file_of("x.csv", plain);
  labels = file_of(
    "y.csv", text_of("0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n"));
  weights = file_of("w.csv", table(784, 10, 5));
  bias = file_of("b.csv", table(1, 10, 1));
}
static void tear_down(void) {
  free(images), free(packed), free(labels), free(weights), free(bias);
  folder_remove(folder);
}

TestSuite(cli_csv, .init = set_up, .fini = tear_down);

static size_t count(const char *text, const char *part) {
  size_t found = 0;
  for (; (text = strstr(text, part)) != NULL; text++) found++;
  return found;
}

/* How often headings are mentioned on stderr, and part of stdout. */
static void expect(struct process_result result, size_t said, const char *part) {
  cr_expect_eq(result.status, 0, "%s", result.err);
  cr_expect_eq(count(result.err, SAID), said, "%s", result.err);
  cr_expect_eq(count(result.out, SAID), 0, "%s", result.out);
  cr_expect(part == NULL || strstr(result.out, part) != NULL, "no '%s' in: %.400s", part, result.out);
  process_free(&result);
}

Test(cli_csv, every_command_says_what_it_took_for_headings) {
  expect(ROWCAST("matmul", "-i", images), 1, "product  30 x 784");
  expect(ROWCAST("matmul", "-i", images, "-w", weights, "--bias", bias), 3, "product  30 x 784");
  expect(ROWCAST("matmul", "-i", images, "--max-bytes", "64K"), 1, "product  30 x 784");
  expect(ROWCAST("matmul", "-i", packed), 1, "product  30 x 784");
  expect(ROWCAST("matmul", "-i", packed, "--max-bytes", "64K", "--json"), 1, "\"rows\": 30");
  expect(ROWCAST("predict", "-i", images, "--labels", labels), 1, "of 30)");
  expect(ROWCAST("convert", "-i", images, "-o", "-", "--format", "csv"), 1, "\n0,0.375,0.75,");
  expect(ROWCAST("show", "-i", images, "--rows", "0:1"), 1, NULL);
  expect(ROWCAST("verify", "-i", images, "--threads", "1"), 1, "0 failed");
  expect(ROWCAST("matmul", "-i", images, "-q"), 0, NULL);
  expect(ROWCAST("matmul", "-i", images, "--headings", "none"), 0, "product  31 x 784");
  expect(ROWCAST("matmul", "-i", images, "--skip-lines", "1"), 0, "product  30 x 784");
  const struct process_options from = {.input_path = images};
  expect(process_run(ROWCAST_ARGUMENTS("matmul", "-i", "-", "--max-bytes", "64K"), &from), 1, "product  30 x 784");
}

/* Of labels, too, which are one column only by a choice of columns; and where a row was kept. */
Test(cli_csv, other_words) {
  char *pairs = file_of("pairs.csv", text_of("0,1\n1,0\n"));
  struct process_result result = ROWCAST("convert", "-i", pairs, "-o", "-", "--format", "csv");
  cr_expect_str_eq(result.out, "0,1\n1,0\n");
  cr_expect_not_null(
    strstr(result.err,
           "its first line, 0,1, is taken for a row; if it is headings: --skip-lines N, with this line counted in N"),
    "%s", result.err);
  process_free(&result);
  result = ROWCAST("convert", "-i", pairs, "-o", "-", "--format", "csv", "--headings", "none");
  cr_expect(result.out[0] == '0' && result.err[0] == '\0', "%s", result.err);
  process_free(&result);
  result = ROWCAST("convert", "-i", images, "-o", "-", "--format", "csv", "--skip-lines", "1", "--rows", "0:1");
  cr_expect_str_eq(result.err, "");
  process_free(&result);
  free(pairs);
}

static void expect_rows(const char *text, const char *const *more, const char *wanted) {
  char *path = file_of("in.csv", text_of(text));
  const char *arguments[24] = {"convert", "-i", path, "-o", "-", "--format", "csv"};
  for (size_t i = 0; more[i] != NULL; i++) arguments[7 + i] = more[i];
  struct process_result result = process_run(arguments, NULL);
  cr_expect(result.status == 0 && strcmp(result.out, wanted) == 0, "%s: %s%s", text, result.out, result.err);
  process_free(&result);
  free(path);
}
#define EXPECT_ROWS(text, wanted, ...) expect_rows(text, ROWCAST_ARGUMENTS(__VA_ARGS__), wanted)

Test(cli_csv, options_reach_the_reader) {
  EXPECT_ROWS("name,1.5,2,\"x, y\"\nother,3,4,\n", "1.5,2\n3,4\n", "--columns", "1:3");
  EXPECT_ROWS("1.5,2,name\n3,4,other\n", "1.5,2\n3,4\n", "--columns", ":2");
  EXPECT_ROWS("id,a,b\nr1,1,2\nr2,3,4\n", "1,2\n3,4\n", "--columns", "1:", "--skip-lines", "1");
  EXPECT_ROWS("1|2\n3|4\n", "1,2\n3,4\n", "--delimiter", "|");
  EXPECT_ROWS("1,x\t2\n3,y\t4\n", "2\n4\n", "--delimiter", "tab", "--columns", "1:");
  EXPECT_ROWS("a,b  2\nc,d  4\n", "2\n4\n", "--delimiter", "space", "--columns", "1:");
  EXPECT_ROWS("1,x\t2\n3,y\t4\n", "2\n4\n", "--delimiter", "\t", "--columns", "1:");
  EXPECT_ROWS("a,b  2\nc,d  4\n", "2\n4\n", "--delimiter", " ", "--columns", "1:");
  EXPECT_ROWS("1#2\n", "1,2\n", "--delimiter", "#", "--comment", "none");
  EXPECT_ROWS("1,5;2\n", "1.5,2\n", "--decimal", ",");
  EXPECT_ROWS("1;2 % x\n% 3;4\n5;6\n", "1,2\n5,6\n", "--comment", "%", "--skip-lines", "0", "--rows",
              "0:", "--delimiter", ";", "--columns", "0:2");
  EXPECT_ROWS("# x\n1,2#y\n", "1,2\n", "--rows", "0:");
  EXPECT_ROWS("class\n1\n", "1\n", "--skip-lines", "1");
  EXPECT_ROWS("0,1,2\n1,2,3\n", "0,1,2\n1,2,3\n", "--headings", "none");
}

Test(cli_csv, options_that_cannot_be_meant) {
  static const struct {
    const char *arguments[8];
    int status;
    const char *part;
  } wrong[] = {
    {{"--delimiter", "ab"}, 2, "--delimiter: 'ab' is not one character, tab or space"},
    {{"--delimiter", "none"}, 2, "is not one character, tab or space"},
    {{"--delimiter", ""}, 2, "is not one character, tab or space"},
    {{"--decimal", ";"}, 2, "--decimal: ';' is not . or ,"},
    {{"--delimiter", "#"}, 2, "# begins comments, so it cannot be the delimiter (--comment none)"},
    {{"--delimiter", "\n"}, 2, "is not one character, tab or space"},
    {{"--comment", "\t"}, 2, "is not one character, or none"},
    {{"--comment", "tab"}, 2, "--comment: 'tab' is not one character, or none"},
    {{"--headings", "yes"}, 2, "--headings: 'yes' is not auto or none"},
    {{"--shape", "1x1", "--dtype", "u8", "--delimiter", ";"}, 2, "only CSV takes '--delimiter'"},
    {{"--delimiter", "7"}, 2, "the delimiter must be"},
    {{"--decimal", ",", "--delimiter", ","}, 2, "with decimal commas"},
    {{"--columns", "1:1000"}, 1, "line 1 has 784 columns, but columns up to 1000 are asked for"},
    {{"--member", "x"}, 1, "is not a pickle"},
  };
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    const char *arguments[24] = {"convert", "-i", images, "-o", "-", "--format", "csv"};
    for (size_t j = 0; j < 8; j++) arguments[7 + j] = wrong[i].arguments[j];
    struct process_result result = process_run(arguments, NULL);
    cr_expect(result.status == wrong[i].status && strstr(result.err, wrong[i].part) != NULL, "%d, no '%s' in: %s",
              result.status, wrong[i].part, result.err);
    cr_expect_str_eq(result.out, "");
    process_free(&result);
  }
  /* Of another format they are told, not forgotten. */
  struct process_result result = ROWCAST("matmul", "--decimal", ",");
  cr_expect(result.status == 1 && strstr(result.err, "is IDX, but decimal commas are for CSV only") != NULL, "%s",
            result.err);
  process_free(&result);
}
