/* SPDX-License-Identifier: BSD-3-Clause */
#include "study/document.h"

#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <rowcast/version.h>

#include "args/advice.h"
#include "study/conditions.h"
#include "study/machine.h"
#include "study/machine_json.h"
#include "study/sha256.h"
#include "terminal/report.h"
#include "terminal/terminal.h"

static json_t *date_json(void) {
  char text[32];
  struct tm utc;
  const time_t now = time(NULL);
  if (gmtime_r(&now, &utc) == NULL || strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc) == 0) return json_null();
  return json_string(text);
}

static json_t *label_json(const struct options *options, const struct machine *machine) {
  char *text;
  if (options->label != NULL) return json_text(options->label);
  if (asprintf(&text, "%s, rowcast %s", machine->cpu.model, rowcast_version()) < 0) return NULL;
  json_t *label = json_text(text);
  free(text);
  return label;
}

static json_t *binary_json(void) {
  char text[SHA256_TEXT];
  return sha256_of_file("/proc/self/exe", text) ? json_string(text) : json_null();
}

json_t *document_new(const char *command, const struct options *options) {
  struct machine machine;
  rowcast_error error;
  if (machine_read(&machine, &error) != ROWCAST_OK) {
    complain_of(&error);
    machine_free(&machine);
    return NULL;
  }
  json_t *document = json_pack("{s:i, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:[], s:[], s:[]}", "schema_version",
                               DOCUMENT_SCHEMA_VERSION, "command", command, "version", rowcast_version(), "date",
                               date_json(), "label", label_json(options, &machine), "machine", machine_json(&machine),
                               "binary_sha256", binary_json(), "settings", conditions_settings(options), "conditions",
                               conditions_begin(), "disturbed", "probes", "results");
  machine_free(&machine);
  if (document == NULL) complain_of_memory("the results");
  return document;
}

bool document_add_result(json_t *document, json_t *result) {
  return json_array_append_new(json_object_get(document, "results"), result) == 0;
}

bool document_add_probes(json_t *document, json_t *probes) {
  const bool added = json_array_extend(json_object_get(document, "probes"), probes) == 0;
  json_decref(probes);
  return added;
}

bool document_add_disturbance(json_t *document, const char *format, ...) {
  char *text;
  va_list arguments;
  va_start(arguments, format);
  if (vasprintf(&text, format, arguments) < 0) text = NULL;
  va_end(arguments);
  json_t *list = json_object_get(document, "disturbed"), *note = text != NULL ? json_text(text) : NULL, *known;
  free(text);
  size_t i;
  json_array_foreach(list, i, known) if (json_equal(known, note)) {
    json_decref(note);
    return true;
  }
  return json_array_append_new(list, note) == 0;
}

bool document_is(const json_t *document, const char *command) {
  const char *own = json_string_value(json_object_get(document, "command"));
  return own != NULL && strcmp(own, command) == 0;
}

const char *document_shown(const json_t *object, const char *key) {
  const char *text = json_string_value(json_object_get(object, key));
  return text != NULL ? printable(text) : "unknown";
}

char *document_letters(size_t place, char text[LETTERS_TEXT]) {
  char *at = text + LETTERS_TEXT - 1;
  *at = '\0';
  for (place++; place > 0; place = (place - 1) / 26) *--at = (char)('A' + (place - 1) % 26);
  return memmove(text, at, strlen(at) + 1);
}

/* A rate with one decimal; one that no machine has, as a file may say, with an exponent. */
enum { RATE_TEXT = 24 };
static const char *rate_text(double rate, char text[RATE_TEXT]) {
  snprintf(text, RATE_TEXT, fabs(rate) < 1e9 ? "%.1f" : "%.3e", rate);
  return text;
}

char *document_heading(const json_t *first) {
  const json_int_t threads = json_integer_value(json_object_get(first, "threads"));
  const json_t *fma = json_object_get(first, "fma_gflops"), *read = json_object_get(first, "read_gbytes_per_s");
  char *text, most[64] = "", reading[64] = "", rate[RATE_TEXT];
  if (json_is_number(fma)) snprintf(most, sizeof most, "; FMA %s GFLOP/s", rate_text(json_number_value(fma), rate));
  if (json_is_number(read))
    snprintf(reading, sizeof reading, ", reading %s GB/s", rate_text(json_number_value(read), rate));
  const int length =
    asprintf(&text,
             "%" JSON_INTEGER_FORMAT " x %" JSON_INTEGER_FORMAT " times %" JSON_INTEGER_FORMAT
             " x %" JSON_INTEGER_FORMAT ", %s, %" JSON_INTEGER_FORMAT " thread%s%s%s",
             json_integer_value(json_object_get(first, "rows")), json_integer_value(json_object_get(first, "k")),
             json_integer_value(json_object_get(first, "k")), json_integer_value(json_object_get(first, "n")),
             document_shown(first, "dtype"), threads, threads > 1 ? "s" : "", most, reading);
  return length < 0 ? NULL : text;
}

static bool print_object(const json_t *object) { return out_json_text(object, JSON_COMPACT); }

