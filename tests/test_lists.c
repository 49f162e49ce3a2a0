/* SPDX-License-Identifier: BSD-3-Clause */
/* Lists on the command line: as long as memory allows, and refused for their own reasons. */
#include <criterion/criterion.h>
#include <errno.h>
#include <jansson.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "cli/args/lists.h"
#include "process.h"
#include "scene.h"
#include "needs_openmp.h"

Test(lists, ranges) {
  static const struct {
    const char *text;
    size_t count, first, last;
  } cases[] = {{"1-128", 128, 1, 128},
               {"1-4096", 4096, 1, 4096},
               {"1-4096,1-4096", 8192, 1, 4096},
               {"4096-4096", 1, 4096, 4096},
               {"2-4096*2", 12, 2, 4096},
               {"1-4096+5", 820, 1, 4096},
               {"0001", 1, 1, 1},
               {"7,5,6", 3, 7, 6}};
  struct number_list list = {0};
  struct list_fault fault;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    cr_assert(list_read(&list, cases[i].text, 1, 4096, &fault), "%s: %s", cases[i].text, fault.text);
    cr_assert_eq(list.count, cases[i].count, "%s", cases[i].text);
    cr_expect_eq(list.values[0], cases[i].first);
    cr_expect_eq(list.values[list.count - 1], cases[i].last);
  }
  list_free(&list);
  cr_expect(list.values == NULL && list.count == 0);
}

Test(lists, reasons) {
  static const struct {
    const char *text, *reason;
  } cases[] = {
    {"5000", "5000 is above 4096"},
    {"1,5000,2", "5000 is above 4096"},
    {"1-4097", "4097 is above 4096"},
    {"0", "0 is below 1"},
    {"0-3", "0 is below 1"},
    {"3-1", "3-1 goes down"},
    {"1-8+0", "a range in steps of 0 never ends"},
    {"1-8*1", "a range that multiplies by 1 never ends"},
    {"18446744073709551617", "18446744073709551617 is above 4096"},
    {"1-99999999999999999999999999", "999999999999999999999999... is above 4096"},
    {"", ""},
    {",1", ""},
    {"1,", ""},
    {"1,,2", ""},
    {"x", ""},
    {"1x", ""},
    {"-1", ""},
    {"1-", ""},
    {"1-3-5", ""},
    {"1 ", ""},
    {"1-8*", ""},
    {"0x10", ""},
    {"1,0,x", ""},
    {"5000-", ""},
    {"9-3+x", ""},
  };
  struct number_list list = {0};
  struct list_fault fault;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    cr_expect(!list_read(&list, cases[i].text, 1, 4096, &fault), "%s", cases[i].text);
    cr_expect_str_eq(fault.text, cases[i].reason, "%s: %s", cases[i].text, fault.text);
  }
  list_free(&list);
}

Test(lists, shapes) {
  enum { SHAPES = 5000 };
  struct shape_list list = {0};
  struct list_fault fault;
  char *text = NULL;
  size_t size;
  FILE *file = open_memstream(&text, &size);
  /* Each twice, and one with more digits than it needs. */
  for (int i = 0; i < 2 * SHAPES; i++)
    fprintf(file, "%s%dx%dx3", i > 0 ? "," : "", SHAPES - i % SHAPES, i % SHAPES + 1);
  fprintf(file, ",%0100dx1x1", 7);
  cr_assert_eq(fclose(file), 0);
  cr_assert(shapes_read(&list, text, 1 << 24, &fault), "%s", fault.text);
  cr_assert_eq(list.count, 2 * SHAPES + 1);
  cr_assert(shapes_make_unique(&list));
  cr_assert_eq(list.count, SHAPES + 1);
  for (size_t i = 0; i < SHAPES; i++)
    cr_assert(list.values[i].m == SHAPES - i && list.values[i].k == i + 1 && list.values[i].n == 3,
              "the first of each, in their order");
  cr_expect_eq(list.values[SHAPES].m, 7);
  shapes_free(&list);
  free(text);
  static const struct {
    const char *text, *reason;
  } wrong[] = {{"5x4x99999999", "99999999 is above 16777216"},
               {"0x1x1", "0 is below 1"},
               {"5x4", ""},
               {"1x2x3,", ""},
               {"1x2x3x4", ""},
               {"0x10", ""},
               {"0x1x1,", ""},
               {"", ""}};
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    cr_expect(!shapes_read(&list, wrong[i].text, 1 << 24, &fault), "%s", wrong[i].text);
    cr_expect_str_eq(fault.text, wrong[i].reason, "%s", wrong[i].text);
  }
  shapes_free(&list);
}

