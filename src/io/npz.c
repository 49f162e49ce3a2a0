/* SPDX-License-Identifier: BSD-3-Clause */
#include "npz.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../kernels/mode.h"
#include "foreign.h"
#include "header.h"
#include "report.h"

bool rc_is_zip(const unsigned char *data, size_t size) {
  return size >= 4 && data[0] == 'P' && data[1] == 'K' &&
         ((data[2] == 3 && data[3] == 4) || (data[2] == 5 && data[3] == 6));
}

#if ROWCAST_HAVE_LIBZIP
#include <zip.h>

enum {
  ENTRIES_MAX = 4096,
  SHOWN_TEXT = 104, /* of a name in a message */
  LOCAL_HEADER = 30,
  CENTRAL_HEADER = 46,
  END_RECORD = 22,
  LARGEST_RATIO = 1032,
  NAMES_ROOM = 64,     /* for each further name that is shown */
  ASKED_PART = 8 << 20 /* most bytes that are inflated without asking whether to give up */
};

struct entry {
  const char *name; /* libzip's, until the archive is closed */
  uint64_t size;
};

struct directory {
  zip_t *zip;
  struct entry *entries;
  size_t count;
  struct rc_ask *ask;
};

/* An archive's own names as messages have them: not too long. (rc_report() escapes what is not printable.) */
static const char *shown(char text[SHOWN_TEXT], const char *name) {
  snprintf(text, SHOWN_TEXT, "%.100s%s", name, strlen(name) > 100 ? "..." : "");
  return text;
}

static const char *check_entry(const zip_stat_t *stat) {
  const zip_uint64_t all =
    ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
  if ((stat->valid & all) != all) return "its entry is incomplete";
  const size_t length = strlen(stat->name);
  if (length == 0 || strchr(stat->name, '/') != NULL || strstr(stat->name, "..") != NULL)
    return "its name is not an array's";
  if (stat->encryption_method != ZIP_EM_NONE) return "it is encrypted";
  if (stat->comp_method != ZIP_CM_STORE && stat->comp_method != ZIP_CM_DEFLATE)
    return "it is neither stored nor deflated";
  if (stat->comp_method == ZIP_CM_STORE ? stat->size != stat->comp_size : stat->size / LARGEST_RATIO > stat->comp_size)
    return "its stated size is wrong";
  return NULL;
}

/* Does the entry begin as an NPY does? */
static bool holds_npy(zip_t *zip, zip_uint64_t index) {
  unsigned char head[8];
  zip_file_t *file = zip_fopen_index(zip, index, 0);
  if (file == NULL) return false;
  const zip_int64_t got = zip_fread(file, head, sizeof head);
  zip_fclose(file);
  return got == (zip_int64_t)sizeof head && rc_is_npy(head, sizeof head);
}

/* An archive of other files is recognised by a name in it; otherwise its names are listed. */
static rowcast_status check_kind(zip_t *zip, const char *path, rowcast_error *err) {
  char names[3 * NAMES_ROOM];
  size_t length = 0, files = 0;
  bool all = true;
  const zip_int64_t count = zip_get_num_entries(zip, 0);
  for (zip_int64_t i = 0; i < count && i < ENTRIES_MAX; i++) {
    const char *name = zip_get_name(zip, (zip_uint64_t)i, ZIP_FL_ENC_RAW);
    const size_t size = name != NULL ? strlen(name) : 0;
    if (size == 0 || (size > 4 && strcmp(name + size - 4, ".npy") == 0) || holds_npy(zip, (zip_uint64_t)i))
      return ROWCAST_OK;
    const struct rc_foreign foreign = rc_foreign_zip_described(name);
    if (foreign.words != NULL)
      return rc_advise(err, rc_report(err, ROWCAST_ERR_FORMAT, path, "%s", foreign.words), "%s", foreign.advice);
    if (name[size - 1] == '/') continue; /* a folder */
    all = length + NAMES_ROOM <= sizeof names;
    if (all)
      length +=
        (size_t)snprintf(names + length, sizeof names - length, "%s%.*s%s", files++ > 0 ? ", " : "",
                         size > NAMES_ROOM - 4 ? NAMES_ROOM - 7 : NAMES_ROOM, name, size > NAMES_ROOM - 4 ? "..." : "");
  }
  if (files == 0) return ROWCAST_OK;
  return rc_advise(err,
                   rc_report(err, ROWCAST_ERR_FORMAT, path,
                             "is a zip archive without NPY arrays; it has %s%s; to read one: unzip -p FILE NAME", names,
                             all ? "" : ", ..."),
                   "path=-");
}

