/* SPDX-License-Identifier: BSD-3-Clause */
/* Images that people bring: copies of MNIST, pixels of every type, pictures the other way round. Nothing is lost or
 * changed without a word. */
#include <rowcast/matrix.h>

#include "tool.h"

#define DATA        ROWCAST_SOURCE_DIR "/data/"
#define TEST_IMAGES DATA "t10k-images-idx3-ubyte.gz"
#define TEST_LABELS DATA "t10k-labels-idx1-ubyte.gz"

static char *folder;

static void make_folder(void) { folder = folder_make(); }
static void remove_folder(void) { folder_remove(folder); }

TestSuite(cli_data, .init = make_folder, .fini = remove_folder);

/* A copy of the training images keeps its 60,000 rows in every command, however little memory there is for them. */
Test(cli_data, a_named_file_keeps_all_rows) {
  char *copy = path_in(folder, "mine.gz"), *a = path_in(folder, "a.npy"), *b = path_in(folder, "b.npy");
  struct bytes bytes = bytes_read(DATA "train-images-idx3-ubyte.gz");
  bytes_write(&bytes, copy);
  tool_expect(ROWCAST("convert", "-i", copy, "-o", a), 0, "60000 rows of 784, u1");
  tool_expect(ROWCAST("convert", "-i", copy, "--max-bytes", "20M", "-o", b), 0, "60000 rows of 784, u1");
  struct bytes first = bytes_read(a), second = bytes_read(b);
  cr_expect(first.size == second.size && memcmp(first.data, second.data, first.size) == 0);
  cr_expect_eq(first.size, 128 + 60000 * 784);
  static const char *const limits[] = {"1G", "20M"};
  char crc[2][16];
  for (size_t i = 0; i < 2; i++) {
    json_t *object = TOOL_JSON("matmul", "-i", copy, "--max-bytes", limits[i]);
    cr_expect_eq(tool_integer(object, "rows"), 60000);
    cr_expect_eq(tool_integer(object, "all_rows"), 60000);
    cr_expect_str_eq(json_string_value(json_object_get(object, "data_set")), "mnist-train");
    snprintf(crc[i], sizeof crc[i], "%s", json_string_value(json_object_get(object, "crc32")));
    json_decref(object);
  }
  cr_expect_str_eq(crc[0], crc[1]);
  /* Only without a name the rows are x_train's, and that is said. */
  tool_expect(ROWCAST("matmul"), 0, "rows 0:50000 of 60000, bytes x 1/256");
  tool_expect(ROWCAST("convert", "-o", a, "-f"), 0, "50000 rows of 784 (rows 0:50000 of 60000)");
  tool_expect(ROWCAST("verify", "-r", "0:3", "-k", "scalar-naive"), 0, "rows 0:3 of 60000");
  bytes_free(&bytes), bytes_free(&first), bytes_free(&second);
  free(copy), free(a), free(b);
}

/* MNIST is recognised by all its pixels: if any one differs, it is not MNIST, and does not get MNIST's labels. */
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
    add_idx_header(&bytes, 0x08, 3, images.file->dims);
    bytes_add(&bytes, images.data, images.rows * images.cols);
    bytes_write(&bytes, path);
    static const char *const limits[] = {"1G", "2M"};
    for (size_t l = 0; l < 2; l++) {
      json_t *object = TOOL_JSON("predict", "-i", path, "--max-bytes", limits[l]);
      cr_expect_eq(tool_integer(object, "labelled"), changed ? 0 : 10000, "%zu, %s", i, limits[l]);
      if (!changed) cr_expect_eq(tool_integer(object, "correct"), 9241);
      json_decref(object);
    }
    if (changed) pixels[places[i]] ^= 1;
  }
  tool_expect(ROWCAST("predict", "-i", path), 0, "(MNIST's own: the images are mnist-test)");
  bytes_free(&bytes);
  rowcast_matrix_free(&images);
  free(path);
}

