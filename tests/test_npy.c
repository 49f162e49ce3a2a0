/* SPDX-License-Identifier: BSD-3-Clause */
/* NPY: what NumPy writes is read to the bit (golden files made by NumPy, tests/data/make_npy_golden.py), every allowed
 * variation of a header is accepted, and everything else is refused with its reason. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rowcast/reader.h>

#include "file_builder.h"
#include "process.h"

static char *folder, *path;

static void set_up(void) { folder = folder_make(), path = path_in(folder, "file.npy"); }
static void tear_down(void) { free(path), folder_remove(folder); }

TestSuite(npy, .init = set_up, .fini = tear_down);

static char *golden(const char *name) { return path_in(ROWCAST_SOURCE_DIR "/tests/data/npy", name); }

/* A file of this header followed by so many bytes 0, 1, 2, ... */
static void write_file(unsigned major, const char *dictionary, size_t elements) {
  struct bytes bytes = {0};
  add_npy_header(&bytes, major, dictionary);
  for (size_t i = 0; i < elements; i++) bytes_add_number(&bytes, i, 1, false);
  bytes_write(&bytes, path);
  bytes_free(&bytes);
}

static void expect_refused(const char *what, rowcast_status status, const char *part) {
  rowcast_error error;
  const rowcast_status got = read_checked(NULL, path, NULL, &error);
  cr_expect(got == status, "%s: %s instead of %s", what, rowcast_status_text(got), rowcast_status_text(status));
  cr_expect(got == ROWCAST_OK || strstr(told(&error), part) != NULL, "%s: '%s' is not in: %s", what, part,
            told(&error));
}

/* The header is refused, whatever follows it. */
static void expect_header_refused(unsigned major, const char *dictionary, const char *part) {
  write_file(major, dictionary, 64);
  expect_refused(dictionary, ROWCAST_ERR_FORMAT, part);
}

/* The header is read as a matrix of this shape; the data are as long as that needs. */
static void expect_header(unsigned major, const char *dictionary, size_t size, size_t rank, size_t rows, size_t cols) {
  write_file(major, dictionary, rows * cols * size);
  rowcast_matrix matrix;
  rowcast_error error;
  cr_assert(read_checked(&matrix, path, NULL, &error) == ROWCAST_OK, "%s: %s", dictionary, told(&error));
  cr_expect(matrix.file->rank == rank && matrix.rows == rows && matrix.cols == cols, "%s: rank %zu, %zu x %zu",
            dictionary, matrix.file->rank, matrix.rows, matrix.cols);
  cr_expect_str_eq(matrix.file->format, "npy");
  rowcast_matrix_free(&matrix);
}

/* The same float32: bits, but any NaN for a NaN. */
static bool same_float(float a, float b) { return (isnan(a) && isnan(b)) || memcmp(&a, &b, sizeof a) == 0; }

