/* SPDX-License-Identifier: BSD-3-Clause */
/* Compare: the page's sides, by the code of `rowcast compare`, and the comparisons that are among the documents. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "html/contest.h"
#include "html/markup.h"
#include "html/sections.h"
#include "html/tabs.h"
#include "html/values.h"
#include "study/compare_lines.h"
#include "study/differences.h"
#include "study/grid.h"

bool section_compare_has(const struct material *material) {
  for (size_t i = 0; i < material->source_count; i++)
    if (material->sources[i].side == NO_SIDE) return true;
  return material->side_count > 1;
}

/* The first side's line of the same rung and threads as another's; NULL: there is none. */
static const struct line *opponent(const struct material *material, const struct line *line) {
  if (!line->on_ladder || line->side == 0) return NULL;
  return material_find(material, line->product, line->rung, 0, line->threads);
}

static bool is_contested(const struct material *material, size_t product) {
  const struct product *of = &material->products[product];
  for (size_t l = of->begin; l < of->end; l++)
    if (opponent(material, material->ordered[l]) != NULL) return true;
  return false;
}

static struct duel duel_of(const struct material *material, const struct line *line, const struct line *first) {
  const char *one = text_of(first->result, "crc32"), *other = text_of(line->result, "crc32");
  struct duel duel = {.kernel = material->rungs[line->rung].name,
                      .rung = line->rung,
                      .side = line->side,
                      .promised = line_is_ours(material, line),
                      .verdict = compare_one_run(first->result, line->result),
                      .first_seconds = value_of(first->result, "median_s"),
                      .seconds = value_of(line->result, "median_s")};
  duel.verdict.word = bench_word_of(duel.verdict.low, duel.verdict.high, material->noise);
  if (one[0] != '\0' && other[0] != '\0') duel.bits = strcmp(one, other) == 0 ? "same" : "differ";
  return duel;
}

static bool write_panel(FILE *page, const struct material *material, size_t product) {
  const struct product *of = &material->products[product];
  const bool several = material->side_count > 2;
  struct balance balance = {1.2};
  size_t alone = 0;
  for (size_t l = of->begin; l < of->end; l++) {
    const struct line *line = material->ordered[l], *first = opponent(material, line);
    if (first == NULL) continue;
    const struct bench_verdict verdict = compare_one_run(first->result, line->result);
    balance_grow(&balance, &verdict);
  }
  contest_begin(page, &balance, several);
  for (size_t threads = 0; (threads = material_next_threads(material, product, threads)) > 0;) {
    bool headed = false;
    for (size_t l = of->begin; l < of->end; l++) {
      const struct line *line = material->ordered[l], *first = opponent(material, line);
      if (line->threads != threads) continue;
      if (first == NULL) {
        alone += line->on_ladder && line->side > 0;
        continue;
      }
      if (!headed) html(page, "<h4 class=\"th\">%zu thread%s</h4>\n", threads, plural(threads));
      headed = true;
      const struct duel duel = duel_of(material, line, first);
      contest_line(page, &balance, &duel, several);
    }
  }
  contest_end(page);
  if (alone > 0)
    html(page, "<p class=\"fn\">%'zu line%s of other sides, which A has not measured, %s on the ladder alone.</p>\n",
         alone, plural(alone), alone == 1 ? "is" : "are");
  return true;
}

/* What differs besides the results; a list of {"what", "values"}. */
static void write_differences(FILE *page, const json_t *differences) {
  const json_t *difference, *value;
  size_t i, j;
  char letters[LETTERS_TEXT];
  if (json_array_size(differences) == 0) return;
  fputs("<details><summary>In what they differ besides their results</summary><ul class=\"di\">\n", page);
  json_array_foreach(differences, i, difference) {
    html(page, "<li><b>%.60s</b> <span>", text_of(difference, "what"));
    json_array_foreach(json_object_get(difference, "values"), j, value) if (json_is_string(value))
      html(page, "%s%s: %s", j > 0 ? "; " : "", document_letters(j, letters), json_string_value(value));
    fputs("</span></li>\n", page);
  }
  fputs("</ul></details>\n", page);
}

static bool write_sides(FILE *page, const struct material *material) {
  json_t **documents = calloc(material->side_count, sizeof *documents);
  bool made = documents != NULL;
  for (size_t s = 0; made && s < material->side_count; s++)
    documents[s] = (json_t *)(uintptr_t)material->sides[s].document;
  json_t *differences = made ? differences_of(documents, material->side_count, 1) : NULL;
  html(
    page,
    "<p>How many times as fast as A each line is. The bar is the range between the ends of both intervals; a side is "
    "called faster where all of it is beyond %g&nbsp;%%. Each side is one run: this is how these runs compare, and no "
    "verdict on the next ones, for which <code>rowcast compare --runs</code> takes six runs or more of each.</p>\n",
    100.0 * material->noise);
  marks_legend(page, material, false, "grey: not told apart");
  made = made && differences != NULL && tabs(page, material, "cp", is_contested, write_panel, NULL);
  write_differences(page, differences);
  json_decref(differences);
  free(documents);
  return made;
}

