/* SPDX-License-Identifier: BSD-3-Clause */
/* `rowcast compare`: any number of files and results, in every form in which rowcast prints them, from standard input
 * too. */
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "process.h"

/* Criterion runs each test in a process of its own. */
static char *folder;

static void make_folder(void) { folder = folder_make(); }
static void remove_folder(void) { folder_remove(folder); }

TestSuite(compare, .init = make_folder, .fini = remove_folder);

static json_t *result_of(size_t rows, const char *kernel, double seconds) {
  json_t *samples = json_array();
  for (int i = 0; i < 6; i++) json_array_append_new(samples, json_real(seconds));
  return json_pack("{s:s, s:s, s:i, s:I, s:i, s:i, s:f, s:f, s:f, s:s, s:o}", "kernel", kernel, "dtype", "f32",
                   "threads", 1, "rows", (json_int_t)rows, "k", 784, "n", 10, "median_s", seconds, "low_s", seconds,
                   "high_s", seconds, "crc32", "00000000", "samples_s", samples);
}

/* A document of so many results, of rows 1, 2, ... */
static json_t *document_of(size_t results, const char *label, double seconds) {
  json_t *array = json_array();
  for (size_t i = 0; i < results; i++) json_array_append_new(array, result_of(i + 1, "quick", seconds));
  json_t *document =
    json_pack("{s:i, s:s, s:s, s:s, s:{s:s}, s:o}", "schema_version", 1, "command", "bench", "label", label, "date",
              "2026-01-01T00:00:00Z", "machine", "model", "a machine", "results", array);
  cr_assert_not_null(document);
  return document;
}

static char *write_text(const char *name, const char *before, const char *text) {
  char *path = path_in(folder, name);
  FILE *file = fopen(path, "w");
  cr_assert(file != NULL && fputs(before, file) >= 0 && fputs(text, file) >= 0 && fclose(file) == 0, "%s", path);
  return path;
}

/* Takes the document over. */
static char *save(const char *name, const char *before, json_t *document) {
  char *text = json_dumps(document, JSON_COMPACT), *path = write_text(name, before, text);
  free(text);
  json_decref(document);
  return path;
}

/* As --format jsonl prints it. */
static char *save_lines(const char *name, const char *end, json_t *document) {
  char *path = path_in(folder, name);
  FILE *file = fopen(path, "w");
  json_t *results = json_incref(json_object_get(document, "results")), *result;
  size_t i;
  cr_assert(file != NULL && json_object_del(document, "results") == 0);
  cr_assert(json_dumpf(document, file, JSON_COMPACT) == 0 && fputs(end, file) >= 0);
  json_array_foreach(results, i, result)
    cr_assert(json_dumpf(result, file, JSON_COMPACT) == 0 && fputs(end, file) >= 0);
  cr_assert_eq(fclose(file), 0);
  json_decref(results);
  json_decref(document);
  return path;
}

static struct process_result compare(const char *const *files, size_t count, const char *option, const char *value) {
  const char **arguments = calloc(count + 4, sizeof *arguments);
  cr_assert_not_null(arguments);
  arguments[0] = "compare";
  memcpy(arguments + 1, files, count * sizeof *files);
  arguments[count + 1] = option;
  arguments[count + 2] = value;
  struct process_result result = process_run(arguments, NULL);
  free(arguments);
  return result;
}

static json_t *parse(struct process_result *result) {
  cr_assert_eq(result->status, 0, "%d: %s", result->status, result->err);
  cr_expect_str_empty(result->err);
  json_t *document = json_loads(result->out, JSON_REJECT_DUPLICATES, NULL);
  cr_assert_not_null(document);
  process_free(result);
  return document;
}

