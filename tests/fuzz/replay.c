/* SPDX-License-Identifier: BSD-3-Clause */
/* Without a fuzzer: every file in the given folders, each of its beginnings, and each file with one bit flipped, goes
 * through the target. This is how the suite replays the corpus in every run. */
#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz.h"

enum { MUTATED_MAX = 2048, FILE_MAX = 1 << 20 };

static unsigned long runs;

/* In memory of exactly that size, so that a sanitizer sees what is read beyond it. */
static void run(const uint8_t *data, size_t size) {
  uint8_t *copy = malloc(size > 0 ? size : 1);
  MUST(copy != NULL);
  if (size > 0) memcpy(copy, data, size);
  MUST(LLVMFuzzerTestOneInput(copy, size) == 0);
  free(copy);
  runs++;
}

static void replay(const char *path) {
  static uint8_t data[FILE_MAX];
  FILE *file = fopen(path, "rb");
  MUST(file != NULL);
  const size_t size = fread(data, 1, sizeof data, file);
  MUST(!ferror(file) && size < sizeof data);
  fclose(file);
  run(data, size);
  if (size > MUTATED_MAX) return;
  for (size_t cut = 0; cut < size; cut++) run(data, cut);
  for (size_t bit = 0; bit < 8 * size; bit++) {
    data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    run(data, size);
    data[bit / 8] ^= (uint8_t)(1u << bit % 8);
  }
}

static const char usage[] = "usage: fuzz_TARGET FILE|FOLDER...\n\n"
                            "Replays them; scripts/run-fuzz makes fuzzers of the same targets.\n";

int main(int argc, char **argv) {
  size_t files = 0;
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
      fputs(usage, stdout);
      return 0;
    }
    if (argv[i][0] == '-') argc = 1;
  }
  if (argc < 2) {
    fputs(usage, stderr);
    return 2;
  }
  for (int i = 1; i < argc; i++) {
    DIR *folder = opendir(argv[i]);
    if (folder == NULL) {
      replay(argv[i]);
      files++;
      continue;
    }
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
      char path[4096];
      struct stat info;
      MUST((size_t)snprintf(path, sizeof path, "%s/%s", argv[i], entry->d_name) < sizeof path);
      if (stat(path, &info) != 0 || !S_ISREG(info.st_mode)) continue;
      replay(path);
      files++;
    }
    closedir(folder);
  }
  printf("%zu files, %lu inputs\n", files, runs);
  return files > 0 ? 0 : 1;
}
