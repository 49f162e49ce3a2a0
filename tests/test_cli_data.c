/* SPDX-License-Identifier: BSD-3-Clause */
/* What people bring: copies of MNIST, pixels of every type, labels and weights as other programs write them. Nothing is lost or
 * changed without a word. */
#include <criterion/criterion.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rowcast/matrix.h>
#include <rowcast/version.h>

#include "file_builder.h"
#include "process.h"

#define DATA ROWCAST_SOURCE_DIR "/data/"
#define TEST_IMAGES DATA "t10k-images-idx3-ubyte.gz"
#define TEST_LABELS DATA "t10k-labels-idx1-ubyte.gz"

static char *folder;

static void make_folder(void) { folder = folder_make(); }
static void remove_folder(void) { folder_remove(folder); }

TestSuite(cli_data, .init = make_folder, .fini = remove_folder);

/* The status, and a part of what was said on stdout or stderr; frees the result. */
static void expect(struct process_result result, int status, const char *part) {
  cr_expect(result.status == status, "status %d: %.400s", result.status, result.err);
  cr_expect(strstr(result.out, part) != NULL || strstr(result.err, part) != NULL, "no '%s' in: %.600s%.400s", part, result.out,
            result.err);
  process_free(&result);
}

static json_t *json_of(struct process_result result) {
  json_error_t error;
  cr_assert_eq(result.status, 0, "%.400s", result.err);
  json_t *object = json_loads(result.out, JSON_REJECT_DUPLICATES, &error);
  cr_assert_not_null(object, "%s", error.text);
  process_free(&result);
  return object;
}
#define JSON(...) json_of(ROWCAST(__VA_ARGS__, "--json"))

static json_int_t integer(json_t *object, const char *key) {
  const json_t *value = json_object_get(object, key);
  cr_assert(json_is_integer(value), "no %s", key);
  return json_integer_value(value);
}

/* An NPY of numbers, of NumPy's type: '<f8', '<f4', '<i8' or '|u1'. */
static char *write_npy(const char *name, const char *type, size_t rows, size_t cols, const double *values) {
  struct bytes bytes = {0};
  char header[128];
  snprintf(header, sizeof header, cols > 0 ? "{'descr': '%s', 'fortran_order': False, 'shape': (%zu, %zu), }"
                                           : "{'descr': '%s', 'fortran_order': False, 'shape': (%zu,), }", type, rows, cols);
  add_npy_header(&bytes, 1, header);
  for (size_t i = 0; i < rows * (cols > 0 ? cols : 1); i++) {
    const float f4 = (float)values[i];
    const double f8 = values[i];
    uint64_t raw = (uint64_t)(int64_t)values[i];
    if (strcmp(type, "<f8") == 0) memcpy(&raw, &f8, sizeof f8);
    else if (strcmp(type, "<f4") == 0) raw = 0, memcpy(&raw, &f4, sizeof f4);
    bytes_add_number(&bytes, raw, (size_t)(type[2] - '0'), false);
  }
  char *path = path_in(folder, name);
  bytes_write(&bytes, path);
  bytes_free(&bytes);
  return path;
}

static char *write_text(const char *name, const char *text) {
  struct bytes bytes = {0};
  bytes_add_text(&bytes, text);
  char *path = path_in(folder, name);
  bytes_write(&bytes, path);
  bytes_free(&bytes);
  return path;
}

static char *with(const char *path, const char *keys) {
  char *text;
  cr_assert(asprintf(&text, "%s:%s", path, keys) > 0);
  return text;
}