/* On both sides of what arrays once held, of the alphabet, and of two letters. */
Test(compare, any_number_of_files) {
  static const struct {
    size_t count;
    const char *letters;
  } cases[] = {{2, "B"},  {8, "H"},   {9, "I"},   {16, "P"},  {17, "Q"},
               {26, "Z"}, {27, "AA"}, {52, "AZ"}, {53, "BA"}, {703, "AAA"}};
  char *first = save("first.json", "", document_of(2, "ours", 1.0)),
       *other = save("other.json", "", document_of(2, "theirs", 0.25));
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const char **files = calloc(cases[i].count, sizeof *files);
    cr_assert_not_null(files);
    for (size_t f = 0; f < cases[i].count; f++) files[f] = f + 1 < cases[i].count ? first : other;
    char key[32], head[32], line[64];
    snprintf(key, sizeof key, "ratio_%s", cases[i].letters);
    snprintf(head, sizeof head, "A/%s", cases[i].letters);
    snprintf(line, sizeof line, "\n%s: theirs (", cases[i].letters);
    static const char *const formats[] = {"table", "md", "csv"};
    for (size_t f = 0; f < 3; f++) {
      struct process_result result = compare(files, cases[i].count, "--format", formats[f]);
      cr_expect_eq(result.status, 0, "%zu files, %s: %d, %s", cases[i].count, formats[f], result.status, result.err);
      cr_expect_not_null(strstr(result.out, f == 2 ? key : head), "%zu files, %s", cases[i].count, formats[f]);
      if (f < 2) cr_expect_not_null(strstr(result.out, line), "%zu files, %s", cases[i].count, formats[f]);
      process_free(&result);
    }
    struct process_result result = compare(files, cases[i].count, "--format", "json");
    json_t *document = parse(&result), *results = json_object_get(document, "results");
    cr_expect_eq(json_array_size(json_object_get(document, "files")), cases[i].count);
    cr_expect_eq(json_array_size(results), 2);
    cr_expect_eq(json_number_value(json_object_get(json_array_get(results, 1), key)), 4.0, "%s", key);
    json_decref(document);
    free(files);
  }
  free(other);
  free(first);
}

/* More than any study makes; a search for each would take minutes. */
Test(compare, any_number_of_results) {
  enum { RESULTS = 20000 };
  json_t *backwards = document_of(RESULTS, "theirs", 2.0), *reversed = json_array();
  for (size_t i = RESULTS; i-- > 0;)
    json_array_append(reversed, json_array_get(json_object_get(backwards, "results"), i));
  cr_assert_eq(json_object_set_new(backwards, "results", reversed), 0);
  char *first = save("first.json", "", document_of(RESULTS, "ours", 1.0)), *second = save("second.json", "", backwards);
  struct process_result result = compare((const char *[]){first, second}, 2, "--json", NULL);
  json_t *document = parse(&result), *line;
  size_t i;
  json_array_foreach(json_object_get(document, "results"), i, line) {
    cr_assert_eq((size_t)json_integer_value(json_object_get(line, "rows")), i + 1, "the first file's order");
    cr_assert_eq(json_number_value(json_object_get(line, "ratio_B")), 0.5);
    cr_assert_str_eq(json_string_value(json_object_get(line, "bits")), "same");
  }
  cr_expect_eq(i, RESULTS);
  json_decref(document);
  free(second);
  free(first);
}

/* Lines of one table stand together, whatever file they come from; a result that is there twice is told. */
Test(compare, lines_of_a_table_stand_together) {
  json_t *one = document_of(2, "ours", 1.0), *two = document_of(2, "theirs", 1.0);
  json_array_append_new(json_object_get(two, "results"), result_of(1, "slow", 1.0));
  json_array_append_new(json_object_get(two, "results"), result_of(1, "slow", 3.0));
  char *first = save("first.json", "", one), *second = save("second.json", "", two);
  struct process_result result = compare((const char *[]){first, second}, 2, "--json", NULL);
  cr_expect_not_null(strstr(result.err, "second.json: 1 result is left out"), "%s", result.err);
  result.err[0] = '\0';
  json_t *document = parse(&result), *line;
  static const char *const kernels[] = {"quick", "slow", "quick"};
  size_t i;
  json_array_foreach(json_object_get(document, "results"), i, line)
    cr_expect_str_eq(json_string_value(json_object_get(line, "kernel")), kernels[i % 3]);
  cr_expect_eq(i, 3);
  json_decref(document);
  free(second);
  free(first);
}

