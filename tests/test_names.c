/* SPDX-License-Identifier: BSD-3-Clause */
/* Names that users and files give may hold anything: whatever shows one quotes it, and what carries one carries it
 * exactly. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rowcast/io.h>

#include "cli/terminal/printable.h"
#include "io/report.h"
#include "lib/error.h"
#include "process.h"

/* Newline, escape sequence, tab, quotes, backslash, a letter beyond ASCII, and a byte that is not UTF-8. */
#define HOSTILE "n\n\033[31m\t\"'\\\xc3\xa4\xff"
#define QUOTED  "n\\n\\033[31m\\t\\\"'\\\\\xc3\xa4\\377"
#define AS_JSON "n\n\033[31m\t\"'\\\xc3\xa4\xef\xbf\xbd"

static char *folder;

static void make_folder(void) {
  folder = folder_make();
  cr_assert_eq(chdir(folder), 0);
}
static void remove_folder(void) { folder_remove(folder); }

TestSuite(names, .init = make_folder, .fini = remove_folder);

static void write_f32(const char *path, size_t rows, size_t cols, float value) {
  float values[64];
  for (size_t i = 0; i < 64; i++) values[i] = value * (float)(i % 7);
  rowcast_error error;
  const rowcast_write_options options = {.struct_size = sizeof options, .format = ROWCAST_FILE_NPY};
  cr_assert_eq(rowcast_write_f32(path, values, rows, cols, cols, &options, &error), ROWCAST_OK, "%s", error.text);
}

/* Nothing that a terminal would obey, except line ends, and our own colours where they were asked for. */
static void expect_printable(const char *text, const char *what) {
  for (const char *at = text; *at != '\0';) {
    char character[PRINTABLE_CHARACTER];
    const size_t length = printable_character(at, character);
    cr_assert(*at == '\n' || strncmp(at, character, length) == 0, "%s: byte %02x in: %s", what, (unsigned char)*at,
              text);
    at += length;
  }
}

static bool is_one_line(const char *text) {
  const char *newline = strchr(text, '\n');
  return newline != NULL && newline[1] == '\0';
}

Test(names, texts_made_printable) {
  static const struct {
    const char *text, *expected;
  } cases[] = {
    {"plain name.csv", "plain name.csv"},
    {"a \"b\" \\c", "a \"b\" \\c"},
    {"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"},
    {HOSTILE, "\"" QUOTED "\""},
    {"\"begins", "\"\\\"begins\""},
    {"\r\a\b\f\v\x7f", "\"\\r\\a\\b\\f\\v\\177\""},
    {"\xc2\x9b"
     "31m",
     "\"\\302\\23331m\""},
    {"\xe2\x80\xae", "\"\\342\\200\\256\""},
    {"\xc0\x80", "\"\\300\\200\""},
    {"\xed\xa0\x80", "\"\\355\\240\\200\""},
    {"\xf4\x90\x80\x80", "\"\\364\\220\\200\\200\""},
    {"\xe2\x82", "\"\\342\\202\""},
    {"", ""},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    cr_expect_str_eq(printable(cases[i].text), cases[i].expected, "%zu: %s", i, printable(cases[i].text));
    /* The library says the same. */
    rowcast_error error;
    char expected[ROWCAST_ERROR_TEXT];
    snprintf(expected, sizeof expected, "%s: reason", cases[i].expected);
    rc_report(&error, ROWCAST_ERR_IO, cases[i].text, "reason");
    cr_expect_str_eq(error.text, expected, "%zu", i);
    rc_fail(&error, ROWCAST_ERR_UNKNOWN, "'%s'", cases[i].text);
    expect_printable(error.text, "rc_fail");
  }
  printable_free();
}

/* A long path keeps its end, whole characters, and room for the reason. */
Test(names, long_paths) {
  for (int hostile = 0; hostile < 2; hostile++)
    for (size_t length = 200; length < 1200; length += 37) {
      char path[1300], *at = path;
      for (size_t i = 0; i < length; i++) *at++ = hostile ? (i % 3 == 0 ? '\033' : '\\') : 'x';
      strcpy(at, "end.npy");
      rowcast_error error;
      rc_report(&error, ROWCAST_ERR_IO, path, "the reason, with a tab\t");
      cr_assert(strlen(error.text) < sizeof error.text);
      cr_assert_not_null(
        strstr(error.text, hostile ? "end.npy\": the reason, with a tab\\t" : "end.npy: the reason, with a tab\\t"),
        "%s", error.text);
      cr_assert(length < 260 || strstr(error.text, "...") != NULL);
      expect_printable(error.text, "rc_report");
    }
}

