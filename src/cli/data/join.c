/* SPDX-License-Identifier: BSD-3-Clause */
#include "data/join.h"

#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "data/ranks.h"
#include "terminal/report.h"

int join_counts(int status, size_t *const *counts, size_t count) {
  enum { MOST = 16 };
  uint64_t numbers[MOST] = {0};
  if (!ranks_several()) return status;
  for (size_t i = 0; i < count && i < MOST; i++) numbers[i] = *counts[i];
  status = ranks_here()->sum(status, numbers, count);
  for (size_t i = 0; i < count && i < MOST; i++) *counts[i] = (size_t)numbers[i];
  return status;
}

int join_seen(int status, struct values_seen *seen) {
  bool *const flags[] = {&seen->some, &seen->above, &seen->fraction, &seen->outside};
  uint64_t numbers[4];
  if (!ranks_several()) return status;
  for (size_t i = 0; i < 4; i++) numbers[i] = *flags[i];
  status = ranks_here()->sum(status, numbers, 4);
  for (size_t i = 0; i < 4; i++) *flags[i] = numbers[i] > 0;
  return status;
}

/* The first rows of a tally. */
struct first_rows {
  size_t count;
  long predicted[TALLY_FIRST], labels[TALLY_FIRST];
};

static int join_first_rows(int status, struct tally *tally) {
  struct first_rows own = {.count = tally->rows < TALLY_FIRST ? tally->rows : TALLY_FIRST};
  unsigned char *all;
  size_t *sizes;
  memcpy(own.predicted, tally->predicted, sizeof own.predicted);
  memcpy(own.labels, tally->labels, sizeof own.labels);
  status = ranks_here()->gather(status, &own, sizeof own, &all, &sizes);
  size_t known = 0;
  for (unsigned rank = 0; all != NULL && rank < ranks_here()->size; rank++) {
    struct first_rows rows;
    memcpy(&rows, all + rank * sizeof rows, sizeof rows);
    for (size_t i = 0; i < rows.count && known < TALLY_FIRST; i++, known++) {
      tally->predicted[known] = rows.predicted[i];
      tally->labels[known] = rows.labels[i];
    }
  }
  free(all);
  free(sizes);
  return status;
}

static int join_confusion(int status, struct tally *tally) {
  const size_t cells = tally->classes * tally->classes;
  uint64_t *sums = tally->confusion != NULL ? calloc(cells + 1, sizeof *sums) : NULL;
  if (tally->confusion == NULL) return status;
  if (sums == NULL) status = complain_of_memory("the classes");
  for (size_t i = 0; sums != NULL && i < cells; i++) sums[i] = tally->confusion[i];
  status = ranks_here()->sum(status, sums, cells);
  for (size_t i = 0; status == EXIT_DONE && i < cells; i++) tally->confusion[i] = (size_t)sums[i];
  free(sums);
  return status;
}

static int join_tally(int status, struct tally *tally) {
  size_t *const counts[] = {&tally->rows, &tally->labelled, &tally->no_class, &tally->correct, &tally->all_nan};
  status = join_first_rows(status, tally);
  status = join_confusion(status, tally);
  return join_counts(status, counts, sizeof counts / sizeof counts[0]);
}

/* A table as bytes: how many rows it has had, and of them the first and the last; the columns are the same on all. */
static unsigned char *pack_table(const struct table *table, size_t *bytes) {
  const size_t row = table->cols * sizeof(float), head = table_head_rows(table);
  const size_t tail = row > 0 && table->rows < TABLE_EDGE ? table->rows : row > 0 ? TABLE_EDGE : 0;
  *bytes = sizeof table->rows + (head + tail) * row;
  unsigned char *packed = malloc(*bytes), *at = packed;
  if (packed == NULL) return NULL;
  at = (unsigned char *)mempcpy(at, &table->rows, sizeof table->rows);
  if (head > 0) at = (unsigned char *)mempcpy(at, table->head, head * row);
  for (size_t i = table->rows - tail; i < table->rows && tail > 0; i++)
    at = (unsigned char *)mempcpy(at, table->tail + i % TABLE_EDGE * table->cols, row);
  return packed;
}

