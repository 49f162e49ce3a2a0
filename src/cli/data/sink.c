/* SPDX-License-Identifier: BSD-3-Clause */
#include "data/sink.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rowcast/cpu.h>

#include "args/advice.h"
#include "data/ranks.h"
#include "data/target.h"
#include "terminal/report.h"
#include "terminal/signals.h"
#include "terminal/standard.h"
#include "terminal/terminal.h"

#define GZ ".gz"
enum { LEVEL = 6 /* of gzip's twelve here; as gzip's own default */ };

bool sink_is_stdout(const struct options *options) { return standard_output_is(options->output); }

static bool is_stdout(const struct sink *sink) { return standard_output_is(sink->path); }

/* Do several ranks write it? */
static bool is_shared(const struct sink *sink) { return ranks_several() && !sink->alone; }

/* Does the name end so? `length`: of what of it counts. */
static bool ends_in(const char *name, size_t length, const char *ending) {
  const size_t size = strlen(ending);
  return length >= size && memcmp(name + length - size, ending, size) == 0;
}

static bool is_gzip(const char *path) { return ends_in(path, strlen(path), GZ); }

/* The format that the end of a name stands for, .gz left out; false: none. */
static bool format_of(const char *path, rowcast_file_format *format) {
  static const struct {
    const char *ending;
    rowcast_file_format format;
  } endings[] = {
    {".npy", ROWCAST_FILE_NPY}, {".npz", ROWCAST_FILE_NPZ}, {".csv", ROWCAST_FILE_CSV}, {".json", ROWCAST_FILE_JSON},
    {".raw", ROWCAST_FILE_RAW}, {".bin", ROWCAST_FILE_RAW}, {".idx", ROWCAST_FILE_IDX},
  };
  const size_t length = strlen(path) - (is_gzip(path) ? strlen(GZ) : 0);
  for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++)
    if (ends_in(path, length, endings[i].ending)) {
      *format = endings[i].format;
      return true;
    }
  return false;
}

int sink_check(struct sink *sink, const struct options *options, const char *command, const char *numbers) {
  const char *path = options->output;
  *sink = (struct sink){.path = path, .force = options->force, .repeat = options->repeat > 0 ? options->repeat : 1};
  const unsigned part = ranks_several() ? ranks_here()->threads() : 0;
  sink->threads = options->threads.count > 0 ? (unsigned)options->threads.values[0]
                  : part > 0                 ? part
                                             : rowcast_default_threads();
  if (path == NULL) {
    if (options->file_format < 0) return EXIT_DONE;
    complain("--format needs --output; try rowcast %s --help", command);
    return EXIT_USAGE;
  }
  if (options->file_format >= 0) sink->format = (rowcast_file_format)options->file_format;
  else if (!format_of(path, &sink->format) && !sink_is_stdout(options)) {
    complain("--output: '%s' does not end in .npy, .npz, .csv, .json%s or .raw, with .gz behind it or not, "
             "and no --format is given; try rowcast %s --help",
             path, numbers == NULL ? ", .idx" : "", command);
    return EXIT_USAGE;
  }
  sink->compressed = is_gzip(path);
  if (sink->format == ROWCAST_FILE_IDX && numbers != NULL) {
    complain("--output: IDX is written of bytes alone, and %s writes %s: try .npy", command, numbers);
    return EXIT_USAGE;
  }
  if (!sink_is_stdout(options)) return target_check(path, options->force);
  if (options->json) {
    complain("--json and --output %s would both write to standard output; try rowcast %s --help", path, command);
    return EXIT_USAGE;
  }
  if (standard_output_is_terminal() && sink->format != ROWCAST_FILE_CSV && sink->format != ROWCAST_FILE_JSON) {
    complain("standard output: is a terminal, and this format is not text; try --format csv");
    return EXIT_USAGE;
  }
  return EXIT_DONE;
}