/* A name in every place that takes one, where it works and where it fails. */
Test(names, every_place) {
  static const char images[] = "i" HOSTILE, weights[] = "w" HOSTILE, bias[] = "b" HOSTILE, labels[] = "l" HOSTILE,
                    output[] = "o" HOSTILE ".npy", missing[] = "m" HOSTILE;
  write_f32(images, 6, 4, 1.0f);
  write_f32(weights, 4, 3, 1.0f);
  write_f32(bias, 3, 1, 1.0f);
  write_f32(labels, 6, 1, 0.0f);
  static const char *const works[][16] = {
    {"matmul", "-i", images, "-w", weights, "--bias", bias, "-l", labels, "--predict", "-o", output, "-f"},
    {"predict", "-i", images, "-w", weights, "--bias", bias, "-l", labels, "-o", output, "-f"},
    {"convert", "-i", images, "-o", output, "-f"},
    {"show", "-i", images, "-l", labels, "--color", "never", "--ascii"},
    {"verify", "-i", images, "-w", weights, "--threads", "1", "--kernel", "scalar-naive"},
    {"bench", "-i", images, "--rows", "2", "--rounds", "1", "--threads", "1", "--kernel", "scalar-naive"},
  };
  for (size_t i = 0; i < sizeof works / sizeof works[0]; i++) {
    struct process_result result = process_run(works[i], NULL);
    cr_expect_eq(result.status, 0, "%s: %s", works[i][0], result.err);
    expect_printable(result.out, works[i][0]);
    expect_printable(result.err, works[i][0]);
    if (i < 3) cr_expect_not_null(strstr(result.out, "\"i" QUOTED "\""), "%s", result.out);
    if (i < 3) cr_expect_not_null(strstr(result.out, "\"o" QUOTED ".npy\""), "%s", result.out);
    if (i < 2) cr_expect_not_null(strstr(result.out, "\"w" QUOTED "\""), "%s", result.out);
    process_free(&result);
  }
  static const char *const fails[][16] = {
    {"matmul", "-i", missing},
    {"matmul", "-i", images, "-w", missing},
    {"matmul", "-i", images, "-w", weights, "--bias", missing},
    {"matmul", "-i", images, "-w", weights, "--predict", "-l", missing},
    {"matmul", "-i", images, "-w", images},
    {"matmul", "-i", images, "-w", weights, "--bias", labels},
    {"matmul", "-i", images, "-w", weights, "--predict", "-l", bias},
    {"matmul", "-i", images, "-w", weights, "-o", output},
    {"matmul", "-i", images, "-w", weights, "-o", "d" HOSTILE "/x.npy"},
    {"matmul", "-i", images, "-w", weights, "-o", images, "--format", "npy", "-f"},
    {"matmul", "-i", images, "-w", weights, "-o", missing},
    {"matmul", "-i", images, "--array", HOSTILE},
    {"matmul", "-i", images, "--member", HOSTILE},
    {"matmul", "-i", images, "--rows", "0:99"},
    {"matmul", "-i", images, "--kernel", HOSTILE},
    {"matmul", "-i", images, "--scale", HOSTILE},
    {"matmul", "-i", images, "--" HOSTILE},
    {"matmul", HOSTILE},
    {"predict", "-i", images, "-w", missing},
    {"convert", "-i", images, "-o", missing},
    {"show", "-i", images, "-l", missing},
    {"verify", "-i", images, "-w", missing},
    {"bench", "-i", missing},
    {"bench", "--label", HOSTILE},
    {"bench", "--plot", HOSTILE},
    {"bench", "--plot", "d" HOSTILE "/x.svg"},
    {"compare", missing},
    {"compare", images},
    {HOSTILE},
    {"help", HOSTILE},
  };
  for (size_t i = 0; i < sizeof fails / sizeof fails[0]; i++) {
    struct process_result result = process_run(fails[i], NULL);
    cr_expect_gt(result.status, 0, "%zu: %d", i, result.status);
    cr_expect_str_empty(result.out);
    cr_expect(is_one_line(result.err), "%zu: %s", i, result.err);
    expect_printable(result.err, fails[i][0]);
    cr_expect_not_null(strstr(result.err, "\\n\\033[31m\\t"), "%zu: %s", i, result.err);
    process_free(&result);
  }
}

/* JSON has the name itself; a byte that is not UTF-8 cannot be written there. */
Test(names, json_keeps_them) {
  static const char images[] = "i" HOSTILE, output[] = "o" HOSTILE ".npy";
  write_f32(images, 6, 4, 1.0f);
  struct process_result result = ROWCAST("convert", "-i", images, "-o", output, "--json");
  cr_assert_eq(result.status, 0, "%s", result.err);
  json_t *object = json_loads(result.out, 0, NULL);
  cr_expect_str_eq(json_string_value(json_object_get(object, "input")), "i" AS_JSON);
  cr_expect_str_eq(json_string_value(json_object_get(object, "output")), "o" AS_JSON ".npy");
  json_decref(object);
  process_free(&result);
  cr_expect_eq(access(output, R_OK), 0, "the file has the name that was given");
}