Test(npy, every_type_and_order_of_numpy) {
  static const char *const types[] = {"b1", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8"};
  static const char *const orders[] = {"le_c", "le_fortran", "be_c", "be_fortran"};
  for (size_t t = 0; t < sizeof types / sizeof types[0]; t++)
    for (size_t o = 0; o < (types[t][1] == '1' ? 2 : 4); o++) {
      char name[32];
      snprintf(name, sizeof name, "%s.f32", types[t]);
      char *wanted_path = golden(name);
      struct bytes wanted = bytes_read(wanted_path);
      cr_assert_eq(wanted.size, 24 * sizeof(float));
      snprintf(name, sizeof name, "%s%s.npy", types[t], orders[o]);
      char *file = golden(name);
      rowcast_matrix matrix;
      rowcast_error error;
      cr_assert(read_checked(&matrix, file, NULL, &error) == ROWCAST_OK, "%s", told(&error));
      cr_expect(matrix.file->rank == 3 && matrix.file->dims[0] == 2 && matrix.file->dims[1] == 3 &&
                  matrix.file->dims[2] == 4,
                "%s", name);
      cr_expect(matrix.rows == 2 && matrix.cols == 12 && !matrix.file->gzipped, "%s", name);
      cr_expect_str_eq(matrix.file->element, types[t]);
      for (size_t i = 0; i < 24; i++) {
        uint32_t bits = 0;
        for (size_t b = 0; b < 4; b++) bits |= (uint32_t)wanted.data[4 * i + b] << 8 * b;
        float value;
        memcpy(&value, &bits, sizeof value);
        const float got = (float)matrix_at(&matrix, i / 12, i % 12);
        cr_expect(same_float(got, value), "%s, element %zu: %a instead of %a", name, i, (double)got, (double)value);
      }
      rowcast_matrix_free(&matrix);
      bytes_free(&wanted);
      free(wanted_path), free(file);
    }
}

Test(npy, column_major_of_rank_4) {
  char *file = golden("rank4.npy");
  rowcast_matrix matrix;
  cr_assert_eq(read_checked(&matrix, file, NULL, NULL), ROWCAST_OK);
  cr_assert(matrix.file->rank == 4 && matrix.rows == 2 && matrix.cols == 60);
  for (size_t i = 0; i < 120; i++) cr_expect_eq(matrix_at(&matrix, i / 60, i % 60), (double)i);
  rowcast_matrix_free(&matrix);
  free(file);
}

/* Float32 and bytes are used where they were read if they need no conversion; everything else is copied. */
Test(npy, elements_stay_in_place) {
  static const struct {
    const char *name;
    bool in_place;
  } cases[] = {{"u1le_c.npy", true},  {"u1le_fortran.npy", false}, {"f4be_c.npy", false},
               {"i1le_c.npy", false}, {"f4le_fortran.npy", false}, {"f4le_c.npy", true}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char *file = golden(cases[i].name);
    rowcast_matrix matrix;
    cr_assert_eq(read_checked(&matrix, file, NULL, NULL), ROWCAST_OK);
    cr_expect_eq(matrix.data != elements_of(&matrix), cases[i].in_place, "%s", cases[i].name);
    rowcast_matrix_free(&matrix);
    free(file);
  }
}

Test(npy, liberties_of_a_header) {
  expect_header(1, "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3), }", 1, 2, 2, 3);
  expect_header(1, "{'descr':'|u1','fortran_order':False,'shape':(2,3)}", 1, 2, 2, 3);
  expect_header(1, " {\"shape\" : ( 2 ,3 , ) ,\n\t\"fortran_order\": True , 'descr': \"|u1\" } ", 1, 2, 2, 3);
  expect_header(1, "{'descr': 'u1', 'fortran_order': False, 'shape': (6,), }", 1, 1, 6, 1);
  expect_header(1, "{'descr': '=f4', 'fortran_order': False, 'shape': (), }", 4, 0, 1, 1);
  expect_header(1, "{'descr': 'f8', 'fortran_order': True, 'shape': (), }", 8, 0, 1, 1);
  expect_header(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (2L, 3L), }", 4, 2, 2, 3);
  expect_header(2, "{'descr': '<f4', 'fortran_order': False, 'shape': (2L, 3), }", 4, 2, 2, 3);
  expect_header(2, "{'descr': '>i2', 'fortran_order': False, 'shape': (2, 3, 4), }", 2, 3, 2, 12);
  expect_header(3, "{'descr': '<f2', 'fortran_order': False, 'shape': (4, 1, 2, 2), }", 2, 4, 4, 4);
  expect_header(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (0, 10), }", 4, 2, 0, 10);
  expect_header(1, "{'descr': '<f4', 'fortran_order': True, 'shape': (10, 0), }", 4, 2, 10, 0);
  expect_header(1, "{'descr': '|u1', 'fortran_order': True, 'shape': (0, 5, 7), }", 1, 3, 0, 35);
  expect_header(1, "{'descr': '|i1', 'fortran_order': False, 'shape': (0, 1000000000000), }", 1, 2, 0, 1000000000000);
  expect_header(1, "{'descr': '|u1', 'fortran_order': False, 'shape': (1000000000000, 0), }", 1, 2, 1000000000000, 0);
}

Test(npy, data_at_any_offset) {
  /* Headers of old NumPy end at multiples of 16, others anywhere. */
  for (size_t blanks = 0; blanks < 20; blanks++) {
    struct bytes bytes = {0};
    char dictionary[128];
    const int length = snprintf(dictionary, sizeof dictionary,
                                "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2)}%*s", (int)blanks, "");
    bytes_add(&bytes, "\x93NUMPY\1\0", 8);
    bytes_add_number(&bytes, (uint64_t)length, 2, false);
    bytes_add_text(&bytes, dictionary);
    for (uint32_t i = 0; i < 4; i++) bytes_add_number(&bytes, 0x3f800000 + (i << 23), 4, false);
    bytes_write(&bytes, path);
    rowcast_matrix matrix;
    rowcast_error error;
    cr_assert(read_checked(&matrix, path, NULL, &error) == ROWCAST_OK, "%s", told(&error));
    for (size_t i = 0; i < 4; i++) cr_expect_eq(matrix_at(&matrix, i / 2, i % 2), (double)(1 << i));
    rowcast_matrix_free(&matrix);
    bytes_free(&bytes);
  }
}

/* shape: (1, 1, ..., 1) with so many ones. */
static void ones(char *text, size_t size, size_t rank) {
  size_t at = (size_t)snprintf(text, size, "{'descr': '|u1', 'fortran_order': True, 'shape': (");
  for (size_t i = 0; i < rank; i++) at += (size_t)snprintf(text + at, size - at, "1, ");
  snprintf(text + at, size - at, "), }");
}

Test(npy, ranks) {
  char text[512];
  for (size_t rank = 1; rank <= 32; rank++) {
    ones(text, sizeof text, rank);
    expect_header(1, text, 1, rank, 1, 1);
  }
  ones(text, sizeof text, 33);
  expect_header_refused(1, text, "more than 32 dimensions");
}

#define WITH_TYPE(type)   "{'descr': " type ", 'fortran_order': False, 'shape': (2, 3), }"
#define WITH_ORDER(order) "{'descr': '|u1', 'fortran_order': " order ", 'shape': (2, 3), }"
#define WITH_SHAPE(shape) "{'descr': '|u1', 'fortran_order': False, 'shape': " shape ", }"

Test(npy, types_refused) {
  static const char *const unsupported[] = {
    WITH_TYPE("'<f1'"),     WITH_TYPE("'<f3'"),  WITH_TYPE("'<f16'"), WITH_TYPE("'<c8'"),     WITH_TYPE("'<c16'"),
    WITH_TYPE("'|S4'"),     WITH_TYPE("'<U4'"),  WITH_TYPE("'|V8'"),  WITH_TYPE("'<M8[ns]'"), WITH_TYPE("'<m8'"),
    WITH_TYPE("'float32'"), WITH_TYPE("'<i16'"), WITH_TYPE("'<b2'"),  WITH_TYPE("'<u'"),      WITH_TYPE("'<<f4'"),
    WITH_TYPE("'f4 '"),     WITH_TYPE("'F4'"),   WITH_TYPE("'i3'"),   WITH_TYPE("'u0'"),
  };
  for (size_t i = 0; i < sizeof unsupported / sizeof unsupported[0]; i++)
    expect_header_refused(1, unsupported[i], "element type is not supported (supported: b1 i1 u1");
  expect_header_refused(1, WITH_TYPE("'|O'"), "Python objects");
  expect_header_refused(1, WITH_TYPE("'O8'"), "Python objects");
  expect_header_refused(1, WITH_TYPE("[('x', '<f4'), ('y', '<f4')]"), "structured elements");
  expect_header_refused(1, WITH_TYPE("'|f4'"), "no byte order");
  expect_header_refused(1, WITH_TYPE("''"), "not a string");
  expect_header_refused(1, WITH_TYPE("'<'"), "unknown element type");
  expect_header_refused(1, WITH_TYPE("f4"), "not a string");
  expect_header_refused(1, WITH_TYPE("None"), "not a string");
  expect_header_refused(1, WITH_TYPE("'<f4"), "not supported");
  expect_header_refused(1, WITH_TYPE("'\\x3cf4'"), "not a string");
  expect_header_refused(1, WITH_TYPE("'<f' '4'"), "not supported");
  expect_header_refused(1, WITH_TYPE("__import__('os').abort()"), "not a string");
}

Test(npy, orders_refused) {
  static const char *const orders[] = {WITH_ORDER("0"),    WITH_ORDER("1"),      WITH_ORDER("None"),
                                       WITH_ORDER("true"), WITH_ORDER("'True'"), WITH_ORDER("Fals")};
  for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++)
    expect_header_refused(1, orders[i], "fortran_order is neither True nor False");
  expect_header_refused(1, WITH_ORDER("Truely"), "not a dictionary");
  expect_header_refused(1, WITH_ORDER("False or True"), "not a dictionary");
}

