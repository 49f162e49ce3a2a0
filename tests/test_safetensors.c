/* SPDX-License-Identifier: BSD-3-Clause */
/* safetensors: files built byte by byte, right and wrong. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rowcast/io.h>

#include "file_builder.h"
#include "process.h"

static struct bytes file_of(const char *header, const void *elements, size_t size) {
  struct bytes file = {0};
  bytes_add_number(&file, strlen(header), 8, false);
  bytes_add_text(&file, header);
  bytes_add(&file, elements, size);
  return file;
}

static rowcast_status read_from(rowcast_matrix *matrix, const struct bytes *file, const char *array, bool trailing,
                                rowcast_error *err) {
  rowcast_read_options options = ROWCAST_READ_DEFAULTS;
  options.array = array;
  options.allow_trailing = trailing;
  return rowcast_matrix_read_memory(matrix, file->data, file->size, "input", &options, err);
}

Test(safetensors, types) {
  static const struct {
    const char *dtype, *element, *bytes;
    size_t size;
    double first, second;
  } types[] = {{"F32", "f4", "\0\0\x80\x3f\0\0\x20\xc0", 8, 1, -2.5},
               {"F16", "f2", "\0\x3c\0\xc1", 4, 1, -2.5},
               {"BF16", "bf16", "\x80\x3f\x20\xc0", 4, 1, -2.5},
               {"F64", "f8", "\0\0\0\0\0\0\xf0\x3f\0\0\0\0\0\0\x04\xc0", 16, 1, -2.5},
               {"U8", "u1", "\1\xff", 2, 1, 255},
               {"I8", "i1", "\1\xff", 2, 1, -1},
               {"I64", "i8", "\1\0\0\0\0\0\0\0\xfe\xff\xff\xff\xff\xff\xff\xff", 16, 1, -2},
               {"BOOL", "b1", "\1\0", 2, 1, 0}};
  for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
    char header[200];
    snprintf(header, sizeof header, "{\"w\":{\"dtype\":\"%s\",\"shape\":[2,1],\"data_offsets\":[0,%zu]}}",
             types[i].dtype, types[i].size);
    struct bytes file = file_of(header, types[i].bytes, types[i].size);
    rowcast_matrix matrix;
    rowcast_error error;
    cr_assert_eq(read_from(&matrix, &file, NULL, false, &error), ROWCAST_OK, "%s: %s", types[i].dtype, error.text);
    cr_expect(matrix.rows == 2 && matrix.cols == 1 && matrix.dtype == (i == 4 ? ROWCAST_U8 : ROWCAST_F32));
    cr_expect(matrix_at(&matrix, 0, 0) == types[i].first && matrix_at(&matrix, 1, 0) == types[i].second, "%s",
              types[i].dtype);
    cr_expect_str_eq(matrix.file->element, types[i].element);
    cr_expect_str_eq(matrix.file->format, "safetensors");
    cr_expect_str_eq(matrix.file->name, "w");
    rowcast_matrix_free(&matrix);
    bytes_free(&file);
  }
}

#define W                 "\"w\":{\"dtype\":\"U8\",\"shape\":[2,2],\"data_offsets\":[0,4]}"
#define TENSOR(name, ...) "\"" name "\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[" #__VA_ARGS__ "]}"

Test(safetensors, tensors_are_chosen) {
  const char *header = "{\"__metadata__\":{\"format\":\"pt\"}," TENSOR("fc.bias", 4, 6) "," W "}  ";
  struct bytes file = file_of(header, "abcdef", 6);
  rowcast_matrix matrix;
  rowcast_error error;
  cr_assert_eq(read_from(&matrix, &file, NULL, false, &error), ROWCAST_OK, "%s", error.text);
  cr_expect(matrix.rows == 2 && matrix.cols == 2 && matrix_at(&matrix, 1, 1) == 'd');
  rowcast_matrix_free(&matrix);
  cr_assert_eq(read_from(&matrix, &file, "fc.bias", false, &error), ROWCAST_OK, "%s", error.text);
  cr_expect(matrix.rows == 2 && matrix.cols == 1 && matrix_at(&matrix, 0, 0) == 'e' && matrix.file->rank == 1);
  rowcast_matrix_free(&matrix);
  cr_expect_eq(read_from(&matrix, &file, "fc", false, &error), ROWCAST_ERR_NOT_FOUND);
  cr_expect_str_eq(error.text, "input: safetensors: no tensor is named 'fc'; it has w, fc.bias");
  bytes_free(&file);
  file = file_of("{" TENSOR("a", 0, 2) "," TENSOR("b", 2, 4) "}", "abcd", 4);
  cr_expect_eq(read_from(&matrix, &file, NULL, false, &error), ROWCAST_ERR_ARGUMENT);
  cr_expect_str_eq(told(&error), "input: safetensors: no tensor has 2 or 3 dimensions; name one of a, b (array)");
  bytes_free(&file);
}

/* The tool takes weights and bias of one file, and of a gzipped one. */
Test(safetensors, tool) {
  char *folder = folder_make(), *rows = path_in(folder, "x.csv"), *path = path_in(folder, "model");
  char weights[320], bias[320];
  struct bytes text = {0}, file = file_of("{\"w\":{\"dtype\":\"BF16\",\"shape\":[2,3],\"data_offsets\":[0,12]},"
                                          "\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[12,20]}}",
                                          "\x80\x3f\0\x40\x40\x40\x80\x3f\x80\x3f\x80\x3f\0\0\0\x3f\0\0\0\0", 20);
  struct bytes packed = gzip_of(&file);
  bytes_add_text(&text, "1,2,3\n");
  bytes_write(&text, rows);
  snprintf(weights, sizeof weights, "%s:array=w", path);
  snprintf(bias, sizeof bias, "%s:array=b", path);
  for (int i = 0; i < 2; i++) {
    bytes_write(i == 0 ? &file : &packed, path);
    struct process_result got =
      ROWCAST("matmul", "-i", rows, "-w", weights, "--bias", bias, "--transpose", "-o", "-", "--format", "csv");
    cr_expect(got.status == 0 && strcmp(got.out, "14.5,6\n") == 0, "%d: %s%s", got.status, got.out, got.err);
    process_free(&got);
  }
  bytes_free(&text);
  bytes_free(&file);
  bytes_free(&packed);
  free(rows);
  free(path);
  folder_remove(folder);
}

