/* SPDX-License-Identifier: BSD-3-Clause */
/* Reproduce: the documents, the commands that made them, and how to read the page. */
#include <stdlib.h>
#include <string.h>

#include "html/markup.h"
#include "html/marks.h"
#include "html/sections.h"
#include "html/values.h"

static void write_document(FILE *page, const struct material *material, const struct source *source) {
  const json_t *document = source->document;
  const size_t rounds = count_of(json_object_get(document, "settings"), "rounds");
  fputs("<tr><td>", page);
  if (source->side == NO_SIDE) fputs("&ndash;", page);
  else mark_letter(page, material, source->side);
  html(page, "</td><th scope=\"row\"><code>%s</code></th><td>%.40s</td><td>%.40s</td>",
       source->name == NULL             ? "measured for this page"
       : strcmp(source->name, "-") == 0 ? "standard input"
                                        : source->name,
       text_of(document, "command"), text_of(document, "date"));
  if (rounds > 0) html(page, "<td class=\"r\">%'zu</td>", rounds);
  else fputs("<td class=\"r\">&ndash;</td>", page);
  html(page, "<td class=\"r\">%'zu</td><td><code class=\"sha\">%s</code></td></tr>\n",
       json_array_size(json_object_get(document, "results")), source->sum[0] != '\0' ? source->sum : "-");
}

/* Would a shell take it for more than a word? */
static bool is_plain(const char *argument) {
  static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:,=+@%";
  return argument[0] != '\0' && argument[strspn(argument, plain)] == '\0';
}

/* Within quotes where a shell would else take it apart; without memory as it is. */
static void write_argument(FILE *page, const char *argument) {
  char *quoted = is_plain(argument) ? NULL : malloc(4 * strlen(argument) + 3), *to = quoted;
  if (quoted != NULL) {
    *to++ = '\'';
    for (const char *at = argument; *at != '\0'; at++)
      if (*at == '\'') to = stpcpy(to, "'\\''");
      else *to++ = *at;
    strcpy(to, "'");
  }
  html(page, "%s", quoted != NULL ? quoted : argument);
  free(quoted);
}

/* What selects and judges results, where it is not by default. */
static void write_options(FILE *page, const struct options *options) {
  if (options->kernel != NULL) {
    fputs(" --kernel ", page);
    write_argument(page, options->kernel);
  }
  for (size_t i = 0; i < options->row_counts.count; i++)
    html(page, "%s%zu", i == 0 ? " --rows " : ",", options->row_counts.values[i]);
  if (options->noise != OPTIONS_NOISE) html(page, " --noise %g", 100.0 * options->noise);
}

static void begin_command(FILE *page) { fputs("<li><div class=\"cm\"><pre><code>", page); }

static void end_command(FILE *page) {
  fputs("</code></pre><button type=\"button\" class=\"cp\" hidden>copy</button></div>", page);
}

static void write_build(FILE *page, const struct material *material, size_t side) {
  const json_t *machine = json_object_get(material->sides[side].document, "machine");
  const char *commit = text_of(machine, "commit"), *compiler = text_of(machine, "compiler");
  if (commit[0] == '\0') return;
  begin_command(page);
  fputs("git checkout ", page);
  write_argument(page, commit);
  fputs("\ncmake --preset release &amp;&amp; cmake --build --preset release", page);
  end_command(page);
  fputs("<p>The build that ", page);
  mark_letter(page, material, side);
  html(page, " was measured with: %s, <code>%s</code>.</p></li>\n", compiler, text_of(machine, "flags"));
}

/* A command line as it was recorded. */
static void write_arguments(FILE *page, const json_t *settings) {
  const json_t *argument;
  size_t i;
  const char *key;
  json_t *value;
  begin_command(page);
  json_object_foreach(json_object_get(settings, "environment"), key, value) {
    if (!json_is_string(value)) continue;
    html(page, "%s=", key);
    write_argument(page, json_string_value(value));
    fputc(' ', page);
  }
  json_array_foreach(json_object_get(settings, "arguments"), i, argument) {
    if (i > 0) fputc(' ', page);
    if (json_is_string(argument)) write_argument(page, json_string_value(argument));
  }
}

/* That of a document that was measured for the page is the page's own. */
static void write_command(FILE *page, const struct source *source) {
  const json_t *settings = json_object_get(source->document, "settings");
  if (source->name == NULL || json_array_size(json_object_get(settings, "arguments")) == 0) return;
  write_arguments(page, settings);
  end_command(page);
  html(page, "<p>%.60s: %'zu line%s.</p></li>\n",
       source->name != NULL ? source->name : text_of(source->document, "command"),
       json_array_size(json_object_get(source->document, "results")),
       plural(json_array_size(json_object_get(source->document, "results"))));
}

bool section_reproduce(FILE *page, const struct material *material) {
  size_t unknown = 0, named = 0;
  fputs(
    "<h3>Documents on this page</h3>\n<div class=\"sc\" tabindex=\"0\" role=\"group\" aria-label=\"Documents\"><table>"
    "<thead><tr><th scope=\"col\">machine</th><th scope=\"col\">document</th><th scope=\"col\">command</th>"
    "<th scope=\"col\">begun (UTC)</th><th scope=\"col\" class=\"r\">rounds</th><th scope=\"col\" class=\"r\">results"
    "</th><th scope=\"col\">SHA-256</th></tr></thead><tbody>\n",
    page);
  for (size_t i = 0; i < material->source_count; i++) {
    const json_t *settings = json_object_get(material->sources[i].document, "settings");
    write_document(page, material, &material->sources[i]);
    unknown += json_array_size(json_object_get(settings, "arguments")) == 0;
    named += material->sources[i].name != NULL;
  }
  fputs("</tbody></table></div>\n<h3>Commands</h3>\n<ol class=\"rp\">\n", page);
  for (size_t s = 0; s < material->side_count; s++) write_build(page, material, s);
  for (size_t i = 0; i < material->source_count; i++) write_command(page, &material->sources[i]);
  if (named == material->source_count) {
    begin_command(page);
    fputs("rowcast report", page);
    write_options(page, material->options);
    fputs(" -o report.html --", page);
    for (size_t i = 0; i < material->source_count; i++) {
      fputc(' ', page);
      write_argument(page, material->sources[i].name);
    }
  } else write_arguments(page, json_object_get(material->sources[0].document, "settings"));
  end_command(page);
  fputs("<p>This page.</p></li>\n</ol>\n", page);
  if (unknown > 0)
    html(page, "<p class=\"fn\">%zu document%s not tell the command that made %s.</p>\n", unknown,
         unknown == 1 ? " does" : "s do", unknown == 1 ? "it" : "them");
  fputs(
    "<h3>How to read it</h3>\n<p><b>Median and interval.</b> Medians of interleaved rounds; intervals from order "
    "statistics, of that run alone: another run of the same machine may lie outside them. <b>GFLOP/s</b> 2&middot;M"
    "&middot;K&middot;N over the median, <i>effective</i> where zeros are skipped. <b>Roof</b> min(multiply-adds, "
    "intensity &times; reading), measured in the same rounds with as many threads. <b>A side</b> is one build on one "
    "machine; documents are of one side unless they say different things of CPU, caches, features, build or label, or "
    "are two runs of the same. Where a line was measured by several studies, the ladder shows that of bench, else of "
    "roofline, cpu, peers or scale; every one is under Samples.</p>\n",
    page);
  return true;
}
