/* SPDX-License-Identifier: BSD-3-Clause */
/* The command line as users get it right and wrong: help, version, exit statuses, one line of error. */
#include <criterion/criterion.h>
#include <string.h>

#include "process.h"

/* An error is one line on stderr, begins with the tool's name, and leaves stdout empty. */
static void expect_error(const char *const *arguments, const struct process_options *options, int status,
                         const char *part) {
  struct process_result result = process_run(arguments, options);
  cr_expect_eq(result.status, status, "status %d for %s %s: %s", result.status, arguments[0],
               arguments[0] != NULL && arguments[1] != NULL ? arguments[1] : "", result.err);
  cr_expect_str_empty(result.out);
  const char *end = strchr(result.err, '\n');
  cr_expect(end != NULL && end[1] == '\0', "not one line: '%s'", result.err);
  cr_expect_eq(strncmp(result.err, "rowcast: ", 9), 0, "%s", result.err);
  cr_expect_not_null(strstr(result.err, part), "no '%s' in: %s", part, result.err);
  process_free(&result);
}

Test(cli_usage, wrong_command_lines) {
  static const struct {
    const char *arguments[5], *part;
  } cases[] = {
    {{NULL}, "try rowcast --help"},
    {{"frobnicate"}, "'frobnicate'; try rowcast --help"},
    {{"--frobnicate"}, "'--frobnicate'; try rowcast --help"},
    {{"help", "frobnicate"}, "'frobnicate'"},
    {{"help", "--man", "frobnicate"}, "unknown command 'frobnicate'"},
    {{"help", "--man", "cpu", "show"}, "unexpected argument 'show'"},
    {{"help", "--completion"}, "'--completion' needs a shell"},
    {{"help", "--completion", "csh"}, "unknown shell 'csh'"},
    {{"help", "--frobnicate"}, "unknown option '--frobnicate'"},
    {{"matmul", "--frobnicate"}, "'--frobnicate'; try rowcast matmul --help"},
    {{"matmul", "-Z"}, "'-Z'; try rowcast matmul --help"},
    {{"matmul", "extra"}, "'extra'; try rowcast matmul --help"},
    {{"cpu", "extra"}, "try rowcast cpu --help"},
    {{"cpu", "--rows", "0:1"}, "'--rows'; try rowcast cpu --help"},
    {{"verify", "--output", "x.npy"}, "try rowcast verify --help"},
    {{"show", "--kernel", "auto"}, "try rowcast show --help"},
    {{"matmul", "--quiet=1"}, "'--quiet'"},
    {{"matmul", "--rows"}, "'--rows' needs a value"},
    {{"matmul", "--rows", "5"}, "'5'"},
    {{"matmul", "--rows", "5:4"}, "--rows: '5:4' is not a range A:B of rows, A not above B, such as 0:100"},
    {{"matmul", "--rows", "-1:4"}, "'-1:4'"},
    {{"matmul", "--rows", "0:99999999999999999999999"}, "try rowcast matmul --help"},
    {{"matmul", "--threads", "0"}, "'0' is not a number from 1 to 4096, or all"},
    {{"matmul", "--threads", "-1"}, "'-1'"},
    {{"matmul", "--threads", "abc"}, "'abc'"},
    {{"matmul", "--threads", "4097"}, "'4097'"},
    {{"matmul", "--threads", "1,2"}, "'1,2'"},
    {{"matmul", "--threads", "all,2"}, "'all,2'"},
    {{"matmul", "--threads", "ALL"}, "'ALL'"},
    {{"matmul", "--threads", "2 "}, "'2 '"},
    {{"matmul", "--threads", ""}, "''"},
    {{"verify", "--threads", "1,,2"}, "'1,,2'"},
    {{"matmul", "--scale", "0"}, "'0'"},
    {{"matmul", "--scale", "1/0"}, "'1/0'"},
    {{"matmul", "--scale", "nan"}, "'nan'"},
    {{"matmul", "--scale", "1e99"}, "'1e99'"},
    {{"matmul", "--scale", "1e-46"}, "neither 0 nor infinite as float32"},
    {{"matmul", "--scale", "1/1e60"}, "neither 0 nor infinite as float32"},
    {{"convert", "--scale", "-0"}, "neither 0 nor infinite as float32"},
    {{"matmul", "--scale", "1e300/1e-300"}, "neither 0 nor infinite as float32"},
    {{"matmul", "--scale", "0x1"}, "'0x1'"},
    {{"matmul", "--dtype", "f64"}, "'f64'"},
    {{"matmul", "--color", "maybe"}, "'maybe'"},
    {{"matmul", "--weights", "randn:"},
     "'randn:' is not randn:SEED with a whole number from 0 to 18446744073709551615"},
    {{"matmul", "--weights", "randn:-1"}, "'randn:-1' is not randn:SEED"},
    {{"matmul", "-w", "randn"}, "--weights: 'randn' is not randn:SEED"},
    {{"verify", "-w", "randn:18446744073709551616"}, "is not randn:SEED with a whole number from 0 to"},
    {{"verify", "-w", "randn:x"}, "try rowcast verify --help"},
    {{"matmul", "--images", ""}, "--images: '' is not a file's name"},
    {{"matmul", "-i", "-", "-w", "-"}, "only one file can be read from standard input"},
    {{"matmul", "--dtype", "<f4"}, "--shape is missing"},
    {{"predict", "--dtype", "u8"}, "--shape is missing"},
    {{"matmul", "--layout", "F"}, "--shape is missing"},
    {{"matmul", "--order", "F"}, "--layout"},
    {{"matmul", "--order=lanes8", "--kernel", "scalar-naive"}, "not in lanes8"},
    {{"bench", "--order", "best"}, "naive, sequential, lanes8 or exact"},
    {{"matmul", "--offset", "8"}, "--shape is missing"},
    {{"matmul", "--shape", "5x784"}, "--dtype is missing"},
    {{"matmul", "--shape", "5x", "--dtype", "u8"}, "--shape: '5x' is not a shape"},
    {{"matmul", "--shape", "5X4", "--dtype", "u8"}, "--shape: '5X4' is not a shape"},
    {{"matmul", "--dtype", "<f3"}, "--dtype: '<f3' is not auto, f32, u8, or"},
    {{"matmul", "--max-bytes", "10"}, "--max-bytes: '10' is not a number of bytes"},
    {{"matmul", "--max-bytes", "10Q"}, "--max-bytes: '10Q' is not a number of bytes"},
    {{"scale", "--plot", "x.foo"}, "try rowcast scale --help"},
    {{"bench", "--keep-plot"}, "try rowcast bench --help"},
    {{"matmul", "--repeat", "0"}, "--repeat: '0' is not a number from 1"},
    {{"matmul", "--format", "npy"}, "--format needs --output"},
    {{"matmul", "--format", "xml", "-o", "x"}, "--format: 'xml' is not npy, npz, csv, json or raw"},
    {{"matmul", "-o", "-", "--json"}, "would both write to standard output"},
    {{"convert"}, "--output is missing"},
    {{"convert", "-o", "x"}, "--output: 'x' does not end in"},
    {{"matmul", "--weights", ""}, "--weights: '' is not a file's name"},
    {{"matmul", "--output", "result.txt"}, ".json or .raw"},
    {{"matmul", "--output", "npy"}, ".json or .raw"},
    {{"matmul", "--output", ""}, "--output: '' does not end in .npy"},
    {{"matmul", "--output", "result.gz"}, ".json or .raw"},
    {{"matmul", "--output", "result.npy.gz.gz"}, ".json or .raw"},
    {{"matmul", "--output", "npy.gz"}, ".json or .raw"},
    {{"show", "--width", "0"}, "--width: '0' is not a number from 1 to 100000"},
    {{"show", "--width", "27", "--rows", "0:1"}, "--width: 27 is less than the 28 columns of one picture"},
    {{"matmul", "--kernel", "fastest"}, "'fastest'; usable here: auto, scalar-{naive,"},
    {{"verify", "--kernel", "fastest"}, "usable here: auto, scalar-{naive,"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) expect_error(cases[i].arguments, NULL, 2, cases[i].part);
}

Test(cli_usage, wrong_isa) {
  static const char *const environment[] = {"ROWCAST_ISA=sse9", NULL};
  static const char *const commands[] = {"matmul", "cpu", "verify"};
  const struct process_options options = {.environment = environment};
  for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
    expect_error(ROWCAST_ARGUMENTS(commands[i]), &options, 2, "this machine can run: scalar");
  /* One of these architectures is not this machine's. */
  static const char *const avx2[] = {"ROWCAST_ISA=avx2", NULL}, *const neon[] = {"ROWCAST_ISA=neon", NULL};
#if defined(__x86_64__)
  const struct process_options foreign = {.environment = neon};
  (void)avx2;
#else
  const struct process_options foreign = {.environment = avx2};
  (void)neon;
#endif
  expect_error(ROWCAST_ARGUMENTS("matmul"), &foreign, 2, "this machine can run: scalar");
}

/* What the option tables of the four commands must not lose. */
Test(cli_usage, help_lists_every_option) {
  static const struct {
    const char *command, *options[18];
  } cases[] = {
    {"matmul",
     {"--images FILE", "--labels FILE", "--set train|test", "--weights FILE|randn:SEED", "--cols N", "--rows A:B",
      "--scale S", "--dtype auto|f32|u8", "--kernel NAME|auto", "--threads N|all", "--output FILE", "--force",
      "--predict", "--json", "--quiet", "--color auto|always|never", "--help"}},
    {"cpu", {"--json", "--quiet", "--color", "--help"}},
    {"verify",
     {"--images", "--set", "--weights", "--cols", "--rows", "--scale", "--dtype", "--kernel", "--threads LIST|all",
      "--json", "--quiet", "--color", "--help"}},
    {"show",
     {"--images", "--labels", "--set", "--rows", "--width COLUMNS", "--ascii", "--json", "--quiet", "--color",
      "--help"}},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct process_result long_form = ROWCAST(cases[i].command, "--help");
    struct process_result word = ROWCAST("help", cases[i].command);
    cr_expect_eq(long_form.status, 0);
    cr_expect_eq(word.status, 0);
    cr_expect_str_empty(long_form.err);
    cr_expect_str_eq(long_form.out, word.out);
    for (size_t j = 0; cases[i].options[j] != NULL; j++)
      cr_expect_not_null(strstr(long_form.out, cases[i].options[j]), "%s: %s", cases[i].command, cases[i].options[j]);
    process_free(&long_form);
    process_free(&word);
  }
}

Test(cli_usage, general_help_and_version) {
  static const char *const helps[] = {"--help", "-h", "help"};
  static const char *const parts[] = {"matmul", "cpu", "verify", "show", "ROWCAST_ISA", "ROWCAST_DATA", "exit status"};
  for (size_t i = 0; i < sizeof helps / sizeof helps[0]; i++) {
    struct process_result help = ROWCAST(helps[i]);
    cr_expect_eq(help.status, 0);
    for (size_t j = 0; j < sizeof parts / sizeof parts[0]; j++) cr_expect_not_null(strstr(help.out, parts[j]));
    process_free(&help);
  }
  /* Completion offers "help" as a command; it is one of those that can be asked about. */
  struct process_result help = ROWCAST("help", "help"), page = ROWCAST("help", "--man", "help");
  cr_expect_eq(strncmp(help.out, "usage: rowcast COMMAND", 22), 0);
  cr_expect_not_null(strstr(page.out, ".Dt ROWCAST 1"));
  process_free(&help), process_free(&page);
  /* However help on help is asked for; and on a command. */
  static const char *const general[][4] = {{"help", "--help"},         {"help", "-h"},     {"help", "help"},
                                           {"help", "help", "--help"}, {"--help", "help"}, {"--help", "--help"},
                                           {"-h", "help", "-h"}};
  static const char *const particular[][4] = {
    {"help", "cpu", "--help"}, {"help", "--help", "cpu"}, {"--help", "cpu"}, {"-h", "cpu"}, {"cpu", "-h"}};
  struct process_result usage = ROWCAST("--help"), cpu = ROWCAST("cpu", "--help");
  for (size_t i = 0; i < sizeof general / sizeof general[0]; i++) {
    help = process_run(general[i], NULL);
    cr_expect_eq(help.status, 0, "%s %s: %s", general[i][0], general[i][1], help.err);
    cr_expect_str_eq(help.out, usage.out, "%s %s", general[i][0], general[i][1]);
    process_free(&help);
  }
  for (size_t i = 0; i < sizeof particular / sizeof particular[0]; i++) {
    help = process_run(particular[i], NULL);
    cr_expect_eq(help.status, 0, "%s %s: %s", particular[i][0], particular[i][1], help.err);
    cr_expect_str_eq(help.out, cpu.out, "%s %s", particular[i][0], particular[i][1]);
    process_free(&help);
  }
  process_free(&usage), process_free(&cpu);
  expect_error(ROWCAST_ARGUMENTS("--help", "frobnicate"), NULL, 2, "unknown command 'frobnicate'");
  expect_error(ROWCAST_ARGUMENTS("help", "--help", "--frobnicate"), NULL, 2, "unknown option '--frobnicate'");
  struct process_result version = ROWCAST("--version");
  cr_expect_eq(version.status, 0);
  cr_expect_eq(strncmp(version.out, "rowcast ", 8), 0);
  cr_expect_not_null(strstr(version.out, "libdeflate"));
  cr_expect_not_null(strstr(version.out, "BSD-3-Clause"));
  process_free(&version);
}

Test(cli_usage, abbreviated_and_joined_options) {
  struct process_result result = ROWCAST("matmul", "--row=0:2", "--qui");
  cr_expect_eq(result.status, 0, "%s", result.err);
  process_free(&result);
  expect_error(ROWCAST_ARGUMENTS("matmul", "--co", "3"), NULL, 2, "ambiguous option '--co'");
}
