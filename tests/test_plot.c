/* SPDX-License-Identifier: BSD-3-Clause */
/* --plot: pictures exist, hold the figures, appear whole or not at all, and no text of a document gets out of its
 * quotes. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "process.h"

/* Criterion runs each test in a process of its own. */
static char *folder;

static void make_folder(void) { folder = folder_make(); }
static void remove_folder(void) { folder_remove(folder); }

TestSuite(plot, .init = make_folder, .fini = remove_folder);

static bool has_gnuplot(void) { return system("command -v gnuplot >/dev/null 2>&1") == 0; }

static void write_text(const char *path, const char *text) {
  FILE *file = fopen(path, "w");
  cr_assert(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0, "%s", path);
}

static char *read_text(const char *path) {
  FILE *file = fopen(path, "r");
  cr_assert_not_null(file, "%s", path);
  char *text = calloc(1, 1 << 20);
  cr_assert_not_null(text);
  cr_assert_gt(fread(text, 1, (1 << 20) - 1, file), 0, "%s", path);
  fclose(file);
  return text;
}

static size_t files_in(const char *path) {
  size_t count = 0;
  DIR *directory = opendir(path);
  cr_assert_not_null(directory);
  for (const struct dirent *entry; (entry = readdir(directory)) != NULL;)
    count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
  closedir(directory);
  return count;
}

static bool is_one_line(const char *text) {
  const char *newline = strchr(text, '\n');
  return newline != NULL && newline[1] == '\0';
}

/* A document of a command, with two kernels and thread counts, made up. */
static char *make_document(const char *name, const char *command, const char *label) {
  json_t *results = json_array();
  for (int threads = 1; threads <= 2; threads++)
    for (int kernel = 0; kernel < 2; kernel++)
      for (int rows = 5; rows <= 50000; rows *= 10000) {
        const double seconds = 1e-6 * rows * (kernel + 1) / threads;
        json_array_append_new(
          results,
          json_pack(
            "{s:s, s:s, s:i, s:i, s:i, s:i, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:b, s:f, s:f, s:f, s:f, s:f, s:b, s:i}",
            "kernel", kernel == 0 ? "quick" : "slow", "dtype", "f32", "threads", threads, "rows", rows, "k", 784, "n",
            10, "median_s", seconds, "low_s", seconds, "high_s", seconds, "gflops", 15.68e-6 * rows / seconds,
            "intensity", 5.0, "fma_gflops", 100.0 * threads, "read_gbytes_per_s", 20.0 * threads, "effective", kernel,
            "speedup", (double)threads, "efficiency", 1.0, "mrows_per_s", 1e-6 * rows / seconds, "probe_fma_speedup",
            (double)threads, "probe_read_speedup", 1.5, "weak", 0, "full_rows", rows));
      }
  json_t *document = json_pack("{s:i, s:s, s:s, s:{s:s}, s:o}", "schema_version", 1, "command", command, "label", label,
                               "machine", "model", label, "results", results);
  cr_assert_not_null(document);
  char *path = path_in(folder, name);
  cr_assert_eq(json_dump_file(document, path, 0), 0);
  json_decref(document);
  return path;
}

Test(plot, pictures_in_every_format) {
  if (!has_gnuplot()) cr_skip_test("gnuplot is not installed");
  static const char *const commands[] = {"bench", "scale", "roofline"};
  static const struct {
    const char *name, *magic;
  } formats[] = {{"picture.svg", "<?xml"}, {"picture.png", "\x89PNG"}, {"picture.pdf", "%PDF"}};
  for (size_t c = 0; c < 3; c++) {
    char *document = make_document("document.json", commands[c], "a machine");
    for (size_t f = 0; f < 3; f++) {
      char *picture = path_in(folder, formats[f].name);
      struct process_result result = ROWCAST("compare", document, "--plot", picture, "--quiet");
      cr_expect_eq(result.status, 0, "%s %s: %s", commands[c], formats[f].name, result.err);
      cr_expect_str_empty(result.out);
      cr_expect_str_empty(result.err);
      char *text = read_text(picture);
      cr_expect_eq(strncmp(text, formats[f].magic, strlen(formats[f].magic)), 0, "%s", formats[f].name);
      /* The roofline has both shapes in one panel. */
      const char *name = strcmp(commands[c], "roofline") == 0 ? "quick M 5 f32" : "quick f32";
      if (f == 0) cr_expect_not_null(strstr(text, name), "its text is text");
      free(text);
      process_free(&result);
      unlink(picture);
      free(picture);
    }
    free(document);
  }
  cr_expect_eq(files_in(folder), 1, "the document alone is left");
}

