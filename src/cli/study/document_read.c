/* SPDX-License-Identifier: BSD-3-Clause */
#include "study/document_read.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "study/document.h"
#include "terminal/report.h"

/* Seconds that no product takes. */
static const double LONGEST = 1e9;

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

/* Is it null, absent, or a CRC as results have it? */
static bool is_crc(const json_t *value) {
  const char *text = json_string_value(value);
  if (value == NULL || json_is_null(value)) return true;
  return text != NULL && strlen(text) == 8 && strspn(text, "0123456789abcdef") == 8;
}

static bool is_time(const json_t *value) {
  const double seconds = json_number_value(value);
  return json_is_number(value) && seconds > 0.0 && seconds < LONGEST;
}

static const char *count_fault(const json_t *result) {
  static const char *const counts[] = {"threads", "rows", "k", "n"};
  for (size_t i = 0; i < 4; i++)
    if (json_integer_value(json_object_get(result, counts[i])) < 1) return counts[i];
  return NULL;
}

/* What is wrong with a result that tables can show, besides; NULL: nothing. */
static const char *detail_fault(const json_t *result) {
  const json_t *samples = json_object_get(result, "samples_s"), *sample;
  size_t i;
  if (samples != NULL && !json_is_array(samples)) return "samples_s";
  json_array_foreach(samples, i, sample) if (!is_time(sample)) return "samples_s";
  return is_crc(json_object_get(result, "crc32")) ? count_fault(result) : "crc32";
}

/* And with a line of a comparison: its members' own names. */
static const char *line_fault(json_t *line) {
  const char *key;
  json_t *value;
  if (!json_is_string(json_object_get(line, "kernel"))) return "kernel";
  if (!json_is_string(json_object_get(line, "dtype"))) return "dtype";
  json_object_foreach(line, key, value) {
    const bool ratio = strncmp(key, "ratio", 5) == 0, time = strncmp(key, "median_s_", 9) == 0;
    if ((ratio || time) && !json_is_null(value) && !is_time(value)) return key;
    if (strncmp(key, "crc32_", 6) == 0 && !is_crc(value)) return key;
  }
  return count_fault(line);
}

/* The same of verify's distances, which are what a table shows of its documents. */
static const char *distance_fault(const json_t *distance) {
  if (!json_is_string(json_object_get(distance, "order"))) return "order";
  if (!json_is_string(json_object_get(distance, "dtype"))) return "dtype";
  if (!json_is_number(json_object_get(distance, "share_not_exact"))) return "share_not_exact";
  return json_is_number(json_object_get(distance, "worst_ulps")) ? NULL : "worst_ulps";
}

/* A file's text, all of it. */
struct content {
  const char *name;
  char *text;
  size_t size;
};

static bool read_all(struct content *content, FILE *file) {
  enum { MOST_TEXT = 1 << 28 }; /* a hundred times what a large study prints */
  size_t room = 0;
  int number = 0;
  do {
    if (content->size == room) {
      if (room >= MOST_TEXT) {
        number = EFBIG;
        break;
      }
      room = room > 0 ? 2 * room : 1 << 16;
      char *grown = room > content->size ? realloc(content->text, room) : NULL;
      if (grown == NULL) {
        number = ENOMEM;
        break;
      }
      content->text = grown;
    }
    errno = 0;
    content->size += fread(content->text + content->size, 1, room - content->size, file);
    if (ferror(file)) number = errno != 0 ? errno : EIO;
  } while (number == 0 && !feof(file));
  if (file != stdin) fclose(file);
  if (number != 0) complain("%s: %s", content->name, strerror(number));
  return number == 0;
}

/* The line that a byte lies in, from 1. */
static size_t line_at(const struct content *content, size_t byte) {
  size_t line = 1;
  for (size_t i = 0; i < byte && i < content->size; i++) line += content->text[i] == '\n';
  return line;
}

/* Skips the white space from a byte on. */
static size_t skip_space(const struct content *content, size_t at) {
  while (at < content->size && strchr(" \t\r\n", content->text[at]) != NULL && content->text[at] != '\0') at++;
  return at;
}

/* The value at *at, which is moved after it; NULL, with a line said: there is none. */
static json_t *next_value(const struct content *content, size_t *at) {
  json_error_t error;
  json_t *value =
    json_loadb(content->text + *at, content->size - *at, JSON_REJECT_DUPLICATES | JSON_DISABLE_EOF_CHECK, &error);
  if (value == NULL)
    complain("%s: is not JSON: line %zu: %s", content->name,
             line_at(content, *at) + (error.line > 0 ? (size_t)error.line - 1 : 0), error.text);
  else *at = skip_space(content, *at + (size_t)error.position);
  return value;
}

/* Of --format jsonl: the document without results came first, the results follow, one a line. False: that has been
 * said. */
static bool take_lines(const struct content *content, json_t *document, size_t at) {
  json_t *results = json_object_get(document, "results");
  if (results != NULL) {
    complain("%s: line %zu: there is more after the document; compare takes one document per file", content->name,
             line_at(content, at));
    return false;
  }
  results = json_array();
  if (json_object_set_new(document, "results", results) != 0) {
    complain_of_memory("the results");
    return false;
  }
  while (at < content->size) {
    const size_t begin = at;
    json_t *result = next_value(content, &at);
    if (result == NULL) return false;
    if (json_object_get(result, "schema_version") != NULL) {
      complain("%s: line %zu: a second document begins; compare takes one document per file", content->name,
               line_at(content, begin));
      json_decref(result);
      return false;
    }
    if (json_array_append_new(results, result) != 0) {
      complain_of_memory("the results");
      return false;
    }
  }
  return true;
}

