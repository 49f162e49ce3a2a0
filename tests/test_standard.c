/* SPDX-License-Identifier: BSD-3-Clause */
/* Standard input and output by other names: /dev/stdout, /dev/fd/1, the file or FIFO that a shell opened there. What
 * goes to standard output as data has nothing else among it, no input is overwritten, and no stream is read by two. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rowcast/matrix.h>
#include <rowcast/writer.h>

#include "file_builder.h"
#include "process.h"

static char *folder, *images, *weights;

static const float x[6][4] = {{1, 2, 3, 4}, {5, 6, 7, 8}, {9, 10, 11, 12}, {0, 1, 0, 1}, {2, 2, 2, 2}, {7, 0, 0, 7}};
static const float w[4][2] = {{1, 0}, {0, 1}, {1, 1}, {2, -1}};

static char *write_floats(const char *name, const float *values, size_t rows, size_t cols) {
  char *path = path_in(folder, name);
  rowcast_error error;
  cr_assert_eq(rowcast_write_f32(path, values, rows, cols, cols, NULL, &error), ROWCAST_OK, "%s", error.text);
  return path;
}

static void set_up(void) {
  folder = folder_make();
  images = write_floats("x.npy", x[0], 6, 4);
  weights = write_floats("w.npy", w[0], 4, 2);
}
static void tear_down(void) {
  free(images), free(weights);
  folder_remove(folder);
}

TestSuite(standard, .init = set_up, .fini = tear_down);

/* A shell's command line, in the folder, with the tool as $R. */
static int shell(const char *line) {
  char *command;
  cr_assert_gt(asprintf(&command, "cd '%s' && R='%s' && { %s\n}", folder, ROWCAST_EXE, line), 0);
  const int status = system(command);
  free(command);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static struct bytes content(const char *name) {
  char *path = path_in(folder, name);
  struct bytes bytes = bytes_read(path);
  free(path);
  return bytes;
}

/* The file got what `wanted` has, and nothing else. */
static void expect_same(const char *got, const char *wanted, const char *what) {
  struct bytes a = content(got), b = content(wanted);
  cr_expect(a.size == b.size && b.size > 0 && memcmp(a.data, b.data, a.size) == 0, "%s: %zu bytes, not %zu", what,
            a.size, b.size);
  bytes_free(&a), bytes_free(&b);
}

static void expect_in(const char *name, const char *part) {
  struct bytes bytes = content(name);
  cr_expect(bytes.size > 0 && memmem(bytes.data, bytes.size, part, strlen(part)) != NULL, "no '%s' in: %.*s", part,
            (int)bytes.size, bytes.size > 0 ? (char *)bytes.data : "");
  bytes_free(&bytes);
}

static const char *const commands[] = {"matmul -i x.npy -w w.npy", "predict -i x.npy -w w.npy", "convert -i x.npy"};
enum { COMMANDS = sizeof commands / sizeof commands[0] };

Test(standard, output_by_any_name_is_data_alone, .timeout = 120) {
  static const char *const lines[] = {
    "\"$R\" %s -o /dev/stdout --format csv | cat > got",
    "\"$R\" %s -o /dev/fd/1 --format csv | cat > got",
    "\"$R\" %s -o /proc/self/fd/1 --format csv | cat > got",
    "\"$R\" %s -o /dev/stdout --format csv > got",
    "\"$R\" %s -o /dev/fd/1 --format csv > got",
    "rm got; \"$R\" %s -o got --format csv > got",
    "\"$R\" %s -f -o got --format csv > got",
    "rm got; \"$R\" %s -o ./got --format csv >> got",
    "ln -s got alias.csv; \"$R\" %s -o alias.csv > got; rm alias.csv",
    "cat fifo > got & \"$R\" %s -o fifo --format csv > fifo; wait",
    "\"$R\" %s -o /dev/fd/3 --format csv 3>&1 | cat > got",
  };
  cr_assert_eq(shell("mkfifo fifo"), 0);
  for (size_t c = 0; c < COMMANDS; c++) {
    char line[256];
    snprintf(line, sizeof line, "\"$R\" %s -o - --format csv > wanted", commands[c]);
    cr_assert_eq(shell(line), 0);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
      cr_assert_eq(shell(": > got"), 0);
      snprintf(line, sizeof line, lines[i], commands[c]);
      cr_expect_eq(shell(line), 0, "%s", line);
      expect_same("got", "wanted", line);
    }
    /* Without a format NPY, as for "-"; a name that has a format keeps it. */
    snprintf(line, sizeof line, "\"$R\" %s -o - > wanted && \"$R\" %s -o /dev/stdout | cat > got", commands[c],
             commands[c]);
    cr_expect_eq(shell(line), 0);
    expect_same("got", "wanted", line);
    snprintf(line, sizeof line,
             "\"$R\" %s -o - --format json > wanted && \"$R\" %s -o got.json > got.json && mv got.json got",
             commands[c], commands[c]);
    cr_expect_eq(shell(line), 0);
    expect_same("got", "wanted", line);
  }
}