/* A copy of the training images keeps its 60,000 rows in every command, however little memory there is for them. */
Test(cli_data, a_named_file_keeps_all_rows) {
  char *copy = path_in(folder, "mine.gz"), *a = path_in(folder, "a.npy"), *b = path_in(folder, "b.npy");
  struct bytes bytes = bytes_read(DATA "train-images-idx3-ubyte.gz");
  bytes_write(&bytes, copy);
  expect(ROWCAST("convert", "-i", copy, "-o", a), 0, "60000 rows of 784, u1");
  expect(ROWCAST("convert", "-i", copy, "--max-bytes", "20M", "-o", b), 0, "60000 rows of 784, u1");
  struct bytes first = bytes_read(a), second = bytes_read(b);
  cr_expect(first.size == second.size && memcmp(first.data, second.data, first.size) == 0);
  cr_expect_eq(first.size, 128 + 60000 * 784);
  static const char *const limits[] = {"1G", "20M"};
  char crc[2][16];
  for (size_t i = 0; i < 2; i++) {
    json_t *object = JSON("matmul", "-i", copy, "--max-bytes", limits[i]);
    cr_expect_eq(integer(object, "rows"), 60000);
    cr_expect_eq(integer(object, "all_rows"), 60000);
    cr_expect_str_eq(json_string_value(json_object_get(object, "data_set")), "mnist-train");
    snprintf(crc[i], sizeof crc[i], "%s", json_string_value(json_object_get(object, "crc32")));
    json_decref(object);
  }
  cr_expect_str_eq(crc[0], crc[1]);
  /* Only without a name the rows are x_train's, and that is said. */
  expect(ROWCAST("matmul"), 0, "rows 0:50000 of 60000, bytes x 1/256");
  expect(ROWCAST("convert", "-o", a, "-f"), 0, "50000 rows of 784 (rows 0:50000 of 60000)");
  expect(ROWCAST("verify", "-r", "0:3", "-k", "scalar-naive"), 0, "rows 0:3 of 60000");
  bytes_free(&bytes), bytes_free(&first), bytes_free(&second);
  free(copy), free(a), free(b);
}

/* MNIST is known by all its pixels: whichever is another, it is not MNIST, and MNIST's labels are not its. */
Test(cli_data, recognised_by_every_pixel) {
  rowcast_matrix images;
  struct bytes bytes = {0};
  char *path = path_in(folder, "copy.idx");
  cr_assert_eq(rowcast_matrix_read(&images, TEST_IMAGES, NULL, NULL), ROWCAST_OK);
  static const size_t places[] = {0, 5 * 784 + 3, 3137, 5000 * 784 + 400, 10000 * 784 - 1};
  for (size_t i = 0; i <= sizeof places / sizeof places[0]; i++) {
    unsigned char *pixels = images.data;
    const bool changed = i < sizeof places / sizeof places[0];
    if (changed) pixels[places[i]] ^= 1;
    bytes_free(&bytes);
    add_idx_header(&bytes, 0x08, 3, images.dims);
    bytes_add(&bytes, images.data, images.rows * images.cols);
    bytes_write(&bytes, path);
    static const char *const limits[] = {"1G", "2M"};
    for (size_t l = 0; l < 2; l++) {
      json_t *object = JSON("predict", "-i", path, "--max-bytes", limits[l]);
      cr_expect_eq(integer(object, "labelled"), changed ? 0 : 10000, "%zu, %s", i, limits[l]);
      if (!changed) cr_expect_eq(integer(object, "correct"), 9241);
      json_decref(object);
    }
    if (changed) pixels[places[i]] ^= 1;
  }
  expect(ROWCAST("predict", "-i", path), 0, "(MNIST's own: the images are mnist-test)");
  bytes_free(&bytes);
  rowcast_matrix_free(&images);
  free(path);
}

