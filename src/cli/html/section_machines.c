/* SPDX-License-Identifier: BSD-3-Clause */
/* Machines: what their documents say of them, fact by fact. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "html/markup.h"
#include "html/marks.h"
#include "html/sections.h"
#include "html/values.h"

/* A fact of a document as plain text; nothing where it does not say. */
typedef void fact(FILE *text, const json_t *document);

static const json_t *machine_of(const json_t *document) { return json_object_get(document, "machine"); }

static void model(FILE *text, const json_t *document) {
  const json_t *identity = json_object_get(machine_of(document), "identity");
  fputs(text_of(machine_of(document), "model"), text);
  const char *key;
  json_t *value;
  bool any = false;
  json_object_foreach((json_t *)(uintptr_t)identity, key, value) {
    if (!json_is_string(value)) continue;
    fputs(any ? ", " : " (", text);
    for (const char *at = strncmp(key, "cpu_", 4) == 0 ? key + 4 : key; *at != '\0'; at++)
      fputc(*at == '_' ? ' ' : *at, text);
    fprintf(text, " %s", json_string_value(value));
    any = true;
  }
  if (any) fputc(')', text);
}

static void label(FILE *text, const json_t *document) { fputs(text_of(document, "label"), text); }
static void system_of(FILE *text, const json_t *document) { fputs(text_of(machine_of(document), "system"), text); }

static void cpus(FILE *text, const json_t *document) {
  static const char *const keys[] = {"cpus", "cores", "packages"}, *const words[] = {"CPU", "core", "package"};
  const json_t *machine = machine_of(document), *smt = json_object_get(machine, "smt");
  const char *comma = "";
  for (size_t i = 0; i < 3; i++) {
    const size_t count = count_of(machine, keys[i]);
    if (count == 0) continue;
    fprintf(text, "%s%zu %s%s", comma, count, words[i], plural(count));
    comma = ", ";
  }
  if (json_is_boolean(smt)) fprintf(text, "%sSMT %s", comma, json_is_true(smt) ? "on" : "off");
}

static void threads(FILE *text, const json_t *document) {
  const json_t *machine = machine_of(document);
  const char *why = text_of(machine, "threads_source");
  if (why[0] != '\0') fprintf(text, "%zu (%s)", count_of(machine, "default_threads"), why);
}

static void caches(FILE *text, const json_t *document) {
  const json_t *cache;
  size_t i;
  const char *comma = "";
  json_array_foreach(json_object_get(machine_of(document), "caches"), i, cache) {
    const size_t bytes = count_of(cache, "bytes");
    const char *type = text_of(cache, "type");
    const bool mebi = bytes >= (1u << 20) && bytes % (1u << 20) == 0;
    fprintf(text, "%s%zu %s L%zu%s", comma, mebi ? bytes >> 20 : bytes >> 10, mebi ? "MiB" : "KiB",
            count_of(cache, "level"),
            strcmp(type, "Data") == 0          ? "d"
            : strcmp(type, "Instruction") == 0 ? "i"
                                               : "");
    comma = ", ";
  }
}

static void quota(FILE *text, const json_t *document) {
  const json_t *machine = machine_of(document), *allowed = json_object_get(machine, "quota_cpus");
  const char *governor = text_of(machine, "governor"), *pages = text_of(machine, "huge_pages");
  if (allowed == NULL) return;
  if (json_is_number(allowed)) fprintf(text, "%.2f CPUs", json_number_value(allowed));
  else fputs("none", text);
  fprintf(text, "; governor %s", governor[0] != '\0' ? governor : "not told");
  if (pages[0] != '\0') fprintf(text, "; huge pages: %s", pages);
}

static void built(FILE *text, const json_t *document) {
  const json_t *machine = machine_of(document);
  if (text_of(machine, "compiler")[0] != '\0')
    fprintf(text, "%s %s", text_of(machine, "compiler"), text_of(machine, "flags"));
}

static void version(FILE *text, const json_t *document) {
  const json_t *machine = machine_of(document);
  const char *commit = text_of(machine, "commit"), *cap = text_of(machine, "rowcast_isa");
  if (json_object_get(machine, "compiler") == NULL) return;
  fputs(text_of(document, "version"), text);
  if (commit[0] != '\0') fprintf(text, ", commit %s", commit);
  if (cap[0] != '\0') fprintf(text, "; ROWCAST_ISA=%s", cap);
}

static const struct {
  const char *what;
  fact *write;
  bool code;
} facts[] = {
  {"label", label, false},
  {"CPU as it reports itself", model, false},
  {"system", system_of, false},
  {"CPUs, cores, packages", cpus, false},
  {"threads by default", threads, false},
  {"caches seen by CPU 0", caches, false},
  {"CPU quota, governor", quota, false},
  {"built with", built, true},
  {"rowcast", version, false},
};

/* What all documents of a side say, each thing once. False: no memory. */
static bool write_fact(FILE *page, const struct material *material, size_t side, fact *write, bool code) {
  json_t *said = json_array(), *known;
  bool made = said != NULL;
  size_t i, j;
  for (i = 0; i < material->source_count && made; i++) {
    if (material->sources[i].side != side) continue;
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    if (file != NULL) write(file, material->sources[i].document);
    made = file != NULL && fclose(file) == 0;
    bool twice = !made || text[0] == '\0';
    /* A document that says less of the same adds nothing. */
    if (made) json_array_foreach(said, j, known) {
        const char *before = json_string_value(known);
        if (!twice && strncmp(before, text, strlen(before)) == 0) json_array_remove(said, j--);
        else twice |= strncmp(before, text, strlen(text)) == 0;
      }
    if (made && !twice) made = json_array_append_new(said, json_string(text)) == 0;
    free(text);
  }
  if (json_array_size(said) == 0) fputs("<span class=\"mu\">not told</span>", page);
  json_array_foreach(said, i, known) {
    if (i > 0) fputs("<br>", page);
    html(page, code ? "<code>%s</code>" : "%s", json_string_value(known));
  }
  json_decref(said);
  return made;
}