Test(standard, output_to_a_terminal_has_no_summary, .timeout = 60) {
  const int master = posix_openpt(O_RDWR | O_NOCTTY);
  if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0) cr_skip_test("this system has no pseudoterminals");
  char name[128], text[4096] = "";
  snprintf(name, sizeof name, "%s", ptsname(master));
  const int slave = open(name, O_RDWR | O_NOCTTY); /* it stays while nobody else has it */
  const char *const names[] = {"/dev/stdout", name};
  for (size_t i = 0; i < 2; i++) {
    const struct process_options options = {.output = OUTPUT_FILE, .output_path = name};
    const char *const arguments[] = {"matmul", "-i", images, "-w", weights, "-o", names[i], "--format", "csv", NULL};
    struct process_result result = process_run(arguments, &options);
    cr_expect_eq(result.status, 0, "%s", result.err);
    process_free(&result);
    const ssize_t count = read(master, text, sizeof text - 1);
    cr_assert_gt(count, 0);
    text[count] = '\0';
    cr_expect_null(strstr(text, "images"), "%s", text);
    cr_expect_not_null(strstr(text, "12,1"), "%s", text);
  }
  close(slave), close(master);
}

Test(standard, json_beside_data_is_refused) {
  for (size_t c = 0; c < COMMANDS; c++) {
    char line[256];
    snprintf(line, sizeof line, "\"$R\" %s --json -o /dev/stdout 2> err | cat > got", commands[c]);
    shell(line);
    expect_in("err", "--json and --output /dev/stdout");
    struct bytes got = content("got");
    cr_expect_eq(got.size, 0);
    bytes_free(&got);
    snprintf(line, sizeof line, "\"$R\" %s --json -f -o got.csv > got.csv 2> err", commands[c]);
    cr_expect_eq(shell(line), 2);
    /* Nothing is mixed in /dev/null, and nothing is lost beside it. */
    snprintf(line, sizeof line, "\"$R\" %s --json -o /dev/null --format npy > /dev/null", commands[c]);
    cr_expect_eq(shell(line), 0);
    snprintf(line, sizeof line, "\"$R\" %s -o /dev/null --format npy > got", commands[c]);
    cr_expect_eq(shell(line), 0);
    expect_in("got", "x.npy");
  }
}

/* ---- Descriptors in the library ---- */

static const rowcast_write_options csv = {sizeof(rowcast_write_options), .format = ROWCAST_FILE_CSV};