/* MNIST's files by their other names. */
Test(cli_data, both_spellings) {
  struct bytes images = bytes_read(TEST_IMAGES), labels = bytes_read(TEST_LABELS), w = bytes_read(DATA "softmax-weights.npy"),
               b = bytes_read(DATA "softmax-bias.npy");
  const struct {
    const struct bytes *bytes;
    const char *name;
  } files[] = {{&images, "t10k-images.idx3-ubyte.gz"}, {&labels, "t10k-labels.idx1-ubyte.gz"}, {&w, "softmax-weights.npy"}, {&b, "softmax-bias.npy"}};
  for (size_t i = 0; i < 4; i++) {
    char *path = path_in(folder, files[i].name);
    bytes_write(files[i].bytes, path);
    free(path);
  }
  char *setting;
  cr_assert(asprintf(&setting, "ROWCAST_DATA=%s", folder) > 0);
  const char *const environment[] = {setting, NULL};
  const struct process_options options = {.environment = environment};
  expect(process_run(ROWCAST_ARGUMENTS("predict"), &options), 0, "accuracy 92.41 % (9241 of 10000)");
  bytes_free(&images), bytes_free(&labels), bytes_free(&w), bytes_free(&b);
  free(setting);
}

/* The first 500 test images as other types, as the shipped weights take them. */
Test(cli_data, pixels_of_every_type) {
  enum { ROWS = 500, COUNT = ROWS * 784 };
  rowcast_matrix images;
  cr_assert_eq(rowcast_matrix_read(&images, TEST_IMAGES, NULL, NULL), ROWCAST_OK);
  double *whole = malloc(COUNT * sizeof *whole), *parts = malloc(COUNT * sizeof *parts), *bits = malloc(COUNT * sizeof *bits);
  for (size_t i = 0; i < COUNT; i++) {
    whole[i] = ((const unsigned char *)images.data)[i];
    parts[i] = whole[i] / 256.0;
    bits[i] = whole[i] >= 128.0;
  }
  const struct {
    char *path;
    const char *scale; /* as the summary has it */
    const char *note;
  } cases[] = {
    {write_npy("i8.npy", "<i8", ROWS, 784, whole), "i8 rounded to float32 x 1/256", "whole numbers 0..255, taken as pixels; --scale 1"},
    {write_npy("f4.npy", "<f4", ROWS, 784, whole), "float32 x 1/256", "whole numbers 0..255, taken as pixels; --scale 1"},
    {write_npy("u1.npy", "|u1", ROWS, 784, whole), "bytes x 1/256", ""},
    {write_npy("parts.npy", "<f4", ROWS, 784, parts), "float32 x 1\n", ""},
  };
  json_t *wanted = JSON("predict", "-r", "0:500");
  char *csv = path_in(folder, "x.csv");
  expect(ROWCAST("convert", "-i", cases[0].path, "-o", csv), 0, "500 rows");
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    json_t *object = JSON("predict", "-i", cases[i].path);
    cr_expect(json_equal(json_object_get(object, "classes"), json_object_get(wanted, "classes")), "%s", cases[i].path);
    json_decref(object);
    expect(ROWCAST("predict", "-i", cases[i].path), 0, cases[i].scale);
    expect(ROWCAST("predict", "-i", cases[i].path), 0, cases[i].note);
    free(cases[i].path);
  }
  static const char *const limits[] = {"1G", "2M"}; /* whole, and in blocks */
  for (size_t i = 0; i < 2; i++) {
    json_t *object = JSON("predict", "-i", csv, "--max-bytes", limits[i], "-o", "/dev/null", "--format", "csv");
    cr_expect_float_eq(json_real_value(json_object_get(object, "scale")), 1.0 / 256.0, 0.0);
    json_decref(object);
  }
  json_t *as_they_are = JSON("predict", "-i", csv, "--scale", "1");
  cr_expect(!json_equal(json_object_get(as_they_are, "classes"), json_object_get(wanted, "classes")), "--scale decides");
  /* Black and white: 0 and 1 are ink, not 1/256 of it. */
  char *black = write_npy("black.npy", "|u1", ROWS, 784, bits), *white = write_npy("white.npy", "<f4", ROWS, 784, bits);
  json_t *first = JSON("predict", "-i", black), *second = JSON("predict", "-i", white);
  cr_expect(json_equal(json_object_get(first, "classes"), json_object_get(second, "classes")));
  expect(ROWCAST("predict", "-i", black), 0, "bytes 0 and 1, taken as they are; --scale 1/256");
  /* With weights of their own, rows keep the unit of their type, and it is said. */
  expect(ROWCAST("matmul", "-i", csv), 0, "whole numbers 0..255, taken as they are; --scale 1/256");
  expect(ROWCAST("matmul", "-i", black), 0, "bytes 0 and 1, taken as pixels of 0..255; --scale 1");
  json_decref(wanted), json_decref(as_they_are), json_decref(first), json_decref(second);
  free(csv), free(black), free(white);
  free(whole), free(parts), free(bits);
  rowcast_matrix_free(&images);
}

