/* SPDX-License-Identifier: BSD-3-Clause */
#include "study/machine_json.h"

#include <rowcast/experimental.h>
#include <rowcast/kernels.h>
#include <rowcast/version.h>

#include "terminal/report.h"

static json_t *caches_json(const struct machine *machine) {
  json_t *caches = json_array();
  for (size_t i = 0; i < machine->cache_count; i++) {
    const struct cache *cache = &machine->caches[i];
    json_array_append_new(caches, json_pack("{s:i, s:s, s:I, s:s}", "level", (int)cache->level, "type", cache->type,
                                            "bytes", (json_int_t)cache->bytes, "shared_by", cache->shared_by));
  }
  return caches;
}

static json_t *features_json(const struct machine *machine) {
  json_t *features = json_array();
  for (size_t i = 0; i < machine->cpu.feature_count; i++) {
    const rowcast_cpu_feature *feature = &machine->cpu.features[i];
    const char *by = feature->state == ROWCAST_FEATURE_OFF_BY_GLIBC ? "GLIBC_TUNABLES"
                     : feature->state == ROWCAST_FEATURE_OFF_BY_CAP ? "ROWCAST_ISA"
                                                                    : NULL;
    json_array_append_new(features, json_pack("{s:s, s:b, s:b, s:s, s:s?}", "name", feature->name, "present",
                                              (int)feature->present, "enabled", (int)feature->enabled, "state",
                                              rowcast_feature_state_name(feature->state), "switched_off_by", by));
  }
  return features;
}

static json_t *levels_json(const struct machine *machine) {
  json_t *levels = json_array();
  for (int isa = 1; isa < ROWCAST_ISA_COUNT; isa++) {
    char reason[ROWCAST_REASON_TEXT];
    machine_isa_reason(machine, (rowcast_isa)isa, reason, sizeof reason);
    json_array_append_new(levels, json_pack("{s:s, s:b, s:s}", "isa", rowcast_isa_name((rowcast_isa)isa), "usable",
                                            (int)machine->cpu.usable[isa], "reason", reason));
  }
  return levels;
}

static json_t *count_json(size_t count) { return count > 0 ? json_integer((json_int_t)count) : json_null(); }

static json_t *nodes_json(const struct machine *machine) {
  json_t *nodes = json_array();
  for (size_t i = 0; i < machine->node_count; i++)
    json_array_append_new(
      nodes, json_pack("{s:I, s:s}", "node", (json_int_t)machine->nodes[i].number, "cpus", machine->nodes[i].cpus));
  return nodes;
}

/* null where nothing is told. */
static json_t *told_json(const char *text) { return text[0] != '\0' ? json_text(text) : json_null(); }

static json_t *traits_json(const struct machine *machine) {
  json_t *traits = json_object();
  for (size_t i = 0; i < machine->trait_count; i++)
    json_object_set_new(traits, machine->traits[i].key, json_text(machine->traits[i].value));
  return traits;
}

/* The threads a product gets, and what holds them back. */
static json_t *threads_json(const struct machine *machine) {
  const rowcast_thread_choice *threads = &machine->threads;
  return json_pack("{s:I, s:I, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "available_cpus",
                   (json_int_t)threads->affinity, "default_threads", (json_int_t)threads->threads, "threads_source",
                   threads->reason, "affinity", told_json(threads->cpus), "available_cores", count_json(threads->cores),
                   "quota_cpus", threads->quota > 0.0 ? json_real(threads->quota) : json_null(), "throttled",
                   threads->throttled >= 0 ? json_integer(threads->throttled) : json_null(), "threads_per_core",
                   count_json(machine->threads_per_core), "smt",
                   machine->smt >= 0 ? json_boolean(machine->smt) : json_null(), "governor",
                   told_json(machine->governor));
}

json_t *machine_json(const struct machine *machine) {
  json_t *object =
    json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:b, s:o, s:o, s:o, s:o}", "model",
              json_text(machine->cpu.model), "identity", traits_json(machine), "huge_pages",
              told_json(machine->huge_pages), "system", json_text(machine->system), "cpus", count_json(machine->cpus),
              "cores", count_json(machine->cores), "packages", count_json(machine->packages), "rowcast_isa",
              machine->cpu.cap, "full_width_512", (int)machine->cpu.full_width_512, "caches", caches_json(machine),
              "numa", nodes_json(machine), "features", features_json(machine), "isa_levels", levels_json(machine));
  json_t *build = json_pack("{s:s, s:s, s:s?}", "compiler", rowcast_build_compiler(), "flags", rowcast_build_flags(),
                            "commit", rowcast_build_commit());
  if (json_object_update_new(object, threads_json(machine)) == 0 && json_object_update_new(object, build) == 0)
    return object;
  json_decref(object);
  return NULL;
}