/* One object a line: first the document without its results, then each of them. */
static bool print_lines(const json_t *document) {
  json_t *first = json_copy((json_t *)(uintptr_t)document), *result;
  if (first == NULL || json_object_del(first, "results") != 0) return false;
  bool printed = print_object(first);
  json_decref(first);
  size_t i;
  json_array_foreach(json_object_get(document, "results"), i, result) printed = printed && print_object(result);
  return printed;
}

void document_print_disturbances(const json_t *document) {
  size_t i;
  json_t *text;
  json_array_foreach(json_object_get(document, "disturbed"), i, text) if (json_is_string(text))
    out("%sdisturbed: %s\n", i == 0 ? "\n" : "", printable(json_string_value(text)));
}

/* In one line: how many samples something held up, and where most of them are. */
static void print_outliers(const json_t *document) {
  json_int_t all = 0, outliers = 0, most = 0;
  const json_t *result, *worst = NULL;
  size_t i;
  json_array_foreach(json_object_get(document, "results"), i, result) {
    const json_int_t samples = (json_int_t)json_array_size(json_object_get(result, "samples_s"));
    const json_int_t here = json_integer_value(json_object_get(result, "outliers"));
    if (here < 0 || here > samples) continue; /* somebody else's document */
    all += samples;
    outliers += here;
    if (here > most) most = here, worst = result;
  }
  if (outliers == 0) return;
  out("\noutliers: %" JSON_INTEGER_FORMAT " of %" JSON_INTEGER_FORMAT " samples, most of them (%" JSON_INTEGER_FORMAT
      ") of %s, ",
      outliers, all, most, document_shown(worst, "kernel"));
  out("%s, %" JSON_INTEGER_FORMAT " rows; medians do not depend on them\n", document_shown(worst, "dtype"),
      json_integer_value(json_object_get(worst, "rows")));
}

/* What the letters of a comparison stand for. */
static void print_files(const json_t *files) {
  json_t *file, *text;
  size_t i, j;
  char letters[LETTERS_TEXT];
  json_array_foreach(files, i, file) {
    const json_int_t runs = json_integer_value(json_object_get(file, "runs"));
    out("%s: %s (%s, %s", document_letters(i, letters), document_shown(file, "label"), document_shown(file, "file"),
        document_shown(file, "date"));
    if (runs > 0) out("; medians of %" JSON_INTEGER_FORMAT " runs", runs);
    out(")\n");
    const json_t *passed = json_object_get(file, "passed"), *failed = json_object_get(file, "failed"); /* of verify */
    if (json_is_integer(passed) && json_is_integer(failed))
      out("   %" JSON_INTEGER_FORMAT " checks passed, %" JSON_INTEGER_FORMAT " failed\n", json_integer_value(passed),
          json_integer_value(failed));
    json_array_foreach(json_object_get(file, "disturbed"), j, text) if (json_is_string(text))
      out("   disturbed: %s\n", printable(json_string_value(text)));
  }
}

/* In what the files differ, besides their results. */
static void print_differences(const json_t *differences) {
  json_t *difference, *value;
  size_t i, j;
  char letters[LETTERS_TEXT];
  json_array_foreach(differences, i, difference) {
    out("%s: ", document_shown(difference, "what"));
    json_array_foreach(json_object_get(difference, "values"), j, value) if (json_is_string(value))
      out("%s%s %s", j == 0 ? "" : "; ", document_letters(j, letters), printable(json_string_value(value)));
    out("\n");
  }
}

static void print_title(const json_t *document) {
  const json_t *files = json_object_get(document, "files");
  if (files != NULL) {
    print_files(files);
    print_differences(json_object_get(document, "differences"));
    out("\n");
    return;
  }
  const json_t *rounds = json_object_get(json_object_get(document, "settings"), "rounds");
  out("%s; %s", document_shown(document, "label"), document_shown(document, "date"));
  if (json_is_integer(rounds))
    out("; medians of %" JSON_INTEGER_FORMAT " rounds, interleaved", json_integer_value(rounds));
  out("\n\n");
}

size_t document_width(const struct options *options) {
  return options->wide || !isatty(STDOUT_FILENO) ? 0 : terminal_width();
}

int document_print(const json_t *document, const struct grid *grid, const struct options *options) {
  const json_t *results = json_object_get(document, "results");
  bool printed = true;
  if (options->format == FORMAT_JSON) return out_json(json_incref((json_t *)(uintptr_t)document));
  if (options->format == FORMAT_JSONL) printed = print_lines(document);
  else if (options->quiet) return EXIT_DONE;
  else if (options->format == FORMAT_CSV) printed = grid_print_csv(document);
  else if (options->format == FORMAT_MARKDOWN) {
    print_title(document);
    printed = grid_print_markdown(grid, results);
    print_outliers(document);
    document_print_disturbances(document);
  } else {
    print_title(document);
    printed = grid_print_table(grid, results, terminal_colors(options->color), document_width(options));
    print_outliers(document);
    document_print_disturbances(document);
  }
  return printed ? EXIT_DONE : complain_of_memory("the table");
}