Test(plot, kept_files_draw_it_again) {
  if (!has_gnuplot()) cr_skip_test("gnuplot is not installed");
  char *document = make_document("document.json", "bench", "a machine"), *picture = path_in(folder, "p.svg"),
       *script = path_in(folder, "p.svg.gp"), *data = path_in(folder, "p.svg.dat");
  struct process_result result = ROWCAST("compare", document, "--plot", picture, "--keep-plot", "--quiet");
  cr_assert_eq(result.status, 0, "%s", result.err);
  process_free(&result);
  /* 50,000 rows at a microsecond each, on one thread and on two; twice as long for the slow one. */
  char *figures = read_text(data);
  cr_expect_not_null(strstr(figures, "0.05 "));
  cr_expect_not_null(strstr(figures, "0.025 "));
  cr_expect_not_null(strstr(figures, "0.1 "));
  cr_expect_not_null(strstr(figures, "\"slow f32\""));
  free(figures);
  char *before = read_text(picture), *command;
  cr_assert_eq(unlink(picture), 0);
  cr_assert_gt(asprintf(&command, "cd '%s' && gnuplot p.svg.gp", folder), 0);
  cr_assert_eq(system(command), 0);
  char *after = read_text(picture);
  cr_expect_str_eq(after, before);
  free(after);
  free(before);
  free(command);
  free(data);
  free(script);
  free(picture);
  free(document);
}

Test(plot, several_documents_and_the_terminal) {
  if (!has_gnuplot()) cr_skip_test("gnuplot is not installed");
  char *first = make_document("a.json", "bench", "ours"), *second = make_document("b.json", "article", "theirs"),
       *picture = path_in(folder, "p.svg");
  struct process_result result = ROWCAST("compare", first, second, "--plot", picture);
  cr_assert_eq(result.status, 0, "%s", result.err);
  process_free(&result);
  char *text = read_text(picture);
  cr_expect_not_null(strstr(text, "ours, 1 thread"));
  cr_expect_not_null(strstr(text, "theirs, 2 threads"));
  free(text);
  result =
    ROWCAST("compare", first, second, "--plot", picture, "--force", "--quiet", "--kernel", "slow", "--rows", "5");
  cr_assert_eq(result.status, 0, "%s", result.err);
  process_free(&result);
  text = read_text(picture);
  cr_expect(strstr(text, "slow f32") != NULL && strstr(text, "quick f32") == NULL, "the kernel asked for alone");
  cr_expect(strstr(text, "5 x 784") != NULL && strstr(text, "50000 x 784") == NULL, "the rows asked for alone");
  free(text);
  result = ROWCAST("compare", first, "--plot", "-");
  cr_expect_eq(result.status, 0, "%s", result.err);
  cr_expect_not_null(strstr(result.out, "slow f32"));
  cr_expect_not_null(strstr(result.out, "50.0 ms"));
  process_free(&result);
  free(picture);
  free(second);
  free(first);
}

