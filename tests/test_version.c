/* SPDX-License-Identifier: BSD-3-Clause */
/* The version in text and as a number, of headers and both libraries; and what the libraries say of their build. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include <rowcast/io.h>
#include <rowcast/version.h>

Test(version, is_one_in_text_and_numbers) {
  char text[32];
  snprintf(text, sizeof text, "%d.%d.%d", ROWCAST_VERSION_MAJOR, ROWCAST_VERSION_MINOR, ROWCAST_VERSION_PATCH);
  cr_expect_str_eq(ROWCAST_VERSION, text);
  cr_expect_str_eq(rowcast_version(), text);
  cr_expect_str_eq(rowcast_io_version(), text);
  const unsigned number = rowcast_version_number();
  cr_expect_eq(number, ROWCAST_VERSION_NUMBER);
  snprintf(text, sizeof text, "%u.%u.%u", number / 10000, number / 100 % 100, number % 100);
  cr_expect_str_eq(text, ROWCAST_VERSION);
}

#define TOLD(build) (strstr(info, "with " build) != NULL || strstr(info, "without " build) != NULL)
Test(version, tells_the_build) {
  cr_expect_eq(strncmp(rowcast_build_info(), rowcast_build_compiler(), strlen(rowcast_build_compiler())), 0);
  cr_expect_not_null(strstr(rowcast_build_info(), "; ISA levels: scalar"));
  const char *info = rowcast_io_build_info();
  cr_expect(TOLD("libdeflate") && TOLD("libzip") && TOLD("libzstd"), "%s", info);
}
