/* SPDX-License-Identifier: BSD-3-Clause */
#include "study/conditions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "terminal/report.h"

/* As the system has kept them: options are parsed far from here. */
static json_t *arguments_json(void) {
  json_t *arguments = json_array();
  FILE *file = fopen("/proc/self/cmdline", "re");
  char *text = NULL;
  size_t room = 0;
  while (file != NULL && getdelim(&text, &room, '\0', file) > 0) json_array_append_new(arguments, json_text(text));
  free(text);
  if (file != NULL) fclose(file);
  return arguments;
}

/* Those that change how fast a product is, and no others: an environment has secrets. */
static json_t *environment_json(void) {
  static const char *const begins[] = {"OMP_", "GOMP_", "KMP_", "ROWCAST_", "GLIBC_TUNABLES=", "MALLOC_"};
  json_t *environment = json_object();
  for (char **variable = environ; variable != NULL && *variable != NULL; variable++)
    for (size_t i = 0; i < sizeof begins / sizeof begins[0]; i++) {
      const char *value = strchr(*variable, '=');
      if (value == NULL || strncmp(*variable, begins[i], strlen(begins[i])) != 0) continue;
      char *name = strndup(*variable, (size_t)(value - *variable));
      if (name != NULL) json_object_set_new(environment, printable(name), json_text(value + 1));
      free(name);
      break;
    }
  return environment;
}

static json_t *pin_json(const struct pin_choice *pin) {
  static const char *const names[] = {"none", "compact", "spread"};
  if (pin->kind != PIN_LIST) return json_string(names[pin->kind]);
  json_t *cpus = json_array();
  for (size_t i = 0; i < pin->cpus.count; i++)
    json_array_append_new(cpus, json_integer((json_int_t)pin->cpus.values[i]));
  return cpus;
}

json_t *conditions_settings(const struct options *options) {
  const bool dynamic = options->driver != NULL && strcmp(options->driver, "openmp-dynamic") == 0;
  return json_pack("{s:I, s:I, s:o, s:o, s:s, s:o, s:o}", "rounds", (json_int_t)options->rounds, "seed",
                   (json_int_t)options->seed, "arguments", arguments_json(), "pin", pin_json(&options->pin), "schedule",
                   dynamic ? "dynamic" : "static", "chunk_rows",
                   options->chunk > 0 ? json_integer((json_int_t)options->chunk) : json_null(), "environment",
                   environment_json());
}

static bool note_state(json_t *conditions, const char *load_key, const char *clock_key) {
  double load;
  const bool told = getloadavg(&load, 1) == 1;
  const double hertz = bench_clock_hertz();
  return json_object_set_new(conditions, load_key, told ? json_number(load) : json_null()) == 0 &&
         json_object_set_new(conditions, clock_key, hertz > 0.0 ? json_number(1e-9 * hertz) : json_null()) == 0;
}

json_t *conditions_begin(void) {
  json_t *conditions = json_object();
  if (conditions != NULL && note_state(conditions, "load_before", "clock_ghz_before")) return conditions;
  json_decref(conditions);
  return NULL;
}

bool conditions_end(json_t *conditions) { return note_state(conditions, "load_after", "clock_ghz_after"); }

double conditions_clock_ratio(const json_t *conditions) {
  const double before = json_number_value(json_object_get(conditions, "clock_ghz_before")),
               after = json_number_value(json_object_get(conditions, "clock_ghz_after"));
  return before > 0.0 && after > 0.0 ? after / before : 1.0;
}