/* What somebody has open stays what it is, and goes on after what is there. */
Test(standard, names_of_descriptors_are_written_to_as_they_are) {
  static const char *const forms[] = {"/dev/fd/%d", "/proc/self/fd/%d", "/proc/thread-self/fd/%d"};
  rowcast_error error;
  for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
    for (int deleted = 0; deleted < 2; deleted++) {
      char *path = path_in(folder, "open"), name[64];
      const int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
      cr_assert_eq(write(fd, "before\n", 7), 7);
      if (deleted) cr_assert_eq(unlink(path), 0);
      snprintf(name, sizeof name, forms[i], fd);
      cr_expect_eq(rowcast_write_check(name, false, &error), ROWCAST_OK, "%s: %s", name, error.text);
      cr_expect_eq(rowcast_write_f32(name, x[0], 1, 4, 4, &csv, &error), ROWCAST_OK, "%s: %s", name, error.text);
      cr_assert_eq(write(fd, "after\n", 6), 6);
      char text[64] = "";
      cr_expect_eq(pread(fd, text, sizeof text - 1, 0), 7 + 8 + 6);
      cr_expect_str_eq(text, "before\n1,2,3,4\nafter\n");
      close(fd);
      unlink(path);
      free(path);
    }
  cr_expect_eq(shell("test \"$(ls -A | sort | tr '\\n' ' ')\" = 'w.npy x.npy '"), 0, "a file has another name");
  /* One that is open for reading only. */
  char name[64];
  const int fd = open(images, O_RDONLY);
  snprintf(name, sizeof name, "/dev/fd/%d", fd);
  cr_expect_eq(rowcast_write_check(name, true, &error), ROWCAST_ERR_IO);
  cr_expect_eq(rowcast_write_f32(name, x[0], 1, 4, 4, &csv, &error), ROWCAST_ERR_IO);
  cr_expect_not_null(strstr(error.text, name), "%s", error.text);
  close(fd);
}

/* ---- Input ---- */

Test(standard, an_input_is_not_written_over_through_a_descriptor) {
  static const char *const lines[] = {
    "\"$R\" convert -i - -o a.csv -f < a.csv 2> err",
    "\"$R\" convert -i /dev/stdin -o a.csv -f < a.csv 2> err",
    "\"$R\" convert -i - -o ./a.csv -f < a.csv 2> err",
    "\"$R\" matmul -i x.npy -w - -o w2.npy -f < w2.npy 2> err",
    "\"$R\" convert -i a.csv -o - --format csv >> a.csv 2> err",
    "\"$R\" convert -i - -o - --format csv < a.csv >> a.csv 2> err",
    "\"$R\" convert -i a.csv -o a.csv >> a.csv 2> err",
    "\"$R\" predict -i x.npy -l l.csv -w w.npy -o - --format csv >> l.csv 2> err",
  };
  for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
    cr_assert_eq(shell("\"$R\" convert -i x.npy -f -o a.csv -q; cp a.csv kept; cp w.npy w2.npy;"
                       "printf '0\\n1\\n0\\n1\\n0\\n1\\n' > l.csv; cp l.csv labels"),
                 0);
    cr_expect_eq(shell(lines[i]), 2, "%s", lines[i]);
    expect_in("err", "is an input, and is not overwritten");
    expect_same("a.csv", "kept", lines[i]);
    expect_same("w2.npy", "w.npy", lines[i]);
    expect_same("l.csv", "labels", lines[i]);
  }
}

Test(standard, one_stream_is_not_read_by_two, .timeout = 120) {
  static const char *const lines[] = {
    "cat x.npy | \"$R\" matmul -i - -l /dev/stdin 2> err",
    "cat x.npy | \"$R\" matmul -i /dev/stdin -w /dev/fd/0 2> err",
    "\"$R\" matmul -i - -w /proc/self/fd/0 < x.npy 2> err",
    "\"$R\" predict -i /dev/stdin --bias - < x.npy 2> err",
    "\"$R\" matmul -i fifo -w fifo 2> err",
    "\"$R\" show -i fifo -l ./fifo 2> err",
    "(cat x.npy > fifo &) ; \"$R\" matmul -i - -w fifo < fifo 2> err",
  };
  cr_assert_eq(shell("mkfifo fifo"), 0);
  for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
    cr_expect_eq(shell(lines[i]), 2, "%s", lines[i]);
    expect_in("err", "only one file can be read from");
  }
  /* What can be read again may be named again. */
  cr_expect_eq(shell("\"$R\" matmul -i x.npy -w w.npy -q < x.npy"), 0);
  cr_expect_eq(shell("\"$R\" matmul -i - -w w.npy --bias b.csv -q < x.npy 2> err"), 1);
  expect_in("err", "b.csv");
}

