/* SPDX-License-Identifier: BSD-3-Clause */
/* What a file is, by its first bytes. */
#include <stdint.h>
#include <string.h>

#include "csv.h"
#include "foreign.h"
#include "npz.h"
#include "pickle.h"
#include "report.h"
#include "safetensors.h"
#include "source.h"

const char *rc_raw_header(struct rc_header *header, const rowcast_read_options *options) {
  *header = (struct rc_header){
    .format = "raw", .fortran = options->raw_fortran, .rank = options->raw_rank, .offset = options->raw_offset};
  const char *wrong = rc_npy_element(header, options->raw_type, strlen(options->raw_type));
  if (wrong != NULL) return wrong;
  if (options->raw_rank == 0 || options->raw_rank > ROWCAST_MAX_RANK)
    return "the shape has no dimensions, or more than 32";
  memcpy(header->dims, options->raw_dims, options->raw_rank * sizeof header->dims[0]);
  return rc_header_finish(header) ? NULL : "the product of its dimensions overflows";
}

static const char unknown[] =
  "is not IDX, NPY, NPZ, safetensors, a pickle or CSV, plain, gzipped or in zstd; raw elements need a shape";

static rowcast_status report(const char *format, const char *wrong, const char *path, rowcast_error *err) {
  return wrong == NULL ? ROWCAST_OK : rc_report(err, ROWCAST_ERR_FORMAT, path, "%s: %s", format, wrong);
}

rowcast_status rc_source_detect(enum rc_kind *kind, struct rc_header *header, const unsigned char *data, size_t size,
                                const rowcast_read_options *options, const char *path, rowcast_error *err) {
  *kind = RC_UNKNOWN;
  if (options->raw_type != NULL) {
    *kind = RC_RAW;
    return report("raw", rc_raw_header(header, options), path, err);
  }
  /* Options for CSV mean that the file is CSV: its headings may look like anything. */
  const char *asked = rc_csv_asked(options), *what = NULL;
  const bool text = rc_is_text(data, size);
  const struct rc_foreign foreign = text ? (struct rc_foreign){NULL, NULL} : rc_foreign_described(data, size);
  if (asked != NULL && text) *kind = RC_CSV;
  else if (rc_is_npy(data, size)) *kind = RC_NPY, what = "NPY";
  else if (rc_is_idx(data, size)) *kind = RC_IDX, what = "IDX";
  else if (rc_is_zip(data, size)) *kind = RC_NPZ, what = "a zip archive";
  else if (rc_is_safetensors(data, size)) *kind = RC_SAFETENSORS, what = "safetensors";
  else if (foreign.words != NULL)
    return rc_advise(err, rc_report(err, ROWCAST_ERR_FORMAT, path, "%s", foreign.words), "%s", foreign.advice);
  else if (rc_is_pickle(data, size)) *kind = RC_PICKLE, what = "a pickle";
  else if (text) *kind = RC_CSV;
  else if (size == 0) return rc_report(err, ROWCAST_ERR_FORMAT, path, "is empty");
  else return rc_advise(err, rc_report(err, ROWCAST_ERR_FORMAT, path, "%s", unknown), "raw_rank raw_dims raw_type");
  if (asked != NULL && what != NULL)
    return rc_report(err, ROWCAST_ERR_FORMAT, path, "is %s, but %s are for CSV only", what, asked);
  if (*kind == RC_NPY) return report("NPY", rc_npy_parse(header, data, size), path, err);
  return *kind == RC_IDX ? report("IDX", rc_idx_parse(header, data, size), path, err) : ROWCAST_OK;
}

bool rc_is_native_u8(const struct rc_header *header) {
  return header->kind == 'u' && header->element == 1 && !header->fortran;
}

bool rc_is_native_f32(const struct rc_header *header) {
  const uint16_t one = 1;
  const bool big_endian = *(const unsigned char *)&one == 0;
  return header->kind == 'f' && header->element == 4 && header->big_endian == big_endian && !header->fortran;
}