/* A document of a command with so many kernels, each with so many thread counts. */
static char *make_large_document(const char *name, const char *command, int kernels, int counts, int shapes) {
  json_t *results = json_array();
  for (int shape = 1; shape <= shapes; shape++)
    for (int kernel = 0; kernel < kernels; kernel++)
      for (int threads = 1; threads <= counts; threads++) {
        const double seconds = 1e-3 * (kernel + 1) / threads;
        char text[128];
        snprintf(text, sizeof text, "a-kernel-whose-name-is-longer-than-any-room-there-ever-was-for-it-%d", kernel);
        json_array_append_new(
          results, json_pack("{s:s, s:s, s:i, s:i, s:i, s:i, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:i}",
                             "kernel", text, "dtype", "f32", "threads", threads, "rows", 100 * shape, "k", 784, "n", 10,
                             "median_s", seconds, "low_s", seconds, "high_s", seconds, "gflops", 1.0 + kernel,
                             "intensity", 5.0, "fma_gflops", 100.0 * threads, "read_gbytes_per_s", 20.0, "speedup",
                             (double)threads, "mrows_per_s", 1.0 * threads, "full_rows", 100));
      }
  json_t *document =
    json_pack("{s:i, s:s, s:s, s:o}", "schema_version", 1, "command", command, "label", "x", "results", results);
  char *path = path_in(folder, name);
  cr_assert(document != NULL && json_dump_file(document, path, JSON_COMPACT) == 0);
  json_decref(document);
  return path;
}

/* What a picture cannot show is reported, and nothing else is left out. */
Test(plot, what_is_left_out_is_told) {
  if (!has_gnuplot()) cr_skip_test("gnuplot is not installed");
  static const struct {
    const char *command;
    int kernels, counts, shapes;
    const char *told;
  } cases[] = {
    {"bench", 3, 4, 1, "--plot: 6 results are not drawn: a ladder shows those of one thread and of the most threads"},
    {"bench", 2, 1, 9, "--plot: 6 of 9 shapes are drawn: those with the most work"},
    {"bench", 1100, 1, 1, "--plot: 1100 bars are too many; only the fastest 1000 are drawn"},
    {"bench", 600, 2, 1, NULL},
    {"roofline", 2, 9, 1, "--plot: 4 of 9 thread counts have a panel"},
    {"roofline", 300, 1, 1, NULL},
    {"roofline", 500, 1, 1, "--plot: 50 points have no name: there is room for 450 on each side of a panel"},
    {"scale", 40, 3, 1, NULL},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char *document =
           make_large_document("large.json", cases[i].command, cases[i].kernels, cases[i].counts, cases[i].shapes),
         *picture = path_in(folder, "p.svg"), *data = path_in(folder, "p.svg.dat");
    struct process_result result = ROWCAST("compare", document, "--plot", picture, "--keep-plot", "--force", "--quiet");
    cr_expect_eq(result.status, 0, "%s: %s", cases[i].command, result.err);
    if (cases[i].told == NULL) cr_expect_str_empty(result.err);
    else cr_expect(strstr(result.err, cases[i].told) != NULL && is_one_line(result.err), "%s", result.err);
    char *figures = read_text(data);
    size_t lines = 0;
    for (const char *at = figures; (at = strchr(at, '\n')) != NULL; at++) lines += at > figures && at[-1] != '\n';
    /* The ladder has the ends of thread counts; a scale has all. */
    const size_t kernels = (size_t)cases[i].kernels, counts = (size_t)cases[i].counts;
    if (strcmp(cases[i].command, "scale") == 0) cr_expect_eq(lines, kernels * counts);
    if (cases[i].told == NULL && strcmp(cases[i].command, "scale") != 0) cr_expect_eq(lines, kernels * counts);
    free(figures);
    process_free(&result);
    free(data);
    free(picture);
    free(document);
  }
}

/* More files than a picture has room to name: all fit in it, and the key says what it leaves out. */
Test(plot, any_number_of_documents, .timeout = 120) {
  if (!has_gnuplot()) cr_skip_test("gnuplot is not installed");
  enum { FILES = 1200 };
  char *document = make_large_document("a.json", "bench", 1, 1, 1), *picture = path_in(folder, "p.png");
  const char *arguments[FILES + 6] = {"compare"};
  for (int i = 1; i <= FILES; i++) arguments[i] = document;
  arguments[FILES + 1] = "--quiet";
  arguments[FILES + 2] = "--plot";
  arguments[FILES + 3] = picture;
  struct process_result result = process_run(arguments, NULL);
  cr_expect_eq(result.status, 0, "%s", result.err);
  cr_expect_not_null(
    strstr(result.err, "--plot: 960 of 1000 lines of the key are left out: there is room for 40 in each panel"), "%s",
    result.err);
  process_free(&result);
  free(picture);
  free(document);
}