/* Rows that begin as 0..1 and go on as 0..255 have no one unit: told, not guessed. */
Test(cli_data, units_that_change) {
  char *path = path_in(folder, "x.csv");
  FILE *file = fopen(path, "w");
  cr_assert_not_null(file);
  for (size_t i = 0; i < 2000; i++)
    for (size_t k = 0; k < 784; k++) fprintf(file, "%s%c", i < 1500 ? "0.5" : "255", k < 783 ? ',' : '\n');
  cr_assert_eq(fclose(file), 0);
  expect(ROWCAST("predict", "-i", path, "--max-bytes", "2M"), 1, "--scale 1/256 or --scale 1 says it");
  expect(ROWCAST("predict", "-i", path, "--max-bytes", "2M", "--scale", "1/256"), 0, "rows 0:2000 of 2000");
  free(path);
}

/* One rule for labels that are no class, in both commands that count. */
Test(cli_data, labels_that_are_no_class) {
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
    {write_npy("large.npy", "<f8", ROWS, 0, large), large_ones},
    {write_npy("half.npy", "<f8", ROWS, 0, half), ROWS},
    {write_npy("strange.npy", "<f8", ROWS, 0, strange), 7},
  };
  char *images = path_in(folder, "x.npy");
  expect(ROWCAST("convert", "-s", "test", "-r", "0:60", "-o", images), 0, "60 rows of 784 (rows 0:60 of 10000)");
  for (size_t i = 0; i < 3; i++) {
    json_t *one = JSON("predict", "-i", images, "-l", cases[i].path);
    json_t *other = JSON("matmul", "-i", images, "-l", cases[i].path, "--predict", "-w", DATA "softmax-weights.npy", "--bias",
                         DATA "softmax-bias.npy");
    static const char *const names[] = {"labelled", "labels_no_class", "correct", "rows_no_class"};
    for (size_t n = 0; n < 4; n++) cr_expect_eq(integer(one, names[n]), integer(other, names[n]), "%zu %s", i, names[n]);
    cr_expect(json_equal(json_object_get(one, "accuracy"), json_object_get(other, "accuracy")));
    cr_expect_eq(integer(one, "labels_no_class"), cases[i].no_class);
    cr_expect_eq(integer(one, "labelled"), ROWS - cases[i].no_class);
    cr_expect_eq(json_is_null(json_object_get(one, "accuracy")), cases[i].no_class == ROWS);
    char told[64];
    snprintf(told, sizeof told, "%zu of %d labels are no class 0..9", cases[i].no_class, ROWS);
    expect(ROWCAST("predict", "-i", images, "-l", cases[i].path), 0, told);
    expect(ROWCAST("matmul", "-i", images, "-l", cases[i].path, "--predict"), 0, told);
    json_decref(one), json_decref(other);
  }
  expect(ROWCAST("show", "-i", images, "-l", cases[1].path, "-r", "0:1", "--ascii"), 0, "0: ?");
  /* More classes than a table has room for: said. */
  char *wide = path_in(folder, "wide.npy");
  expect(ROWCAST("convert", "-i", DATA "softmax-weights.npy:shape=784x30:dtype=u8:offset=128:allow-trailing=yes", "-o", wide), 0, "784 rows of 30");
  expect(ROWCAST("predict", "-i", images, "-l", cases[0].path, "-w", wide), 0, "30 classes are too many for a table here; --json has it");
  for (size_t i = 0; i < 3; i++) free(cases[i].path);
  free(images), free(wide);
}

