/* SPDX-License-Identifier: BSD-3-Clause */
/* What loading.py cannot measure from Python: libdeflate alone on the blocks of a BGZF file, by several threads that
 * wait for nothing; and how much memory a process had at most, which the system counts from before it was one of its
 * own, so that its parent must be small. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#if ROWCAST_HAVE_LIBDEFLATE
#include <libdeflate.h>
#else
#include <zlib.h>
#endif

static const char usage[] =
  "usage: loading_probe inflate FILE BYTES THREADS\n"
  "       loading_probe peak COMMAND [ARGUMENT...]\n\n"
  "inflate: the seconds that THREADS threads need to read and inflate, checked, the blocks of a BGZF file that hold\n"
  "the first BYTES of its content, each into its own memory; and by which library. peak: runs the command, and tells\n"
  "the most memory it had, in KiB; its status is the command's.\n";

enum { BLOCK = 1 << 16, HEADER = 18, MOST_THREADS = 1024 };

/* The blocks, found before the clock runs. */
struct file {
  int fd;
  uint64_t *at; /* count + 1 */
  size_t count;
  atomic_size_t next;
  atomic_bool failed;
};

static bool find_blocks(struct file *file, uint64_t bytes) {
  unsigned char header[HEADER], length[4];
  uint64_t at = 0, content = 0;
  size_t room = 0;
  for (;;) {
    if (file->count == room) file->at = realloc(file->at, (room = room * 2 + 1024) * sizeof *file->at);
    if (file->at == NULL) return false;
    file->at[file->count] = at;
    if (content >= bytes) return true;
    if (pread(file->fd, header, sizeof header, (off_t)at) != sizeof header) return false;
    if (memcmp(header, "\x1f\x8b\x08\x04", 4) != 0 || memcmp(header + 10, "\6\0BC\2", 6) != 0) return false;
    at += (uint64_t)header[16] + ((uint64_t)header[17] << 8) + 1;
    if (pread(file->fd, length, sizeof length, (off_t)(at - 4)) != sizeof length) return false;
    content += (uint64_t)length[0] | (uint64_t)length[1] << 8 | (uint64_t)length[2] << 16 | (uint64_t)length[3] << 24;
    file->count++;
  }
}

#if ROWCAST_HAVE_LIBDEFLATE
static const char library[] = "libdeflate";
typedef struct libdeflate_decompressor *inflater;
static inflater inflater_make(void) { return libdeflate_alloc_decompressor(); }
static void inflater_free(inflater made) { libdeflate_free_decompressor(made); }
static bool inflate_block(inflater made, unsigned char *packed, size_t size, unsigned char *content) {
  size_t got;
  return libdeflate_gzip_decompress(made, packed, size, content, BLOCK, &got) == LIBDEFLATE_SUCCESS;
}
#else
static const char library[] = "zlib";
typedef z_stream *inflater;
static inflater inflater_make(void) {
  z_stream *made = calloc(1, sizeof *made);
  return made != NULL && inflateInit2(made, MAX_WBITS + 16) == Z_OK ? made : NULL;
}
static void inflater_free(inflater made) {
  if (made != NULL) inflateEnd(made);
  free(made);
}
static bool inflate_block(inflater made, unsigned char *packed, size_t size, unsigned char *content) {
  made->next_in = packed, made->avail_in = (uInt)size;
  made->next_out = content, made->avail_out = BLOCK;
  return inflateReset(made) == Z_OK && inflate(made, Z_FINISH) == Z_STREAM_END;
}
#endif

static void *inflate_blocks(void *argument) {
  struct file *file = argument;
  unsigned char *packed = malloc(BLOCK), *content = malloc(BLOCK);
  inflater made = inflater_make();
  bool right = packed != NULL && content != NULL && made != NULL;
  for (size_t i; right && (i = atomic_fetch_add(&file->next, 1)) < file->count;) {
    const size_t size = (size_t)(file->at[i + 1] - file->at[i]);
    right =
      pread(file->fd, packed, size, (off_t)file->at[i]) == (ssize_t)size && inflate_block(made, packed, size, content);
  }
  if (!right) atomic_store(&file->failed, true);
  inflater_free(made);
  free(packed), free(content);
  return NULL;
}

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static int inflate_file(const char *path, uint64_t bytes, size_t threads) {
  struct file file = {.fd = open(path, O_RDONLY)};
  pthread_t others[MOST_THREADS];
  size_t started = 0;
  bool right = file.fd >= 0 && find_blocks(&file, bytes);
  const double start = seconds();
  while (right && started + 1 < threads)
    if (pthread_create(&others[started], NULL, inflate_blocks, &file) == 0) started++;
    else right = false;
  if (right) inflate_blocks(&file);
  for (size_t i = 0; i < started; i++) pthread_join(others[i], NULL);
  const double end = seconds();
  right = right && !atomic_load(&file.failed);
  if (right) printf("%.6f %s\n", end - start, library);
  else fprintf(stderr, "loading_probe: %s: cannot be read as BGZF of so many bytes\n", path);
  free(file.at);
  return right ? 0 : 1;
}

static int peak_of(char *const *command) {
  const pid_t child = fork();
  if (child == 0) {
    execvp(command[0], command);
    fprintf(stderr, "loading_probe: %s: %s\n", command[0], strerror(errno));
    _exit(127);
  }
  int status;
  struct rusage used;
  if (child < 0 || wait4(child, &status, 0, &used) != child) return 1;
  printf("%ld\n", used.ru_maxrss);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/* The whole argument as a number from 1 to most; 0: it is none. */
static uint64_t number(const char *text, uint64_t most) {
  char *end;
  errno = 0;
  const unsigned long long value = strtoull(text, &end, 10);
  return text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0 && value <= most ? value : 0;
}

int main(int count, char **arguments) {
  if (count == 2 && strcmp(arguments[1], "--help") == 0) {
    fputs(usage, stdout);
    return 0;
  }
  if (count > 2 && strcmp(arguments[1], "peak") == 0) return peak_of(arguments + 2);
  const bool inflates = count == 5 && strcmp(arguments[1], "inflate") == 0;
  const uint64_t bytes = inflates ? number(arguments[3], INT64_MAX) : 0,
                 threads = inflates ? number(arguments[4], MOST_THREADS) : 0;
  if (bytes > 0 && threads > 0) return inflate_file(arguments[2], bytes, (size_t)threads);
  fputs(usage, stderr);
  return 2;
}
