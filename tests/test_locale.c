/* SPDX-License-Identifier: BSD-3-Clause */
/* Formats and names are ASCII in every language. In a Turkish one, which is compiled here, 'I' is not the capital of
 * 'i'. */
#include <criterion/criterion.h>
#include <ctype.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rowcast/io.h>

#include "locales.h"
#include "process.h"

static const char *const turkish[] = {"tr_TR.UTF-8", "tr_TR.ISO-8859-9"};

/* The library in a host program that has chosen the language. */
Test(locale, numbers_and_formats_in_turkish) {
  static const char numbers[] = "inf,Inf,INF,+INF\ninfinity,Infinity,INFINITY,InFiNiTy\n";
  static const struct {
    const char *text, *part;
  } named[] = {
    {"@RELATION X\n@ATTRIBUTE I REAL\n@DATA\n1\n", "is ARFF; its rows follow line 3"},
    {"<!DOCTYPE HTML>", "is an HTML page"},
    {"INF1,2\n", "'INF1' is not a number"},
    {"ID,I\n1,2\n", ": headings"},
  };
  for (size_t i = 0; i < 2; i++) {
    char *folder = locale_make(turkish[i]);
    if (folder == NULL) cr_skip_test("localedef is not here, or has no tr_TR");
    cr_assert(setenv("LOCPATH", folder, 1) == 0 && setlocale(LC_ALL, turkish[i]) != NULL, "%s", turkish[i]);
    /* strncasecmp() would tell as well, but a sanitizer puts its own in its place, which knows no language. */
    cr_assert(tolower('I') != 'i', "%s is not Turkish", turkish[i]);
    rowcast_matrix matrix;
    rowcast_error error;
    cr_assert(rowcast_matrix_read_memory(&matrix, numbers, strlen(numbers), "input", NULL, &error) == ROWCAST_OK, "%s",
              error.text);
    for (size_t j = 0; j < 8; j++) cr_expect(isinf(((const float *)matrix.data)[j]), "%zu", j);
    rowcast_matrix_free(&matrix);
    for (size_t j = 0; j < sizeof named / sizeof named[0]; j++) {
      cr_expect_eq(rowcast_matrix_read_memory(&matrix, named[j].text, strlen(named[j].text), "input", NULL, &error),
                   ROWCAST_ERR_FORMAT);
      cr_expect_not_null(strstr(error.text, named[j].part), "%s", error.text);
    }
    folder_remove(folder);
  }
}

static char *output_of(const char *const *arguments, const char *const *environment) {
  struct process_result result = process_run(arguments, &(struct process_options){.environment = environment});
  cr_expect_eq(result.status, 0, "%s", result.err);
  free(result.err);
  return result.out;
}

/* What the tool prints is the same in Turkish as in no language. */
Test(locale, tool_in_turkish, .timeout = 60) {
  static const char *const plain[] = {"LC_ALL=C.UTF-8", NULL}, *const plain_bytes[] = {"LC_ALL=C", NULL};
  const char *const *const commands[] = {
    ROWCAST_ARGUMENTS("help", "--man"),
    ROWCAST_ARGUMENTS("help", "--man", "predict"),
    ROWCAST_ARGUMENTS("help", "--man", "verify"),
    ROWCAST_ARGUMENTS("help"),
    ROWCAST_ARGUMENTS("help", "--completion", "bash"),
    ROWCAST_ARGUMENTS("show", "--rows", "0:1"),
  };
  for (size_t i = 0; i < 2; i++) {
    char *folder = locale_make(turkish[i]), *place, *language;
    if (folder == NULL) cr_skip_test("localedef is not here, or has no tr_TR");
    cr_assert(asprintf(&place, "LOCPATH=%s", folder) > 0 && asprintf(&language, "LC_ALL=%s", turkish[i]) > 0);
    const char *const environment[] = {place, language, NULL};
    for (size_t j = 0; j < sizeof commands / sizeof commands[0]; j++) {
      char *wanted = output_of(commands[j], i == 0 ? plain : plain_bytes), *got = output_of(commands[j], environment);
      cr_expect_str_eq(got, wanted, "%s %s", commands[j][0], turkish[i]);
      free(wanted), free(got);
    }
    free(place), free(language);
    folder_remove(folder);
  }
}

/* A language of decimal commas changes neither what is read nor what --decimal means. */
Test(locale, decimal_commas_are_not_the_language) {
  char *folder = locale_make("de_DE.UTF-8");
  if (folder == NULL) cr_skip_test("localedef is not here, or has no de_DE");
  cr_assert(setenv("LOCPATH", folder, 1) == 0 && setlocale(LC_ALL, "de_DE.UTF-8") != NULL);
  cr_assert_str_eq(localeconv()->decimal_point, ",");
  static const struct {
    const char *text;
    int decimal;
  } cases[] = {{"1.5,2.00000000001", 0}, {"1,5;2,00000000001", ','}};
  for (size_t i = 0; i < 2; i++) {
    const rowcast_read_options options = {sizeof options, .decimal = cases[i].decimal};
    rowcast_matrix matrix;
    rowcast_error error;
    cr_assert(rowcast_matrix_read_memory(&matrix, cases[i].text, strlen(cases[i].text), "input", &options, &error) ==
                ROWCAST_OK,
              "%s", error.text);
    cr_expect_eq(matrix.cols, 2);
    cr_expect(((const float *)matrix.data)[0] == 1.5f && ((const float *)matrix.data)[1] == 2.0f);
    rowcast_matrix_free(&matrix);
  }
  folder_remove(folder);
}