/* Labels as other programs write them. */
Test(cli_data, labels_of_every_kind) {
  static const double images[3][2] = {{1, 2}, {5, 0}, {2, 3}}, weights[2][2] = {{1, 0}, {0, 1}};
  static const double column[3] = {1, 0, 1}, one_hot[3][2] = {{0, 1}, {1, 0}, {0, 1}}, eight[3][8] = {{1, 7}, {0, 7}, {1, 7}};
  static const double doubtful[3][2] = {{0, 1}, {1, 1}, {0, 1}};
  char *x = write_npy("x.npy", "<f4", 3, 2, images[0]), *w = write_npy("w.npy", "<f4", 2, 2, weights[0]);
  char *n1 = write_npy("n1.npy", "<i8", 3, 1, column), *hot = write_npy("hot.npy", "<f4", 3, 2, one_hot[0]);
  char *qmnist = write_npy("qmnist.npy", "<i8", 3, 8, eight[0]), *neither = write_npy("neither.npy", "|u1", 3, 2, doubtful[0]);
  char *csv = write_text("y.csv", "label,why\n1,9\n0,9\n1,9\n"), *first = with(qmnist, "columns=0:1");
  char *pickle = write_text("y.pkl", "(dp0\nS'labels'\np1\n(lp2\nI1\naI0\naI1\nas."), *member = with(pickle, "member=labels");
  char *keys = with(csv, "skip-lines=1:columns=0:1");
  const char *const good[] = {n1, hot, first, member, keys};
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
    expect(ROWCAST("predict", "-i", x, "-w", w, "-l", good[i]), 0, "accuracy 100.00 % (3 of 3)");
  expect(ROWCAST("predict", "-i", x, "-w", w, "-l", hot), 0, "hot.npy (one-hot)");
  expect(ROWCAST("predict", "-i", x, "-w", w, "-l", qmnist), 1, "qmnist.npy:columns=0:1 takes the first");
  expect(ROWCAST("predict", "-i", x, "-w", w, "-l", neither), 1, "has 2 columns");
  char *wrong = with(pickle, "member=label");
  expect(ROWCAST("predict", "-i", x, "-w", w, "-l", wrong), 1, "has no array 'label'; it has labels");
  char *bad = with(csv, "skip-lines=x");
  expect(ROWCAST("predict", "-i", x, "-w", w, "-l", bad), 2, "--labels: 'x' is not a number from 0");
  char *typeless = with(csv, "shape=3");
  expect(ROWCAST("predict", "-i", x, "-w", w, "-l", typeless), 2, "dtype is missing");
  /* A file that is called so is that file. */
  char *odd = write_text("y.csv:skip-lines=1", "1\n0\n1\n");
  expect(ROWCAST("predict", "-i", x, "-w", w, "-l", odd), 0, "accuracy 100.00 % (3 of 3)");
  free(x), free(w), free(n1), free(hot), free(qmnist), free(neither), free(csv), free(first), free(pickle), free(member), free(keys);
  free(wrong), free(bad), free(typeless), free(odd);
}

