/* SPDX-License-Identifier: BSD-3-Clause */
/* What the library advises in the names of its own options, the tool says as it is typed. test_csv_kinds.c, test_npz.c
 * and others have what is advised when; scripts/checks/advice, that the tool knows all of it. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/args/advice.h"
#include "cli/args/options.h"
#include "file_builder.h"
#include "tool.h"

static char *folder;

static void set_up(void) { folder = folder_make(); }
static void tear_down(void) { folder_remove(folder); }

TestSuite(advice, .init = set_up, .fini = tear_down);

/* A file as the command line names it. */
static struct input_file images_of(const char *given) {
  struct input_file file = input_file_none();
  file.path = file.given = given, file.option = "-i", file.dashed = file.bounded = true;
  return file;
}

static void expect_typed(const char *advice, const struct input_file *file, unsigned bit, const char *wanted) {
  const struct command command = {.name = "x", .bit = bit};
  char *said = NULL;
  size_t size;
  FILE *text = open_memstream(&said, &size);
  cr_assert_not_null(text);
  advice_is_for(&command);
  advice_write(text, advice, file);
  cr_assert_eq(fclose(text), 0);
  cr_expect_str_eq(said, wanted, "%s: '%s' instead of '%s'", advice, said, wanted);
  free(said);
}

