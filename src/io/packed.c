/* SPDX-License-Identifier: BSD-3-Clause */
#include "packed.h"

#include <assert.h>
#include <stdlib.h>

#include "bgzf.h"
#include "report.h"

static rowcast_status to_output(void *to, const void *data, size_t size, rowcast_error *err) {
  return rc_output_write(to, data, size, err);
}

rowcast_status rc_packed_begin(struct rc_packed *packed, struct rc_output *output, int level, unsigned threads,
                               const struct rc_ask *ask, rowcast_error *err) {
  *packed = (struct rc_packed){.output = output, .ask = *ask};
  if (level == 0) return ROWCAST_OK;
  const struct rc_bgzf_write options = {.level = level,
                                        .threads = threads,
                                        .kind = RC_DEFLATE_BEST,
                                        .sink = to_output,
                                        .to = output,
                                        .path = output->path,
                                        .ask = &packed->ask};
  return rc_bgzf_writer_create(&packed->writer, &options, err);
}

/* The bytes as they stand in the output; to be freed. NULL: out of memory. */
static unsigned char *stored(const void *data, size_t size, size_t *stored_size) {
  assert(size > 0 && size <= RC_BGZF_DIVIDED);
  unsigned char *block = malloc(RC_BGZF_BLOCK_MAX);
  if (block != NULL) *stored_size = rc_bgzf_store(data, size, block);
  return block;
}

static rowcast_status put_head(struct rc_packed *packed, const void *data, size_t size,
                               rowcast_status put(struct rc_output *, const void *, size_t, rowcast_error *),
                               rowcast_error *err) {
  if (packed->writer == NULL) return put(packed->output, data, size, err);
  size_t length = 0;
  unsigned char *block = stored(data, size, &length);
  if (block == NULL) return rc_report(err, ROWCAST_ERR_MEMORY, packed->output->path, "out of memory writing");
  const rowcast_status status = put(packed->output, block, length, err);
  free(block);
  return status;
}

rowcast_status rc_packed_head(struct rc_packed *packed, const void *data, size_t size, rowcast_error *err) {
  return put_head(packed, data, size, rc_output_write, err);
}

rowcast_status rc_packed_replace_head(struct rc_packed *packed, const void *data, size_t size, rowcast_error *err) {
  return put_head(packed, data, size, rc_output_rewrite, err);
}

/* Whoever is interrupted is told what stays written, whatever was at work. */
static rowcast_status told(const struct rc_packed *packed, rowcast_status status, rowcast_error *err) {
  return status == ROWCAST_ERR_CANCELLED ? rc_output_interrupted(packed->output, err) : status;
}

rowcast_status rc_packed_write(struct rc_packed *packed, const void *data, size_t size, rowcast_error *err) {
  return packed->writer != NULL ? told(packed, rc_bgzf_writer_add(packed->writer, data, size, err), err)
                                : rc_output_write(packed->output, data, size, err);
}

rowcast_status rc_packed_end(struct rc_packed *packed, rowcast_error *err) {
  return packed->writer != NULL ? told(packed, rc_bgzf_writer_end(packed->writer, err), err) : ROWCAST_OK;
}

void rc_packed_free(struct rc_packed *packed) {
  rc_bgzf_writer_destroy(packed->writer);
  packed->writer = NULL;
}