int sink_keeps(const struct sink *sink, const char *const *inputs, size_t count) {
  const char *output = sink->path;
  struct stat found;
  if (output == NULL) return EXIT_DONE;
  const bool standard = strcmp(output, "-") == 0;
  const int failed = standard ? fstat(STDOUT_FILENO, &found) : stat(output, &found);
  if (failed || !S_ISREG(found.st_mode)) return EXIT_DONE;
  for (size_t i = 0; i < count; i++)
    if (standard_is_same_file(inputs[i], output)) {
      complain("%s: is an input, and is not overwritten", standard ? "standard output" : output);
      return EXIT_USAGE;
    }
  return EXIT_DONE;
}

/* To standard output, whatever it looks like. */
static int write_out(void *unused, const void *data, size_t bytes) {
  (void)unused;
  for (const char *from = data; bytes > 0;) {
    const ssize_t written = write(STDOUT_FILENO, from, bytes);
    if (written < 0 && errno != EINTR) return -1;
    if (written < 0) continue;
    from += written;
    bytes -= (size_t)written;
  }
  return 0;
}

static int open_alone(struct sink *sink, const char *path, const rowcast_layout *layout,
                      const rowcast_write_options *options) {
  static const rowcast_sink out = {sizeof out, "standard output", NULL, write_out};
  rowcast_error error;
  const rowcast_status status = is_stdout(sink) && standard_output_is_forwarded()
                                  ? rowcast_writer_open_sink(&sink->writer, &out, layout, options, &error)
                                  : rowcast_writer_open(&sink->writer, path, layout, options, &error);
  return status == ROWCAST_OK ? EXIT_DONE : complain_of(&error);
}

int sink_open(struct sink *sink, const rowcast_layout *layout) {
  if (sink->path == NULL) return EXIT_DONE;
  const bool standard = is_stdout(sink);
  const char *path = standard ? "-" : sink->path;
  const rowcast_write_options options = {sizeof options,
                                         .format = sink->format,
                                         .overwrite = sink->force,
                                         .cancelled = signals_pending,
                                         .gzip_level = sink->compressed ? LEVEL : 0,
                                         .threads = sink->threads};
  /* A file has a temporary one to remove; writing to a FIFO may wait for ever, and leaves nothing. */
  struct stat found;
  sink->held = !standard && (stat(path, &found) != 0 || S_ISREG(found.st_mode));
  if (sink->held) signals_hold();
  const double start = clock_seconds();
  const int status = is_shared(sink) ? ranks_here()->output_open(&sink->writer, path, layout, sink->repeat, &options)
                                     : open_alone(sink, path, layout, &options);
  sink->seconds += clock_seconds() - start;
  return status;
}

int sink_open_bytes(struct sink *sink, const char *path, bool force) {
  const rowcast_layout bytes = {.dtype = ROWCAST_U8, .rank = 1, .dims = {SIZE_MAX}};
  *sink = (struct sink){.path = path, .force = force, .format = ROWCAST_FILE_RAW, .repeat = 1, .alone = true};
  return sink_open(sink, &bytes);
}

int sink_rows(struct sink *sink, const void *data, size_t rows, size_t ld) {
  rowcast_error error;
  if (sink->writer == NULL) return EXIT_DONE;
  const double start = clock_seconds();
  const rowcast_status status = rowcast_writer_rows(sink->writer, data, rows, ld, &error);
  sink->seconds += clock_seconds() - start;
  return status == ROWCAST_OK ? EXIT_DONE : complain_of_output(is_stdout(sink), &error);
}

int sink_commit(struct sink *sink) {
  rowcast_error error;
  if (sink->writer == NULL) return EXIT_DONE;
  const double start = clock_seconds();
  const rowcast_status status = rowcast_writer_commit(sink->writer, &error);
  sink->writer = NULL;
  int result = status == ROWCAST_OK ? EXIT_DONE : complain_of_output(is_stdout(sink), &error);
  if (is_shared(sink)) result = ranks_here()->output_commit(result);
  sink->seconds += clock_seconds() - start;
  sink_free(sink);
  return result;
}

void sink_free(struct sink *sink) {
  rowcast_writer_abandon(sink->writer);
  sink->writer = NULL;
  if (is_shared(sink)) ranks_here()->output_abandon();
  if (sink->held) signals_release();
  sink->held = false;
}