/* gnuplot leaves out of a terminal's key what is too wide for it. */
Test(plot, long_labels_are_cut_in_the_terminal) {
  if (!has_gnuplot()) cr_skip_test("gnuplot is not installed");
  static const char long_label[] = "AMD EPYC 7763 64-Core Processor of the second rack, rowcast 0.1.0";
  for (size_t length = 5; length < sizeof long_label; length += 4) {
    char label[sizeof long_label], shown[16];
    snprintf(label, sizeof label, "%.*s", (int)length, long_label);
    snprintf(shown, sizeof shown, "%.5s", long_label);
    char *first = make_document("a.json", "bench", label), *second = make_document("b.json", "bench", "b");
    const struct process_options narrow = {.environment = (const char *const[]){"COLUMNS=80", NULL}};
    struct process_result result = process_run(ROWCAST_ARGUMENTS("compare", first, second, "--plot", "-"), &narrow);
    cr_expect_eq(result.status, 0, "%s", result.err);
    for (int threads = 1; threads <= 2; threads++) {
      char end[32];
      bool found = false;
      snprintf(end, sizeof end, ", %d thread%s", threads, threads > 1 ? "s" : "");
      for (const char *at = result.out; !found && (at = strstr(at, end)) != NULL; at++) {
        const char *line = at;
        while (line > result.out && line[-1] != '\n') line--;
        const char *begin = strstr(line, shown);
        found = begin != NULL && begin < at;
      }
      cr_expect(found, "%zu bytes, %d threads: %s", length, threads, result.out);
    }
    process_free(&result);
    free(second);
    free(first);
  }
}

/* As -o does, whose temporary file has a longer name, too. */
Test(plot, a_name_as_long_as_they_are) {
  if (!has_gnuplot()) cr_skip_test("gnuplot is not installed");
  char name[256], *document = make_document("document.json", "bench", "a machine");
  memset(name, 'p', sizeof name);
  for (size_t length = 251; length <= 255; length += 4) {
    snprintf(name + length - 4, 5, ".svg");
    char *picture = path_in(folder, name);
    struct process_result result = length == 251
                                     ? ROWCAST("compare", document, "--plot", picture, "--quiet", "--keep-plot")
                                     : ROWCAST("compare", document, "--plot", picture, "--quiet");
    cr_expect_eq(result.status, 0, "%s", result.err);
    cr_expect_eq(access(picture, F_OK), 0);
    process_free(&result);
    free(picture);
    memset(name, 'p', sizeof name);
  }
  free(document);
}

/* The picture goes where a link leads, and the link stays. */
Test(plot, a_link_stays_one) {
  if (!has_gnuplot()) cr_skip_test("gnuplot is not installed");
  char *document = make_document("document.json", "bench", "a machine"), *link = path_in(folder, "l.svg"),
       *picture = path_in(folder, "p.svg");
  struct stat found;
  cr_assert_eq(symlink("p.svg", link), 0);
  struct process_result result = ROWCAST("compare", document, "--plot", link, "--quiet");
  cr_expect(result.status == 1 && is_one_line(result.err), "a link to nothing: %s", result.err);
  process_free(&result);
  write_text(picture, "old");
  result = ROWCAST("compare", document, "--plot", link, "--quiet", "--force");
  cr_expect_eq(result.status, 0, "%s", result.err);
  process_free(&result);
  cr_expect(lstat(link, &found) == 0 && S_ISLNK(found.st_mode));
  char *text = read_text(picture);
  cr_expect_eq(strncmp(text, "<?xml", 5), 0);
  free(text);
  free(picture);
  free(link);
  free(document);
}

/* A picture that replaces another may be read by nobody who could not read that. */
Test(plot, a_mode_is_kept) {
  if (!has_gnuplot()) cr_skip_test("gnuplot is not installed");
  char *document = make_document("document.json", "bench", "a machine"), *picture = path_in(folder, "p.svg");
  struct stat found;
  write_text(picture, "old");
  cr_assert_eq(chmod(picture, 0600), 0);
  struct process_result result = ROWCAST("compare", document, "--plot", picture, "--quiet", "--force");
  cr_expect_eq(result.status, 0, "%s", result.err);
  process_free(&result);
  cr_expect(stat(picture, &found) == 0 && found.st_size > 3 && (found.st_mode & 07777) == 0600, "mode %o",
            (unsigned)found.st_mode);
  free(picture);
  free(document);
}

