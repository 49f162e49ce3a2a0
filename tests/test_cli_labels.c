/* SPDX-License-Identifier: BSD-3-Clause */
/* Labels, weights and a bias as other programs write them, and what is said of them. */
#include <math.h>

#include <rowcast/matrix.h>

#include "tool.h"

#define DATA ROWCAST_SOURCE_DIR "/data/"

static char *folder;

static void make_folder(void) { folder = folder_make(); }
static void remove_folder(void) { folder_remove(folder); }

TestSuite(cli_labels, .init = make_folder, .fini = remove_folder);

/* One rule for labels that name no class, in both commands that count. */
Test(cli_labels, labels_that_are_no_class) {
  enum { ROWS = 60 };
  double large[ROWS], half[ROWS], strange[ROWS];
  static const double few[] = {NAN, -1.0, 1e30, 1099511627776.0, 0.5, 10.0, INFINITY};
  size_t large_ones = 0;
  for (size_t i = 0; i < ROWS; i++) {
    large[i] = (double)(i % 26);
    large_ones += i % 26 >= 10;
    half[i] = (double)(i % 10) + 0.5;
    strange[i] = i < 7 ? few[i] : (double)(i % 10);
  }
  const struct {
    char *path;
    size_t no_class;
  } cases[] = {
    {write_npy(folder, "large.npy", "<f8", ROWS, 0, large), large_ones},
    {write_npy(folder, "half.npy", "<f8", ROWS, 0, half), ROWS},
    {write_npy(folder, "strange.npy", "<f8", ROWS, 0, strange), 7},
  };
  char *images = path_in(folder, "x.npy");
  tool_expect(ROWCAST("convert", "-s", "test", "-r", "0:60", "-o", images), 0, "60 rows of 784 (rows 0:60 of 10000)");
  for (size_t i = 0; i < 3; i++) {
    json_t *one = TOOL_JSON("predict", "-i", images, "-l", cases[i].path);
    json_t *other = TOOL_JSON("matmul", "-i", images, "-l", cases[i].path, "--predict", "-w",
                              DATA "softmax-weights.npy", "--bias", DATA "softmax-bias.npy");
    static const char *const names[] = {"labelled", "labels_no_class", "correct", "rows_no_class"};
    for (size_t n = 0; n < 4; n++)
      cr_expect_eq(tool_integer(one, names[n]), tool_integer(other, names[n]), "%zu %s", i, names[n]);
    cr_expect(json_equal(json_object_get(one, "accuracy"), json_object_get(other, "accuracy")));
    cr_expect_eq((size_t)tool_integer(one, "labels_no_class"), cases[i].no_class);
    cr_expect_eq((size_t)tool_integer(one, "labelled"), ROWS - cases[i].no_class);
    cr_expect_eq(json_is_null(json_object_get(one, "accuracy")), cases[i].no_class == ROWS);
    char told[64];
    snprintf(told, sizeof told, "%zu of %d labels name no class 0..9", cases[i].no_class, ROWS);
    tool_expect(ROWCAST("predict", "-i", images, "-l", cases[i].path), 0, told);
    tool_expect(ROWCAST("matmul", "-i", images, "-l", cases[i].path, "--predict"), 0, told);
    json_decref(one), json_decref(other);
  }
  tool_expect(ROWCAST("show", "-i", images, "-l", cases[1].path, "-r", "0:1", "--ascii"), 0, "0: ?");
  /* More classes than a table has room for: said. */
  char *wide = path_in(folder, "wide.npy");
  tool_expect(ROWCAST("convert", "-i", DATA "softmax-weights.npy:shape=784x30:dtype=u8:offset=128:allow-trailing=yes",
                      "-o", wide),
              0, "784 rows of 30");
  tool_expect(ROWCAST("predict", "-i", images, "-l", cases[0].path, "-w", wide), 0,
              "30 classes are too many for a table of which is taken for which; --json has it");
  for (size_t i = 0; i < 3; i++) free(cases[i].path);
  free(images), free(wide);
}