static json_t *parse(const struct content *content) {
  static const char mark[] = "\xef\xbb\xbf";
  const unsigned char *bytes = (const unsigned char *)content->text;
  if (content->size >= 2 && ((bytes[0] == 0xff && bytes[1] == 0xfe) || (bytes[0] == 0xfe && bytes[1] == 0xff))) {
    complain("%s: is UTF-16, and JSON is UTF-8; convert it with iconv -f utf-16 -t utf-8", content->name);
    return NULL;
  }
  size_t at = content->size >= 3 && memcmp(bytes, mark, 3) == 0 ? 3 : 0;
  json_t *document = next_value(content, &at);
  if (document == NULL || at == content->size) return document;
  if (json_is_object(document) && take_lines(content, document, at)) return document;
  if (!json_is_object(document))
    complain("%s: is not JSON: line %zu: there is more after the first value", content->name, line_at(content, at));
  json_decref(document);
  return NULL;
}

/* What a document is wanted for. */
enum purpose { FOR_TABLES, FOR_PAGES };

static bool is_comparison(const json_t *document) {
  return document_is(document, "compare") && json_is_array(json_object_get(document, "files"));
}

static const char *fault_of(json_t *result, const json_t *document, enum purpose purpose) {
  if (purpose == FOR_PAGES && is_comparison(document)) return line_fault(result);
  const char *fault = result_fault(result);
  return fault != NULL || purpose == FOR_TABLES ? fault : detail_fault(result);
}

/* Is it a document whose results can be shown? If not, that is said. */
static bool check(const json_t *document, const char *name, enum purpose purpose) {
  const json_t *version = json_object_get(document, "schema_version"), *results = json_object_get(document, "results");
  const char *fault = NULL;
  size_t i = 0;
  json_t *result;
  if (!json_is_integer(version) || !json_is_array(results))
    complain("%s: has no results; bench, scale, roofline,%s and bench_peers print them with --format json", name,
             purpose == FOR_TABLES ? " verify" : "");
  else if (json_integer_value(version) != DOCUMENT_SCHEMA_VERSION)
    complain("%s: schema_version %" JSON_INTEGER_FORMAT " is not known; this rowcast reads %d", name,
             json_integer_value(version), DOCUMENT_SCHEMA_VERSION);
  else if (json_array_size(results) == 0) complain("%s: has no results", name);
  else if (purpose == FOR_PAGES && document_is(document, "verify"))
    complain("%s: of verify, has no times; rowcast compare shows it", name);
  else if (document_is(document, "verify") && json_array_size(json_object_get(document, "distances")) == 0)
    complain("%s: of verify, has no distances: nothing but exact was checked, or by an older rowcast", name);
  else {
    const bool verify = purpose == FOR_TABLES && document_is(document, "verify");
    json_array_foreach(verify ? json_object_get(document, "distances") : results, i, result) {
      fault = verify ? distance_fault(result) : fault_of(result, document, purpose);
      if (fault != NULL) break;
    }
    if (fault == NULL) return true;
    complain("%s: %s %zu has no usable '%s'", name, verify ? "distance" : "result", i, fault);
  }
  return false;
}

/* NULL: that it cannot be opened was said. */
static FILE *open_file(const char *path, const char **name) {
  const bool standard = strcmp(path, "-") == 0;
  FILE *file = standard ? stdin : fopen(path, "re");
  *name = standard ? "standard input" : path;
  if (file == NULL) complain("%s: %s", path, strerror(errno));
  return file;
}

/* What `cpu --bench` has measured lies within what it says of the CPU. Takes the document over. */
static json_t *measured(json_t *document) {
  json_t *within = json_object_get(document, "bench");
  if (json_object_get(document, "results") != NULL || json_object_get(within, "schema_version") == NULL)
    return document;
  json_incref(within);
  json_decref(document);
  return within;
}

static json_t *read_for(FILE *file, const char *name, enum purpose purpose, char *sum) {
  struct content content = {.name = name};
  json_t *document = NULL;
  if (read_all(&content, file)) {
    if (sum != NULL) sha256_of_bytes(content.text, content.size, sum);
    document = measured(parse(&content));
  }
  if (document != NULL && !check(document, name, purpose)) {
    json_decref(document);
    document = NULL;
  }
  free(content.text);
  return document;
}

json_t *document_read_from(FILE *file, const char *name) { return read_for(file, name, FOR_TABLES, NULL); }

json_t *document_read(const char *path) {
  const char *name;
  FILE *file = open_file(path, &name);
  return file != NULL ? read_for(file, name, FOR_TABLES, NULL) : NULL;
}

json_t *document_read_any_from(FILE *file, const char *name, char sum[SHA256_TEXT]) {
  return read_for(file, name, FOR_PAGES, sum);
}

json_t *document_read_any(const char *path, char sum[SHA256_TEXT]) {
  const char *name;
  FILE *file = open_file(path, &name);
  return file != NULL ? document_read_any_from(file, name, sum) : NULL;
}