Test(advice, as_it_is_typed) {
  const struct input_file images = images_of("x");
  struct input_file keyed = images, labels = input_file_none(), weights, shipped = images;
  keyed.given = "x:skip-lines=1";
  labels.path = labels.given = "y:comment=%", labels.option = "-l", labels.bounded = true;
  weights = labels;
  weights.option = "-w", weights.bounded = false;
  shipped.given = NULL;
  static char longest[200];
  memset(longest, 'y', sizeof longest - 1);
  struct input_file distant = labels;
  distant.path = distant.given = longest;
  struct input_file spaced = labels, quoted = labels;
  spaced.path = "my y$", spaced.given = "my y$:decimal=,";
  quoted.path = quoted.given = "y's";
  const struct {
    const char *advice;
    const struct input_file *file;
    unsigned command;
    const char *wanted;
  } cases[] = {
    {"", &images, FOR_MATMUL, ""},
    {"skip_lines=12", &images, FOR_MATMUL, " (--skip-lines 12)"},
    {"skip_lines", &images, FOR_MATMUL, " (--skip-lines N)"},
    {"skip_lines=1 columns_from=1", &images, FOR_MATMUL, " (--skip-lines 1 --columns 1:)"},
    {"columns_to=3", &images, FOR_MATMUL, " (--columns :3)"},
    {"columns_from=1 columns_to=3", &images, FOR_MATMUL, " (--columns 1:3)"},
    {"skip_lines=1 columns_from=1", &images, FOR_SHOW, " (--skip-lines 1)"},
    {"columns_from=1", &images, FOR_BENCH, ""},
    {"delimiter=|", &images, FOR_MATMUL, " (--delimiter '|')"},
    {"delimiter=:", &images, FOR_MATMUL, " (--delimiter :)"},
    {"decimal=,", &images, FOR_MATMUL, " (--decimal ,)"},
    {"comment=-1", &images, FOR_MATMUL, " (--comment none)"},
    {"array", &images, FOR_MATMUL, " (--array NAME|N)"},
    {"array=1", &images, FOR_STUDY, " (--array 1)"},
    {"member", &images, FOR_MATMUL, " (--member PATH)"},
    {"allow_trailing=1", &images, FOR_MATMUL, " (--allow-trailing)"},
    {"max_bytes", &images, FOR_MATMUL, " (--max-bytes BYTES)"},
    {"max_bytes", &images, FOR_BENCH, ""},
    {"raw_rank raw_dims raw_type", &images, FOR_MATMUL, " (--shape AxB[x...] --dtype TYPE)"},
    {"raw_rank raw_dims raw_type", &images, FOR_BENCH, " (x:shape=AxB[x...]:dtype=TYPE)"},
    {"raw_rank raw_dims raw_type", &shipped, FOR_BENCH, ""},
    {"path=-", &images, FOR_MATMUL, " | rowcast ... -i -"},
    /* In the name, as the others are. */
    {"skip_lines=2 decimal=,", &keyed, FOR_MATMUL, " (skip-lines=2:decimal=,)"},
    {"decimal=,", &keyed, FOR_MATMUL, " (x:skip-lines=1:decimal=,)"},
    {"columns_from=1", &keyed, FOR_SHOW, ""},
    {"max_bytes", &keyed, FOR_MATMUL, " (--max-bytes BYTES)"},
    {"skip_lines=1 columns_from=1", &labels, FOR_SHOW, " (y:comment=%:skip-lines=1:columns=1:)"},
    {"comment=-1", &labels, FOR_SHOW, " (comment=none)"},
    {"array", &labels, FOR_SHOW, " (y:comment=%:array=NAME|N)"},
    {"allow_trailing=1", &labels, FOR_SHOW, " (y:comment=%:allow-trailing=yes)"},
    {"max_bytes", &labels, FOR_SHOW, " (--max-bytes BYTES)"},
    {"max_bytes", &weights, FOR_SHOW, ""},
    {"path=-", &weights, FOR_SHOW, " | rowcast ... -w -"},
    {"decimal=,", &distant, FOR_SHOW, " (FILE:decimal=,)"},
    {"skip_lines=1", &spaced, FOR_SHOW, " ('my y$:decimal=,':skip-lines=1)"},
    {"skip_lines=1", &quoted, FOR_SHOW, " (FILE:skip-lines=1)"},
    /* Of an output. */
    {"overwrite=1", NULL, FOR_MATMUL, " (--force)"},
    {"overwrite=1", NULL, FOR_BENCH, " (--force)"},
    {"format", NULL, FOR_CONVERT, " (--format npy|npz|csv|json|idx|raw)"},
    {"format", NULL, FOR_BENCH, ""},
    /* Of a later library. */
    {"hue=3 skip_lines=1", &images, FOR_MATMUL, " (--skip-lines 1)"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    expect_typed(cases[i].advice, cases[i].file, cases[i].command, cases[i].wanted);
}

/* The tool's own lines, whole; and what each says to type, typed, works. */
Test(advice, helps) {
  static const double rows[3][2] = {{1, 2}, {5, 0}, {2, 3}};
  char *x = write_npy(folder, "x.npy", "<f4", 3, 2, rows[0]);
  static const struct {
    const char *name, *text, *said, *options[5];
  } cases[] = {
    {"a.csv", "a,b\n1,2\n", "'a' is not a number: headings (--skip-lines 1)", {"--skip-lines", "1"}},
    {"b.csv",
     ",0\n5,6\n7,8\n",
     "headings, and an index before the columns (--skip-lines 1 --columns 1:)",
     {"--skip-lines", "1", "--columns", "1:"}},
    {"c.csv", "cat,1\ndog,2\n", "no numbers in column 1 (--columns 1:)", {"--columns", "1:"}},
    {"d.csv", "1|2\n3|4\n", "'|' between numbers (--delimiter '|')", {"--delimiter", "|"}},
    {"e.csv", "1,5;2\n", "decimal commas (--decimal ,)", {"--decimal", ","}},
    {"f.arff", "@relation x\n@data\n1,2\n", "is ARFF; its rows follow line 2 (--skip-lines 2)", {"--skip-lines", "2"}},
    {"g.pkl", "](K\1K\2e](K\3e\x86.", "can be taken: 0, 1 (--member PATH)", {"--member", "1"}},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char *path = tool_text(folder, cases[i].name, cases[i].text);
    const char *arguments[16] = {"convert", "-i", path, "-o", "-", "--format", "csv"};
    struct process_result result = process_run(arguments, NULL);
    cr_expect(result.status != 0 && strstr(result.err, cases[i].said) != NULL, "no '%s' in: %s", cases[i].said,
              result.err);
    process_free(&result);
    for (size_t j = 0; j < 5 && cases[i].options[j] != NULL; j++) arguments[7 + j] = cases[i].options[j];
    result = process_run(arguments, NULL);
    cr_expect(result.status == 0, "%s: %s", cases[i].name, result.err);
    process_free(&result);
    free(path);
  }
  char *again = path_in(folder, "again.npy");
  struct bytes once = bytes_read(x), twice = {0};
  bytes_add(&twice, once.data, once.size);
  bytes_add(&twice, once.data, once.size);
  bytes_write(&twice, again);
  tool_expect(ROWCAST("convert", "-i", again, "-o", "-"), 1, "at byte 152: another array (--array 1)");
  tool_expect(ROWCAST("convert", "-i", again, "--array", "1", "-o", "-", "--format", "csv"), 0, "5,0\n2,3");
  bytes_add_text(&once, "x");
  bytes_write(&once, again);
  tool_expect(ROWCAST("convert", "-i", again, "-o", "-"), 1, "at byte 152 (--allow-trailing)");
  tool_expect(ROWCAST("matmul", "-i", x, "-w", again), 1, "again.npy:allow-trailing=yes)");
  tool_expect(ROWCAST("convert", "-i", again, "--allow-trailing", "-o", "-", "--format", "csv"), 0, "5,0\n2,3");
  tool_expect(ROWCAST("convert", "-i", x, "-o", again), 1, "again.npy: exists; --force replaces it");
  bytes_free(&once), bytes_free(&twice);
  free(x), free(again);
}