/* A document whose every text is hostile, shown in every form. */
Test(names, documents) {
  static const char valid[] = "k\n\033[31m\t\"'\\,|\xc3\xa4\xc2\x9b";
  json_t *result_of = json_pack("{s:s, s:s, s:i, s:i, s:i, s:i, s:f, s:f, s:f, s:s, s:s, s:s, s:s}", "kernel", valid,
                                "dtype", "f32", "threads", 1, "rows", 5, "k", 784, "n", 10, "median_s", 1.0, "low_s",
                                1.0, "high_s", 1.0, "data", valid, "runs", valid, "bound", valid, valid, valid);
  static const char *const commands[] = {"bench", "scale", "roofline", "other"};
  for (size_t c = 0; c < 4; c++) {
    json_t *document =
      json_pack("{s:i, s:s, s:s, s:s, s:{s:s}, s:[s], s:[O]}", "schema_version", 1, "command", commands[c], "label",
                valid, "date", valid, "machine", "model", valid, "disturbed", valid, "results", result_of);
    cr_assert_not_null(document);
    cr_assert_eq(json_dump_file(document, HOSTILE ".json", 0), 0);
    static const char *const formats[] = {"table", "md", "csv", "json", "jsonl"};
    for (size_t f = 0; f < 5; f++)
      for (int twice = 0; twice < 2; twice++) {
        struct process_result result =
          twice ? ROWCAST("compare", HOSTILE ".json", "./" HOSTILE ".json", "--format", formats[f], "--color", "never")
                : ROWCAST("compare", HOSTILE ".json", "--format", formats[f], "--color", "never");
        cr_assert_eq(result.status, 0, "%s", result.err);
        cr_expect_str_empty(result.err);
        cr_expect_null(strchr(result.out, '\033'), "%s: %s", formats[f], result.out);
        cr_expect_null(strstr(result.out, "\xc2\x9b"), "%s: %s", formats[f], result.out);
        if (f < 2) expect_printable(result.out, formats[f]);
        if (f == 0)
          cr_expect_not_null(strstr(result.out, "\"k\\n\\033[31m\\t\\\"'\\\\,|\xc3\xa4\\302\\233\""), "%s", result.out);
        if (f == 2)
          cr_expect_not_null(strstr(result.out, "\"k\n\\033[31m\t\"\"'\\,|\xc3\xa4\\302\\233\""), "RFC 4180: %s",
                             result.out);
        if (f == 3) {
          json_t *again = json_loads(result.out, 0, NULL);
          const json_t *first = json_array_get(json_object_get(again, "results"), 0);
          cr_expect_str_eq(json_string_value(json_object_get(first, "kernel")), valid);
          json_decref(again);
        }
        process_free(&result);
      }
    json_decref(document);
  }
  json_decref(result_of);
}

/* A picture and its kept files keep the name, and draw it again; nothing of it is a command. */
Test(names, pictures) {
  if (system("command -v gnuplot >/dev/null 2>&1") != 0) cr_skip_test("gnuplot is not installed");
  static const char *const names[] = {HOSTILE ".svg", "|touch caught.svg", "<touch caught.svg", "`touch caught`.svg",
                                      "$x@DATA'.svg"};
  json_t *document = json_pack("{s:i, s:s, s:[{s:s, s:s, s:i, s:i, s:i, s:i, s:f, s:f, s:f}]}", "schema_version", 1,
                               "command", "bench", "results", "kernel", "x", "dtype", "f32", "threads", 1, "rows", 5,
                               "k", 784, "n", 10, "median_s", 1.0, "low_s", 1.0, "high_s", 1.0);
  cr_assert(document != NULL && json_dump_file(document, "a.json", 0) == 0);
  json_decref(document);
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    char script[128], data[128];
    snprintf(script, sizeof script, "%s.gp", names[i]);
    snprintf(data, sizeof data, "%s.dat", names[i]);
    struct process_result result = ROWCAST("compare", "a.json", "--plot", names[i], "--keep-plot", "--quiet");
    cr_assert_eq(result.status, 0, "%s", result.err);
    process_free(&result);
    cr_expect(access(script, R_OK) == 0 && access(data, R_OK) == 0);
    cr_assert(unlink(names[i]) == 0 && rename(script, "script.gp") == 0);
    cr_expect_eq(system("gnuplot script.gp 2>errors"), 0, "%zu", i);
    cr_expect_eq(access(names[i], R_OK), 0, "%zu: drawn again under its name", i);
    cr_expect_neq(access("caught", F_OK), 0, "%zu", i);
    cr_expect_neq(access("caught.svg", F_OK), 0, "%zu", i);
  }
}

/* Names out of an archive or a pickle. */
Test(names, listings_of_arrays) {
  const float value = 1.0f;
  rowcast_error error;
  rowcast_matrix matrix;
  rowcast_read_options options = ROWCAST_READ_DEFAULTS;
  options.array = HOSTILE;
  cr_assert_neq(rowcast_matrix_read_memory(&matrix, "1,2\n", 4, HOSTILE, &options, &error), ROWCAST_OK);
  expect_printable(error.text, "no array");
  options.array = NULL;
  options.member = HOSTILE;
  cr_assert_neq(rowcast_matrix_read_memory(&matrix, "1,2\n", 4, HOSTILE, &options, &error), ROWCAST_OK);
  expect_printable(error.text, "no member");
  cr_assert_neq(rowcast_write_f32("d" HOSTILE "/x", &value, 1, 1, 1, NULL, &error), ROWCAST_OK);
  expect_printable(error.text, "no folder");
}
