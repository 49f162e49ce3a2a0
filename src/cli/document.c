/* SPDX-License-Identifier: BSD-3-Clause */
#include "document.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <rowcast/version.h>

#include "machine.h"
#include "report.h"
#include "terminal.h"

/* Seconds that no product takes. */
static const double LONGEST = 1e9;

static json_t *date_json(void) {
  char text[32];
  struct tm utc;
  const time_t now = time(NULL);
  if (gmtime_r(&now, &utc) == NULL || strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc) == 0) return json_null();
  return json_string(text);
}

static json_t *label_json(const struct options *options, const struct machine *machine) {
  char text[160];
  if (options->label != NULL) return json_text(options->label);
  snprintf(text, sizeof text, "%s, rowcast %s", machine->cpu.model, rowcast_version());
  return json_text(text);
}

json_t *document_new(const char *command, const struct options *options) {
  struct machine machine;
  rowcast_error error;
  if (machine_read(&machine, &error) != ROWCAST_OK) {
    complain_of(&error);
    return NULL;
  }
  json_t *document =
    json_pack("{s:i, s:s, s:s, s:o, s:o, s:o, s:{s:I, s:I}, s:[], s:[], s:[]}", "schema_version", DOCUMENT_SCHEMA_VERSION,
              "command", command, "version", rowcast_version(), "date", date_json(), "label", label_json(options, &machine),
              "machine", machine_json(&machine), "settings", "rounds", (json_int_t)options->rounds, "seed",
              (json_int_t)BENCH_SEED, "disturbed", "probes", "results");
  if (document == NULL) complain_of_memory("the results");
  return document;
}

/* Texts of a file end on a terminal or in a picture: without control characters. False: no memory. */
static bool make_plain(json_t *value) {
  const char *key;
  json_t *member;
  size_t i;
  void *next;
  if (json_is_string(value)) {
    char *text = strdup(json_string_value(value));
    if (text == NULL) return false;
    for (char *at = text; *at != '\0'; at++)
      if ((unsigned char)*at < ' ' || *at == 0x7f) *at = '?';
    const bool set = json_string_set(value, text) == 0;
    free(text);
    return set;
  }
  if (json_is_array(value)) json_array_foreach(value, i, member) if (!make_plain(member)) return false;
  if (json_is_object(value)) json_object_foreach_safe(value, next, key, member) if (!make_plain(member)) return false;
  return true;
}

/* What is wrong with a result; NULL: nothing that a table needs. */
static const char *result_fault(const json_t *result) {
  static const char *const texts[] = {"kernel", "dtype"}, *const counts[] = {"threads", "rows", "k", "n"};
  for (size_t i = 0; i < 2; i++)
    if (!json_is_string(json_object_get(result, texts[i]))) return texts[i];
  for (size_t i = 0; i < 4; i++)
    if (!json_is_integer(json_object_get(result, counts[i]))) return counts[i];
  const char *dtype = json_string_value(json_object_get(result, "dtype"));
  if (strcmp(dtype, "f32") != 0 && strcmp(dtype, "u8") != 0) return "dtype";
  const double median = json_number_value(json_object_get(result, "median_s"));
  const double low = json_number_value(json_object_get(result, "low_s"));
  const double high = json_number_value(json_object_get(result, "high_s"));
  if (!(median > 0.0 && median < LONGEST)) return "median_s";
  if (!(low > 0.0 && low <= median)) return "low_s";
  return high >= median && high < LONGEST ? NULL : "high_s";
}

/* A document of more results than any study makes is none; a comparison looks at every pair. */
enum { MOST_RESULTS = 5000 };

json_t *document_read(const char *path) {
  json_error_t error;
  json_t *document = json_load_file(path, JSON_REJECT_DUPLICATES, &error), *result;
  const json_t *version = json_object_get(document, "schema_version"), *results = json_object_get(document, "results");
  const char *fault = NULL;
  size_t i = 0;
  if (document == NULL && error.line < 0) complain("%s: %s", path, strerror(errno));
  else if (document == NULL) complain("%s: no JSON: line %d: %s", path, error.line, error.text);
  else if (!json_is_integer(version) || !json_is_array(results))
    complain("%s: no results: of bench, scale and roofline, --format json prints them", path);
  else if (json_integer_value(version) != DOCUMENT_SCHEMA_VERSION)
    complain("%s: schema_version %" JSON_INTEGER_FORMAT " is not known; this is for %d", path, json_integer_value(version),
             DOCUMENT_SCHEMA_VERSION);
  else if (json_array_size(results) == 0 || json_array_size(results) > MOST_RESULTS)
    complain("%s: has %zu results; this takes 1 to %d", path, json_array_size(results), MOST_RESULTS);
  else if (!make_plain(document)) complain_of_memory("the results");
  else {
    json_array_foreach(results, i, result) if ((fault = result_fault(result)) != NULL) break;
    if (fault == NULL) return document;
    complain("%s: result %zu has no usable '%s'", path, i, fault);
  }
  json_decref(document);
  return NULL;
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
  char text[256];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  json_t *list = json_object_get(document, "disturbed"), *known;
  size_t i;
  json_array_foreach(list, i, known)
    if (strcmp(json_string_value(known), text) == 0) return true;
  return json_array_append_new(list, json_text(text)) == 0;
}

