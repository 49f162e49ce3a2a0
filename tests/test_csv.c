/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers in text: what is one, what stands between them, and the nearest float32. */
#include <criterion/criterion.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rowcast/io.h>

#include "file_builder.h"
#include "locales.h"
#include "process.h"

static rowcast_status read_text(rowcast_matrix *matrix, const char *text, size_t skip_lines, rowcast_error *error) {
  const rowcast_read_options options = {sizeof(rowcast_read_options), .skip_lines = skip_lines};
  return rowcast_matrix_read_memory(matrix, text, strlen(text), "input", &options, error);
}

Test(csv, accepted) {
  static const struct {
    const char *text;
    size_t skip, rows, cols;
    float last;
  } cases[] = {
    {"1", 0, 1, 1, 1},
    {"1,2,3\n4,5,6\n", 0, 2, 3, 6},
    {"1,2\r\n3,4\r\n", 0, 2, 2, 4},
    {"1, 2\n 3 ,4 ", 0, 2, 2, 4},
    {"1;2\n3;4", 0, 2, 2, 4},
    {"1\t2\n3\t4", 0, 2, 2, 4},
    {"  1   2\n3 \t 4  \n", 0, 2, 2, 4},
    {"\n\n1,2\n\n3,4\n\n", 0, 2, 2, 4},
    {"\xef\xbb\xbf"
     "1,2\n",
     0, 1, 2, 2},
    {"label,pixel\n5,7\n", 1, 1, 2, 7},
    {"# a comment\nb\n5,7\n", 2, 1, 2, 7},
    {"+.5,-5.,1e3,1E-3,-1.5e+2", 0, 1, 5, -150},
    {"nan,NaN,inf,-Infinity", 0, 1, 4, -INFINITY},
    {"1e39,-1e39", 0, 1, 2, -INFINITY},
    {"1e-46,1.4e-45", 0, 1, 2, 0x1p-149f},
    {"16777217,16777219", 0, 1, 2, 16777220},
    {"0.1,00000000000000000000000000000.1", 0, 1, 2, 0.1f},
    /* A midpoint between two float32, and a little more. */
    {"1.000000059604644775390625,1.00000005960464477539062500000000000000000000000000001", 0, 1, 2, 0x1.000002p0f},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    rowcast_matrix matrix;
    rowcast_error error;
    cr_assert(read_text(&matrix, cases[i].text, cases[i].skip, &error) == ROWCAST_OK, "%zu: %s", i, error.text);
    cr_expect(matrix.rows == cases[i].rows && matrix.cols == cases[i].cols && matrix.dtype == ROWCAST_F32, "%zu", i);
    cr_expect_str_eq(matrix.file->format, "csv");
    cr_expect_eq(((const float *)matrix.data)[matrix.rows * matrix.cols - 1], cases[i].last, "%zu: %.9g", i,
                 (double)((const float *)matrix.data)[matrix.rows * matrix.cols - 1]);
    rowcast_matrix_free(&matrix);
  }
}

Test(csv, refused) {
  static const struct {
    const char *text, *part;
  } cases[] = {
    {"1,2\n3\n", "line 2 has 1 number, but the first has 2"},
    {"1,2\n3,4,5\n", "line 2 has 3 numbers"},
    {"1,,2", "line 1, column 2: '' is not a number"},
    {"1,2,", "line 1, column 3: '' is not a number"},
    {"1,x", "column 2: 'x' is not a number"},
    {"1,2\n3,x\n", "line 2, column 2: 'x' is not a number"},
    {"0x10", "is not a number"},
    {"1_000", "is not a number"},
    {"1e", "is not a number"},
    {"1e+", "is not a number"},
    {"1.2.3", "is not a number"},
    {"nan(1)", "is not a number"},
    {"infinit", "is not a number"},
    {"1 2,3", "is not a number"},
    {"1,2\n \n3,4", "line 2"},
    {"a,b\n1,2\n", ": headings (skip_lines=1)"},
    {"\"1\",\"x\"", "line 1, column 2: '\"x\"' is not a number"},
    {"hello\n", "line 1, column 1: 'hello' is not a number"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    rowcast_matrix matrix;
    rowcast_error error;
    cr_expect_eq(read_text(&matrix, cases[i].text, 0, &error), ROWCAST_ERR_FORMAT, "%s", cases[i].text);
    cr_expect_not_null(strstr(told(&error), cases[i].part), "'%s' is not in: %s", cases[i].part, told(&error));
  }
}

/* Every float32 pattern drawn reads back from nine digits, in a language of commas too; and short decimals are rounded
 * as strtof() does. */
Test(csv, round_trips) {
  char *folder = locale_make("de_DE.UTF-8");
  if (folder != NULL) cr_assert(setenv("LOCPATH", folder, 1) == 0 && setlocale(LC_ALL, "de_DE.UTF-8") != NULL);
  enum { COUNT = 1000000 };
  char *text = malloc(COUNT * 20), *at = text;
  float *values = malloc(COUNT * sizeof *values);
  cr_assert(text != NULL && values != NULL);
  uint64_t state = 7;
  for (size_t i = 0; i < COUNT; i++) {
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    const uint32_t bits = (uint32_t)(state >> 32);
    memcpy(&values[i], &bits, sizeof bits);
    char *begin = at;
    at += i % 3 == 0 ? sprintf(at, "%.3f", (double)(values[i] = (float)(bits % 8000000) / 1000.0f))
                     : sprintf(at, "%.9g", (double)values[i]);
    for (char *c = begin; c < at; c++)
      if (*c == ',') *c = '.';
    *at++ = '\n';
  }
  *at = '\0';
  rowcast_matrix matrix;
  rowcast_error error;
  cr_assert(read_text(&matrix, text, 0, &error) == ROWCAST_OK, "%s", error.text);
  cr_assert_eq(matrix.rows, COUNT);
  for (size_t i = 0; i < COUNT; i++) {
    const float read = ((const float *)matrix.data)[i];
    cr_assert(isnan(values[i]) ? isnan(read) : memcmp(&read, &values[i], sizeof read) == 0, "%.9g became %.9g",
              (double)values[i], (double)read);
  }
  rowcast_matrix_free(&matrix);
  free(values);
  free(text);
  if (folder != NULL) folder_remove(folder);
}