/* MNIST's files by their other names. */
Test(cli_data, both_spellings) {
  struct bytes images = bytes_read(TEST_IMAGES), labels = bytes_read(TEST_LABELS),
               w = bytes_read(DATA "softmax-weights.npy"), b = bytes_read(DATA "softmax-bias.npy");
  const struct {
    const struct bytes *bytes;
    const char *name;
  } files[] = {{&images, "t10k-images.idx3-ubyte.gz"},
               {&labels, "t10k-labels.idx1-ubyte.gz"},
               {&w, "softmax-weights.npy"},
               {&b, "softmax-bias.npy"}};
  for (size_t i = 0; i < 4; i++) {
    char *path = path_in(folder, files[i].name);
    bytes_write(files[i].bytes, path);
    free(path);
  }
  char *setting;
  cr_assert(asprintf(&setting, "ROWCAST_DATA=%s", folder) > 0);
  const char *const environment[] = {setting, NULL};
  const struct process_options options = {.environment = environment};
  tool_expect(process_run(ROWCAST_ARGUMENTS("predict"), &options), 0, "accuracy 92.41 % (9241 of 10000)");
  bytes_free(&images), bytes_free(&labels), bytes_free(&w), bytes_free(&b);
  free(setting);
}

/* The first 500 test images as other types, as the shipped weights take them. */
Test(cli_data, pixels_of_every_type) {
  enum { ROWS = 500, COUNT = ROWS * 784 };
  rowcast_matrix images;
  cr_assert_eq(rowcast_matrix_read(&images, TEST_IMAGES, NULL, NULL), ROWCAST_OK);
  double *whole = malloc(COUNT * sizeof *whole), *parts = malloc(COUNT * sizeof *parts),
         *bits = malloc(COUNT * sizeof *bits);
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
    {write_npy(folder, "i8.npy", "<i8", ROWS, 784, whole), "i8 rounded to float32 x 1/256",
     "whole numbers 0..255, taken as pixels; --scale 1"},
    {write_npy(folder, "f4.npy", "<f4", ROWS, 784, whole), "float32 x 1/256",
     "whole numbers 0..255, taken as pixels; --scale 1"},
    {write_npy(folder, "u1.npy", "|u1", ROWS, 784, whole), "bytes x 1/256", ""},
    {write_npy(folder, "parts.npy", "<f4", ROWS, 784, parts), "float32 x 1\n", ""},
  };
  json_t *wanted = TOOL_JSON("predict", "-r", "0:500");
  char *csv = path_in(folder, "x.csv");
  tool_expect(ROWCAST("convert", "-i", cases[0].path, "-o", csv), 0, "500 rows");
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    json_t *object = TOOL_JSON("predict", "-i", cases[i].path);
    cr_expect(json_equal(json_object_get(object, "classes"), json_object_get(wanted, "classes")), "%s", cases[i].path);
    json_decref(object);
    tool_expect(ROWCAST("predict", "-i", cases[i].path), 0, cases[i].scale);
    tool_expect(ROWCAST("predict", "-i", cases[i].path), 0, cases[i].note);
    free(cases[i].path);
  }
  static const char *const limits[] = {"1G", "2M"}; /* whole, and in blocks */
  for (size_t i = 0; i < 2; i++) {
    json_t *object = TOOL_JSON("predict", "-i", csv, "--max-bytes", limits[i], "-o", "/dev/null", "--format", "csv");
    cr_expect_float_eq(json_real_value(json_object_get(object, "scale")), 1.0 / 256.0, 0.0);
    json_decref(object);
  }
  json_t *as_they_are = TOOL_JSON("predict", "-i", csv, "--scale", "1");
  cr_expect(!json_equal(json_object_get(as_they_are, "classes"), json_object_get(wanted, "classes")),
            "--scale decides");
  /* Black and white: 0 and 1 are ink, not 1/256 of it. */
  char *black = write_npy(folder, "black.npy", "|u1", ROWS, 784, bits),
       *white = write_npy(folder, "white.npy", "<f4", ROWS, 784, bits);
  json_t *first = TOOL_JSON("predict", "-i", black), *second = TOOL_JSON("predict", "-i", white);
  cr_expect(json_equal(json_object_get(first, "classes"), json_object_get(second, "classes")));
  tool_expect(ROWCAST("predict", "-i", black), 0, "bytes 0 and 1, taken as they are; --scale 1/256");
  /* With weights of their own, rows keep the unit of their type, and it is said. */
  tool_expect(ROWCAST("matmul", "-i", csv), 0, "whole numbers 0..255, taken as they are; --scale 1/256");
  tool_expect(ROWCAST("matmul", "-i", black), 0, "bytes 0 and 1, taken as pixels of 0..255; --scale 1");
  json_decref(wanted), json_decref(as_they_are), json_decref(first), json_decref(second);
  free(csv), free(black), free(white);
  free(whole), free(parts), free(bits);
  rowcast_matrix_free(&images);
}

