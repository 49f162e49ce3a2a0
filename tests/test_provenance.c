/* SPDX-License-Identifier: BSD-3-Clause */
/* What documents record of how they were made, and that `compare` tells apart those that differ in it. */
#include "tool.h"

#include <clock.h>
#include <study/differences.h>
#include <sched.h>
#include <study/sha256.h>
#include <unistd.h>

static char *folder;

static void set_up(void) { folder = folder_make(); }
static void tear_down(void) { folder_remove(folder); }

TestSuite(provenance, .init = set_up, .fini = tear_down);

/* FIPS 180-4's own examples, and lengths about those of a block; sums by sha256sum. */
Test(provenance, sha256) {
  static const struct {
    size_t size; /* of 'a's, where there is no text */
    const char *text, *sum;
  } cases[] = {
    {0, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {0, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {0, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {55, NULL, "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318"},
    {56, NULL, "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a"},
    {64, NULL, "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb"},
    {1000000, NULL, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
  };
  char *path = path_in(folder, "x"), text[SHA256_TEXT];
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct bytes bytes = {0};
    if (cases[i].text != NULL) bytes_add_text(&bytes, cases[i].text);
    else bytes_add_fill(&bytes, 'a', cases[i].size);
    bytes_write(&bytes, path);
    cr_assert(sha256_of_file(path, text));
    cr_expect_str_eq(text, cases[i].sum);
    bytes_free(&bytes);
  }
  cr_expect_not(sha256_of_file("/none", text));
  free(path);
}

/* No CPU is slower or faster than these; under an emulator there is nothing to hold it to. */
Test(provenance, clock) {
  const double ghz = 1e-9 * bench_clock_hertz();
  cr_expect(ghz > 0.01 && ghz < 20.0, "%g GHz", ghz);
}

/* The first CPU that may be used. */
static int first_cpu(char text[16]) {
  cpu_set_t allowed;
  int cpu = 0;
  cr_assert_eq(sched_getaffinity(0, sizeof allowed, &allowed), 0);
  while (!CPU_ISSET((size_t)cpu, &allowed)) cpu++;
  snprintf(text, 16, "%d", cpu);
  return cpu;
}

static json_t *study(const char *const *arguments, const char *const *environment) {
  const struct process_options options = {.environment = environment};
  return tool_json(process_run(arguments, &options));
}

static const char *text_at(json_t *document, const char *room, const char *key) {
  return json_string_value(json_object_get(json_object_get(document, room), key));
}

/* The line of /proc/cpuinfo that a trait comes from is there. */
static void expect_in_cpuinfo(const char *name, const char *value) {
  char line[256], wanted[256];
  bool found = false;
  FILE *file = fopen("/proc/cpuinfo", "r");
  cr_assert_not_null(file);
  while (fgets(line, sizeof line, file) != NULL) {
    snprintf(wanted, sizeof wanted, ": %s\n", value);
    found |= strncmp(line, name, strlen(name)) == 0 && strstr(line, wanted) != NULL;
  }
  fclose(file);
  cr_expect(found, "%s %s", name, value);
}

Test(provenance, documents_tell_how_they_were_made) {
  static const char *const environment[] = {"OMP_PROC_BIND=close", "GOMP_SPINCOUNT=5", "OMP_NUM_THREADS", "SECRET=x",
                                            NULL};
  char cpu[16];
  const int number = first_cpu(cpu);
  json_t *document = study(ROWCAST_ARGUMENTS("scale", "--rows", "40", "--rounds", "2", "--threads", "1,2", "--pin", cpu,
                                             "--schedule", "dynamic,7", "--kernel", "auto", "--dtype", "f32", "--json"),
                           environment),
         *settings = json_object_get(document, "settings"), *variables = json_object_get(settings, "environment"),
         *arguments = json_object_get(settings, "arguments"), *pin = json_object_get(settings, "pin");
  cr_expect_eq(json_integer_value(json_object_get(settings, "rounds")), 2);
  cr_expect_str_eq(json_string_value(json_object_get(variables, "OMP_PROC_BIND")), "close");
  cr_expect_str_eq(json_string_value(json_object_get(variables, "GOMP_SPINCOUNT")), "5");
  cr_expect(json_object_get(variables, "SECRET") == NULL && json_object_get(variables, "OMP_NUM_THREADS") == NULL);
  cr_expect_eq(json_array_size(arguments), 17);
  cr_expect_str_eq(json_string_value(json_array_get(arguments, 1)), "scale");
  cr_expect_str_eq(json_string_value(json_array_get(arguments, 11)), "dynamic,7");
  cr_expect(json_array_size(pin) == 1 && json_integer_value(json_array_get(pin, 0)) == number);
  cr_expect_str_eq(text_at(document, "settings", "schedule"), "dynamic");
  cr_expect_eq(json_integer_value(json_object_get(settings, "chunk_rows")), 7);
  json_t *conditions = json_object_get(document, "conditions");
  static const char *const states[] = {"load_before", "load_after", "clock_ghz_before", "clock_ghz_after"};
  for (size_t i = 0; i < 4; i++) cr_expect(json_is_number(json_object_get(conditions, states[i])), "%s", states[i]);
  char sum[SHA256_TEXT];
  cr_assert(sha256_of_file(ROWCAST_EXE, sum));
  cr_expect_str_eq(json_string_value(json_object_get(document, "binary_sha256")), sum);
#if defined(__x86_64__)
  json_t *identity = json_object_get(json_object_get(document, "machine"), "identity");
  expect_in_cpuinfo("cpu family", json_string_value(json_object_get(identity, "cpu_family")));
  expect_in_cpuinfo("model", json_string_value(json_object_get(identity, "model")));
  expect_in_cpuinfo("stepping", json_string_value(json_object_get(identity, "stepping")));
#endif
  json_decref(document);
}

/* The values of a difference, or NULL. */
static const json_t *values_of(const json_t *differences, const char *what) {
  size_t i;
  json_t *difference;
  json_array_foreach(differences, i, difference) if (strcmp(json_string_value(json_object_get(difference, "what")),
                                                            what) == 0) return json_object_get(difference, "values");
  return NULL;
}

static json_t *document_of(const char *pin, const char *bind, double load, double clock, const char *sha256) {
  json_t *document = json_pack("{s:{s:s, s:s}, s:{s:s, s:i, s:[s, s], s:{s:s}}, s:{s:f, s:f}, s:s}", "machine", "model",
                               "a CPU", "huge_pages", "always", "settings", "pin", pin, "chunk_rows", 5, "arguments",
                               "rowcast", "bench", "environment", "OMP_PROC_BIND", bind, "conditions", "load_before",
                               load, "clock_ghz_before", clock, "binary_sha256", sha256);
  cr_assert_not_null(document);
  return document;
}

Test(provenance, differences) {
  static const char one[] = "1111111111111111", two[] = "2222222222222222";
  const struct {
    json_t *first, *second;
    const char *what, *values[2];
  } cases[] = {
    {document_of("none", "close", 1, 3, one), document_of("none", "close", 1.4, 3.05, one), NULL, {NULL}},
    {document_of("none", "close", 1, 3, one), document_of("compact", "close", 1, 3, one), "pin", {"none", "compact"}},
    {document_of("none", "close", 1, 3, one),
     document_of("none", "spread", 1, 3, one),
     "environment",
     {"OMP_PROC_BIND=close", "OMP_PROC_BIND=spread"}},
    {document_of("none", "close", 0, 3, one), document_of("none", "close", 2, 3, one), "load", {"0.00", "2.00"}},
    {document_of("none", "close", 0, 3, one),
     document_of("none", "close", 0, 2.8, one),
     "clock in GHz",
     {"3.00", "2.80"}},
    {document_of("none", "close", 0, 3, one),
     document_of("none", "close", 0, 3, two),
     "binary",
     {"111111111111", "222222222222"}},
    /* What one document alone has recorded tells nothing. */
    {document_of("none", "close", 0, 3, one), json_object(), NULL, {NULL}},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    json_t *differences = differences_of((json_t *const[]){cases[i].first, cases[i].second}, 2, 1);
    cr_assert_eq(json_array_size(differences), cases[i].what != NULL, "case %zu", i);
    const json_t *values = cases[i].what != NULL ? values_of(differences, cases[i].what) : NULL;
    cr_expect(cases[i].what == NULL || values != NULL, "case %zu", i);
    for (size_t v = 0; values != NULL && v < 2; v++)
      cr_expect_str_eq(json_string_value(json_array_get(values, v)), cases[i].values[v]);
    json_decref(differences);
    json_decref(cases[i].first), json_decref(cases[i].second);
  }
}

/* Of three, the second and the third differ by more than either does from the first. */
Test(provenance, any_two_may_differ) {
  json_t *documents[3];
  for (int i = 0; i < 3; i++) documents[i] = document_of("none", "close", (double[]){1.0, 0.6, 1.4}[i], 3, "1");
  json_t *differences = differences_of(documents, 3, 1);
  cr_expect_not_null(values_of(differences, "load"));
  json_decref(differences);
  for (int i = 0; i < 3; i++) json_decref(documents[i]);
}

/* The runs of a side count, too: what only a later one has, and in how many; numbers with both ends. */
Test(provenance, all_runs_of_a_side) {
  static const char one[] = "1111111111111111", two[] = "2222222222222222";
  json_t *documents[6];
  for (int i = 0; i < 6; i++)
    documents[i] =
      document_of(i == 4 ? "0" : "none", "close", (double[]){1.0, 0.2, 0.4, 1.0, 1.0, 1.0}[i], 3, i == 2 ? two : one);
  json_t *differences = differences_of(documents, 2, 3);
  static const struct {
    const char *what, *values[2];
  } cases[] = {{"pin", {"none", "2 runs none, 1 run 0"}},
               {"binary", {"2 runs 111111111111, 1 run 222222222222", "111111111111"}},
               {"load", {"0.20-1.00", "1.00"}}};
  cr_expect_eq(json_array_size(differences), sizeof cases / sizeof cases[0]);
  for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++)
    for (size_t v = 0; v < 2; v++)
      cr_expect_str_eq(json_string_value(json_array_get(values_of(differences, cases[c].what), v)), cases[c].values[v]);
  json_decref(differences);
  for (int i = 0; i < 6; i++) json_decref(documents[i]);
}

/* As a user meets it: two runs that were pinned differently. */
Test(provenance, compare_tells_them_apart) {
  char cpu[16], said[64];
  first_cpu(cpu);
  snprintf(said, sizeof said, "\npin: A none; B %s\n", cpu);
  const char *const pins[] = {"none", cpu};
  char *paths[2] = {path_in(folder, "a.json"), path_in(folder, "b.json")};
  for (int i = 0; i < 2; i++) {
    const struct process_options to_file = {.output = OUTPUT_FILE, .output_path = paths[i]};
    FILE *file = fopen(paths[i], "w");
    cr_assert(file != NULL && fclose(file) == 0);
    struct process_result result =
      process_run(ROWCAST_ARGUMENTS("scale", "--rows", "40", "--rounds", "2", "--threads", "1", "--kernel", "auto",
                                    "--dtype", "f32", "--label", "same", "--pin", pins[i], "--json"),
                  &to_file);
    cr_assert_eq(result.status, 0, "%s", result.err);
    process_free(&result);
  }
  tool_expect(ROWCAST("compare", paths[0], paths[1]), 0, said);
  tool_expect(ROWCAST("compare", paths[0], paths[1], "--format", "md"), 0, said);
  struct process_result alike = ROWCAST("compare", paths[0], paths[0]);
  cr_expect(alike.status == 0 && strstr(alike.out, "\npin: ") == NULL && strstr(alike.out, "\nbinary: ") == NULL);
  process_free(&alike);
  free(paths[0]), free(paths[1]);
}