Test(npy, shapes_refused) {
  static const char *const no_tuple[] = {WITH_SHAPE("[2, 3]"),   WITH_SHAPE("(6)"),      WITH_SHAPE("6"),
                                         WITH_SHAPE("None"),     WITH_SHAPE("(0x2, 3)"), WITH_SHAPE("(2 3)"),
                                         WITH_SHAPE("(2.0, 3)"), WITH_SHAPE("(2, 3]"),   WITH_SHAPE("(1_0, 3)"),
                                         WITH_SHAPE("(2*1, 3)"), WITH_SHAPE("(2LL, 3)"), WITH_SHAPE("(2l, 3)"),
                                         WITH_SHAPE("(2e0, 3)")};
  for (size_t i = 0; i < sizeof no_tuple / sizeof no_tuple[0]; i++)
    expect_header_refused(1, no_tuple[i], "the shape is not a tuple");
  static const char *const no_number[] = {WITH_SHAPE("(-2, 3)"),   WITH_SHAPE("(+2, 3)"),  WITH_SHAPE("(2,, 3)"),
                                          WITH_SHAPE("(,)"),       WITH_SHAPE("(, 2)"),    WITH_SHAPE("(02, 3)"),
                                          WITH_SHAPE("(None, 3)"), WITH_SHAPE("((2, 3))"), WITH_SHAPE("('2', 3)"),
                                          WITH_SHAPE("(True, 3)"), WITH_SHAPE("(L, 3)"),   WITH_SHAPE("(2, 3")};
  for (size_t i = 0; i < sizeof no_number / sizeof no_number[0]; i++)
    expect_header_refused(1, no_number[i], "a dimension is not a number");
  expect_header_refused(3, WITH_SHAPE("(2L, 3L)"), "the shape is not a tuple");
}