/* The tool tells the list's own reason, and no other. */
Test(lists, refusals) {
  static const char *const cases[][4] = {
    {"scale", "--threads", "5000", "rowcast: --threads: 5000 is above 4096; try rowcast scale --help\n"},
    {"verify", "--threads", "1,0", "rowcast: --threads: 0 is below 1; try rowcast verify --help\n"},
    {"bench", "--rows", "9-3", "rowcast: --rows: 9-3 goes down; try rowcast bench --help\n"},
    {"bench", "--k", "16777217", "rowcast: --k: 16777217 is above 16777216; try rowcast bench --help\n"},
    {"roofline", "--cols", "a",
     "rowcast: --cols: 'a' is not a list of numbers such as 1,2,4 or 1-8 or 1-64*2; try rowcast roofline --help\n"},
    {"bench", "--shape", "1x0x1", "rowcast: --shape: 0 is below 1; try rowcast bench --help\n"},
    {"scale", "--pin", "0,8192", "rowcast: --pin: 8192 is above 8191; try rowcast scale --help\n"},
    {"scale", "--pin", "8191", "rowcast: --pin: this process may not run on CPU 8191\n"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct process_result result = ROWCAST(cases[i][0], cases[i][1], cases[i][2]);
    cr_expect_eq(result.status, 2);
    cr_expect_str_empty(result.out);
    cr_expect_str_eq(result.err, cases[i][3]);
    process_free(&result);
  }
}

/* Lists longer than what arrays once held reach the work. */
Test(lists, long_ones_are_used_wholly) {
  struct process_result result =
    ROWCAST("verify", "--threads", "1-130", "--rows", "0:2", "--kernel", "scalar-naive", "--dtype", "u8", "--json");
  cr_assert_eq(result.status, 0, "%s", result.err);
  json_t *document = json_loads(result.out, 0, NULL);
  /* The serial driver, and two others with each count. */
  cr_expect_eq(json_array_size(json_object_get(document, "results")), 1 + 2 * 130);
  json_decref(document);
  process_free(&result);

  result = ROWCAST("bench", "--rows", "1-70", "--k", "1", "--threads", "1", "--rounds", "1", "--kernel", "scalar-naive",
                   "--dtype", "f32", "--json");
  cr_assert_eq(result.status, 0, "%s", result.err);
  document = json_loads(result.out, 0, NULL);
  cr_expect_eq(json_array_size(json_object_get(document, "results")), 70);
  json_decref(document);
  process_free(&result);

  /* Those that cannot be started are told in one line, however many they are. */
  result =
    ROWCAST("scale", "--threads", "1,3-4096", "--rows", "2", "--k", "8", "-n", "1", "--dtype", "f32", "--rounds", "1");
  cr_assert_eq(result.status, 0, "%s", result.err);
  cr_expect_not_null(strstr(result.out, "disturbed: 3-4096 threads were not measured: 2 rows"), "%s", result.out);
  process_free(&result);
}

/* Kernels are measured once, however often they are named. */
Test(lists, names_of_kernels) {
  char names[100 * 14] = "scalar-naive", unknown[700];
  for (int i = 1; i < 100; i++) strcat(names, ",scalar-naive");
  struct process_result result =
    ROWCAST("bench", "--rows", "2", "--threads", "1", "--rounds", "1", "--kernel", names, "--dtype", "f32", "--json");
  cr_assert_eq(result.status, 0, "%s", result.err);
  json_t *document = json_loads(result.out, 0, NULL);
  cr_expect_eq(json_array_size(json_object_get(document, "results")), 1);
  json_decref(document);
  process_free(&result);
  memset(unknown, 'x', sizeof unknown - 1);
  unknown[sizeof unknown - 1] = '\0';
  result = ROWCAST("bench", "--kernel", unknown);
  cr_expect_eq(result.status, 2);
  cr_expect_not_null(strstr(result.err, "usable here: auto"), "%s", result.err);
  process_free(&result);
  /* An option is named in full. */
  unknown[0] = unknown[1] = '-';
  result = ROWCAST("bench", unknown);
  cr_expect_not_null(strstr(result.err, unknown), "%s", result.err);
  process_free(&result);
}

/* A kernel built for 8192 CPUs refuses an affinity mask of 1024: so does this process from here on, and those it
 * starts. */
static bool refuse_small_masks(void) {
  struct sock_filter code[] = {
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_sched_getaffinity, 0, 3),
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[1])),
    BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 8192 / 8, 1, 0),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const struct sock_fprog filter = {sizeof code / sizeof code[0], code};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

Test(lists, affinity_masks_of_8192_cpus) {
  NEEDS_OPENMP();
  if (scene_llvm_openmp()) cr_skip_test("LLVM's OpenMP ends the process where a kernel refuses a mask of 1024 CPUs");
  if (!refuse_small_masks()) cr_skip_test("no seccomp filters here");
  static const char *const pins[] = {"compact", "spread", "none"};
  for (size_t i = 0; i < 3; i++) {
    struct process_result result = ROWCAST("scale", "--pin", pins[i], "--threads", "1,2", "--rows", "50", "--k", "8",
                                           "-n", "1", "--dtype", "f32", "--rounds", "1", "--json");
    cr_assert_eq(result.status, 0, "%s: %s", pins[i], result.err);
    json_t *document = json_loads(result.out, 0, NULL);
    const json_t *machine = json_object_get(document, "machine");
    cr_expect_gt(json_integer_value(json_object_get(machine, "available_cpus")), 0);
    cr_expect(json_is_string(json_object_get(machine, "affinity")), "which they are is told");
    cr_expect_gt(json_array_size(json_object_get(json_array_get(json_object_get(document, "results"), 1), "cpus_seen")),
                 0);
    json_decref(document);
    process_free(&result);
  }
}