/* A number of a comparison's line for a side. */
static double side_value(const json_t *line, const char *name, size_t side) {
  char key[KEY_TEXT];
  return value_of(line, compare_key(name, side, key));
}

/* Of several runs there is a verdict in words; of single ones, or of disturbed ones, what the words say is why not. */
static struct duel recorded_duel(const json_t *line, size_t side, double noise) {
  char key[KEY_TEXT];
  const char *verdict = text_of(line, compare_key("verdict", side, key));
  const char *says = text_of(line, compare_key("says", side, key));
  struct duel duel = {.kernel = text_of(line, "kernel"),
                      .rung = NO_SIDE,
                      .side = side,
                      .promised = true,
                      .verdict = {.ratio = side_value(line, "ratio", side),
                                  .low = side_value(line, "ratio_low", side),
                                  .high = side_value(line, "ratio_high", side)},
                      .says = says[0] != '\0' ? says : NULL,
                      .first_seconds = side_value(line, "median_s", 0),
                      .seconds = side_value(line, "median_s", side)};
  const char *bits = text_of(line, "bits");
  duel.bits = bits[0] != '\0' ? bits : NULL;
  duel.verdict.word = says[0] == '\0'                  ? bench_word_of(duel.verdict.low, duel.verdict.high, noise)
                      : strcmp(verdict, "faster") == 0 ? BENCH_FASTER
                      : strcmp(verdict, "slower") == 0 ? BENCH_SLOWER
                                                       : BENCH_OPEN;
  return duel;
}

static void write_heading(FILE *page, const json_t *line) {
  const struct product product = {.rows = count_of(line, "rows"), .k = count_of(line, "k"), .n = count_of(line, "n")};
  const size_t threads = count_of(line, "threads");
  fputs("<h4 class=\"th\">", page);
  shape_name(page, &product);
  html(page, ", %s, %zu thread%s</h4>\n", dtype_text(text_of(line, "dtype")), threads, plural(threads));
}

static void write_recorded(FILE *page, const struct material *material, const struct source *source) {
  const json_t *files = json_object_get(source->document, "files"), *file, *line, *before = NULL;
  const size_t sides = json_array_size(files);
  const double percent = value_of(source->document, "noise_percent");
  const double noise = percent >= 0.0 ? percent / 100.0 : material->noise;
  struct balance balance = {1.2};
  size_t i;
  char letters[LETTERS_TEXT];
  html(page, "<h3>The comparison in <code>%.100s</code></h3>\n<ul class=\"di\">\n", source->name);
  json_array_foreach(files, i, file) {
    const size_t runs = count_of(file, "runs");
    html(page, "<li><b>%s</b> <span>%.120s (%s, %s", document_letters(i, letters), text_of(file, "label"),
         text_of(file, "file"), text_of(file, "date"));
    if (runs > 1) html(page, "; medians of %zu runs", runs);
    fputs(")</span></li>\n", page);
  }
  fputs("</ul>\n", page);
  json_array_foreach(json_object_get(source->document, "results"), i, line) for (size_t s = 1; s < sides; s++) {
    const struct duel duel = recorded_duel(line, s, noise);
    balance_grow(&balance, &duel.verdict);
  }
  contest_begin(page, &balance, sides > 2);
  json_array_foreach(json_object_get(source->document, "results"), i, line) {
    if (before == NULL || !results_alike(before, line, compare_groups)) write_heading(page, line);
    before = line;
    for (size_t s = 1; s < sides; s++) {
      const struct duel duel = recorded_duel(line, s, noise);
      if (duel.verdict.ratio > 0.0 && duel.verdict.low > 0.0 && duel.verdict.high > 0.0)
        contest_line(page, &balance, &duel, sides > 2);
      else
        html(
          page,
          "<div class=\"lr\"><div class=\"lk\"><span class=\"kn\">%.48s</span></div><div class=\"tr mu\">only one side "
          "has it</div></div>\n",
          duel.kernel);
    }
  }
  contest_end(page);
  write_differences(page, json_object_get(source->document, "differences"));
}

bool section_compare(FILE *page, const struct material *material) {
  bool made = true;
  if (material->side_count > 1) made = write_sides(page, material);
  for (size_t i = 0; i < material->source_count; i++)
    if (material->sources[i].side == NO_SIDE) write_recorded(page, material, &material->sources[i]);
  return made;
}