Test(npy, dictionaries_refused) {
  static const struct {
    const char *text, *reason;
  } cases[] = {
    {"{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3), 'descr': '|u1'}", "a key twice"},
    {"{'descr': '|u1', 'shape': (1, 3), 'fortran_order': False, 'shape': (2, 3)}", "a key twice"},
    {"{'fortran_order': False, 'fortran_order': False}", "a key twice"},
    {"{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3), 'extra': 1}", "an unknown key"},
    {"{'DESCR': '|u1', 'fortran_order': False, 'shape': (2, 3)}", "an unknown key"},
    {"{'': '|u1', 'fortran_order': False, 'shape': (2, 3)}", "an unknown key"},
    {"{'descr': '|u1', 'fortran_order': False}", "lacks a key"},
    {"{}", "lacks a key"},
    {"{'shape': (2, 3),}", "lacks a key"},
    {"{,}", "not a dictionary"},
    {"", "not a dictionary"},
    {"('descr', '|u1')", "not a dictionary"},
    {"{'descr': '|u1' 'fortran_order': False, 'shape': (2, 3)}", "not a dictionary"},
    {"{'descr', '|u1', 'fortran_order': False, 'shape': (2, 3)}", "not a dictionary"},
    {"{'descr': '|u1',, 'fortran_order': False, 'shape': (2, 3)}", "not a dictionary"},
    {"{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3)", "not a dictionary"},
    {"{descr: '|u1', 'fortran_order': False, 'shape': (2, 3)}", "not a dictionary"},
    {"{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3)} # x", "more than a dictionary"},
    {"{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3)}{}", "more than a dictionary"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    for (unsigned major = 1; major <= 3; major++) expect_header_refused(major, cases[i].text, cases[i].reason);
}

Test(npy, overflowing_shapes) {
  static const char *const shapes[] = {
    WITH_SHAPE("(4294967296, 4294967296)"),
    WITH_SHAPE("(9223372036854775808, 2)"),
    WITH_SHAPE("(9223372036854775807, 1)"),
    WITH_SHAPE("(4194305, 4194305, 211106198978564)"),
    WITH_SHAPE("(0, 4294967296, 4294967296)"),
    WITH_SHAPE("(4294967296, 0, 4294967296)"),
    WITH_SHAPE("(4294967296, 4294967296, 0)"),
    WITH_SHAPE("(0, 18446744073709551615)"),
    "{'descr': '<f8', 'fortran_order': False, 'shape': (2305843009213693952, 1), }",
    "{'descr': '<f8', 'fortran_order': True, 'shape': (2305843009213693952, 0), }",
  };
  for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
    expect_header_refused(1, shapes[i], "product of its dimensions overflows");
  expect_header_refused(1, WITH_SHAPE("(18446744073709551616, 1)"), "a dimension overflows");
  expect_header_refused(1, WITH_SHAPE("(0, 99999999999999999999999999999999999999)"), "a dimension overflows");
}

Test(npy, versions_and_lengths_refused) {
  static const char dictionary[] = "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3), }";
  static const unsigned char versions[][2] = {{0, 0}, {4, 0}, {1, 1}, {2, 1}, {255, 0}, {1, 255}};
  struct bytes bytes = {0};
  add_npy_header(&bytes, 1, dictionary);
  bytes_add_fill(&bytes, 1, 6);
  for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
    bytes.data[6] = versions[i][0], bytes.data[7] = versions[i][1];
    bytes_write(&bytes, path);
    expect_refused("version", ROWCAST_ERR_FORMAT, "unknown NPY version");
  }
  bytes.data[6] = 1, bytes.data[7] = 0;
  bytes.data[8] = 0xff, bytes.data[9] = 0x10; /* longer than the file */
  bytes_write(&bytes, path);
  expect_refused("length", ROWCAST_ERR_FORMAT, "truncated in the header");
  bytes.data[9] = 0xff;
  bytes_write(&bytes, path);
  expect_refused("length", ROWCAST_ERR_FORMAT, "longer than 10000 bytes");
  bytes.data[8] = bytes.data[9] = 0;
  bytes_write(&bytes, path);
  expect_refused("length", ROWCAST_ERR_FORMAT, "not a dictionary");
  bytes.size = 0;
  bytes_add(&bytes, "\x93NUMPY\2\0\xff\xff\xff\xff{}", 14);
  bytes_write(&bytes, path);
  expect_refused("length", ROWCAST_ERR_FORMAT, "longer than 10000 bytes");
  bytes_free(&bytes);
}

/* The longest header that is read, and one byte more; plain and gzipped. */
Test(npy, longest_header) {
  for (unsigned major = 1; major <= 2; major++)
    for (size_t length = 10000; length <= 10001; length++)
      for (int gzipped = 0; gzipped <= 1; gzipped++) {
        struct bytes bytes = {0};
        static const char dictionary[] = "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3), }";
        bytes_add(&bytes, "\x93NUMPY", 6);
        bytes_add_number(&bytes, major, 2, false);
        bytes_add_number(&bytes, length, major == 1 ? 2 : 4, false);
        bytes_add_text(&bytes, dictionary);
        bytes_add_fill(&bytes, ' ', length - (sizeof dictionary - 1));
        bytes_add_fill(&bytes, 7, 6);
        struct bytes packed = gzip_of(&bytes);
        bytes_write(gzipped ? &packed : &bytes, path);
        if (length == 10000) cr_expect_eq(read_checked(NULL, path, NULL, NULL), ROWCAST_OK);
        else expect_refused("length", ROWCAST_ERR_FORMAT, "longer than 10000 bytes");
        bytes_free(&packed);
        bytes_free(&bytes);
      }
}

/* numpy.save() twice into one file: which option takes the second is told, whole and in blocks. */
Test(npy, another_array_follows) {
  struct bytes two = {0};
  for (int i = 0; i < 2; i++) {
    add_npy_header(&two, 1, WITH_SHAPE("(2, 3)"));
    bytes_add_text(&two, "abcdef");
  }
  bytes_write(&two, path);
  expect_refused("two", ROWCAST_ERR_FORMAT, ": another array (array=1)");
  cr_expect_eq(read_checked(NULL, path, &(rowcast_read_options){sizeof(rowcast_read_options), .array = "1"}, NULL),
               ROWCAST_OK);
  rowcast_reader *reader;
  rowcast_matrix block;
  rowcast_error error = {0};
  const rowcast_read_options little = {sizeof little, .max_bytes = 64};
  rowcast_status status = rowcast_reader_open(&reader, path, &little, &error);
  while (status == ROWCAST_OK && (status = rowcast_reader_next(reader, &block, &error)) == ROWCAST_OK && block.rows > 0)
    continue;
  cr_expect(status == ROWCAST_ERR_FORMAT && strstr(told(&error), ": another array (array=1)") != NULL, "%s",
            told(&error));
  rowcast_reader_close(reader);
  bytes_free(&two);
}

Test(npy, data_of_the_wrong_length) {
  static const char dictionary[] = "{'descr': '<f4', 'fortran_order': False, 'shape': (5, 3), }";
  write_file(1, dictionary, 59);
  expect_refused("short", ROWCAST_ERR_FORMAT, "truncated: 59 of 60 bytes of elements, 4 of 5 whole rows");
  write_file(1, dictionary, 0);
  expect_refused("none", ROWCAST_ERR_FORMAT, "truncated: 0 of 60 bytes of elements, 0 of 5 whole rows");
  write_file(1, dictionary, 61);
  expect_refused("after", ROWCAST_ERR_FORMAT, "at byte 188 (allow_trailing=1)");
  expect_refused("long", ROWCAST_ERR_FORMAT, "1 bytes after the last element, at byte 188");
  cr_expect_eq(
    read_checked(NULL, path, &(rowcast_read_options){sizeof(rowcast_read_options), .allow_trailing = true}, NULL),
    ROWCAST_OK);
  write_file(1, WITH_SHAPE("(0, 3)"), 1);
  expect_refused("long", ROWCAST_ERR_FORMAT, "1 bytes after the last element");
  write_file(1, WITH_SHAPE("(1000000000, 1000000000)"), 64);
  expect_refused("lying", ROWCAST_ERR_FORMAT, "truncated: 64 of 1000000000000000000 bytes");
}