/* Labels as other programs write them. */
Test(cli_labels, labels_of_every_kind) {
  static const double images[3][2] = {{1, 2}, {5, 0}, {2, 3}}, weights[2][2] = {{1, 0}, {0, 1}};
  static const double column[3] = {1, 0, 1}, one_hot[3][2] = {{0, 1}, {1, 0}, {0, 1}},
                      eight[3][8] = {{1, 7}, {0, 7}, {1, 7}};
  static const double doubtful[3][2] = {{0, 1}, {1, 1}, {0, 1}};
  char *x = write_npy(folder, "x.npy", "<f4", 3, 2, images[0]),
       *w = write_npy(folder, "w.npy", "<f4", 2, 2, weights[0]);
  char *n1 = write_npy(folder, "n1.npy", "<i8", 3, 1, column),
       *hot = write_npy(folder, "hot.npy", "<f4", 3, 2, one_hot[0]);
  char *qmnist = write_npy(folder, "qmnist.npy", "<i8", 3, 8, eight[0]),
       *neither = write_npy(folder, "neither.npy", "|u1", 3, 2, doubtful[0]);
  char *csv = tool_text(folder, "y.csv", "label,why\n1,9\n0,9\n1,9\n"), *first = tool_keys(qmnist, "columns=0:1");
  char *pickle = tool_text(folder, "y.pkl", "(dp0\nS'labels'\np1\n(lp2\nI1\naI0\naI1\nas."),
       *member = tool_keys(pickle, "member=labels");
  char *keys = tool_keys(csv, "skip-lines=1:columns=0:1");
  const char *const good[] = {n1, hot, first, member, keys};
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
    tool_expect(ROWCAST("predict", "-i", x, "-w", w, "-l", good[i]), 0, "accuracy 100.00 % (3 of 3)");
  tool_expect(ROWCAST("predict", "-i", x, "-w", w, "-l", hot), 0, "hot.npy (one-hot)");
  tool_expect(ROWCAST("predict", "-i", x, "-w", w, "-l", qmnist), 1, "qmnist.npy:columns=0:1 takes the first");
  tool_expect(ROWCAST("predict", "-i", x, "-w", w, "-l", neither), 1, "row 1 is not one-hot, but 2 of 3 rows are");
  char *wrong = tool_keys(pickle, "member=label");
  tool_expect(ROWCAST("predict", "-i", x, "-w", w, "-l", wrong), 1, "has no array 'label'; it has labels");
  char *bad = tool_keys(csv, "skip-lines=x");
  tool_expect(ROWCAST("predict", "-i", x, "-w", w, "-l", bad), 2, "--labels: 'x' is not a number from 0");
  char *typeless = tool_keys(csv, "shape=3");
  tool_expect(ROWCAST("predict", "-i", x, "-w", w, "-l", typeless), 2, "'shape'");
  /* The suggestion extends what was typed; a row unlike the others is named; a guess may be wrong. */
  static const double six[6][3] = {{0, 1, 0}, {1, 0, 0}, {0, 0, 1}, {0, 1, 0}, {1, 1, 0}, {0, 1, 0}},
                      lying[1][3] = {{1, 0, 1}};
  char *hot_but_one = write_npy(folder, "six.npy", "|u1", 6, 3, six[0]),
       *row = write_npy(folder, "row.npy", "<i8", 1, 3, lying[0]);
  char *skipped = tool_keys(csv, "skip-lines=1"), *none = tool_keys(n1, "columns=1:1"),
       *nothing = tool_keys(hot, "columns=0:0");
  tool_expect(ROWCAST("predict", "-i", x, "-w", w, "-l", skipped), 1, "y.csv:skip-lines=1:columns=0:1 takes the first");
  tool_expect(ROWCAST("predict", "-i", x, "-w", w, "-l", hot_but_one), 1, "row 4 is not one-hot, but 5 of 6 rows are");
  tool_expect(ROWCAST("predict", "-i", x, "-w", w, "-l", row), 0, "accuracy 100.00 % (3 of 3)");
  tool_expect(ROWCAST("predict", "-i", x, "-w", w, "-l", none), 1, "none of them selected");
  tool_expect(ROWCAST("predict", "-i", x, "-w", w, "-l", nothing), 1, "none of them selected");
  free(hot_but_one), free(row), free(skipped), free(none), free(nothing);
  char *odd_name = tool_text(folder, "my --skip-lines 3.csv", "label\n1\n0\n1\n");
  tool_expect(ROWCAST("predict", "-i", x, "-w", w, "-l", odd_name), 1, "my --skip-lines 3.csv: CSV: line 1");
  free(odd_name);
  char *xz = path_in(folder, "y.xz");
  struct bytes magic = {0};
  bytes_add(&magic, "\3757zXZ\0\0\4", 8);
  bytes_write(&magic, xz);
  bytes_free(&magic);
  tool_expect(ROWCAST("predict", "-i", x, "-w", w, "-l", xz), 1, "rowcast ... -l -");
  free(xz);
  /* A file with that very name is that file. */
  char *odd = tool_text(folder, "y.csv:skip-lines=1", "1\n0\n1\n");
  tool_expect(ROWCAST("predict", "-i", x, "-w", w, "-l", odd), 0, "accuracy 100.00 % (3 of 3)");
  free(x), free(w), free(n1), free(hot), free(qmnist), free(neither), free(csv), free(first), free(pickle),
    free(member), free(keys);
  free(wrong), free(bad), free(typeless), free(odd);
}

