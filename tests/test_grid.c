/* SPDX-License-Identifier: BSD-3-Clause */
/* Tables on terminals of any width, and what CSV tells of a run. */
#include "tool.h"

#include <fcntl.h>
#include <study/grid.h>
#include <sys/ioctl.h>
#include <unistd.h>

static char *folder;

static void set_up(void) { folder = folder_make(); }
static void tear_down(void) { folder_remove(folder); }

TestSuite(grid, .init = set_up, .fini = tear_down);

static const struct grid_column columns[] = {
  {"kernel", "kernel", NULL, GRID_TEXT, 0, 0},       {"a_A", "first", NULL, GRID_NUMBER, 3, 1},
  {"a_B", "second", NULL, GRID_NUMBER, 3, 1},        {"ab_A", "other", NULL, GRID_NUMBER, 3, 1},
  {"last", "the last one", NULL, GRID_NUMBER, 1, 1},
};
static const char *const groups[] = {NULL}, *const spare[] = {"a", "last", NULL};
static const struct grid grid = {columns, sizeof columns / sizeof columns[0], groups, NULL, spare};

/* What the table prints at that width, to be freed. */
static char *table_of(size_t width) {
  json_t *results =
    json_pack("[{s:s, s:f, s:f, s:f, s:f}, {s:s, s:f, s:f, s:f, s:f}]", "kernel", "quick", "a_A", 1.0, "a_B", 2.0,
              "ab_A", 3.0, "last", 4.0, "kernel", "slow", "a_A", 5.0, "a_B", 6.0, "ab_A", 7.0, "last", 8.0);
  char *path = path_in(folder, "out");
  cr_assert(results != NULL && freopen(path, "w", stdout) != NULL);
  cr_assert(grid_print_table(&grid, results, false, width));
  fflush(stdout);
  struct bytes text = bytes_read(path);
  bytes_add(&text, "", 1);
  json_decref(results);
  free(path);
  return (char *)text.data;
}

static void expect_table(size_t width, const char *wanted) {
  char *text = table_of(width);
  cr_expect(strcmp(text, wanted) == 0, "at %zu columns:\n%s", width, text);
  free(text);
}

/* Columns leave by name, those of all sides together, and only as many as need be; the rest stays, however narrow. */
Test(grid, spare_columns_leave_a_narrow_table) {
  static const char all[] = "kernel  first  second  other  the last one\n"
                            "quick   1.000   2.000  3.000           4.0\n"
                            "slow    5.000   6.000  7.000           8.0\n",
                    some[] = "kernel  other  the last one\n"
                             "quick   3.000           4.0\n"
                             "slow    7.000           8.0\n"
                             "\nleft out for want of room (--wide shows all): first, second\n",
                    few[] = "kernel  other\n"
                            "quick   3.000\n"
                            "slow    7.000\n"
                            "\nleft out for want of room (--wide shows all): first, second, the last one\n";
  expect_table(0, all);
  expect_table(42, all);
  expect_table(41, some);
  expect_table(27, some);
  expect_table(26, few);
  expect_table(1, few);
}

/* What the tool prints on a terminal of so many columns, to be freed; NULL: no terminal can be made. */
static char *on_terminal(const char *const *arguments, unsigned short width) {
  const int master = posix_openpt(O_RDWR | O_NOCTTY);
  if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0) return NULL;
  const struct winsize size = {.ws_row = 24, .ws_col = width};
  const int held = open(ptsname(master), O_RDWR | O_NOCTTY);
  cr_assert(held >= 0 && ioctl(held, TIOCSWINSZ, &size) == 0);
  const struct process_options options = {.output = OUTPUT_FILE, .output_path = ptsname(master)};
  struct process process = process_start(arguments, &options);
  struct bytes text = {0};
  char part[4096];
  /* As much as there is once it has ended; a terminal holds that much. */
  struct process_result result = process_finish(&process);
  cr_expect_eq(result.status, 0, "%s", result.err);
  cr_assert_eq(fcntl(master, F_SETFL, O_NONBLOCK), 0);
  for (ssize_t got; (got = read(master, part, sizeof part)) > 0;) bytes_add(&text, part, (size_t)got);
  bytes_add(&text, "", 1);
  process_free(&result);
  close(held), close(master);
  return (char *)text.data;
}

/* The longest line of a table: those that say something else are as long as they are. */
static size_t widest_line(const char *text) {
  size_t widest = 0;
  for (const char *line = text; *line != '\0';) {
    const size_t length = strcspn(line, "\r\n");
    const bool of_table = (strncmp(line, "auto", 4) == 0 && strncmp(line, "auto (", 6) != 0) ||
                          strncmp(line, "kernel", 6) == 0 || *line == ' ' || strncmp(line, "threads", 7) == 0;
    if (of_table && length > widest) widest = length;
    line += length + strspn(line + length, "\r\n");
  }
  return widest;
}

Test(grid, every_study_fits_80_columns) {
  static const char *const studies[][12] = {
    {"bench", "--rows", "50", "--rounds", "2", "--kernel", "auto", "--threads", "1", "--color", "never"},
    {"scale", "--rows", "50", "--rounds", "2", "--kernel", "auto", "--threads", "1", "--color", "never"},
    {"roofline", "--rows", "50", "--rounds", "2", "--kernel", "auto", "--threads", "1", "--color", "never"},
  };
  for (size_t i = 0; i < sizeof studies / sizeof studies[0]; i++) {
    const char *wide[14] = {NULL};
    memcpy(wide, studies[i], sizeof studies[i]);
    wide[11] = "--wide";
    char *narrow = on_terminal(studies[i], 80);
    if (narrow == NULL) cr_skip_test("no terminal can be made here");
    char *all = on_terminal(wide, 80);
    const size_t width = widest_line(narrow);
    cr_expect(width > 30 && width <= 80, "%s: %zu columns\n%s", studies[i][0], width, narrow);
    cr_expect_null(strstr(all, "--wide"), "%s", all);
    if (i == 1) {
      cr_expect_gt(widest_line(all), 80, "%s", all);
      cr_expect_not_null(strstr(narrow, "left out for want of room (--wide shows all): "), "%s", narrow);
    }
    free(narrow), free(all);
  }
}

/* Which run a line is of, and no digits that no clock has. */
Test(grid, csv) {
  struct process_result result = ROWCAST("bench", "--rows", "5", "--rounds", "2", "--kernel", "scalar-naive",
                                         "--threads", "1", "--dtype", "f32", "--label", "my run", "--format", "csv");
  cr_assert_eq(result.status, 0, "%s", result.err);
  char *second = strchr(result.out, '\n');
  cr_assert_not_null(second);
  *second++ = '\0';
  const char *names = result.out + strlen(result.out) - strlen(",label,date,model");
  cr_expect_str_eq(names, ",label,date,model");
  cr_expect_not_null(strstr(second, ",my run,20"), "%s", second);
  /* The field under "median_s". */
  const char *field = second;
  for (const char *at = result.out; strncmp(at, "median_s,", 9) != 0; at++)
    if (*at == ',') field = strchr(field, ',') + 1;
  size_t digits = 0;
  bool leading = true;
  for (const char *at = field; *at != ',' && *at != 'e'; at++) {
    leading = leading && (*at == '0' || *at == '.');
    digits += !leading && *at >= '0' && *at <= '9';
  }
  cr_expect(digits >= 1 && digits <= 6, "%zu digits: %.20s", digits, field);
  process_free(&result);
}
