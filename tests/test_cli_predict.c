/* SPDX-License-Identifier: BSD-3-Clause */
/* `rowcast predict`, and --bias, as processes. */
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "process.h"

#define DATA ROWCAST_SOURCE_DIR "/data/"

static json_t *run(const char *const *arguments) {
  json_error_t error;
  struct process_result result = process_run(arguments, NULL);
  cr_assert_eq(result.status, 0, "%s", result.err);
  json_t *object = json_loads(result.out, JSON_REJECT_DUPLICATES, &error);
  cr_assert_not_null(object, "%s", error.text);
  process_free(&result);
  return object;
}
#define JSON(...) run(ROWCAST_ARGUMENTS(__VA_ARGS__, "--json"))

static json_int_t integer(const json_t *object, const char *key) {
  return json_integer_value(json_object_get(object, key));
}

/* The shipped weights do what their training script says. */
Test(cli_predict, shipped_weights_on_the_test_set) {
  json_t *object = JSON("predict");
  const json_t *confusion = json_object_get(object, "confusion"), *classes = json_object_get(object, "classes");
  cr_expect_eq(integer(object, "rows"), 10000);
  cr_expect_eq(integer(object, "labelled"), 10000);
  cr_expect_eq(integer(object, "correct"), 9241);
  cr_expect_eq(json_array_size(classes), 10000);
  json_int_t all = 0, diagonal = 0;
  for (size_t i = 0; i < 10; i++)
    for (size_t j = 0; j < 10; j++) {
      const json_int_t count = json_integer_value(json_array_get(json_array_get(confusion, i), j));
      all += count;
      diagonal += i == j ? count : 0;
    }
  cr_expect(all == 10000 && diagonal == 9241);
  json_decref(object);
  struct process_result result = ROWCAST("predict", "--threads", "1");
  cr_expect_not_null(strstr(result.out, "accuracy 92.41 % (9241 of 10000)"), "%s", result.out);
  process_free(&result);
}

/* The fused classes are those of the stored product, whichever the kernel. */
Test(cli_predict, agrees_with_matmul) {
  json_t *stored = JSON("matmul", "--set", "test", "--weights", DATA "softmax-weights.npy", "--bias",
                        DATA "softmax-bias.npy", "--predict");
  cr_expect_eq(integer(stored, "correct"), 9241);
  static const char *const kernels[] = {"auto", "scalar-dot"};
  for (size_t k = 0; k < 2; k++) {
    json_t *fused = JSON("predict", "--kernel", kernels[k], "--rows", "0:10");
    json_t *line;
    size_t i;
    json_array_foreach(json_object_get(stored, "predictions"), i, line) cr_expect_eq(
      integer(line, "predicted"), json_integer_value(json_array_get(json_object_get(fused, "classes"), i)));
    json_decref(fused);
  }
  json_decref(stored);
  /* A bias changes bits. */
  json_t *plain = JSON("matmul", "--rows", "0:9", "--weights", DATA "softmax-weights.npy"),
         *biased =
           JSON("matmul", "--rows", "0:9", "--weights", DATA "softmax-weights.npy", "--bias", DATA "softmax-bias.npy");
  cr_expect_str_neq(json_string_value(json_object_get(plain, "crc32")),
                    json_string_value(json_object_get(biased, "crc32")));
  json_decref(biased);
  json_decref(plain);
}

Test(cli_predict, without_labels) {
  json_t *object =
    JSON("predict", "--images", ROWCAST_SOURCE_DIR "/tests/data/pickles/mnist_py2_p2.pkl.gz:member=train.x", "--labels",
         ROWCAST_SOURCE_DIR "/tests/data/pickles/mnist_py2_p2.pkl.gz:member=train.y", "--rows", "0:3");
  cr_expect_eq(integer(object, "labelled"), 3);
  json_decref(object);
  object = JSON("predict", "--images", DATA "softmax-weights.npy:shape=3x784:dtype=u8:allow-trailing=yes");
  cr_expect_eq(integer(object, "labelled"), 0);
  cr_expect(json_is_null(json_object_get(object, "accuracy")));
  cr_expect_eq(json_array_size(json_object_get(object, "classes")), 3);
  json_decref(object);
  object = JSON("predict", "--rows", "0:0");
  cr_expect(json_is_null(json_object_get(object, "accuracy")));
  json_decref(object);
}

/* Image 8 of the test set is a 5 that these weights take for a 6, as they do 9 right. */
Test(cli_predict, show_marks_wrong_ones) {
  struct process_result result =
    ROWCAST("show", "--set", "test", "--rows", "8:10", "--predict", "--ascii", "--color", "never");
  cr_expect_eq(result.status, 0, "%s", result.err);
  cr_expect_not_null(strstr(result.out, "8: 5 taken for 6"), "%s", result.out);
  cr_expect_not_null(strstr(result.out, "9: 9\n"), "%s", result.out);
  process_free(&result);
  json_t *object = JSON("show", "--set", "test", "--rows", "8:10", "--predict");
  const json_t *results = json_object_get(object, "results");
  cr_expect(integer(json_array_get(results, 0), "label") == 5 && integer(json_array_get(results, 0), "class") == 6);
  cr_expect(integer(json_array_get(results, 1), "label") == 9 && integer(json_array_get(results, 1), "class") == 9);
  json_decref(object);
}

Test(cli_predict, refusals) {
  static const struct {
    const char *arguments[10];
    int status;
  } cases[] = {
    {{"predict", "--bias", DATA "softmax-weights.npy", NULL}, 1},
    {{"predict", "--weights", DATA "softmax-bias.npy", NULL}, 1},
    {{"predict", "--bias", DATA "nosuch.npy", NULL}, 1},
    {{"matmul", "--rows", "0:5", "--cols", "9", "--bias", DATA "softmax-bias.npy", NULL}, 1},
    {{"show", "--bias", DATA "softmax-bias.npy", NULL}, 2},
    {{"predict", "--kernel", "nosuch", NULL}, 2},
    {{"predict", "--threads", "1,2", NULL}, 2},
    {{"predict", "--bias", "", NULL}, 2},
    {{"verify", "--bias", DATA "softmax-bias.npy", NULL}, 2},
    {{"matmul", "--rows", "0:5", "--weights", "randn:2", "--bias", DATA "softmax-bias.npy", "-o", NULL}, 2},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct process_result result = process_run(cases[i].arguments, NULL);
    cr_expect_eq(result.status, cases[i].status, "%zu: %d %s", i, result.status, result.err);
    cr_expect_str_empty(result.out);
    const char *newline = strchr(result.err, '\n');
    cr_expect(newline != NULL && newline[1] == '\0', "one line: %s", result.err);
    process_free(&result);
  }
}