static int by_name(const void *a, const void *b) {
  return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

static rowcast_status list_entries(struct directory *directory, size_t archive_size, const char *path,
                                   rowcast_error *err) {
  const zip_int64_t count = zip_get_num_entries(directory->zip, 0);
  if (count < 0 || count > ENTRIES_MAX)
    return rc_report(err, ROWCAST_ERR_FORMAT, path, "NPZ: more than %d entries", ENTRIES_MAX);
  if (count == 0) return rc_report(err, ROWCAST_ERR_FORMAT, path, "NPZ: it is empty");
  directory->entries = calloc((size_t)count, sizeof *directory->entries);
  if (directory->entries == NULL) return rc_report(err, ROWCAST_ERR_MEMORY, path, "NPZ: out of memory");
  uint64_t total = END_RECORD;
  for (zip_uint64_t i = 0; i < (zip_uint64_t)count; i++) {
    zip_stat_t stat;
    char text[SHOWN_TEXT];
    if (zip_stat_index(directory->zip, i, ZIP_FL_ENC_RAW, &stat) != 0)
      return rc_report(err, ROWCAST_ERR_FORMAT, path, "NPZ: a damaged entry");
    const char *wrong = check_entry(&stat);
    if (wrong != NULL)
      return rc_report(err, ROWCAST_ERR_FORMAT, path, "NPZ: entry '%s': %s",
                       shown(text, stat.valid & ZIP_STAT_NAME ? stat.name : ""), wrong);
    directory->entries[directory->count++] = (struct entry){stat.name, stat.size};
    total += LOCAL_HEADER + CENTRAL_HEADER + 2 * strlen(stat.name);
    if (__builtin_add_overflow(total, stat.comp_size, &total)) total = UINT64_MAX / 2;
  }
  /* Entries that take more room than the file has must overlap. */
  if (total > archive_size) return rc_report(err, ROWCAST_ERR_FORMAT, path, "NPZ: its entries overlap");
  qsort(directory->entries, directory->count, sizeof *directory->entries, by_name);
  for (size_t i = 1; i < directory->count; i++)
    if (strcmp(directory->entries[i - 1].name, directory->entries[i].name) == 0) {
      char text[SHOWN_TEXT];
      return rc_report(err, ROWCAST_ERR_FORMAT, path, "NPZ: two entries are named '%s'",
                       shown(text, directory->entries[i].name));
    }
  return ROWCAST_OK;
}

/* Up to `want` bytes of an entry. If `want` is more than it has, the entry is checked against its CRC. */
static rowcast_status read_entry(struct directory *directory, const struct entry *entry, unsigned char *to, size_t want,
                                 size_t *got, const char *path, rowcast_error *err) {
  char text[SHOWN_TEXT];
  *got = 0;
  zip_file_t *file = zip_fopen(directory->zip, entry->name, ZIP_FL_ENC_RAW);
  if (file == NULL)
    return rc_report(err, ROWCAST_ERR_FORMAT, path, "NPZ: entry '%s': %s", shown(text, entry->name),
                     zip_strerror(directory->zip));
  zip_int64_t count = 1;
  rowcast_status status = ROWCAST_OK;
  while (status == ROWCAST_OK && *got < want && count > 0) {
    count = zip_fread(file, to + *got, want - *got < ASKED_PART ? want - *got : ASKED_PART);
    if (count > 0) *got += (size_t)count;
    if (rc_ask_stop(directory->ask)) status = rc_report(err, ROWCAST_ERR_CANCELLED, path, "interrupted");
  }
  if (count < 0)
    status = rc_report(err, ROWCAST_ERR_FORMAT, path, "NPZ: entry '%s': %s", shown(text, entry->name),
                       zip_file_strerror(file));
  zip_fclose(file);
  return status;
}

static bool has_name(const struct entry *entry, const char *array) {
  const size_t length = strlen(array);
  return strncmp(entry->name, array, length) == 0 &&
         (entry->name[length] == '\0' || strcmp(entry->name + length, ".npy") == 0);
}

/* The names of the arrays, as far as they fit; "..." where they do not. */
static void list_names(const struct directory *directory, char *text, size_t size) {
  static const char rest[] = ", ...";
  size_t length = 0;
  text[0] = '\0';
  for (size_t i = 0; i < directory->count; i++) {
    char name[SHOWN_TEXT];
    const char *entry = shown(name, directory->entries[i].name);
    if (length + 2 + strlen(entry) + sizeof rest > size) {
      snprintf(text + length, size - length, "%s", rest);
      return;
    }
    length += (size_t)snprintf(text + length, size - length, "%s%s", i > 0 ? ", " : "", entry);
  }
}

static rowcast_status choose(struct directory *directory, const char *array, const struct entry **chosen,
                             const char *path, rowcast_error *err) {
  char names[512];
  *chosen = NULL;
  list_names(directory, names, sizeof names);
  if (array != NULL) {
    for (size_t i = 0; i < directory->count && *chosen == NULL; i++)
      if (has_name(&directory->entries[i], array)) *chosen = &directory->entries[i];
    return *chosen != NULL
             ? ROWCAST_OK
             : rc_report(err, ROWCAST_ERR_NOT_FOUND, path, "NPZ: no array is named '%.80s'; it has %s", array, names);
  }
  if (directory->count == 1) {
    *chosen = &directory->entries[0];
    return ROWCAST_OK;
  }
  unsigned char *head = malloc(RC_HEADER_MAX);
  if (head == NULL) return rc_report(err, ROWCAST_ERR_MEMORY, path, "NPZ: out of memory");
  size_t fitting = 0;
  for (size_t i = 0; i < directory->count; i++) {
    struct rc_header header;
    size_t got;
    if (read_entry(directory, &directory->entries[i], head, RC_HEADER_MAX, &got, path, NULL) != ROWCAST_OK ||
        !rc_is_npy(head, got) || rc_npy_parse(&header, head, got) != NULL || header.rank < 2 || header.rank > 3)
      continue;
    if (fitting++ == 0) *chosen = &directory->entries[i];
  }
  free(head);
  if (rc_ask_stop(directory->ask)) return rc_report(err, ROWCAST_ERR_CANCELLED, path, "interrupted");
  if (fitting == 1) return ROWCAST_OK;
  return rc_advise(err,
                   rc_report(err, ROWCAST_ERR_ARGUMENT, path, "NPZ: %s; name one of %s",
                             fitting == 0 ? "no array has 2 or 3 dimensions" : "several arrays have 2 or 3 dimensions",
                             names),
                   "array");
}

static rowcast_status extract(struct directory *directory, struct rc_buffer *npy, const char *array, char **name,
                              size_t max_bytes, const char *path, rowcast_error *err) {
  const struct entry *entry;
  char text[SHOWN_TEXT];
  rowcast_status status = choose(directory, array, &entry, path, err);
  if (status != ROWCAST_OK) return status;
  if (entry->size > max_bytes || entry->size > PTRDIFF_MAX / 2)
    return rc_report(err, ROWCAST_ERR_LIMIT, path, "NPZ: entry '%s': %llu bytes exceed the limit of %zu",
                     shown(text, entry->name), (unsigned long long)entry->size, max_bytes);
  const size_t size = (size_t)entry->size;
  if (!rc_buffer_reserve(npy, size + 1))
    return rc_report(err, ROWCAST_ERR_MEMORY, path, "NPZ: out of memory for %zu bytes", size);
  status = read_entry(directory, entry, npy->data, size + 1, &npy->size, path, err);
  if (status == ROWCAST_OK && npy->size != size)
    status = rc_report(err, ROWCAST_ERR_FORMAT, path, "NPZ: entry '%s': %zu of %zu bytes", shown(text, entry->name),
                       npy->size, size);
  if (status == ROWCAST_OK && !rc_is_npy(npy->data, npy->size))
    status = rc_report(err, ROWCAST_ERR_FORMAT, path, "NPZ: entry '%s' is not NPY", shown(text, entry->name));
  if (status != ROWCAST_OK) return status;
  const size_t length = strlen(entry->name);
  const bool ending = length > 4 && strcmp(entry->name + length - 4, ".npy") == 0;
  *name = strndup(entry->name, ending ? length - 4 : length);
  return *name != NULL ? ROWCAST_OK : rc_report(err, ROWCAST_ERR_MEMORY, path, "NPZ: out of memory");
}

static rowcast_status refuse(zip_error_t *error, const char *path, rowcast_error *err) {
  const rowcast_status status =
    rc_report(err, zip_error_code_zip(error) == ZIP_ER_MEMORY ? ROWCAST_ERR_MEMORY : ROWCAST_ERR_FORMAT, path,
              "NPZ: %s", zip_error_strerror(error));
  zip_error_fini(error);
  return status;
}

rowcast_status rc_npz_extract(struct rc_buffer *npy, const struct rc_buffer *archive, const char *array, char **name,
                              size_t max_bytes, struct rc_ask *ask, const char *path, rowcast_error *err) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t *source = zip_source_buffer_create(archive->data, archive->size, 0, &error);
  if (source == NULL) return refuse(&error, path, err);
  /* libzip sizes its table of names in floating point. */
  const struct rc_mode caller = rc_mode_enter();
  struct directory directory = {.zip = zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, &error), .ask = ask};
  rc_mode_leave(caller);
  if (directory.zip == NULL) {
    zip_source_free(source);
    return refuse(&error, path, err);
  }
  zip_error_fini(&error);
  rowcast_status status = check_kind(directory.zip, path, err);
  if (status == ROWCAST_OK) status = list_entries(&directory, archive->size, path, err);
  if (status == ROWCAST_OK) status = extract(&directory, npy, array, name, max_bytes, path, err);
  free(directory.entries);
  zip_discard(directory.zip);
  if (status != ROWCAST_OK) rc_buffer_free(npy);
  return status;
}