/* Labels looked for beside the images by a name may be missing: noted, and an error only where they are needed. */
Test(cli_labels, guessed_labels_may_be_missing) {
  static const double weights[2][2] = {{1, 0}, {0, 1}};
  /* [[x]]: the array is member 0.0, and there is no 0.1. */
  char *pickle =
    tool_text(folder, "x.pkl",
              "((cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR(I1\n(I2\nI2\ntcnumpy\ndtype\n"
              "(S'u1'\nI0\nI1\ntR(I3\nS'|'\nNNNI-1\nI-1\nI0\ntbI00\nS'abcd'\ntbtt.");
  char *w = write_npy(folder, "w.npy", "<f4", 2, 2, weights[0]);
  json_t *object = TOOL_JSON("predict", "-i", pickle, "-w", w);
  cr_expect_eq(tool_integer(object, "rows"), 2);
  cr_expect(json_is_null(json_object_get(object, "labels")));
  json_decref(object);
  tool_expect(ROWCAST("predict", "-i", pickle, "-w", w), 0, "no labels are used");
  tool_expect(ROWCAST("matmul", "-i", pickle, "-w", w, "--predict"), 2, "--predict needs --labels");
  free(pickle), free(w);
}

/* Weights as other programs keep them. */
Test(cli_labels, weights_of_every_kind) {
  static const double images[2][3] = {{1, 2, 3}, {4, 5, 6}}, weights[3][2] = {{1, 0}, {0, 1}, {1, 1}},
                      turned[2][3] = {{1, 0, 1}, {0, 1, 1}};
  static const double bias[2] = {10, 20}, beyond[3] = {1, 1e39, 2};
  char *x = write_npy(folder, "x.npy", "<f4", 2, 3, images[0]),
       *w = write_npy(folder, "w.npy", "<f4", 3, 2, weights[0]);
  char *f8 = write_npy(folder, "f8.npy", "<f8", 3, 2, weights[0]),
       *u1 = write_npy(folder, "u1.npy", "|u1", 3, 2, weights[0]);
  char *linear = write_npy(folder, "linear.npy", "<f4", 2, 3, turned[0]),
       *b = write_npy(folder, "b.npy", "<f8", 2, 0, bias);
  char *column = write_npy(folder, "column.npy", "<f4", 3, 0, weights[0]),
       *huge = write_npy(folder, "huge.npy", "<f8", 3, 0, beyond);
  char *half = write_npy(folder, "half.npy", "<f4", 3, 0, images[0]);
  json_t *wanted = TOOL_JSON("matmul", "-i", x, "-w", w);
  const char *crc = json_string_value(json_object_get(wanted, "crc32"));
  tool_expect(ROWCAST("matmul", "-i", x, "-w", f8), 0, crc);
  tool_expect(ROWCAST("matmul", "-i", x, "-w", f8), 0, "f8.npy (f8 rounded to float32)");
  tool_expect(ROWCAST("matmul", "-i", x, "-w", u1), 0, crc);
  tool_expect(ROWCAST("matmul", "-i", x, "-w", linear, "--transpose"), 0, crc);
  tool_expect(ROWCAST("verify", "-i", x, "-w", linear, "--transpose", "-k", "scalar-naive"), 0, "0 failed");
  tool_expect(ROWCAST("matmul", "-i", x, "-w", linear), 1, "--transpose takes N x K, like PyTorch's Linear.weight");
  tool_expect(ROWCAST("matmul", "-i", x, "-w", w, "--transpose"), 1, "leave --transpose out");
  tool_expect(ROWCAST("matmul", "-i", x, "--transpose"), 2, "--transpose is for weights from a file");
  tool_expect(ROWCAST("predict", "--transpose"), 2, "the shipped ones are not transposed");
  tool_expect(ROWCAST("matmul", "-i", x, "-w", column), 0, "2 x 3 times 3 x 1");
  tool_expect(ROWCAST("matmul", "-i", x, "-w", w, "--bias", b), 0, "b.npy (f8 rounded to float32)");
  tool_expect(ROWCAST("matmul", "-i", x, "-w", w, "--bias", b), 0, "\n14.00  25.00\n");
  tool_expect(ROWCAST("matmul", "-i", x, "-w", huge), 1, "element (1, 0) is infinite, or beyond float32");
  char *infinite = tool_text(folder, "w.csv", "1,1e39\n0,1\n1,1\n");
  tool_expect(ROWCAST("matmul", "-i", x, "-w", infinite), 0, "1 of its numbers is infinite");
  free(infinite);
  char *some = tool_keys(w, "columns=1:2"), *many = tool_keys(w, "columns=1:4");
  tool_expect(ROWCAST("matmul", "-i", x, "-w", some), 0, "2 x 3 times 3 x 1");
  tool_expect(ROWCAST("matmul", "-i", x, "-w", many), 1, "columns= asks for 4");
  json_decref(wanted);
  free(x), free(w), free(f8), free(u1), free(linear), free(b), free(column), free(huge), free(half), free(some),
    free(many);
}

