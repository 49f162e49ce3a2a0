/* SPDX-License-Identifier: BSD-3-Clause */
/* NPZ: archives built byte by byte, right and wrong; arrays chosen by name or by shape. tests/oracle has NumPy's own.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <rowcast/io.h>

#include "file_builder.h"
#include "process.h"

/* A member as the archive describes it; zero fields follow from the content. */
struct member {
  const char *name;
  struct bytes content;
  unsigned flags, method;
  uint32_t crc_difference, size_difference;
  bool deflated, same_place; /* same_place: described again, at the place of the one before */
};

static struct bytes npy_of(const char *shape, size_t elements) {
  struct bytes npy = {0};
  char dictionary[100];
  snprintf(dictionary, sizeof dictionary, "{'descr': '|u1', 'fortran_order': False, 'shape': %s, }", shape);
  add_npy_header(&npy, 1, dictionary);
  for (size_t i = 0; i < elements; i++) bytes_add_number(&npy, i, 1, false);
  return npy;
}

static void deflate_to(struct bytes *out, const struct bytes *content) {
  z_stream z = {0};
  cr_assert_eq(deflateInit2(&z, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
  const size_t bound = deflateBound(&z, (uLong)content->size);
  unsigned char *packed = malloc(bound);
  z.next_in = content->data, z.avail_in = (uInt)content->size, z.next_out = packed, z.avail_out = (uInt)bound;
  cr_assert_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
  bytes_add(out, packed, bound - z.avail_out);
  deflateEnd(&z);
  free(packed);
}

/* The fields that both headers of a member share. */
static void add_fields(struct bytes *zip, const struct member *member, const struct bytes *stored) {
  const uint32_t crc = (uint32_t)crc32(0, member->content.data, (uInt)member->content.size) ^ member->crc_difference;
  bytes_add_number(zip, 20, 2, false);
  bytes_add_number(zip, member->flags, 2, false);
  bytes_add_number(zip, member->method != 0 ? member->method : member->deflated ? 8 : 0, 2, false);
  bytes_add_number(zip, 0x210000, 4, false);
  bytes_add_number(zip, crc, 4, false);
  bytes_add_number(zip, stored->size, 4, false);
  bytes_add_number(zip, member->content.size + member->size_difference, 4, false);
  bytes_add_number(zip, strlen(member->name), 2, false);
  bytes_add_number(zip, 0, 2, false);
}

static struct bytes zip_of(const struct member *members, size_t count) {
  struct bytes zip = {0}, directory = {0};
  size_t place = 0;
  for (size_t i = 0; i < count; i++) {
    const struct member *member = &members[i];
    struct bytes stored = {0};
    if (member->deflated) deflate_to(&stored, &member->content);
    else bytes_add(&stored, member->content.data, member->content.size);
    if (!member->same_place) {
      place = zip.size;
      bytes_add(&zip, "PK\x03\x04", 4);
      add_fields(&zip, member, &stored);
      bytes_add_text(&zip, member->name);
      bytes_add(&zip, stored.data, stored.size);
    }
    bytes_add(&directory, "PK\x01\x02\x14\0", 6);
    add_fields(&directory, member, &stored);
    bytes_add_fill(&directory, 0, 10);
    bytes_add_number(&directory, place, 4, false);
    bytes_add_text(&directory, member->name);
    bytes_free(&stored);
  }
  const size_t begin = zip.size;
  bytes_add(&zip, directory.data, directory.size);
  bytes_add(&zip, "PK\x05\x06\0\0\0\0", 8);
  bytes_add_number(&zip, count, 2, false);
  bytes_add_number(&zip, count, 2, false);
  bytes_add_number(&zip, directory.size, 4, false);
  bytes_add_number(&zip, begin, 4, false);
  bytes_add_number(&zip, 0, 2, false);
  bytes_free(&directory);
  return zip;
}

static bool supported(void) { return strstr(rowcast_io_build_info(), "with libzip") != NULL; }

/* Reads an archive of these members; text NULL: that works, and the matrix has so many rows. */
static void expect(const struct member *members, size_t count, const char *array, size_t rows, const char *text) {
  struct bytes zip = zip_of(members, count);
  rowcast_matrix matrix;
  rowcast_error error;
  const rowcast_read_options options = {sizeof(rowcast_read_options), .array = array, .max_bytes = 1 << 20};
  const rowcast_status status = rowcast_matrix_read_memory(&matrix, zip.data, zip.size, "input", &options, &error);
  if (text == NULL) {
    cr_expect(status == ROWCAST_OK, "%s", told(&error));
    cr_expect_eq(matrix.rows, rows);
    if (status == ROWCAST_OK && matrix.rows > 0)
      cr_expect_eq(matrix_at(&matrix, matrix.rows - 1, matrix.cols - 1), (double)(matrix.rows * matrix.cols - 1));
  } else {
    cr_expect_neq(status, ROWCAST_OK, "%s", text);
    cr_expect(status == ROWCAST_OK || strstr(told(&error), text) != NULL, "'%s' is not in: %s", text, told(&error));
  }
  rowcast_matrix_free(&matrix);
  bytes_free(&zip);
}
#define EXPECT(array, rows, text, ...)                                                                                 \
  do {                                                                                                                 \
    const struct member members[] = {__VA_ARGS__};                                                                     \
    expect(members, sizeof members / sizeof members[0], array, rows, text);                                            \
  } while (0)

Test(npz, arrays) {
  if (!supported()) cr_skip_test("built without libzip");
  struct bytes two = npy_of("(2, 3)", 6), three = npy_of("(3, 2, 2)", 12), one = npy_of("(5,)", 5);
  EXPECT(NULL, 2, NULL, {.name = "x.npy", .content = two});
  EXPECT(NULL, 2, NULL, {.name = "x.npy", .content = two, .deflated = true});
  EXPECT(NULL, 5, NULL, {.name = "labels.npy", .content = one});
  EXPECT(NULL, 3, NULL, {.name = "y.npy", .content = one}, {.name = "x.npy", .content = three});
  EXPECT("x", 3, NULL, {.name = "y.npy", .content = two}, {.name = "x.npy", .content = three});
  EXPECT("y.npy", 2, NULL, {.name = "y.npy", .content = two}, {.name = "x.npy", .content = three});
  EXPECT(NULL, 0, "several arrays have 2 or 3 dimensions; name one of x.npy, y.npy (array)",
         {.name = "y.npy", .content = two}, {.name = "x.npy", .content = three});
  EXPECT(NULL, 0, "no array has 2 or 3 dimensions", {.name = "y.npy", .content = one},
         {.name = "z.npy", .content = one});
  EXPECT(NULL, 0, "NPZ: ", {.name = "x.npy", .content = two}, {.name = "x.npy", .content = two});
  EXPECT("q", 0, "no array is named 'q'; it has x.npy", {.name = "x.npy", .content = two});
  bytes_free(&one);
  bytes_free(&two);
  bytes_free(&three);
}

Test(npz, hostile) {
  if (!supported()) cr_skip_test("built without libzip");
  struct bytes npy = npy_of("(2, 3)", 6), text = {0}, lying = npy_of("(200, 3)", 6), bomb = {0};
  bytes_add_text(&text, "no array at all");
  bytes_add_fill(&bomb, 0, 4 << 20);
  EXPECT(NULL, 0, "NPZ", {.name = "x.npy", .content = npy}, {.name = "x.npy", .content = npy});
  EXPECT(NULL, 0, "NPZ", {.name = "x.npy", .content = npy}, {.name = "y.npy", .content = npy, .same_place = true});
  EXPECT(NULL, 0, "name is not an array's", {.name = "a/x.npy", .content = npy});
  EXPECT(NULL, 0, "name is not an array's", {.name = "../x.npy", .content = npy});
  EXPECT(NULL, 0, "encrypted", {.name = "x.npy", .content = npy, .flags = 1});
  EXPECT(NULL, 0, "NPZ", {.name = "x.npy", .content = npy, .method = 12});
  EXPECT(NULL, 0, "NPZ", {.name = "x.npy", .content = npy, .crc_difference = 1});
  EXPECT(NULL, 0, "NPZ", {.name = "x.npy", .content = npy, .deflated = true, .crc_difference = 1});
  EXPECT(NULL, 0, "NPZ", {.name = "x.npy", .content = npy, .size_difference = 1});
  EXPECT(NULL, 0, "NPZ", {.name = "x.npy", .content = npy, .deflated = true, .size_difference = 1});
  EXPECT(NULL, 0, "NPZ", {.name = "x.npy", .content = npy, .deflated = true, .size_difference = (uint32_t)-1});
  EXPECT(NULL, 0, "stated size is wrong",
         {.name = "x.npy", .content = npy, .deflated = true, .size_difference = 0x70000000});
  EXPECT(NULL, 0, "is not NPY", {.name = "x.npy", .content = text});
  EXPECT(NULL, 0, "truncated", {.name = "x.npy", .content = lying});
  EXPECT(NULL, 0, "limit", {.name = "x.npy", .content = bomb, .deflated = true});
  EXPECT("\n\x1b", 0, "no array is named", {.name = "x.npy", .content = npy});
  bytes_free(&bomb);
  bytes_free(&lying);
  bytes_free(&text);
  bytes_free(&npy);
}

/* Names of any length are whole, and find their array again. */
Test(npz, long_names) {
  if (!supported()) cr_skip_test("built without libzip");
  static const size_t lengths[] = {1, 63, 64, 65, 200, 255, 300, 65000};
  struct bytes npy = npy_of("(2, 3)", 6);
  for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++)
    for (int ending = 0; ending < 2; ending++) {
      struct bytes name = {0};
      bytes_add_fill(&name, 'n', lengths[i] - 1);
      bytes_add_text(&name, "m.npy");
      bytes_add_number(&name, 0, 1, false);
      name.data[lengths[i]] = ending ? '.' : '\0';
      const struct member members[] = {{.name = (const char *)name.data, .content = npy},
                                       {.name = "other.npy", .content = npy}};
      struct bytes zip = zip_of(members, 2);
      name.data[lengths[i]] = '\0';
      rowcast_matrix matrix;
      rowcast_error error;
      const rowcast_read_options options = {sizeof options, .array = (const char *)name.data};
      const rowcast_status status = rowcast_matrix_read_memory(&matrix, zip.data, zip.size, "input", &options, &error);
      cr_assert(status == ROWCAST_OK, "%zu: %s", lengths[i], error.text);
      cr_expect(strcmp(matrix.file->name, (const char *)name.data) == 0, "%zu: %zu", lengths[i],
                strlen(matrix.file->name));
      rowcast_matrix_free(&matrix);
      bytes_free(&zip);
      bytes_free(&name);
    }
  bytes_free(&npy);
}

/* Archives of other files tell what they hold, and the command that helps. */
Test(npz, other_archives) {
  if (!supported()) cr_skip_test("built without libzip");
  struct bytes npy = npy_of("(2, 3)", 6), text = {0}, none = {0};
  bytes_add_text(&text, "something else, and more of it");
  EXPECT(NULL, 0, "is a PyTorch file: python3 -c 'import numpy, torch;", {.name = "model/data.pkl", .content = text},
         {.name = "model/data/0", .content = text});
  EXPECT(NULL, 0, "is an Excel file: python3 -c 'import numpy, pandas;",
         {.name = "[Content_Types].xml", .content = text}, {.name = "xl/workbook.xml", .content = text});
  EXPECT(NULL, 0,
         "is a zip archive without NPY arrays; it has t10k-images.idx3-ubyte, a/b; "
         "to read one: unzip -p FILE NAME (path=-)",
         {.name = "t10k-images.idx3-ubyte", .content = text}, {.name = "a/", .content = none},
         {.name = "a/b", .content = text});
  EXPECT("t10k-images.idx3-ubyte", 0, "is a zip archive without NPY arrays",
         {.name = "t10k-images.idx3-ubyte", .content = text, .deflated = true});
  EXPECT(NULL, 0, "it has a-folder/another-folder/a-third-folder/of-them/and-one-mo...; to read one: unzip",
         {.name = "a-folder/another-folder/a-third-folder/of-them/and-one-more/file.csv", .content = text});
  EXPECT(NULL, 0, "it has a\\033[31m; to read one: unzip", {.name = "a\x1b[31m", .content = text});
  struct member many[40];
  char names[40][40];
  for (size_t i = 0; i < 40; i++) {
    snprintf(names[i], sizeof names[i], "%zu-images-idx3-ubyte", i);
    many[i] = (struct member){.name = names[i], .content = text};
  }
  expect(many, 40, NULL, 0, "0-images-idx3-ubyte, 1-images-idx3-ubyte");
  expect(many, 40, NULL, 0, ", ...; to read one: unzip -p FILE NAME");
  /* One NPY among them, by its name or its bytes, makes it an .npz. */
  EXPECT("x", 2, NULL, {.name = "readme", .content = text}, {.name = "x.npy", .content = npy});
  EXPECT("x", 2, NULL, {.name = "readme", .content = text}, {.name = "x", .content = npy});
  bytes_free(&text);
  bytes_free(&npy);
}

Test(npz, too_many_entries) {
  if (!supported()) cr_skip_test("built without libzip");
  enum { COUNT = 4097 };
  struct member *members = calloc(COUNT, sizeof *members);
  char(*names)[16] = calloc(COUNT, sizeof *names);
  struct bytes npy = npy_of("(2, 3)", 6);
  for (size_t i = 0; i < COUNT; i++) {
    snprintf(names[i], sizeof names[i], "%zu.npy", i);
    members[i] = (struct member){.name = names[i], .content = npy};
  }
  expect(members, COUNT, "7", 0, "more than 4096 entries");
  expect(members, COUNT - 1, "7", 2, NULL);
  bytes_free(&npy);
  free(names);
  free(members);
}

Test(npz, cut_anywhere) {
  if (!supported()) cr_skip_test("built without libzip");
  struct bytes npy = npy_of("(2, 3)", 6), zip = zip_of(&(struct member){.name = "x.npy", .content = npy}, 1);
  for (size_t size = 4; size < zip.size; size++) {
    rowcast_matrix matrix;
    cr_expect_neq(rowcast_matrix_read_memory(&matrix, zip.data, size, "input", NULL, NULL), ROWCAST_OK, "%zu", size);
  }
  bytes_free(&zip);
  bytes_free(&npy);
}
