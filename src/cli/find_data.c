/* SPDX-License-Identifier: BSD-3-Clause */
/* The shipped data: its folders, its names, its content. */
#include "find_data.h"

#include <endian.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report.h"

static const struct {
  const char *images, *labels;
} names[] = {
  [SET_TRAIN] = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte"},
  [SET_TEST] = {"t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"},
};

/* The file `name` or `name`.gz in a folder, to be freed; NULL: neither can be seen there, or no memory. The
 * plain one first: it needs no inflating. */
static char *find_in(const char *folder, const char *name) {
  static const char *const endings[] = {"", ".gz"};
  for (size_t i = 0; i < 2; i++) {
    char *path;
    if (asprintf(&path, "%s/%s%s", folder, name, endings[i]) < 0) return NULL;
    if (access(path, F_OK) == 0) return path;
    free(path);
  }
  return NULL;
}

/* The folder of the running program, without a slash at its end; false: unknown. */
static bool program_folder(char folder[PATH_MAX]) {
  const ssize_t length = readlink("/proc/self/exe", folder, PATH_MAX - 1);
  if (length <= 0) return false;
  folder[length] = '\0';
  char *slash = strrchr(folder, '/');
  if (slash == NULL) return false;
  *slash = '\0';
  return true;
}

/* Where shipped files may lie. */
struct folders {
  char program[PATH_MAX], build[PATH_MAX + 32], share[PATH_MAX + 32];
  const char *names[3];
  size_t count;
};

static void find_folders(struct folders *folders) {
  const char *own = getenv("ROWCAST_DATA");
  folders->count = 0;
  if (own != NULL && own[0] != '\0') {
    folders->names[folders->count++] = own; /* other data than asked for would be worse than none */
    return;
  }
  if (program_folder(folders->program)) {
    snprintf(folders->build, sizeof folders->build, "%s/data-source", folders->program);
    snprintf(folders->share, sizeof folders->share, "%s/../share/rowcast", folders->program);
    folders->names[folders->count++] = folders->build;
    folders->names[folders->count++] = folders->share;
  }
  folders->names[folders->count++] = ROWCAST_INSTALL_DATA_DIR;
}

static int complain_of_absence(const char *name, const char *option, const struct folders *folders) {
  const size_t count = folders->count;
  complain("%s: not found, with or without .gz, in %s%s%s%s%s; name a file with %s, or the folder with ROWCAST_DATA", name,
           folders->names[0], count > 1 ? ", " : "", count > 1 ? folders->names[1] : "", count > 2 ? ", " : "",
           count > 2 ? folders->names[2] : "", option);
  return EXIT_FAILED;
}

int find_data(enum data_set set, char **images, char **labels) {
  struct folders folders;
  *images = *labels = NULL;
  find_folders(&folders);
  for (size_t i = 0; i < folders.count; i++) {
    *images = find_in(folders.names[i], names[set].images);
    if (*images == NULL) continue;
    *labels = find_in(folders.names[i], names[set].labels);
    return EXIT_DONE;
  }
  return complain_of_absence(names[set].images, "--images", &folders);
}

int find_file(const char *name, const char *option, char **path) {
  struct folders folders;
  find_folders(&folders);
  for (size_t i = 0; i < folders.count; i++)
    if ((*path = find_in(folders.names[i], name)) != NULL) return EXIT_DONE;
  return complain_of_absence(name, option, &folders);
}

/* A 64-bit fingerprint of an eighth of the bytes, every eighth part of 3136 (four images) from the first on: reading all of
 * them would take as long as multiplying them. Read as little-endian words by four independent multiply-and-add chains (one
 * chain would wait for its multiplier). No defence against forgery. The count must be a multiple of 3136. */
enum { PART = 3136, STRIDE = 8 * PART };
static const uint64_t multiplier = UINT64_C(0x9e3779b97f4a7c15); /* 2^64 / golden ratio, odd */

static void take_part(uint64_t chain[4], const unsigned char *bytes) {
  for (size_t i = 0; i < PART; i += 32)
    for (size_t l = 0; l < 4; l++) {
      uint64_t word;
      memcpy(&word, bytes + i + 8 * l, sizeof word);
      chain[l] = chain[l] * multiplier + le64toh(word);
      chain[l] ^= chain[l] >> 29;
    }
}

static uint64_t finish(const uint64_t chain[4]) {
  uint64_t all = 0;
  for (size_t l = 0; l < 4; l++) all = (all ^ chain[l]) * multiplier;
  return all ^ all >> 32;
}

static uint64_t fingerprint(const unsigned char *bytes, size_t count) {
  uint64_t chain[4] = {1, 2, 3, 4};
  for (size_t part = 0; part < count; part += STRIDE) take_part(chain, bytes + part);
  return finish(chain);
}

/* The same of the last `count` bytes of a file; 0: they cannot be read. */
static uint64_t fingerprint_of_file(const char *path, size_t count) {
  uint64_t chain[4] = {1, 2, 3, 4};
  unsigned char bytes[PART];
  struct stat info;
  const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  bool read = fd >= 0 && fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && (size_t)info.st_size > count;
  for (size_t part = 0; read && part < count; part += STRIDE) {
    read = pread(fd, bytes, PART, info.st_size - (off_t)count + (off_t)part) == PART;
    if (read) take_part(chain, bytes);
  }
  if (fd >= 0) close(fd);
  return read ? finish(chain) : 0;
}

/* The set of that shape, by the fingerprint of its pixels; path NULL: they are in memory. */
static const char *recognise(const rowcast_matrix *images, const char *path) {
  enum { SIDE = 28, PIXELS = SIDE * SIDE };
  static const struct {
    const char *name;
    size_t rows;
    uint64_t fingerprint;
  } sets[] = {
    {"mnist-train", 60000, UINT64_C(0x50458b75dc1d01aa)},
    {"mnist-test", 10000, UINT64_C(0x4274047b4e706d1a)},
  };
  if (images->dtype != ROWCAST_U8 || images->rank != 3 || images->dims[1] != SIDE || images->dims[2] != SIDE ||
      images->stride != PIXELS)
    return NULL;
  for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) {
    if (images->rows != sets[i].rows) continue;
    const size_t bytes = images->rows * PIXELS;
    if ((path != NULL ? fingerprint_of_file(path, bytes) : fingerprint(images->data, bytes)) == sets[i].fingerprint) return sets[i].name;
  }
  return NULL;
}

const char *recognise_data(const rowcast_matrix *images) { return recognise(images, NULL); }

const char *recognise_file(const char *path, const rowcast_matrix *shape) { return recognise(shape, path); }
