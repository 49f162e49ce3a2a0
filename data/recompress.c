/* SPDX-License-Identifier: BSD-3-Clause */
/* Compresses what a gzip file holds anew, as BGZF (docs/formats.md): this made the files of this folder. Its content
 * stays, and gzip reads it as before. The file made appears whole or not at all. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/bgzf_write.h"
#include "io/output.h"
#include "io/stream.h"

static const char usage[] = "usage: recompress [--level=1..12] [--threads=N] FILE.gz NEW.gz\n\n"
                            "Compresses what FILE.gz holds anew, as BGZF; by level 12, the smallest, if not told "
                            "otherwise.\n";

static rowcast_status to_output(void *to, const void *data, size_t size, rowcast_error *err) {
  return rc_output_write(to, data, size, err);
}

/* The number behind `name`, from 1 to most. False: the argument is something else. */
static bool take_number(const char *argument, const char *name, long most, long *number) {
  const size_t length = strlen(name);
  if (strncmp(argument, name, length) != 0) return false;
  char *end;
  errno = 0;
  *number = strtol(argument + length, &end, 10);
  return argument[length] >= '0' && argument[length] <= '9' && *end == '\0' && errno == 0 && *number >= 1 &&
         *number <= most;
}

static rowcast_status read_content(struct rc_buffer *content, const char *path, rowcast_error *err) {
  struct rc_stream stream;
  const struct rc_ask nobody = {0};
  rowcast_status status = rc_stream_open(&stream, path, false, &nobody, err);
  if (status != ROWCAST_OK) return status;
  status = rc_stream_rest(&stream, content, 0, SIZE_MAX / 2, err);
  rc_stream_close(&stream);
  return status;
}

static rowcast_status write_content(const struct rc_buffer *content, const char *path, int level, unsigned threads,
                                    rowcast_error *err) {
  struct rc_output output;
  const struct rc_ask nobody = {0};
  rowcast_status status = rc_output_open(&output, path, true, &nobody, err);
  if (status != ROWCAST_OK) return status;
  const struct rc_bgzf_write options = {
    .level = level, .threads = threads, .kind = RC_DEFLATE_BEST, .sink = to_output, .to = &output, .path = path};
  struct rc_bgzf_writer *writer = NULL;
  status = rc_bgzf_writer_create(&writer, &options, err);
  if (status == ROWCAST_OK) status = rc_bgzf_writer_add(writer, content->data, content->size, err);
  if (status == ROWCAST_OK) status = rc_bgzf_writer_end(writer, err);
  rc_bgzf_writer_destroy(writer);
  if (status == ROWCAST_OK) return rc_output_commit(&output, err);
  rc_output_abandon(&output);
  return status;
}

int main(int argc, char **argv) {
  const char *paths[2] = {NULL, NULL};
  size_t count = 0;
  long level = 12, threads = 1;
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
      fputs(usage, stdout);
      return 0;
    }
    if (take_number(argv[i], "--level=", RC_BGZF_LEVEL_MAX, &level) ||
        take_number(argv[i], "--threads=", 1000, &threads))
      continue;
    if ((argv[i][0] == '-' && argv[i][1] != '\0') || count == 2) {
      fprintf(stderr, "recompress: wrong argument '%s'\n%s", argv[i], usage);
      return 2;
    }
    paths[count++] = argv[i];
  }
  if (count < 2) {
    fputs(usage, stderr);
    return 2;
  }
  struct rc_buffer content = {0};
  rowcast_error error;
  rowcast_status status = read_content(&content, paths[0], &error);
  if (status == ROWCAST_OK) status = write_content(&content, paths[1], (int)level, (unsigned)threads, &error);
  rc_buffer_free(&content);
  if (status == ROWCAST_OK) return 0;
  fprintf(stderr, "recompress: %s\n", error.text);
  return 1;
}