/* Labels are not looked for beside images that come by a pipe, which would be waited for without end. */
Test(standard, a_pipe_has_nothing_beside_it, .timeout = 60) {
  char line[512];
  snprintf(line, sizeof line, "cat '%s/tests/data/pickles/mnist_py2_p2.pkl.gz' > p.gz", ROWCAST_SOURCE_DIR);
  cr_assert_eq(shell(line), 0);
  cr_assert_eq(shell("mkfifo fifo && \"$R\" predict -i p.gz --rows 0:5 > wanted"), 0);
  expect_in("wanted", "accuracy");
  cr_expect_eq(shell("cat p.gz | \"$R\" predict -i /dev/stdin --rows 0:5 > got"), 0);
  cr_expect_eq(shell("(cat p.gz > fifo &); \"$R\" predict -i fifo --rows 0:5 > got"), 0);
  expect_in("got", "classes");
}

/* The files of compare: a stream is one whatever it is called, and "-" is what a table calls standard input. */
Test(standard, compare_reads_a_stream_once, .timeout = 120) {
  static const char *const lines[] = {
    "cat a.json | \"$R\" compare - /dev/stdin 2> err", "cat a.json | \"$R\" compare /dev/stdin a.json /dev/fd/0 2> err",
    "\"$R\" compare - /dev/stdin < a.json 2> err",     "\"$R\" compare /dev/stdin - < a.json 2> err",
    "timeout 20 \"$R\" compare fifo ./fifo 2> err",    "timeout 20 \"$R\" compare fifo a.json fifo 2> err",
  };
  cr_assert_eq(shell("mkfifo fifo && \"$R\" bench --rows 5 --rounds 1 --threads 1 --kernel auto --json > a.json"), 0);
  for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
    cr_expect_eq(shell(lines[i]), 2, "%s", lines[i]);
    expect_in("err", "only one file can be read from standard input or a pipe");
  }
  cr_expect_eq(shell("cat a.json | \"$R\" compare /dev/stdin --json 2> err | cmp - a.json"), 0);
  cr_expect_eq(shell("cat a.json | \"$R\" compare a.json /dev/fd/0 > out"), 0);
  expect_in("out", "(-, ");
  cr_expect_eq(shell("\"$R\" compare a.json a.json /dev/stdin < a.json > out"), 0);
  cr_expect_eq(shell("(cat a.json > fifo &); \"$R\" compare a.json fifo > out"), 0);
}

Test(standard, a_picture_is_not_put_in_the_place_of_an_input) {
  static const char *const lines[] = {
    "\"$R\" compare in.svg --plot in.svg --force 2> err",
    "\"$R\" compare - --plot in.svg --force < in.svg 2> err",
    "\"$R\" compare a.json in.svg --plot ./in.svg --force 2> err",
    "\"$R\" compare in.svg.gp --plot new.svg --plot in.svg --keep-plot --force 2> err",
    "\"$R\" bench --images x.svg --rounds 1 --plot x.svg --force 2> err",
  };
  cr_assert_eq(shell("\"$R\" bench --rows 5 --rounds 1 --threads 1 --kernel auto --json > a.json && cp a.json in.svg &&"
                     "cp a.json in.svg.gp && cp x.npy x.svg"),
               0);
  for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
    cr_expect_eq(shell(lines[i]), 2, "%s", lines[i]);
    expect_in("err", "is an input, and is not overwritten");
    expect_same("in.svg", "a.json", lines[i]);
    expect_same("in.svg.gp", "a.json", lines[i]);
    expect_same("x.svg", "x.npy", lines[i]);
  }
}

Test(standard, a_picture_is_not_put_where_the_table_goes) {
  cr_expect_eq(shell("\"$R\" bench --plot p.svg --force > p.svg 2> err"), 2);
  expect_in("err", "is standard output, where the table goes");
  cr_expect_eq(shell("\"$R\" bench --plot q.svg --keep-plot --force > q.svg.gp 2> err"), 2);
  expect_in("err", "is standard output, where the table goes");
  cr_expect_eq(shell("mkfifo r.svg && \"$R\" bench --plot r.svg --force 2> err"), 1);
  expect_in("err", "is not a regular file");
  cr_expect_eq(shell("test -p r.svg"), 0);
}
