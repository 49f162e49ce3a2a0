/* SPDX-License-Identifier: BSD-3-Clause */
/* What a file is, by its first bytes. */
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "csv.h"
#include "npz.h"
#include "pickle.h"
#include "report.h"
#include "source.h"

static bool begins(const unsigned char *data, size_t size, const char *text) {
  const size_t length = strlen(text);
  return size >= length && memcmp(data, text, length) == 0;
}

/* What bytes of no known format look like. */
static const char *describe_unknown(const unsigned char *data, size_t size) {
  if (size == 0) return "is empty";
  if (size >= 5 && (strncasecmp((const char *)data, "<!doc", 5) == 0 || strncasecmp((const char *)data, "<html", 5) == 0))
    return "is an HTML page, not data: the download failed";
  if (begins(data, size, "version https://git-lfs"))
    return "is a Git LFS pointer, not the data: run `git lfs pull`";
  if (begins(data, size, "\x1f\x8b")) return "is gzip inside gzip: inflate it once first";
  if (rc_is_text(data, size)) return "is text that does not begin with a number (headings of a CSV: --skip-lines 1)";
  return "is not IDX, NPY, NPZ, a pickle or CSV, plain or gzipped (elements alone: --shape)";
}

const char *rc_raw_header(struct rc_header *header, const rowcast_read_options *options) {
  *header = (struct rc_header){.format = "raw", .fortran = options->raw_fortran, .rank = options->raw_rank, .offset = options->raw_offset};
  const char *wrong = rc_npy_element(header, options->raw_type, strlen(options->raw_type));
  if (wrong != NULL) return wrong;
  if (options->raw_rank == 0 || options->raw_rank > ROWCAST_MAX_RANK) return "the shape has no dimensions, or more than 32";
  memcpy(header->dims, options->raw_dims, options->raw_rank * sizeof header->dims[0]);
  return rc_header_finish(header) ? NULL : "the product of its dimensions overflows";
}

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
  if (rc_is_npy(data, size)) {
    *kind = RC_NPY;
    return report("NPY", rc_npy_parse(header, data, size), path, err);
  }
  if (rc_is_idx(data, size)) {
    *kind = RC_IDX;
    return report("IDX", rc_idx_parse(header, data, size), path, err);
  }
  if (rc_is_zip(data, size)) *kind = RC_NPZ;
  else if (rc_is_pickle(data, size)) *kind = RC_PICKLE;
  else if (rc_is_csv(data, size) || (options->skip_lines > 0 && rc_is_text(data, size))) *kind = RC_CSV;
  else return rc_report(err, ROWCAST_ERR_FORMAT, path, "%s", describe_unknown(data, size));
  return ROWCAST_OK;
}

bool rc_is_native_u8(const struct rc_header *header) { return header->kind == 'u' && header->element == 1 && !header->fortran; }

bool rc_is_native_f32(const struct rc_header *header) {
  const uint16_t one = 1;
  const bool big_endian = *(const unsigned char *)&one == 0;
  return header->kind == 'f' && header->element == 4 && header->big_endian == big_endian && !header->fortran;
}