/* --kernel and --rows leave what they name, in one file and in several; a ratio to what is left out goes with it. */
Test(compare, a_part_of_the_results) {
  static const char *const kernels[] = {"quick", "slow", "auto", "quick-two"};
  json_t *one = document_of(0, "ours", 1.0), *two = document_of(0, "theirs", 1.0), *line;
  for (size_t rows = 5; rows <= 50; rows *= 10)
    for (size_t k = 0; k < 4; k++) {
      json_t *result = result_of(rows, kernels[k], 1.0);
      json_object_set_new(result, "ratio_to_before", k > 0 ? json_real(2.0) : json_null());
      json_array_append_new(json_object_get(one, "results"), result);
    }
  json_array_append_new(json_object_get(two, "results"), result_of(50, "elsewhere", 1.0));
  char *first = save("first.json", "", one), *second = save("second.json", "", two);
  struct process_result result =
    ROWCAST("compare", first, "--kernel", "slow,quick,quick-two", "--rows", "50", "--json");
  json_t *document = parse(&result), *results = json_object_get(document, "results");
  static const char *const left[] = {"quick", "slow", "quick-two"};
  size_t i;
  cr_assert_eq(json_array_size(results), 3);
  json_array_foreach(results, i, line) {
    cr_expect_str_eq(json_string_value(json_object_get(line, "kernel")), left[i], "in the file's order");
    cr_expect_eq(json_integer_value(json_object_get(line, "rows")), 50);
    /* Before "quick-two" there was "auto". */
    cr_expect_eq(json_number_value(json_object_get(line, "ratio_to_before")), i == 1 ? 2.0 : 0.0);
    cr_expect_not_null(json_object_get(line, "ratio_to_before"));
  }
  json_decref(document);
  result = ROWCAST("compare", first, second, "-k", "elsewhere,auto", "--json");
  document = parse(&result);
  results = json_object_get(document, "results");
  cr_expect_eq(json_array_size(results), 3, "auto of 5 and of 50 rows, and what the first file has not");
  json_array_foreach(results, i, line)
    cr_expect_eq(json_is_null(json_object_get(line, "median_s_A")),
                 strcmp(json_string_value(json_object_get(line, "kernel")), "elsewhere") == 0);
  json_decref(document);
  result = ROWCAST("compare", first, "-r", "5-50*10", "--format", "csv");
  size_t lines = 0;
  for (const char *at = result.out; (at = strchr(at, '\n')) != NULL; at++) lines++;
  cr_expect_eq(lines, 9, "all of it, and the names");
  process_free(&result);
  free(second);
  free(first);
}