/* Weights as other programs keep them. */
Test(cli_data, weights_of_every_kind) {
  static const double images[2][3] = {{1, 2, 3}, {4, 5, 6}}, weights[3][2] = {{1, 0}, {0, 1}, {1, 1}}, turned[2][3] = {{1, 0, 1}, {0, 1, 1}};
  static const double bias[2] = {10, 20}, beyond[3] = {1, 1e39, 2};
  char *x = write_npy("x.npy", "<f4", 2, 3, images[0]), *w = write_npy("w.npy", "<f4", 3, 2, weights[0]);
  char *f8 = write_npy("f8.npy", "<f8", 3, 2, weights[0]), *u1 = write_npy("u1.npy", "|u1", 3, 2, weights[0]);
  char *linear = write_npy("linear.npy", "<f4", 2, 3, turned[0]), *b = write_npy("b.npy", "<f8", 2, 0, bias);
  char *column = write_npy("column.npy", "<f4", 3, 0, weights[0]), *huge = write_npy("huge.npy", "<f8", 3, 0, beyond);
  char *half = write_npy("half.npy", "<f4", 3, 0, images[0]);
  json_t *wanted = JSON("matmul", "-i", x, "-w", w);
  const char *crc = json_string_value(json_object_get(wanted, "crc32"));
  expect(ROWCAST("matmul", "-i", x, "-w", f8), 0, crc);
  expect(ROWCAST("matmul", "-i", x, "-w", f8), 0, "f8.npy (f8 rounded to float32)");
  expect(ROWCAST("matmul", "-i", x, "-w", u1), 0, crc);
  expect(ROWCAST("matmul", "-i", x, "-w", linear, "--transpose"), 0, crc);
  expect(ROWCAST("verify", "-i", x, "-w", linear, "--transpose", "-k", "scalar-naive"), 0, "0 failed");
  expect(ROWCAST("matmul", "-i", x, "-w", linear), 1, "--transpose takes N x K, as PyTorch's Linear.weight");
  expect(ROWCAST("matmul", "-i", x, "-w", w, "--transpose"), 1, "leave --transpose out");
  expect(ROWCAST("matmul", "-i", x, "--transpose"), 2, "--transpose is for weights of a file");
  expect(ROWCAST("predict", "--transpose"), 2, "the shipped ones need none");
  expect(ROWCAST("matmul", "-i", x, "-w", column), 0, "2 x 3 times 3 x 1");
  expect(ROWCAST("matmul", "-i", x, "-w", w, "--bias", b), 0, "b.npy (f8 rounded to float32)");
  expect(ROWCAST("matmul", "-i", x, "-w", w, "--bias", b), 0, "\n14.00  25.00\n");
  expect(ROWCAST("matmul", "-i", x, "-w", huge), 1, "element (1, 0) is infinite, or beyond float32");
  char *some = with(w, "columns=1:2"), *many = with(w, "columns=1:4");
  expect(ROWCAST("matmul", "-i", x, "-w", some), 0, "2 x 3 times 3 x 1");
  expect(ROWCAST("matmul", "-i", x, "-w", many), 1, "columns reaches for 4");
  json_decref(wanted);
  free(x), free(w), free(f8), free(u1), free(linear), free(b), free(column), free(huge), free(half), free(some), free(many);
}

/* EMNIST stores its pictures with height and width exchanged. */
Test(cli_data, transposed_pictures) {
  enum { ROWS = 20 };
  rowcast_matrix images;
  struct bytes bytes = {0};
  cr_assert_eq(rowcast_matrix_read(&images, TEST_IMAGES, NULL, NULL), ROWCAST_OK);
  const size_t dims[] = {ROWS, 28, 28};
  add_idx_header(&bytes, 0x08, 3, dims);
  for (size_t i = 0; i < ROWS; i++)
    for (size_t x = 0; x < 28; x++)
      for (size_t y = 0; y < 28; y++) bytes_add(&bytes, (const char *)images.data + i * 784 + y * 28 + x, 1);
  char *turned = path_in(folder, "turned.idx"), *csv = path_in(folder, "turned.csv");
  bytes_write(&bytes, turned);
  expect(ROWCAST("convert", "-i", turned, "-o", csv), 0, "20 rows");
  json_t *wanted = JSON("predict", "-r", "0:20"), *one = JSON("predict", "-i", turned, "--transpose-images"),
         *other = JSON("predict", "-i", csv, "--transpose-images"), *not = JSON("predict", "-i", turned);
  cr_expect(json_equal(json_object_get(wanted, "classes"), json_object_get(one, "classes")));
  cr_expect(json_equal(json_object_get(wanted, "classes"), json_object_get(other, "classes")));
  cr_expect(!json_equal(json_object_get(wanted, "classes"), json_object_get(not, "classes")));
  json_t *right = JSON("show", "-s", "test", "-r", "3:4"), *shown = JSON("show", "-i", turned, "-r", "3:4", "--transpose-images");
  cr_expect(json_equal(json_object_get(json_array_get(json_object_get(right, "results"), 0), "pixels"),
                       json_object_get(json_array_get(json_object_get(shown, "results"), 0), "pixels")));
  /* Pictures that are not square, whole and in blocks. */
  char *flat = write_text("flat.bin", "abcdefghijkl"), *spec = with(flat, "shape=2x2x3:dtype=u8");
  struct process_result result = ROWCAST("convert", "-i", spec, "--transpose-images", "-o", "-", "--format", "raw");
  cr_expect_str_eq(result.out, "adbecfgjhkil");
  process_free(&result);
  char *rows = with(flat, "shape=2x6:dtype=u8");
  expect(ROWCAST("convert", "-i", rows, "--transpose-images", "-o", "-", "--format", "raw"), 1, "rows of 6 elements are not pictures");
  json_decref(wanted), json_decref(one), json_decref(other), json_decref(not), json_decref(right), json_decref(shown);
  bytes_free(&bytes);
  rowcast_matrix_free(&images);
  free(turned), free(csv), free(flat), free(spec), free(rows);
}