/* Only our own titles and numbers enter the script: what a document says stays text. */
Test(plot, hostile_text_stays_text) {
  if (!has_gnuplot()) cr_skip_test("gnuplot is not installed");
  static const char *const labels[] = {
    "\"\nsystem \"touch caught\"\n\"", "`touch caught`", "'; !touch caught", "\\", "@DATA", "$data",
    "\nEND_OF_DATA\n!touch caught\n",  "{/Symbol a}",    "\xc3\xa9"};
  for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++) {
    char *first = make_document("a.json", "bench", labels[i]), *second = make_document("b.json", "bench", labels[i]),
         *picture = path_in(folder, "p.svg"), *caught = path_in(folder, "caught");
    cr_assert_eq(chdir(folder), 0);
    struct process_result result = ROWCAST("compare", first, second, "--plot", picture, "--force", "--quiet");
    cr_expect_eq(result.status, 0, "%s: %s", labels[i], result.err);
    cr_expect_neq(access(caught, F_OK), 0, "%s was run", labels[i]);
    process_free(&result);
    free(caught);
    free(picture);
    free(second);
    free(first);
  }
}

Test(plot, refusals) {
  char *document = make_document("document.json", "bench", "a machine"), *there = path_in(folder, "there.svg"),
       *nowhere = path_in(folder, "none/p.svg");
  write_text(there, "mine");
  struct process_result result = ROWCAST("compare", document, "--plot", "p.gif");
  cr_expect(result.status == 2 && is_one_line(result.err) && result.out[0] == '\0', "%s", result.err);
  process_free(&result);
  result = ROWCAST("compare", document, "--plot", "-", "--json");
  cr_expect(result.status == 2 && is_one_line(result.err) && result.out[0] == '\0', "%s", result.err);
  process_free(&result);
  result = ROWCAST("bench", "--plot", there);
  cr_expect(result.status == 1 && is_one_line(result.err) && result.out[0] == '\0', "%s", result.err);
  cr_expect_not_null(strstr(result.err, "--force"));
  process_free(&result);
  char *text = read_text(there);
  cr_expect_str_eq(text, "mine");
  free(text);
  char *kept = path_in(folder, "new.svg.gp"), *fresh = path_in(folder, "new.svg");
  write_text(kept, "mine, too");
  result = ROWCAST("compare", document, "--plot", fresh, "--keep-plot");
  cr_expect(result.status == 1 && is_one_line(result.err) && result.out[0] == '\0', "%s", result.err);
  process_free(&result);
  cr_expect_neq(access(fresh, F_OK), 0);
  free(fresh);
  free(kept);
  result = ROWCAST("compare", document, "--plot", nowhere);
  cr_expect(result.status == 1 && is_one_line(result.err) && result.out[0] == '\0', "%s", result.err);
  process_free(&result);
  free(nowhere);
  free(there);
  free(document);
}

/* gnuplot does not say that it could not write. */
Test(plot, no_room_for_it) {
  if (!has_gnuplot()) cr_skip_test("gnuplot is not installed");
  char *document = make_document("document.json", "bench", "a machine"), *picture = path_in(folder, "p.svg");
  const struct process_options limited = {.file_size_limit = 16000};
  const char *const arguments[] = {"compare", document, "--plot", picture, "--quiet", NULL};
  struct process_result result = process_run(arguments, &limited);
  cr_expect(result.status == 1 && is_one_line(result.err), "%d: %s", result.status, result.err);
  cr_expect_not_null(strstr(result.err, picture), "%s", result.err);
  cr_expect_eq(files_in(folder), 1, "half a picture is left");
  process_free(&result);
  free(picture);
  free(document);
}