static void refused(const char *header, size_t elements, const char *text) {
  struct bytes file = file_of(header, "abcdefghijkl", elements);
  rowcast_matrix matrix;
  rowcast_error error;
  cr_expect_eq(read_from(&matrix, &file, NULL, false, &error), ROWCAST_ERR_FORMAT, "%s", header);
  cr_expect_not_null(strstr(told(&error), text), "no '%s' in: %s", text, told(&error));
  bytes_free(&file);
}

Test(safetensors, wrong_headers) {
  refused("{" W, 4, "JSON: ',' or '}' is missing, at byte 62");
  refused("{" W "}x", 4, "something after the end, at byte 63");
  refused("{" W "," W "}", 4, "tensor 'w': its name is there twice");
  refused("{\"w\":{\"dtype\":\"U8\",\"shape\":[4]}}", 4, "lacks its dtype, shape or data_offsets");
  refused("{\"w\":{\"dtype\":\"U8\",\"dtype\":\"U8\"}}", 4, "is there twice");
  refused("{\"w\":{\"dtype\":\"U8\",\"size\":4}}", 4, "a member other than");
  refused("{\"w\":{\"data_offsets\":[0]}}", 4, "not two numbers");
  refused("{\"w\":{\"data_offsets\":[0,1,2]}}", 4, "too many numbers");
  refused("{\"w\":{\"shape\":[-1]}}", 4, "a whole number is missing, at byte 23");
  refused("{\"w\":{\"shape\":[1.5]}}", 4, "',' or ']' is missing");
  refused("{\"w\":{\"shape\":[01]}}", 4, "begins with 0");
  refused("{\"w\":{\"shape\":[18446744073709551616]}}", 4, "a number is too large");
  refused("{\"w\":[]}", 4, "'{' is missing");
  refused("{\"w\"}", 4, "':' is missing");
  refused("{\"w", 4, "does not end");
  refused("{\"\\u0041\":{}}", 4, "an escape that is not read");
  refused("{\"a\nb\":{}}", 4, "a control character");
  refused("{w:{}}", 4, "'\"' is missing");
  refused("{\"__metadata__\":{\"a\":1}}", 0, "'\"' is missing");
  refused("{\"__metadata__\":{},\"__metadata__\":{}}", 0, "__metadata__ is there twice");
  refused("{\"w\":{\"dtype\":\"F8_E5M2\",\"shape\":[4],\"data_offsets\":[0,4]}}", 4, "of type F8_E5M2 are not read");
}

Test(safetensors, wrong_places) {
  refused("{" W "}", 3, "truncated: 3 of 4 bytes of elements");
  refused("{" W "}", 5, "1 byte after the last tensor, at byte 67 (allow_trailing=1)");
  refused("{" TENSOR("a", 0, 2) "," TENSOR("b", 1, 3) "}", 3, "tensor 'b': it overlaps another");
  refused("{" TENSOR("a", 0, 2) "," TENSOR("b", 3, 5) "}", 5, "tensor 'b': there is a gap before it");
  refused("{" TENSOR("a", 1, 3) "}", 3, "tensor 'a': there is a gap before it");
  refused("{" TENSOR("a", 0, 3) "}", 3, "not as far apart as its shape says");
  refused("{" TENSOR("a", 2, 0) "}", 3, "end before they begin");
  refused("{\"w\":{\"dtype\":\"F64\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,4]}}", 4, "overflows");
  struct bytes file = file_of("{" W "}", "abcde", 5);
  rowcast_matrix matrix;
  rowcast_error error;
  cr_expect_eq(read_from(&matrix, &file, "w", true, &error), ROWCAST_OK, "%s", error.text);
  rowcast_matrix_free(&matrix);
  file.size = 40; /* within the header */
  cr_expect_eq(read_from(&matrix, &file, NULL, false, &error), ROWCAST_ERR_FORMAT);
  cr_expect_str_eq(error.text, "input: safetensors: truncated: 32 of 55 bytes of the header");
  bytes_free(&file);
}

/* A header that claims what it is not is another file. */
Test(safetensors, not_such_a_file) {
  rowcast_matrix matrix;
  rowcast_error error;
  cr_expect_eq(rowcast_matrix_read_memory(&matrix, "\xff\xff\xff\xff\0\0\0\0{}", 10, "input", NULL, &error),
               ROWCAST_ERR_FORMAT);
  cr_expect_null(strstr(error.text, "safetensors:"), "%s", error.text);
}