/* Bytes after the data are an error, or ignored by request. */
Test(cli_data, trailing_bytes) {
  struct bytes bytes = {0}, packed;
  add_idx_header(&bytes, 0x08, 2, (const size_t[]){2, 3});
  bytes_add_text(&bytes, "abcdefmore");
  packed = gzip_of(&bytes);
  bytes_add_text(&packed, "rubbish");
  char *plain = path_in(folder, "x.idx"), *gzipped = path_in(folder, "x.idx.gz");
  bytes_write(&bytes, plain);
  bytes_write(&packed, gzipped);
  const char *const paths[] = {plain, gzipped};
  for (size_t i = 0; i < 2; i++) {
    expect(ROWCAST("convert", "-i", paths[i], "-o", "-", "--format", "raw"), 1, "after the last");
    struct process_result result = ROWCAST("convert", "-i", paths[i], "--allow-trailing", "-o", "-", "--format", "raw");
    cr_expect_eq(result.status, 0, "%s", result.err);
    cr_expect_str_eq(result.out, "abcdef");
    process_free(&result);
  }
  bytes_free(&bytes), bytes_free(&packed);
  free(plain), free(gzipped);
}

/* What was assumed is said where there is no summary, and in JSON; not to those who ask for quiet. */
Test(cli_data, assumptions_without_a_summary) {
  static const double pixels[2][3] = {{0, 200, 7}, {255, 1, 0}}, weights[3][2] = {{1, 0}, {0, 1}, {1, 1}};
  char *x = write_npy("x.npy", "<i8", 2, 3, pixels[0]), *w = write_npy("w.npy", "<f8", 3, 2, weights[0]);
  static const char *const commands[] = {"matmul", "predict"};
  for (size_t i = 0; i < 2; i++) {
    struct process_result result = ROWCAST(commands[i], "-i", x, "-w", w, "-o", "-", "--format", "csv");
    cr_expect_not_null(strstr(result.err, "note: "), "%s", result.err);
    cr_expect_not_null(strstr(result.err, "whole numbers 0..255, taken as they are; --scale 1/256"), "%s", result.err);
    cr_expect_not_null(strstr(result.err, "w.npy: (f8 rounded to float32)"), "%s", result.err);
    cr_expect_null(strstr(result.out, "note"));
    process_free(&result);
    result = ROWCAST(commands[i], "-i", x, "-w", w, "-o", "-", "--format", "csv", "-q");
    cr_expect_str_empty(result.err);
    process_free(&result);
    json_t *object = JSON(commands[i], "-i", x, "-w", w);
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