/* What no file has is not passed over in silence. */
Test(compare, a_part_that_is_not_there) {
  json_t *one = document_of(2, "ours", 1.0);
  json_array_append_new(json_object_get(one, "results"), result_of(7, "slow", 1.0));
  char *path = save("first.json", "", one);
  static const struct {
    const char *option, *value, *other, *fault;
  } cases[] = {
    {"--kernel", "quick,slo", NULL, "--kernel: no result is of 'slo'"},
    {"--kernel", "quick,", NULL, "--kernel: no result is of ''"},
    {"--kernel", "", NULL, "--kernel: no result is of ''"},
    {"--rows", "1,3", NULL, "--rows: no result is of 3 rows"},
    {"--kernel", "slow", "--rows=1,2", "no result is both of a kernel of --kernel and of rows of --rows"},
    {"--rows", "none", NULL, "--rows"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct process_result result = ROWCAST("compare", path, cases[i].option, cases[i].value, cases[i].other);
    cr_expect_eq(result.status, 2, "%zu: %d", i, result.status);
    cr_expect_str_empty(result.out);
    cr_expect_not_null(strstr(result.err, cases[i].fault), "%s", result.err);
    cr_expect_eq(strchr(result.err, '\n'), result.err + strlen(result.err) - 1, "%s", result.err);
    process_free(&result);
  }
  free(path);
}

/* A document of `rowcast-mpi scale` for each of these numbers of ranks, in one; 0: of one process. */
static char *save_ranks(const char *name, const int *ranks, size_t count, double seconds) {
  json_t *document = document_of(0, name, 1.0);
  json_object_set_new(document, "command", json_string("scale"));
  for (size_t i = 0; i < count; i++) {
    json_t *result = result_of(100, "quick", seconds / (ranks[i] > 0 ? ranks[i] : 1));
    if (ranks[i] > 0) {
      json_object_set_new(result, "ranks", json_integer(ranks[i]));
      json_object_set_new(result, "imbalance", json_real(1.25));
    }
    json_array_append_new(json_object_get(document, "results"), result);
  }
  return save(name, "", document);
}

/* Documents with several numbers of ranks are compared rank by rank; those with one each are compared for it. */
Test(compare, ranks) {
  char *several = save_ranks("several", (int[]){1, 2, 4}, 3, 1.0),
       *again = save_ranks("again", (int[]){2, 4, 1}, 3, 2.0), *one = save_ranks("one", (int[]){0}, 1, 1.0),
       *two = save_ranks("two", (int[]){2}, 1, 1.0);
  struct process_result result = ROWCAST("compare", several, again, "--json");
  json_t *document = parse(&result), *line;
  size_t i;
  json_array_foreach(json_object_get(document, "results"), i, line) {
    cr_expect_eq(json_integer_value(json_object_get(line, "ranks")), 1 << i);
    cr_expect_eq(json_number_value(json_object_get(line, "ratio_B")), 0.5);
  }
  cr_expect_eq(i, 3);
  json_decref(document);
  result = ROWCAST("compare", several, again);
  cr_expect_not_null(strstr(result.out, "kernel  ranks     A s     B s"), "%s", result.out);
  cr_expect_not_null(strstr(result.out, "quick       4  0.2500  0.5000"), "%s", result.out);
  cr_expect_str_empty(result.err);
  process_free(&result);
  result = ROWCAST("compare", one, two);
  cr_expect_not_null(strstr(result.out, "ranks: A 1; B 2\n"), "%s", result.out);
  cr_expect_not_null(strstr(result.out, "quick   1.000  0.5000  2.00"), "%s", result.out);
  process_free(&result);
  /* What is said of several ranks alone has no column without them. */
  result = ROWCAST("compare", two);
  cr_expect(strstr(result.out, "slowest/mean") != NULL && strstr(result.out, "1.25") != NULL, "%s", result.out);
  process_free(&result);
  result = ROWCAST("compare", one);
  cr_expect_null(strstr(result.out, "slowest/mean"), "%s", result.out);
  process_free(&result);
  free(two), free(one), free(again), free(several);
}

/* What verify printed: the distances from exact side by side; nothing else is, and no picture. */
Test(compare, distances_of_verify) {
  static const char text[] =
    "{\"schema_version\": 1, \"command\": \"verify\", \"label\": \"%s\", \"date\": \"2026\", \"passed\": 3, "
    "\"failed\": %d, \"results\": [{\"ok\": true}], \"distances\": [%s]}";
  static const char naive[] =
    "{\"order\": \"naive\", \"dtype\": \"f32\", \"share_not_exact\": 0.5, \"worst_ulps\": 12}";
  static const char lanes8[] =
    "{\"order\": \"lanes8\", \"dtype\": \"u8\", \"share_not_exact\": 0.25, \"worst_ulps\": 3}";
  char first[512], second[512], both[256], empty[256], fault[256];
  snprintf(both, sizeof both, "%s, %s", naive, lanes8);
  snprintf(first, sizeof first, text, "one", 0, naive);
  snprintf(second, sizeof second, text, "two", 1, both);
  snprintf(empty, sizeof empty, text, "none", 0, "");
  snprintf(fault, sizeof fault, text, "wrong", 0, "{\"order\": \"naive\", \"dtype\": \"f32\", \"worst_ulps\": 12}");
  char *a = write_text("a.json", "", first), *b = write_text("b.json", "", second),
       *none = write_text("none.json", "", empty), *wrong = write_text("wrong.json", "", fault),
       *bench = save("bench.json", "", document_of(1, "x", 1.0));
  struct process_result result = ROWCAST("compare", a, b);
  cr_expect_eq(result.status, 0, "%s", result.err);
  cr_expect_not_null(strstr(result.out, "   3 checks passed, 0 failed\nB: two ("), "%s", result.out);
  cr_expect_not_null(strstr(result.out, "   3 checks passed, 1 failed\n"), "%s", result.out);
  cr_expect_not_null(strstr(result.out, "order   rows  A not exact %  A worst ulps  B not exact %  B worst ulps\n"
                                        "naive   f32           50.00            12          50.00            12\n"
                                        "lanes8  u8                -             -          25.00             3\n"),
                     "%s", result.out);
  process_free(&result);
  result = ROWCAST("compare", b);
  cr_expect_not_null(strstr(result.out, "lanes8  u8            25.00             3\n"), "%s", result.out);
  process_free(&result);
  result = ROWCAST("compare", b, "--json");
  cr_expect_not_null(strstr(result.out, "\"share_not_exact\": 0.25"), "a file read back: %s", result.out);
  process_free(&result);
  result = ROWCAST("compare", a, b, "--json");
  json_t *document = parse(&result), *line = json_array_get(json_object_get(document, "results"), 1);
  cr_expect(json_is_null(json_object_get(line, "worst_ulps_A")));
  cr_expect_eq(json_number_value(json_object_get(line, "not_exact_percent_B")), 25.0);
  json_decref(document);
  const struct {
    const char *files[2], *option, *value, *said;
    int status;
  } cases[] = {{{a, bench}, NULL, NULL, "a.json: is of verify, and compared with others of verify alone", 1},
               {{bench, b}, NULL, NULL, "b.json: is of verify, and", 1},
               {{a, b}, "--kernel", "auto", "a.json: is of verify, which has no times", 2},
               {{a, b}, "--plot", "x.svg", "a.json: is of verify, which has no times", 2},
               {{a, none}, NULL, NULL, "none.json: of verify, has no distances", 1},
               {{a, wrong}, NULL, NULL, "wrong.json: distance 0 has no usable 'share_not_exact'", 1}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    result = compare(cases[i].files, 2, cases[i].option, cases[i].value);
    cr_expect_eq(result.status, cases[i].status, "%zu: %s", i, result.err);
    cr_expect_not_null(strstr(result.err, cases[i].said), "%s", result.err);
    cr_expect_str_empty(result.out);
    process_free(&result);
  }
  free(bench), free(wrong), free(none), free(b), free(a);
}

/* A member that the first line lacks has its column all the same. */
Test(compare, csv_has_every_member) {
  json_t *two = document_of(1, "theirs", 1.0);
  json_object_set_new(json_array_get(json_object_get(two, "results"), 0), "weak", json_true());
  char *first = save("first.json", "", document_of(1, "ours", 1.0)), *second = save("second.json", "", two);
  struct process_result result = compare((const char *[]){first, second}, 2, "--format", "csv");
  cr_expect_eq(result.status, 0, "%s", result.err);
  cr_expect_not_null(strstr(result.out, ",weak"), "%s", result.out);
  cr_expect_not_null(strstr(result.out, ",true"), "%s", result.out);
  cr_expect_not_null(strstr(result.out, ",label_A,date_A,model_A,label_B,date_B,model_B\n"), "%s", result.out);
  cr_expect_not_null(strstr(result.out, ",ours,2026-01-01T00:00:00Z,a machine,theirs,"), "%s", result.out);
  process_free(&result);
  free(second);
  free(first);
}

/* One document in every form is the same document. */
Test(compare, reads_what_rowcast_prints) {
  char *files[] = {save("a.json", "", document_of(3, "x", 1.0)),
                   save("b.json", "\xef\xbb\xbf", document_of(3, "x", 1.0)),
                   save_lines("c.jsonl", "\n", document_of(3, "x", 1.0)),
                   save_lines("d.jsonl", "\r\n\r\n", document_of(3, "x", 1.0)),
                   save("e.json", "\n\n  ", document_of(3, "x", 1.0)),
                   NULL,
                   NULL};
  char *marked = save_lines("lines", "\n", document_of(3, "x", 1.0)), *expected = NULL;
  char lines[8192] = "";
  FILE *file = fopen(marked, "r");
  cr_assert(file != NULL && fread(lines, 1, sizeof lines - 1, file) > 0);
  fclose(file);
  files[5] = write_text("f.jsonl", "\xef\xbb\xbf", lines);
  for (size_t i = 0; files[i] != NULL; i++) {
    for (int from_input = 0; from_input < 2; from_input++) {
      const struct process_options options = {.input_path = from_input ? files[i] : NULL};
      struct process_result result =
        process_run(ROWCAST_ARGUMENTS("compare", from_input ? "-" : files[i], "--json"), &options);
      cr_assert_eq(result.status, 0, "%s: %s", files[i], result.err);
      cr_expect_str_empty(result.err);
      if (expected == NULL) expected = strdup(result.out);
      cr_expect_str_eq(result.out, expected, "%s", files[i]);
      process_free(&result);
    }
    free(files[i]);
  }
  free(expected);
  free(marked);
}

Test(compare, a_study_and_its_lines) {
  static const char *const formats[] = {"json", "jsonl"};
  for (size_t i = 0; i < 2; i++) {
    struct process_result study = ROWCAST("bench", "--rows", "5", "--rounds", "1", "--kernel", "scalar-naive,auto",
                                          "--threads", "1", "--format", formats[i]);
    cr_assert_eq(study.status, 0, "%s", study.err);
    char *path = write_text("study", "", study.out);
    struct process_result again = ROWCAST("compare", path, "--format", formats[i]);
    cr_expect_eq(again.status, 0, "%s", again.err);
    cr_expect_str_eq(again.out, study.out);
    process_free(&again);
    process_free(&study);
    free(path);
  }
}

Test(compare, what_is_no_document) {
  static const struct {
    const char *text, *part;
  } cases[] = {
    {"", "is not JSON: line 1"},
    {"\n\n{", "is not JSON: line 3"},
    {"\xef\xbb\xbf", "is not JSON"},
    {"\xff\xfe{", "UTF-16"},
    {"{\"schema_version\": 1, \"results\": []}", "has no results"},
    {"{\"schema_version\": 1, \"results\": []}\n{}", "line 2: there is more after the document"},
    {"{\"schema_version\": 1}\n", "no results"},
    {"{\"schema_version\": 1}\n{\"kernel\": \"x\"}\n", "result 0 has no usable 'dtype'"},
    {"{\"schema_version\": 1}\n\n{\"kernel\": }\n", "is not JSON: line 3"},
    {"{\"schema_version\": 1}\n\n{\"schema_version\": 1}\n", "line 3: a second document begins"},
    {"{}", "has no results; bench, scale, roofline, verify and bench_peers print them with --format json"},
    {"[]\n[]", "there is more after the first value"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char *path = write_text("wrong.json", "", cases[i].text);
    struct process_result result = ROWCAST("compare", path);
    cr_expect_eq(result.status, 1, "%s: %d", cases[i].text, result.status);
    cr_expect_str_empty(result.out);
    cr_expect_not_null(strstr(result.err, cases[i].part), "'%s': %s", cases[i].part, result.err);
    const char *newline = strchr(result.err, '\n');
    cr_expect(newline != NULL && newline[1] == '\0', "one line: %s", result.err);
    process_free(&result);
    free(path);
  }
  struct process_result result = ROWCAST("compare", "-", "-");
  cr_expect_eq(result.status, 2);
  cr_expect_not_null(strstr(result.err, "only one file can be read from standard input"), "%s", result.err);
  process_free(&result);
  result = ROWCAST("compare", "-");
  cr_expect_eq(result.status, 1);
  cr_expect_not_null(strstr(result.err, "standard input: is not JSON"), "%s", result.err);
  process_free(&result);
}