/* A CSV of rows of 784 equal numbers, as many as texts say: "0.5*1500 255*500". */
static char *write_rows(const char *name, const char *texts) {
  char *path = path_in(folder, name);
  FILE *file = fopen(path, "w");
  cr_assert_not_null(file);
  for (const char *at = texts; *at != '\0'; at += strcspn(at, " "), at += strspn(at, " ")) {
    const size_t length = strcspn(at, "*");
    for (long i = strtol(at + length + 1, NULL, 10); i > 0; i--)
      for (size_t k = 0; k < 784; k++) fprintf(file, "%.*s%c", (int)length, at, k < 783 ? ',' : '\n');
  }
  cr_assert_eq(fclose(file), 0);
  return path;
}

/* The unit of the shipped weights' pixels, whole and in blocks: the same, or an error where a later block makes it
 * another. Zeros and blocks without a selected row decide nothing. */
Test(cli_data, units_in_blocks) {
  static const struct {
    const char *rows, *selected;
    double scale; /* of all rows together */
    bool told;    /* in blocks that is an error */
  } cases[] = {
    {"0.5*1500 255*500", ":", 1.0, false}, /* 0..1 and 255: neither of the two */
    {"1*1500 255*500", ":", 1.0 / 256.0, true},
    {"255*1500 0.5*500", ":", 1.0, true},
    {"255*1500 300*500", ":", 1.0, true},
    {"255*1500 1*500", ":", 1.0 / 256.0, false},
    {"0*1500 0.5*500", ":", 1.0, false},
    {"0*1500 255*500", ":", 1.0 / 256.0, false},
    {"255*1000 0.5*1000", "1500:1600", 1.0, false},
    {"0.5*1000 255*1000", "1500:1600", 1.0 / 256.0, false},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char *path = write_rows("x.csv", cases[i].rows);
    json_t *whole = TOOL_JSON("predict", "-i", path, "-r", cases[i].selected, "--max-bytes", "1G");
    cr_expect_float_eq(json_real_value(json_object_get(whole, "scale")), cases[i].scale, 0.0, "%zu", i);
    if (cases[i].told)
      tool_expect(ROWCAST("predict", "-i", path, "-r", cases[i].selected, "--max-bytes", "2M"), 1,
                  "give --scale 1/256 or --scale 1");
    else {
      json_t *blocks = TOOL_JSON("predict", "-i", path, "-r", cases[i].selected, "--max-bytes", "2M");
      cr_expect(json_equal(json_object_get(whole, "scale"), json_object_get(blocks, "scale")), "%zu", i);
      cr_expect(json_equal(json_object_get(whole, "note"), json_object_get(blocks, "note")), "%zu", i);
      cr_expect(json_equal(json_object_get(whole, "classes"), json_object_get(blocks, "classes")), "%zu", i);
      json_decref(blocks);
    }
    json_t *one = TOOL_JSON("matmul", "-i", path, "-r", cases[i].selected, "--max-bytes", "1G"),
           *other = TOOL_JSON("matmul", "-i", path, "-r", cases[i].selected, "--max-bytes", "2M");
    cr_expect(json_equal(json_object_get(one, "note"), json_object_get(other, "note")), "%zu", i);
    json_decref(one), json_decref(other), json_decref(whole);
    free(path);
  }
  /* Converted rows say nothing of the file's unit. */
  json_t *object = TOOL_JSON("matmul", "-r", "0:5", "--dtype", "f32");
  cr_expect(json_is_null(json_object_get(object, "note")));
  json_decref(object);
}

