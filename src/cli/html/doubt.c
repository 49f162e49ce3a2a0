/* SPDX-License-Identifier: BSD-3-Clause */
#include "html/doubt.h"

#include "html/values.h"

bool is_above_roof(const json_t *result) {
  return value_of(result, "roofline_share") > 1.02 && !is_set(result, "effective");
}

struct doubts doubts_of(const struct material *material) {
  struct doubts doubts = {0};
  for (size_t i = 0; i < material->source_count; i++)
    doubts.notes += json_array_size(json_object_get(material->sources[i].document, "disturbed"));
  for (size_t l = 0; l < material->line_count; l++) doubts.above += is_above_roof(material->lines[l].result);
  return doubts;
}