/* What was assumed is said where there is no summary, and in JSON; not to those who ask for quiet. */
Test(cli_labels, assumptions_without_a_summary) {
  static const double pixels[2][3] = {{0, 200, 7}, {255, 1, 0}}, weights[3][2] = {{1, 0}, {0, 1}, {1, 1}};
  char *x = write_npy(folder, "x.npy", "<i8", 2, 3, pixels[0]),
       *w = write_npy(folder, "w.npy", "<f8", 3, 2, weights[0]);
  static const char *const commands[] = {"matmul", "predict"};
  for (size_t i = 0; i < 2; i++) {
    struct process_result result = ROWCAST(commands[i], "-i", x, "-w", w, "-o", "-", "--format", "csv");
    cr_expect_not_null(strstr(result.err, "note: "), "%s", result.err);
    cr_expect_not_null(strstr(result.err, "whole numbers 0..255, taken as they are; --scale 1/256"), "%s", result.err);
    cr_expect_not_null(strstr(result.err, "w.npy: f8 rounded to float32"), "%s", result.err);
    cr_expect_null(strstr(result.out, "note"));
    process_free(&result);
    result = ROWCAST(commands[i], "-i", x, "-w", w, "-o", "-", "--format", "csv", "-q");
    cr_expect_str_empty(result.err);
    process_free(&result);
    json_t *object = TOOL_JSON(commands[i], "-i", x, "-w", w);
    cr_expect_not_null(strstr(json_string_value(json_object_get(object, "note")), "--scale 1/256"));
    cr_expect_str_eq(json_string_value(json_object_get(object, "weights_element")), "f8");
    json_decref(object);
  }
  struct process_result result = ROWCAST("convert", "-i", x, "-o", "-", "--format", "csv");
  cr_expect_str_eq(result.out, "0,200,7\n255,1,0\n");
  cr_expect_not_null(strstr(result.err, "i8 rounded to float32"));
  process_free(&result);
  free(x), free(w);
}