const char *document_text(const json_t *object, const char *key) {
  const char *text = json_string_value(json_object_get(object, key));
  return text != NULL ? text : "unknown";
}

void document_heading(const json_t *first, char *text, size_t size) {
  const json_int_t threads = json_integer_value(json_object_get(first, "threads"));
  const json_t *fma = json_object_get(first, "fma_gflops"), *read = json_object_get(first, "read_gbytes_per_s");
  int length = snprintf(text, size, "%" JSON_INTEGER_FORMAT " x %" JSON_INTEGER_FORMAT " times %" JSON_INTEGER_FORMAT
                        " x %" JSON_INTEGER_FORMAT ", %s, %" JSON_INTEGER_FORMAT " thread%s",
                        json_integer_value(json_object_get(first, "rows")), json_integer_value(json_object_get(first, "k")),
                        json_integer_value(json_object_get(first, "k")), json_integer_value(json_object_get(first, "n")),
                        document_text(first, "dtype"), threads, threads > 1 ? "s" : "");
  if (json_is_number(fma) && (size_t)length < size)
    length += snprintf(text + length, size - (size_t)length, "; FMA %.1f GFLOP/s", json_number_value(fma));
  if (json_is_number(read) && (size_t)length < size)
    snprintf(text + length, size - (size_t)length, ", reading %.1f GB/s", json_number_value(read));
}

static bool print_object(const json_t *object) {
  char *text = json_dumps(object, JSON_COMPACT);
  if (text == NULL) return false;
  out("%s\n", text);
  free(text);
  return true;
}

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

static void print_disturbances(const json_t *document) {
  size_t i;
  json_t *text;
  json_array_foreach(json_object_get(document, "disturbed"), i, text)
    if (json_is_string(text)) out("%sdisturbed: %s\n", i == 0 ? "\n" : "", json_string_value(text));
}

/* What the letters of a comparison stand for. */
static void print_files(const json_t *files) {
  json_t *file, *text;
  size_t i, j;
  json_array_foreach(files, i, file) {
    out("%c: %s (%s, %s)\n", (char)('A' + i), document_text(file, "label"), document_text(file, "file"), document_text(file, "date"));
    json_array_foreach(json_object_get(file, "disturbed"), j, text)
      if (json_is_string(text)) out("   disturbed: %s\n", json_string_value(text));
  }
  out("\n");
}

static void print_title(const json_t *document) {
  const json_t *files = json_object_get(document, "files");
  if (files != NULL) {
    print_files(files);
    return;
  }
  const json_t *rounds = json_object_get(json_object_get(document, "settings"), "rounds");
  out("%s; %s", document_text(document, "label"), document_text(document, "date"));
  if (json_is_integer(rounds)) out("; medians of %" JSON_INTEGER_FORMAT " rounds, interleaved", json_integer_value(rounds));
  out("\n\n");
}

int document_print(const json_t *document, const struct grid *grid, const struct options *options) {
  const json_t *results = json_object_get(document, "results");
  bool printed = true;
  if (options->format == FORMAT_JSON) return out_json(json_incref((json_t *)(uintptr_t)document));
  if (options->format == FORMAT_JSONL) printed = print_lines(document);
  else if (options->quiet) return EXIT_DONE;
  else if (options->format == FORMAT_CSV) grid_print_csv(results);
  else if (options->format == FORMAT_MARKDOWN) {
    print_title(document);
    printed = grid_print_markdown(grid, results);
    print_disturbances(document);
  } else {
    print_title(document);
    printed = grid_print_table(grid, results, terminal_colors(options));
    print_disturbances(document);
  }
  return printed ? EXIT_DONE : complain_of_memory("the table");
}