/* The keys of a name apply to that name alone, and each may be given once. */
Test(cli_data, keys_of_names) {
  static const double numbers[6] = {1, 2, 3, 4, 5, 6};
  char *x = write_npy(folder, "x.npy", "<f4", 2, 3, numbers), *y = write_npy(folder, "y.npy", "<f4", 3, 2, numbers);
  char *some = tool_keys(x, "columns=0:1"), *array = tool_keys(x, "array=0"),
       *twice = tool_keys(x, "columns=0:1:columns=1:2");
  tool_expect(ROWCAST("convert", "-i", some, "-i", y, "-o", "-", "--format", "csv"), 0, "1,2\n3,4\n5,6\n");
  tool_expect(ROWCAST("matmul", "-i", x, "-w", array, "-w", y), 0, "2 x 3 times 3 x 2");
  tool_expect(ROWCAST("convert", "-i", some, "--columns", "1:2", "-o", "-"), 2,
              "--input: 'columns' is not allowed twice");
  tool_expect(ROWCAST("convert", "--columns", "1:2", "-i", some, "-o", "-"), 2,
              "--input: 'columns' is not allowed twice");
  tool_expect(ROWCAST("convert", "-i", twice, "-o", "-"), 2, "'columns' is not allowed twice");
  tool_expect(ROWCAST("convert", "--columns", "1:2", "-i", x, "-o", "-", "--format", "csv"), 0, "2\n5\n");
  char *wrong = tool_keys(x, "cols=0:1");
  tool_expect(ROWCAST("convert", "-i", wrong, "-o", "-"), 2,
              "--input: 'cols' is not a key of a file: array, member, skip-lines");
  free(x), free(y), free(some), free(array), free(twice), free(wrong);
}

