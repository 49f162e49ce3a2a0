/* SPDX-License-Identifier: BSD-3-Clause */
#include "html/panels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "html/values.h"

/* Has a result a place in a picture? Several ranks have more than one machine's roof. */
static bool has_place(const struct line *line) {
  return count_of(line->result, "ranks") <= 1 && value_of(line->result, "intensity") > 0.0 &&
         value_of(line->result, "gflops") > 0.0;
}

/* And a roof, of a probe that was not held up? */
static bool has_roof(const struct line *line) {
  return value_of(line->result, "fma_gflops") > 0.0 && value_of(line->result, "read_gbytes_per_s") > 0.0;
}

/* Bytes of its rows as float32: of several sizes the largest, which no cache holds, are drawn. */
static double size_of(const struct material *material, const struct line *line) {
  const struct product *product = &material->products[line->product];
  return (double)product->rows * (double)product->k;
}

/* What a side's panels are made of: a command, and a size of rows. */
struct choice {
  const char *command;
  double size;
};

static struct choice choice_of(const struct material *material, size_t side) {
  static const char *const commands[] = {"roofline", "bench", "cpu", "peers", "scale"};
  struct choice choice = {NULL, 0.0};
  for (size_t c = 0; c < sizeof commands / sizeof commands[0] && choice.command == NULL; c++)
    for (size_t l = 0; l < material->line_count; l++) {
      const struct line *line = &material->lines[l];
      if (line->side != side || !source_is(&material->sources[line->source], commands[c]) || !has_place(line) ||
          !has_roof(line))
        continue;
      choice.command = commands[c];
      choice.size = fmax(choice.size, size_of(material, line));
    }
  return choice;
}

static bool is_chosen(const struct material *material, const struct line *line, const struct choice *choice) {
  return choice->command != NULL && source_is(&material->sources[line->source], choice->command) && has_place(line) &&
         size_of(material, line) == choice->size;
}

static int in_order(const void *left, const void *right) {
  const struct line *a = *(const struct line *const *)left, *b = *(const struct line *const *)right;
  if (a->side != b->side) return a->side < b->side ? -1 : 1;
  if (a->threads != b->threads) return a->threads < b->threads ? -1 : 1;
  return (a > b) - (a < b);
}

/* The roof by float32's reading where there is any, which is the larger part of what kernels read; {0}: there is none.
 */
static struct roof roof_of(const struct panel *panel, const char **dtype) {
  const struct line *of = NULL;
  for (size_t i = 0; i < panel->count; i++)
    if (has_roof(panel->lines[i]) && (of == NULL || strcmp(text_of(panel->lines[i]->result, "dtype"), "f32") == 0))
      of = panel->lines[i];
  *dtype = of != NULL ? text_of(of->result, "dtype") : "";
  if (of == NULL) return (struct roof){0};
  return (struct roof){value_of(of->result, "fma_gflops"), value_of(of->result, "read_gbytes_per_s")};
}

static int ascending(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* The time that a probe's rate is of: its fastest tenth begins with it (study/roofs.c). NaN: no samples. */
static double rated_time(const json_t *probe) {
  const json_t *samples = json_object_get(probe, "samples_s");
  const size_t count = json_array_size(samples);
  double *sorted = calloc(count + 1, sizeof *sorted), time = NAN;
  for (size_t i = 0; sorted != NULL && i < count; i++) sorted[i] = json_number_value(json_array_get(samples, i));
  if (sorted != NULL && count > 0) {
    qsort(sorted, count, sizeof *sorted, ascending);
    time = sorted[count / 10];
  }
  free(sorted);
  return time;
}

/* From the samples of the probes: the rates of the slowest tenth's beginning and of the best one. */
static void find_band(struct panel *panel, const struct material *material, const char *dtype) {
  const struct line *line = panel->lines[0];
  const json_t *probes = json_object_get(material->sources[line->source].document, "probes"), *probe;
  size_t i;
  panel->low = panel->high = panel->roof;
  json_array_foreach(probes, i, probe) {
    const bool reads = strcmp(text_of(probe, "probe"), "read") == 0;
    if (count_of(probe, "threads") != panel->threads || count_of(probe, "rows") != count_of(line->result, "rows") ||
        (reads && strcmp(text_of(probe, "dtype"), dtype) != 0))
      continue;
    const double rate = value_of(probe, reads ? "gbytes_per_s" : "gflops"), time = rated_time(probe);
    const double low = rate * time / value_of(probe, "p90_s"), high = rate * time / value_of(probe, "minimum_s");
    const double roof = reads ? panel->roof.bytes : panel->roof.flops;
    /* Of multiply-adds the level that makes the roof. */
    if (!(low > 0.0 && high > 0.0) || fabs(rate - roof) > 1e-9 * roof) continue;
    if (reads) panel->low.bytes = fmin(low, roof), panel->high.bytes = fmax(high, roof);
    else panel->low.flops = fmin(low, roof), panel->high.flops = fmax(high, roof);
  }
}

static void find_axes(struct panels *panels) {
  double from = INFINITY, to = 0.0, least = INFINITY, most = 0.0;
  for (size_t p = 0; p < panels->count; p++) {
    const struct panel *panel = &panels->panels[p];
    most = fmax(most, panel->high.flops);
    for (size_t i = 0; i < panel->count; i++) {
      const double intensity = value_of(panel->lines[i]->result, "intensity"),
                   gflops = value_of(panel->lines[i]->result, "gflops");
      from = fmin(from, intensity), to = fmax(to, intensity);
      least = fmin(least, gflops), most = fmax(most, gflops);
    }
  }
  panels->along = axis_make(0.35 * from, 4.5 * to);
  panels->up = axis_make(0.6 * least, 2.2 * most);
}

bool panels_make(struct panels *panels, const struct material *material) {
  size_t lines = 0;
  *panels = (struct panels){.lines = calloc(material->line_count + 1, sizeof *panels->lines)};
  if (panels->lines == NULL) return false;
  for (size_t s = 0; s < material->side_count; s++) {
    const struct choice choice = choice_of(material, s);
    for (size_t l = 0; l < material->line_count; l++)
      if (material->lines[l].side == s && is_chosen(material, &material->lines[l], &choice))
        panels->lines[lines++] = &material->lines[l];
  }
  panels->panels = calloc(lines + 1, sizeof *panels->panels);
  if (panels->panels == NULL) return false;
  if (lines > 0) qsort(panels->lines, lines, sizeof *panels->lines, in_order);
  for (size_t l = 0; l < lines; l++) {
    const struct line *line = panels->lines[l];
    struct panel *last = panels->count > 0 ? &panels->panels[panels->count - 1] : NULL;
    if (last == NULL || last->side != line->side || last->threads != line->threads) {
      last = &panels->panels[panels->count++];
      *last = (struct panel){.side = line->side, .threads = line->threads, .lines = &panels->lines[l]};
    }
    last->count++;
  }
  for (size_t p = 0; p < panels->count; p++) {
    const char *dtype;
    panels->panels[p].roof = roof_of(&panels->panels[p], &dtype);
    find_band(&panels->panels[p], material, dtype);
  }
  find_axes(panels);
  return true;
}

void panels_free(struct panels *panels) {
  free(panels->panels);
  free(panels->lines);
}