/* Adds a packed table's rows to the table, as if all of them came by. */
static bool unpack_table(struct table *table, const unsigned char *packed, size_t bytes, size_t cols) {
  const size_t row = cols * sizeof(float), before = table->rows;
  size_t rows;
  memcpy(&rows, packed, sizeof rows);
  const size_t held = row > 0 ? (bytes - sizeof rows) / row : 0;
  const size_t tail = held == 0 ? 0 : rows < TABLE_EDGE ? rows : TABLE_EDGE, head = held - tail;
  float *x = malloc(bytes);
  if (x == NULL) return false;
  memcpy(x, packed + sizeof rows, bytes - sizeof rows);
  bool kept = table_keep(table, x, row > 0 ? head : rows, cols, cols);
  if (kept && rows > head && row > 0) {
    table->rows = before + rows - tail;
    kept = table_keep(table, x + head * cols, tail, cols, cols);
  }
  free(x);
  return kept;
}

static int join_table(int status, struct table *table) {
  const size_t cols = table->cols;
  size_t bytes = 0, *sizes;
  unsigned char *own = pack_table(table, &bytes), *all;
  if (own == NULL) status = complain_of_memory("the table");
  status = ranks_here()->gather(status, own, bytes, &all, &sizes);
  free(own);
  if (all == NULL) return status;
  table_free(table);
  *table = (struct table){.cols = cols};
  const unsigned char *at = all;
  for (unsigned rank = 0; rank < ranks_here()->size && status == EXIT_DONE; at += sizes[rank++])
    if (!unpack_table(table, at, sizes[rank], cols)) status = complain_of_memory("the table");
  free(all);
  free(sizes);
  return status;
}

/* Appends the others' numbers to rank 0's. */
static int join_integers(int status, json_t *array) {
  const size_t count = json_array_size(array);
  int32_t *own = malloc(count * sizeof *own + 1);
  unsigned char *all;
  size_t *sizes, bytes = 0;
  if (own == NULL) status = complain_of_memory("the classes");
  for (size_t i = 0; own != NULL && i < count; i++) own[i] = (int32_t)json_integer_value(json_array_get(array, i));
  status = ranks_here()->gather(status, own, count * sizeof *own, &all, &sizes);
  free(own);
  for (unsigned rank = 0; all != NULL && rank < ranks_here()->size; rank++) bytes += sizes[rank];
  for (size_t i = count; i < bytes / sizeof *own && status == EXIT_DONE; i++) {
    int32_t number;
    memcpy(&number, all + i * sizeof number, sizeof number);
    if (json_array_append_new(array, json_integer(number)) != 0) status = complain_of_memory("the classes");
  }
  free(all);
  free(sizes);
  return status;
}

/* Of a rank: seconds, of several threads their mean, and what it has read. */
struct part {
  double read, compute;
  size_t bytes;
};

static int join_work(int status, const struct findings *findings) {
  const rowcast_matrix *images = &findings->input->images;
  const size_t row = images->cols * (images->dtype == ROWCAST_U8 ? 1 : sizeof(float));
  const struct part own = {*findings->read, *findings->compute, *findings->rows * row};
  unsigned char *all;
  size_t *sizes;
  status = ranks_here()->gather(status, &own, sizeof own, &all, &sizes);
  if (all == NULL) return status;
  double sum = 0.0, slowest = -1.0;
  struct ranks_work *work = findings->work;
  for (unsigned rank = 0; rank < ranks_here()->size; rank++) {
    struct part part;
    memcpy(&part, all + rank * sizeof part, sizeof part);
    const double seconds = part.read + part.compute;
    sum += seconds;
    if (part.bytes > work->most_bytes) work->most_bytes = part.bytes;
    if (seconds <= slowest) continue;
    slowest = seconds;
    *findings->read = part.read;
    *findings->compute = part.compute;
  }
  work->imbalance = sum > 0.0 ? slowest * ranks_here()->size / sum : 1.0;
  free(all);
  free(sizes);
  return status;
}

/* Of the passes at hand, the slowest rank's time on rank 0, which each has waited for. */
static int fold_passes(int status, struct rank_passes *passes) {
  status = ranks_here()->largest(status, passes->seconds, passes->count);
  for (size_t i = 0; i < passes->count && status == EXIT_DONE; i++) passes->slowest += passes->seconds[i];
  passes->count = 0;
  return status;
}