static void write_levels(FILE *page, const json_t *machine) {
  const json_t *level;
  size_t i;
  json_array_foreach(json_object_get(machine, "isa_levels"), i, level) {
    const bool usable = is_set(level, "usable");
    html(page,
         usable ? "<span class=\"chip on\" title=\"%s\">%s</span> "
                : "<span class=\"chip\" title=\"%s\">%s &#10007;</span> ",
         text_of(level, "reason"), text_of(level, "isa"));
  }
}

static void write_features(FILE *page, const json_t *machine) {
  const json_t *features = json_object_get(machine, "features"), *feature;
  size_t i, count = 0;
  json_array_foreach(features, i, feature) count += is_set(feature, "enabled");
  if (count == 0) {
    fputs("<span class=\"mu\">not told</span>", page);
    return;
  }
  html(page, "<details><summary>%zu feature%s</summary><small>", count, plural(count));
  const char *comma = "";
  json_array_foreach(features, i, feature) {
    if (!is_set(feature, "enabled")) continue;
    html(page, "%s%s", comma, text_of(feature, "name"));
    comma = ", ";
  }
  fputs("</small></details>", page);
}

/* The limits measured beside the largest rows, float32's before bytes', of which reading is the larger part. */
static const json_t *limits_of(const struct material *material, size_t side, size_t threads) {
  const json_t *found = NULL;
  double most = 0.0;
  for (size_t l = 0; l < material->line_count; l++) {
    const struct line *line = &material->lines[l];
    const double peak = value_of(line->result, "fma_gflops"), reading = value_of(line->result, "read_gbytes_per_s");
    if (line->side != side || line->threads != threads || isnan(peak) || isnan(reading)) continue;
    const struct product *product = &material->products[line->product];
    const double size = (double)product->rows * (double)product->k * (strcmp(product->dtype, "f32") == 0 ? 4.0 : 1.0);
    if (size > most) most = size, found = line->result;
  }
  return found;
}

/* The next thread count after another of which limits were measured; 0: there is none. */
static size_t next_threads(const struct material *material, size_t after) {
  size_t next = 0;
  for (size_t l = 0; l < material->line_count; l++) {
    const struct line *line = &material->lines[l];
    if (line->threads > after && (next == 0 || line->threads < next) && !isnan(value_of(line->result, "fma_gflops")) &&
        !isnan(value_of(line->result, "read_gbytes_per_s")))
      next = line->threads;
  }
  return next;
}

/* The others are in the tables below. */
enum { LIMITS_MOST = 8 };

static void write_limits(FILE *page, const struct material *material) {
  size_t written = 0;
  for (size_t t = next_threads(material, 0); t > 0 && written < LIMITS_MOST; t = next_threads(material, t)) {
    html(page, "<tr><th scope=\"row\">measured limits, %zu thread%s</th>", t, plural(t));
    for (size_t s = 0; s < material->side_count; s++) {
      const json_t *limits = limits_of(material, s, t);
      html(page, "<td data-h=\"%s\" class=\"m%u\">", material->sides[s].letters, mark_color(s));
      if (limits == NULL) fputs("<span class=\"mu\">not measured</span></td>", page);
      else
        html(page, "%.1f GFLOP/s, %.1f GB/s</td>", value_of(limits, "fma_gflops"),
             value_of(limits, "read_gbytes_per_s"));
    }
    fputs("</tr>\n", page);
    written++;
  }
}

bool section_machines(FILE *page, const struct material *material) {
  bool made = true;
  fputs("<div class=\"sc mx\" tabindex=\"0\" role=\"group\" aria-label=\"Machines\"><table class=\"mt\"><thead><tr>"
        "<th scope=\"col\"><span class=\"vh\">fact</span></th>",
        page);
  for (size_t s = 0; s < material->side_count; s++) {
    fputs("<th scope=\"col\">", page);
    mark_name(page, material, s);
    fputs("</th>", page);
  }
  fputs("</tr></thead><tbody>\n", page);
  for (size_t f = 0; f < sizeof facts / sizeof facts[0]; f++) {
    html(page, "<tr><th scope=\"row\">%s</th>", facts[f].what);
    for (size_t s = 0; s < material->side_count && made; s++) {
      html(page, "<td data-h=\"%s\" class=\"m%u\">", material->sides[s].letters, mark_color(s));
      made = write_fact(page, material, s, facts[f].write, facts[f].code);
      fputs("</td>", page);
    }
    fputs("</tr>\n", page);
  }
  write_limits(page, material);
  for (int row = 0; row < 2; row++) {
    html(page, "<tr><th scope=\"row\">%s</th>", row == 0 ? "ISA levels" : "features in use");
    for (size_t s = 0; s < material->side_count; s++) {
      html(page, "<td data-h=\"%s\" class=\"m%u\">", material->sides[s].letters, mark_color(s));
      (row == 0 ? write_levels : write_features)(page, machine_of(material->sides[s].document));
      fputs("</td>", page);
    }
    fputs("</tr>\n", page);
  }
  fputs("</tbody></table></div>\n", page);
  return made;
}
