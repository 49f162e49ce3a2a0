/* SPDX-License-Identifier: BSD-3-Clause */
#include "html/page.h"

#include <stdlib.h>
#include <string.h>

#include <rowcast/version.h>

#include "html/assets.h"
#include "html/markup.h"
#include "html/marks.h"
#include "html/sections.h"
#include "html/values.h"
#include "terminal/report.h"

static const struct {
  const char *id, *link, *heading;
  section_has *has; /* NULL: always */
  section_write *write;
  section_badge *badge; /* NULL: none */
} sections[] = {
  {"machines", "Machines", "Machines", NULL, section_machines, NULL},
  {"bits", "Bits", "Same bits?", section_bits_has, section_bits, badge_bits},
  {"ladder", "Ladder", "The ladder", section_ladder_has, section_ladder, NULL},
  {"threads", "Threads", "Threads", section_threads_has, section_threads, NULL},
  {"roofline", "Roofline", "Roofline", section_roofline_has, section_roofline, NULL},
  {"compare", "Compare", "Compare", section_compare_has, section_compare, NULL},
  {"doubt", "Doubt", "What casts doubt", NULL, section_doubt, badge_doubt},
  {"samples", "Samples", "Every sample", section_samples_has, section_samples, NULL},
  {"reproduce", "Reproduce", "Reproduce", NULL, section_reproduce, NULL},
};
enum { SECTIONS = sizeof sections / sizeof sections[0] };

/* All that the parts of the skeleton are made of. */
struct whole {
  FILE *file;
  const struct material *material;
};

static bool has_section(const struct whole *whole, size_t place) {
  if (sections[place].write == section_machines && whole->material->side_count == 0) return false;
  if (sections[place].write == section_samples && !whole->material->extent.samples) return false;
  return sections[place].has == NULL || sections[place].has(whole->material);
}

/* "50,000 x 784 times 784 x 10, on 2 sides": of the largest product. */
static void write_heading(FILE *page, const struct material *material) {
  const struct product *product = NULL;
  for (size_t p = 0; p < material->product_count && product == NULL; p++)
    if (material->products[p].laddered) product = &material->products[p];
  if (product != NULL)
    html(page, "%'zu &times; %'zu times %'zu &times; %'zu", product->rows, product->k, product->k, product->n);
  else fputs("Results", page);
  if (material->side_count == 1) html(page, ", %.60s", material->sides[0].name);
  else if (material->side_count > 1)
    html(page, sides_are_machines(material->sides, material->side_count) ? ", on %zu machines" : ", %zu sides",
         material->side_count);
}

static bool write_title(const struct whole *whole) {
  fputs("rowcast: ", whole->file);
  write_heading(whole->file, whole->material);
  return true;
}

static bool write_heading_part(const struct whole *whole) {
  write_heading(whole->file, whole->material);
  return true;
}

/* Whole days, the first and the last. */
static void write_days(FILE *page, const struct material *material) {
  const char *first = NULL, *last = NULL;
  for (size_t i = 0; i < material->source_count; i++) {
    const char *date = text_of(material->sources[i].document, "date");
    if (strlen(date) < 10) continue;
    if (first == NULL || strncmp(date, first, 10) < 0) first = date;
    if (last == NULL || strncmp(date, last, 10) > 0) last = date;
  }
  if (first == NULL) return;
  char days[2][11] = {{0}};
  memcpy(days[0], first, 10);
  memcpy(days[1], last, 10);
  html(page, strcmp(days[0], days[1]) == 0 ? ", taken %s" : ", taken %s to %s", days[0], days[1]);
}

static bool write_about(const struct whole *whole) {
  const struct material *material = whole->material;
  size_t results = 0, samples = 0;
  for (size_t i = 0; i < material->source_count; i++)
    results += json_array_size(json_object_get(material->sources[i].document, "results"));
  for (size_t l = 0; l < material->line_count; l++)
    samples += json_array_size(json_object_get(material->lines[l].result, "samples_s"));
  html(whole->file, "%'zu result%s of %'zu document%s, %'zu sample%s", results, plural(results), material->source_count,
       plural(material->source_count), samples, plural(samples));
  write_days(whole->file, material);
  fputs(". Nothing on this page comes from a network.", whole->file);
  if (!whole->material->extent.documents)
    fputs(" <b>The page would be larger than 2 MB with the documents in it", whole->file);
  if (!whole->material->extent.samples) fputs(", or with every sample", whole->file);
  if (material->extent.further == FURTHER_TABLES) fputs(", or with pictures of all products", whole->file);
  if (material->extent.further == FURTHER_NONE) fputs(", or with all products", whole->file);
  if (!material->extent.tables) fputs(", or with tables of the rest", whole->file);
  if (!whole->material->extent.documents) fputs(": that is left out.</b>", whole->file);
  return true;
}