int join_pass(int status, struct rank_passes *passes, double seconds) {
  passes->own += seconds;
  passes->seconds[passes->count++] = seconds;
  return passes->count == PASSES_AT_ONCE ? fold_passes(status, passes) : status;
}

static int join_passes(int status, const struct findings *findings) {
  struct rank_passes *passes = findings->passes;
  double sum = 0.0, own;
  unsigned char *all;
  size_t *sizes;
  status = fold_passes(status, passes);
  status = ranks_here()->gather(status, &passes->own, sizeof passes->own, &all, &sizes);
  if (all == NULL) return status;
  for (size_t rank = 0; rank < ranks_here()->size; rank++) {
    memcpy(&own, all + rank * sizeof own, sizeof own);
    sum += own;
  }
  free(all);
  free(sizes);
  *findings->compute = passes->slowest;
  findings->work->imbalance = sum > 0.0 ? passes->slowest * ranks_here()->size / sum : 1.0;
  return status;
}

static int repeat_table(struct table *table, size_t times) {
  size_t bytes = 0;
  unsigned char *once = pack_table(table, &bytes);
  bool kept = once != NULL;
  for (size_t i = 1; i < times && kept; i++) kept = unpack_table(table, once, bytes, table->cols);
  free(once);
  return kept ? EXIT_DONE : complain_of_memory("the table");
}

/* What was found of the rows once, made what there is of so many copies, one after another. */
static int repeat_findings(const struct findings *findings) {
  const size_t times = findings->times, once = *findings->rows;
  struct tally *tally = findings->tally;
  size_t *const counts[] = {findings->rows,   &tally->rows,    &tally->labelled,
                            &tally->no_class, &tally->correct, &tally->all_nan};
  /* Of 1, 2, 4, ... copies. */
  unsigned long crc = *findings->crc32;
  uint64_t bytes = once * findings->table->cols * sizeof(float);
  for (size_t left = times - 1; left > 0; left /= 2, bytes *= 2) {
    if (left % 2 == 1) *findings->crc32 = crc32_combine(*findings->crc32, crc, (z_off_t)bytes);
    crc = crc32_combine(crc, crc, (z_off_t)bytes);
  }
  for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) *counts[i] *= times;
  for (size_t i = once; i < TALLY_FIRST && i < tally->rows; i++) {
    tally->predicted[i] = tally->predicted[i % once];
    tally->labels[i] = tally->labels[i % once];
  }
  return ranks_here()->rank == 0 ? repeat_table(findings->table, times) : EXIT_DONE;
}

int join_findings(int status, const struct findings *findings) {
  if (!ranks_several()) return status;
  status = join_work(status, findings);
  if (findings->crc32 != NULL) status = ranks_here()->crc32(status, findings->crc32, findings->result_bytes);
  if (findings->table != NULL) status = join_table(status, findings->table);
  if (findings->classes != NULL) status = join_integers(status, findings->classes);
  status = join_seen(status, findings->seen);
  if (findings->blocks != NULL) status = join_counts(status, &findings->blocks, 1);
  /* Their rows may be the tally's own. */
  if (findings->rows != &findings->tally->rows) status = join_counts(status, &findings->rows, 1);
  status = join_tally(status, findings->tally);
  if (findings->times <= 1) return status;
  status = join_passes(status, findings);
  return status == EXIT_DONE ? repeat_findings(findings) : status;
}

void join_print_work(const struct ranks_work *work) {
  if (!ranks_several()) return;
  out("ranks    %u, of which the slowest takes %.2f times the mean; %.3g MB read by each at most\n", ranks_here()->size,
      work->imbalance, 1e-6 * (double)work->most_bytes);
}

bool join_work_json(const struct ranks_work *work, json_t *object) {
  if (!ranks_several()) return true;
  return json_object_set_new(object, "ranks",
                             json_pack("{s:i, s:f, s:I}", "count", (int)ranks_here()->size, "imbalance",
                                       work->imbalance, "most_bytes_read", (json_int_t)work->most_bytes)) == 0;
}
