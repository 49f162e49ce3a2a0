/* SPDX-License-Identifier: BSD-3-Clause */
/* What casts doubt: what each document notes of itself, samples that something held up, and lines above their roof. */
#include "html/doubt.h"
#include "html/markup.h"
#include "html/marks.h"
#include "html/sections.h"
#include "html/values.h"

enum { NOTES_MOST = 400 };

/* The notes of a document, written between begin_notes() and end_notes(); `room`: how many more there may be. */
static void begin_notes(FILE *page, const struct source *source) {
  html(page, "<li><b>%.40s", text_of(source->document, "command"));
  if (source->name != NULL) html(page, "<small>%.80s</small>", source->name);
  fputs("</b><div>", page);
}

static size_t write_notes(FILE *page, const struct source *source, size_t room) {
  const json_t *note;
  size_t i, written = 0;
  json_array_foreach(json_object_get(source->document, "disturbed"), i, note) {
    if (!json_is_string(note) || written >= room) continue;
    html(page, "<span>%s</span>\n", json_string_value(note));
    written++;
  }
  return written;
}

/* How many samples of a document something held up, and where most of them are. */
static bool write_outliers(FILE *page, const struct source *source) {
  size_t all = 0, outliers = 0, most = 0, i;
  const json_t *result, *worst = NULL;
  json_array_foreach(json_object_get(source->document, "results"), i, result) {
    const size_t samples = json_array_size(json_object_get(result, "samples_s")), here = count_of(result, "outliers");
    if (here > samples) continue; /* somebody else's document */
    all += samples;
    outliers += here;
    if (here > most) most = here, worst = result;
  }
  if (outliers == 0) return false;
  html(page,
       "<span>%'zu of %'zu samples stand apart, most of them (%'zu) of %.60s, %s, %'zu rows, %zu thread%s; medians do "
       "not depend on them</span>\n",
       outliers, all, most, text_of(worst, "kernel"), dtype_text(text_of(worst, "dtype")), count_of(worst, "rows"),
       count_of(worst, "threads"), plural(count_of(worst, "threads")));
  return true;
}

static size_t write_above(FILE *page, const struct source *source, size_t room) {
  const json_t *result;
  size_t i, written = 0;
  json_array_foreach(json_object_get(source->document, "results"), i, result) {
    if (source->side == NO_SIDE || !is_above_roof(result) || written >= room) continue;
    html(page,
         "<span>%.60s, %s, %'zu rows, %zu thread%s: %.2f of its roof though it leaves nothing out, so the probe was "
         "held up</span>\n",
         text_of(result, "kernel"), dtype_text(text_of(result, "dtype")), count_of(result, "rows"),
         count_of(result, "threads"), plural(count_of(result, "threads")), value_of(result, "roofline_share"));
    written++;
  }
  return written;
}

static size_t write_source(FILE *page, const struct source *source, size_t room) {
  begin_notes(page, source);
  size_t written = write_notes(page, source, room);
  written += write_above(page, source, room - written);
  if (!write_outliers(page, source) && written == 0) fputs("<span>nothing is noted</span>", page);
  fputs("</div></li>\n", page);
  return written;
}

static void write_side(FILE *page, const struct material *material, size_t side, size_t *written) {
  bool any = false;
  for (size_t i = 0; i < material->source_count; i++) {
    if (material->sources[i].side != side) continue;
    if (!any) {
      fputs("<h3>", page);
      if (side != NO_SIDE) mark_name(page, material, side);
      else fputs("Comparisons", page);
      fputs("</h3>\n<ul class=\"di\">\n", page);
    }
    any = true;
    *written += write_source(page, &material->sources[i], NOTES_MOST - *written);
  }
  if (any) fputs("</ul>\n", page);
}

bool section_doubt(FILE *page, const struct material *material) {
  const struct doubts doubts = doubts_of(material);
  size_t written = 0;
  fputs("<p>What the tool itself noticed while it measured. A figure under such a note is for "
        "orientation.</p>\n",
        page);
  for (size_t s = 0; s < material->side_count; s++) write_side(page, material, s, &written);
  write_side(page, material, NO_SIDE, &written);
  if (doubts.notes + doubts.above > written)
    html(page, "<p class=\"fn\">%'zu notes more are not shown.</p>\n", doubts.notes + doubts.above - written);
  return true;
}

void badge_doubt(FILE *page, const struct material *material) {
  const struct doubts doubts = doubts_of(material);
  const size_t count = doubts.notes + doubts.above;
  if (count > 0) html(page, " <span class=\"badge warn\">%'zu note%s</span>", count, plural(count));
}