/* A tensor is named after its file, alone or before keys; a file whose name has it is meant before. */
Test(cli_data, tensors_by_name) {
  static const char header[] = "{\"w\":{\"dtype\":\"U8\",\"shape\":[2,1],\"data_offsets\":[0,2]},"
                               "\"fc.b:c\":{\"dtype\":\"U8\",\"shape\":[1,2],\"data_offsets\":[2,4]}}";
  struct bytes bytes = {0};
  bytes_add_number(&bytes, strlen(header), 8, false);
  bytes_add_text(&bytes, header);
  bytes_add(&bytes, "\1\2\3\4", 4);
  char *path = path_in(folder, "m.safetensors");
  bytes_write(&bytes, path);
  const struct {
    const char *keys;
    int status;
    const char *said;
  } cases[] = {
    {"w", 0, "1\n2\n"},
    {"fc.b:c", 0, "3,4\n"},
    {"fc.b:c:columns=1:2", 0, "4\n"},
    {"array=w", 0, "1\n2\n"},
    {"v", 1, "no tensor is named 'v'; it has w, fc.b:c"},
    {"", 2, "is not an array's name"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char *name = tool_keys(path, cases[i].keys);
    tool_expect(ROWCAST("convert", "-i", name, "-o", "-", "--format", "csv"), cases[i].status, cases[i].said);
    free(name);
  }
  bytes_free(&bytes);
  free(path);
}

/* Bytes of numbers that --scale makes n/256; and what is not said where there is no summary. */
Test(cli_data, converted) {
  static const double pixels[2][3] = {{0, 200, 7}, {255, 1, 0}};
  char *x = write_npy(folder, "x.npy", "<i8", 2, 3, pixels[0]), *out = path_in(folder, "y.npy");
  tool_expect(ROWCAST("convert", "-i", x, "--scale", "1/256", "--dtype", "u8", "-o", out), 0, "2 rows of 3");
  struct bytes bytes = bytes_read(out);
  cr_expect_eq(bytes.size, 128 + 6);
  cr_expect(bytes.size == 134 && memcmp(bytes.data + 128, "\0\310\7\377\1\0", 6) == 0);
  bytes_free(&bytes);
  tool_expect(ROWCAST("convert", "-i", x, "--scale", "1/2", "--dtype", "u8", "-o", out, "-f"), 1,
              "times --scale are not all n/256");
  struct process_result result = ROWCAST("convert", "-o", "-", "--format", "npy");
  cr_expect_not_null(strstr(result.err, "rows 0:50000 of 60000"), "%s", result.err);
  process_free(&result);
  result = ROWCAST("matmul", "-o", "-", "--format", "npy");
  cr_expect_not_null(strstr(result.err, "rows 0:50000 of 60000"), "%s", result.err);
  process_free(&result);
  free(x), free(out);
}

/* EMNIST stores its pictures with height and width swapped. */
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
  tool_expect(ROWCAST("convert", "-i", turned, "-o", csv), 0, "20 rows");
  json_t *wanted = TOOL_JSON("predict", "-r", "0:20"), *one = TOOL_JSON("predict", "-i", turned, "--transpose-images"),
         *other = TOOL_JSON("predict", "-i", csv, "--transpose-images"), *not = TOOL_JSON("predict", "-i", turned);
  cr_expect(json_equal(json_object_get(wanted, "classes"), json_object_get(one, "classes")));
  cr_expect(json_equal(json_object_get(wanted, "classes"), json_object_get(other, "classes")));
  cr_expect(!json_equal(json_object_get(wanted, "classes"), json_object_get(not, "classes")));
  json_t *right = TOOL_JSON("show", "-s", "test", "-r", "3:4"),
         *shown = TOOL_JSON("show", "-i", turned, "-r", "3:4", "--transpose-images");
  cr_expect(json_equal(json_object_get(json_array_get(json_object_get(right, "results"), 0), "pixels"),
                       json_object_get(json_array_get(json_object_get(shown, "results"), 0), "pixels")));
  /* Pictures that are not square, whole and in blocks. */
  char *flat = tool_text(folder, "flat.bin", "abcdefghijkl"), *spec = tool_keys(flat, "shape=2x2x3:dtype=u8");
  struct process_result result = ROWCAST("convert", "-i", spec, "--transpose-images", "-o", "-", "--format", "raw");
  cr_expect_str_eq(result.out, "adbecfgjhkil");
  process_free(&result);
  char *channel = tool_keys(flat, "shape=2x1x2x3:dtype=u8");
  result = ROWCAST("convert", "-i", channel, "--transpose-images", "-o", "-", "--format", "raw");
  cr_expect_str_eq(result.out, "adbecfgjhkil");
  process_free(&result);
  tool_expect(ROWCAST("convert", "-i", spec, "--transpose-images", "--columns", "0:4", "-o", "-", "--format", "raw"), 1,
              "are not pictures");
  free(channel);
  char *rows = tool_keys(flat, "shape=2x6:dtype=u8");
  tool_expect(ROWCAST("convert", "-i", rows, "--transpose-images", "-o", "-", "--format", "raw"), 1,
              "rows of 6 elements are not pictures");
  json_decref(wanted), json_decref(one), json_decref(other), json_decref(not ), json_decref(right), json_decref(shown);
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
    tool_expect(ROWCAST("convert", "-i", paths[i], "-o", "-", "--format", "raw"), 1, "after the last");
    struct process_result result = ROWCAST("convert", "-i", paths[i], "--allow-trailing", "-o", "-", "--format", "raw");
    cr_expect_eq(result.status, 0, "%s", result.err);
    cr_expect_str_eq(result.out, "abcdef");
    process_free(&result);
  }
  bytes_free(&bytes), bytes_free(&packed);
  free(plain), free(gzipped);
}