/* The bytes that closing the archive left in its source. */
static bool take_archive(struct rc_buffer *archive, zip_source_t *source) {
  zip_stat_t stat;
  if (zip_source_stat(source, &stat) != 0 || !(stat.valid & ZIP_STAT_SIZE) ||
      !rc_buffer_reserve(archive, (size_t)stat.size))
    return false;
  if (zip_source_open(source) != 0) return false;
  zip_int64_t got = 0;
  while (archive->size < stat.size &&
         (got = zip_source_read(source, archive->data + archive->size, stat.size - archive->size)) > 0)
    archive->size += (size_t)got;
  zip_source_close(source);
  return archive->size == stat.size;
}

rowcast_status rc_npz_make(struct rc_buffer *archive, const void *npy, size_t size, const char *path,
                           rowcast_error *err) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t *target = zip_source_buffer_create(NULL, 0, 0, &error);
  if (target == NULL) return refuse(&error, path, err);
  zip_source_keep(target); /* closing the archive drops one reference */
  const struct rc_mode caller = rc_mode_enter();
  zip_t *zip = zip_open_from_source(target, ZIP_TRUNCATE, &error);
  rc_mode_leave(caller);
  if (zip == NULL) {
    zip_source_free(target);
    zip_source_free(target);
    return refuse(&error, path, err);
  }
  zip_source_t *member = zip_source_buffer(zip, npy, size, 0);
  const zip_int64_t index = member != NULL ? zip_file_add(zip, "arr_0.npy", member, ZIP_FL_ENC_UTF_8) : -1;
  if (member != NULL && index < 0) zip_source_free(member);
  /* Stored, as numpy.savez does, and without a date, so that equal results make equal files. */
  const bool made = index >= 0 && zip_set_file_compression(zip, (zip_uint64_t)index, ZIP_CM_STORE, 0) == 0 &&
                    zip_file_set_dostime(zip, (zip_uint64_t)index, 0, 0x21, 0) == 0 && zip_close(zip) == 0;
  if (!made) zip_discard(zip);
  const bool taken = made && take_archive(archive, target);
  zip_source_free(target);
  zip_error_fini(&error);
  if (taken) return ROWCAST_OK;
  rc_buffer_free(archive);
  return rc_report(err, ROWCAST_ERR_MEMORY, path, "NPZ: out of memory for the archive");
}

#else

static rowcast_status missing(const char *path, rowcast_error *err) {
  return rc_report(err, ROWCAST_ERR_UNSUPPORTED, path,
                   "is a zip archive (.npz), and this rowcast was built without libzip");
}

rowcast_status rc_npz_extract(struct rc_buffer *npy, const struct rc_buffer *archive, const char *array, char **name,
                              size_t max_bytes, struct rc_ask *ask, const char *path, rowcast_error *err) {
  (void)ask, (void)npy, (void)archive, (void)array, (void)name, (void)max_bytes;
  return missing(path, err);
}

rowcast_status rc_npz_make(struct rc_buffer *archive, const void *npy, size_t size, const char *path,
                           rowcast_error *err) {
  (void)archive, (void)npy, (void)size;
  return missing(path, err);
}
#endif
