/* SPDX-License-Identifier: BSD-3-Clause */
#include "places.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "bgzf.h"
#include "report.h"

/* Inflaters that wait for the next call; more than there are cores in most machines, and scanned in no time. */
enum { IDLE = 128 };

/* No lock: a child of fork() may read while another thread of its parent did. */
struct rc_places {
  struct rc_bgzf bgzf;
  struct idle {
    _Atomic(struct rc_bgzf_worker *) worker; /* NULL: there is none */
    atomic_size_t keeps;                     /* the block that it keeps, as far as one can tell from outside */
  } idle[IDLE];
};

void rc_places_destroy(struct rc_places *places) {
  if (places == NULL) return;
  for (size_t i = 0; i < IDLE; i++) rc_bgzf_worker_destroy(atomic_load(&places->idle[i].worker));
  rc_bgzf_close(&places->bgzf);
  free(places);
}

rowcast_status rc_stream_find_places(struct rc_stream *stream, size_t max_bytes, rowcast_error *err) {
  if (!stream->gzipped || stream->base < 0 || stream->places != NULL) return ROWCAST_OK;
  struct rc_places *places = calloc(1, sizeof *places);
  if (places == NULL) return rc_report(err, ROWCAST_ERR_MEMORY, stream->path, "out of memory");
  const struct rc_bgzf_file file = {.stream = stream, .size = stream->span, .path = stream->path};
  const struct rc_bgzf_options options = {
    .max_bytes = max_bytes, .allow_trailing = stream->allow_trailing, .ask = &stream->ask};
  bool is;
  const rowcast_status status = rc_bgzf_open(&places->bgzf, &is, &file, &options, err);
  if (status == ROWCAST_OK && is) stream->places = places;
  else rc_places_destroy(places);
  return status == ROWCAST_ERR_FORMAT || status == ROWCAST_ERR_LIMIT ? ROWCAST_OK : status;
}

void rc_stream_drop_places(struct rc_stream *stream) {
  rc_places_destroy(stream->places);
  stream->places = NULL;
}

bool rc_stream_has_places(const struct rc_stream *stream) {
  return stream->base >= 0 && (!stream->gzipped || stream->places != NULL);
}

uint64_t rc_stream_size(const struct rc_stream *stream) {
  return stream->places != NULL ? stream->places->bgzf.size : stream->span;
}

/* An inflater for a range that begins in that block: the one that has it, or any, or a new one. NULL: no memory. */
static struct rc_bgzf_worker *take(struct rc_places *places, size_t block) {
  for (int any = 0; any < 2; any++)
    for (size_t i = 0; i < IDLE; i++) {
      struct idle *idle = &places->idle[i];
      if (atomic_load_explicit(&idle->worker, memory_order_relaxed) == NULL) continue;
      if (!any && atomic_load_explicit(&idle->keeps, memory_order_relaxed) != block) continue;
      struct rc_bgzf_worker *worker = atomic_exchange(&idle->worker, NULL);
      if (worker != NULL) return worker;
    }
  return rc_bgzf_worker_create(&places->bgzf, RC_INFLATE_BEST);
}

static void put(struct rc_places *places, struct rc_bgzf_worker *worker) {
  for (size_t i = 0; i < IDLE; i++) {
    struct idle *idle = &places->idle[i];
    struct rc_bgzf_worker *none = NULL;
    if (atomic_load_explicit(&idle->worker, memory_order_relaxed) != NULL) continue;
    atomic_store_explicit(&idle->keeps, rc_bgzf_worker_keeps(worker), memory_order_relaxed);
    if (atomic_compare_exchange_strong(&idle->worker, &none, worker)) return;
  }
  rc_bgzf_worker_destroy(worker);
}

rowcast_status rc_stream_read_at(const struct rc_stream *stream, struct rc_ask *ask, void *to, size_t want, uint64_t at,
                                 size_t *got, rowcast_error *err) {
  struct rc_places *places = stream->places;
  if (places == NULL) return rc_stream_raw_at(stream, ask, to, want, at, got, err);
  const struct rc_bgzf *bgzf = &places->bgzf;
  const uint64_t from = at < bgzf->size ? at : bgzf->size, left = bgzf->size - from;
  *got = 0;
  struct rc_bgzf_worker *worker = take(places, rc_bgzf_find(bgzf, from));
  if (worker == NULL) return rc_report(err, ROWCAST_ERR_MEMORY, stream->path, "BGZF: out of memory inflating");
  const size_t part = left < want ? (size_t)left : want;
  const rowcast_status status = rc_bgzf_read(bgzf, worker, from, from + part, to, ask, err);
  if (status == ROWCAST_OK) *got = part;
  put(places, worker);
  return status;
}