static bool write_links(const struct whole *whole) {
  for (size_t i = 0; i < SECTIONS; i++)
    if (has_section(whole, i)) html(whole->file, "<a href=\"#%s\">%s</a>", sections[i].id, sections[i].link);
  return true;
}

static bool write_sections(const struct whole *whole) {
  bool made = section_summary(whole->file, whole->material);
  for (size_t i = 0; i < SECTIONS && made; i++) {
    if (!has_section(whole, i)) continue;
    html(whole->file, "<section id=\"%s\" aria-labelledby=\"%s-h\"><h2 id=\"%s-h\">%s", sections[i].id, sections[i].id,
         sections[i].id, sections[i].heading);
    if (sections[i].badge != NULL) sections[i].badge(whole->file, whole->material);
    fputs("</h2>\n", whole->file);
    made = sections[i].write(whole->file, whole->material);
    fputs("</section>\n", whole->file);
  }
  return made;
}

static bool write_marks(const struct whole *whole) {
  marks_define(whole->file);
  return true;
}

static bool write_style(const struct whole *whole) { return fputs(asset_style, whole->file) >= 0; }
static bool write_script(const struct whole *whole) { return fputs(asset_script, whole->file) >= 0; }

static bool write_version(const struct whole *whole) {
  html(whole->file, "%s", rowcast_version());
  return true;
}

/* The documents themselves, for a script that offers them as files. */
static bool write_documents(const struct whole *whole) {
  bool made = true;
  for (size_t i = 0; i < whole->material->source_count && whole->material->extent.documents && made; i++) {
    const struct source *source = &whole->material->sources[i];
    const char *name = source->name != NULL ? source->name : "", *slash = strrchr(name, '/');
    html(whole->file, "<script type=\"application/json\" class=\"doc\" data-name=\"%s%s%.60s\">",
         source->side != NO_SIDE ? whole->material->sides[source->side].letters : "",
         source->side != NO_SIDE ? "-" : "",
         slash != NULL                               ? slash + 1
         : name[0] != '\0' && strcmp(name, "-") != 0 ? name
                                                     : text_of(source->document, "command"));
    made = html_json(whole->file, source->document);
    fputs("</script>\n", whole->file);
  }
  return made;
}

/* What the skeleton names. */
static const struct {
  const char *name;
  bool (*write)(const struct whole *whole);
} parts[] = {
  {"title", write_title},          {"style", write_style},     {"marks", write_marks},
  {"heading", write_heading_part}, {"about", write_about},     {"links", write_links},
  {"sections", write_sections},    {"version", write_version}, {"documents", write_documents},
  {"script", write_script},
};

static bool write_part(const struct whole *whole, const char *name, size_t length) {
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
    if (strlen(parts[i].name) == length && strncmp(parts[i].name, name, length) == 0) return parts[i].write(whole);
  return false;
}

/* The skeleton, with the parts it names as {{name}} in their places. */
static bool write_whole(const struct whole *whole) {
  for (const char *at = asset_skeleton;;) {
    const char *open = strstr(at, "{{"), *close = open != NULL ? strstr(open, "}}") : NULL;
    if (close == NULL) return fputs(at, whole->file) >= 0;
    fwrite(at, 1, (size_t)(open - at), whole->file);
    if (!write_part(whole, open + 2, (size_t)(close - open - 2))) return false;
    at = close + 2;
  }
}

static bool render(struct page *page, const struct material *material) {
  free(page->text);
  page->text = NULL;
  FILE *file = open_memstream(&page->text, &page->size);
  if (file == NULL) return false;
  bool made = write_whole(&(struct whole){file, material});
  made = !ferror(file) && made;
  return fclose(file) == 0 && made;
}

int page_make(struct page *page, struct source *sources, size_t count, const struct options *options) {
  static const struct extent extents[] = {{true, true, true, FURTHER_ALL},    {false, true, true, FURTHER_ALL},
                                          {false, false, true, FURTHER_ALL},  {false, false, true, FURTHER_TABLES},
                                          {false, false, true, FURTHER_NONE}, {false, false, false, FURTHER_NONE}};
  struct material material;
  *page = (struct page){0};
  int status = material_make(&material, sources, count, options);
  size_t tried = 0;
  do {
    material.extent = extents[tried];
    if (status == EXIT_DONE && !render(page, &material)) status = complain_of_memory("the page");
  } while (status == EXIT_DONE && page->size > PAGE_MOST && ++tried < sizeof extents / sizeof extents[0]);
  if (status == EXIT_DONE && page->size > PAGE_MOST) {
    complain("the page would have %zu bytes, and has %d at most; select results with --kernel or --rows, or name fewer "
             "files",
             page->size, PAGE_MOST);
    status = EXIT_FAILED;
  }
  material_free(&material);
  return status;
}