/* Runs compare --plot with a PATH that begins with our own gnuplot. An existing picture stays if it fails. */
static struct process_result with_gnuplot(const char *script, const struct process_options *more) {
  char *document = make_document("document.json", "bench", "a machine"), *picture = path_in(folder, "p.svg"), *path,
       *fake;
  char *bin = path_in(folder, "bin");
  cr_assert_eq(mkdir(bin, 0777), 0);
  fake = path_in(bin, "gnuplot");
  if (script != NULL) {
    write_text(fake, script);
    cr_assert_eq(chmod(fake, 0755), 0);
  }
  cr_assert_gt(asprintf(&path, "PATH=%s", bin), 0);
  const char *const environment[] = {path, NULL};
  struct process_options options = *more;
  options.environment = environment;
  write_text(picture, "a good picture");
  struct process_result result =
    process_run(ROWCAST_ARGUMENTS("compare", document, "--plot", picture, "--quiet", "--force"), &options);
  unlink(fake);
  cr_expect_eq(rmdir(bin), 0);
  char *kept = read_text(picture);
  cr_expect_str_eq(kept, "a good picture");
  free(kept);
  unlink(picture);
  cr_expect_eq(files_in(folder), 1, "nothing is left beside the document");
  free(bin);
  free(fake);
  free(path);
  free(picture);
  free(document);
  return result;
}

/* A file that comes into being while a picture is drawn is not replaced unless that was asked for. */
Test(plot, what_came_meanwhile_stays) {
  char *document = make_document("document.json", "bench", "a machine"), *picture = path_in(folder, "p.svg"),
       *bin = path_in(folder, "bin"), *fake = path_in(bin, "gnuplot"), *path, *script;
  cr_assert_eq(mkdir(bin, 0777), 0);
  cr_assert_gt(asprintf(&script, "#!/bin/sh\necho mine >%s\necho a picture\n", picture), 0);
  write_text(fake, script);
  cr_assert_eq(chmod(fake, 0755), 0);
  cr_assert_gt(asprintf(&path, "PATH=%s", bin), 0);
  const struct process_options options = {.environment = (const char *const[]){path, NULL}};
  for (int forced = 0; forced < 2; forced++) {
    struct process_result result = process_run(
      ROWCAST_ARGUMENTS("compare", document, "--plot", picture, "--quiet", forced ? "--force" : NULL), &options);
    cr_expect_eq(result.status, forced ? 0 : 1, "%d: %s", result.status, result.err);
    cr_expect(forced || (is_one_line(result.err) && strstr(result.err, "exists") != NULL), "%s", result.err);
    process_free(&result);
    char *text = read_text(picture);
    cr_expect_str_eq(text, forced ? "a picture\n" : "mine\n");
    free(text);
    cr_expect_eq(files_in(folder), 3, "the document, the folder and the picture");
    unlink(picture);
  }
  unlink(fake);
  cr_expect_eq(rmdir(bin), 0);
  free(script), free(path), free(fake), free(bin), free(picture), free(document);
}

Test(plot, gnuplot_that_is_missing_or_fails) {
  static const char *const scripts[] = {
    NULL,
    "#!/bin/sh\nwhile read -r line; do :; done\necho 'it cannot' >&2\nexit 3\n",
    "#!/bin/sh\nexit 0\n",
    "#!/bin/sh\necho half a picture\nkill -9 $$\n",
    "#!/nonexistent/interpreter\n",
  };
  static const char *const expected[] = {"gnuplot-nox", "it cannot", "gnuplot", "gnuplot", "gnuplot"};
  /* Where SIGCHLD is ignored, the kernel forgets how a child ended; our parent may have left it ignored. */
  for (size_t i = 0; i < 2 * (sizeof scripts / sizeof scripts[0]); i++) {
    const size_t s = i / 2;
    const struct process_options ignoring = {.ignored_signal = i % 2 == 1 ? SIGCHLD : 0};
    struct process_result result = with_gnuplot(scripts[s], &ignoring);
    cr_expect_eq(result.status, 1, "%zu: %d", i, result.status);
    cr_expect(is_one_line(result.err), "%s", result.err);
    cr_expect_not_null(strstr(result.err, expected[s]), "%s", result.err);
    process_free(&result);
  }
}
