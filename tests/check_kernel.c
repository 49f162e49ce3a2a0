/* SPDX-License-Identifier: BSD-3-Clause */
#include "check_kernel.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rowcast/plan.h>

#include "check.h"
#include "check_data.h"

static uint32_t bits_of(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

/* What is wrong, of which subject and case, and how to see it again. Always false. */
__attribute__((format(printf, 4, 5))) static bool wrong(char *text, const struct check_subject *subject,
                                                        const struct check_case *check, const char *format, ...) {
  char what[192];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(what, sizeof what, format, arguments);
  va_end(arguments);
  char program[160] = "";
  /* Criterion's processes are called by a name that is not their program's. */
  if (readlink("/proc/self/exe", program, sizeof program - 1) < 0) strcpy(program, "the same program");
  snprintf(
    text, CHECK_TEXT,
    "%s: %s\n  m %zu k %zu n %zu, padding x %zu w %zu c %zu, overlap %zu, guard page %s, gap %zu, scale %g, values %d, "
    "case seed %llu\n  replay: ROWCAST_TEST_SEED=%llu %s",
    subject->name, what, check->m, check->k, check->n, check->x_padding, check->w_padding, check->c_padding,
    check->overlap, check->side == GUARD_AFTER ? "after" : "before", check->gap, (double)check->scale,
    (int)check->values, (unsigned long long)check->seed, (unsigned long long)test_seed(), program);
  return false;
}

/* What a fault is reported as: the case at work. Written before the subject runs, so that the handler has nothing
 * to do but to write it out. */
static char at_work[CHECK_TEXT];

static void report_fault(int number) {
  (void)number;
  const ssize_t written = write(STDERR_FILENO, at_work, strlen(at_work));
  (void)written; /* returning repeats the access, which now ends the process */
}

void check_report_faults(void) {
  struct sigaction action = {.sa_handler = report_fault, .sa_flags = (int)SA_RESETHAND};
  sigemptyset(&action.sa_mask);
  sigaction(SIGSEGV, &action, NULL);
}

static void note_at_work(const struct check_subject *subject, const struct check_case *check) {
  wrong(at_work, subject, check, "stray access to memory (SIGSEGV)");
  strncat(at_work, "\n", sizeof at_work - strlen(at_work) - 1);
}

static struct check_product product_of(const struct check_subject *subject, const struct check_case *check,
                                       const struct check_data *data) {
  return (struct check_product){
    .dtype = subject->dtype,
    .m = check->m,
    .k = check->k,
    .n = check->n,
    .x = data->x.data,
    .ldx = data->ldx,
    .w = (const float *)(const void *)data->w.data,
    .ldw = data->ldw,
    .scale = check->scale == 0.0f ? 1.0f : check->scale,
  };
}

/* C as it is, against the model in a buffer of its own and against float64. */
static bool check_values(const struct check_subject *subject, const struct check_case *check,
                         const struct check_product *product, const struct guarded *c, size_t ldc, char *text) {
  size_t row, column;
  const char *inspected = check_data_inspect_c(c, check->m, check->n, ldc, &row, &column);
  if (inspected != NULL) return wrong(text, subject, check, "%s, row %zu column %zu", inspected, row, column);

  const float *got = (const float *)(const void *)c->data;
  struct guarded model = guarded_alloc(c->bytes, GUARD_AFTER, 0);
  float *expected = (float *)(void *)model.data;
  const rowcast_order order = subject->auto_order ? rowcast_auto_order(check->k, check->n) : subject->order;
  check_model(product, order, expected, ldc);
  const struct check_difference difference = check_bits(got, ldc, expected, ldc, check->m, check->n);
  guarded_free(&model);
  if (difference.count > 0)
    return wrong(text, subject, check,
                 "%zu outputs differ from the model, first row %zu column %zu: %a (%08x), expected %a (%08x)",
                 difference.count, difference.row, difference.column, (double)difference.got, bits_of(difference.got),
                 (double)difference.expected, bits_of(difference.expected));

  const struct check_bound bound = check_float64(product, got, ldc);
  if (bound.over > 0)
    return wrong(text, subject, check,
                 "%zu outputs beyond float64's bound, first row %zu column %zu: %.17g, exactly %.17g", bound.over,
                 bound.row, bound.column, bound.got, bound.exact);
  return true;
}

bool check_kernel(const struct check_subject *subject, const struct check_case *check, char text[CHECK_TEXT]) {
  note_at_work(subject, check);
  struct check_data data = check_data_make(check, subject->dtype);
  const struct check_product product = product_of(subject, check, &data);
  void *instance = subject->create(subject, check->k, check->n, product.w, data.ldw, check->scale);
  bool right = false;
  if (instance == NULL) {
    wrong(text, subject, check, "the weights were refused");
  } else {
    /* The subject was to copy the weights. They come back as they were for the model. */
    guarded_hide(&data.w);
    const bool ran = subject->run(instance, check->m, data.x.data, data.ldx, (float *)(void *)data.c.data, data.ldc);
    subject->destroy(instance);
    guarded_make_readonly(&data.w);
    right = ran ? check_values(subject, check, &product, &data.c, data.ldc, text)
                : wrong(text, subject, check, "the batch was refused");
  }
  check_data_free(&data);
  return right;
}

/* Rows begin..end of the case's X, copied to a place of their own with the given gap, and their outputs compared
 * with the same rows of the whole batch. */
static bool check_part(const struct check_subject *subject, const struct check_case *check,
                       const struct check_data *data, void *instance, size_t begin, size_t end, size_t gap,
                       char *text) {
  const size_t element = subject->dtype == ROWCAST_U8 ? sizeof(unsigned char) : sizeof(float);
  const size_t m = end - begin;
  struct guarded x = guarded_alloc(m * check->k * element, GUARD_BEFORE, gap * element);
  struct guarded c = guarded_alloc(m * check->n * sizeof(float), GUARD_AFTER, 0);
  check_data_fill_c(&c, m, check->n, check->n);
  for (size_t i = 0; i < m; i++)
    memcpy(x.data + i * check->k * element, data->x.data + (begin + i) * data->ldx * element, check->k * element);
  float *part = (float *)(void *)c.data;
  const float *whole = (const float *)(const void *)data->c.data + begin * data->ldc;
  bool right;
  if (!subject->run(instance, m, x.data, check->k, part, check->n)) {
    right = wrong(text, subject, check, "rows %zu..%zu alone were refused", begin, end);
  } else {
    const struct check_difference difference = check_bits(part, check->n, whole, data->ldc, m, check->n);
    right = difference.count == 0 ||
            wrong(text, subject, check, "rows %zu..%zu alone, row %zu column %zu: %a (%08x), in the batch %a (%08x)",
                  begin, end, begin + difference.row, difference.column, (double)difference.got,
                  bits_of(difference.got), (double)difference.expected, bits_of(difference.expected));
  }
  guarded_free(&x);
  guarded_free(&c);
  return right;
}

bool check_batches(const struct check_subject *subject, const struct check_case *check, char text[CHECK_TEXT]) {
  note_at_work(subject, check);
  struct check_data data = check_data_make(check, subject->dtype);
  void *instance =
    subject->create(subject, check->k, check->n, (const float *)(const void *)data.w.data, data.ldw, check->scale);
  bool right = instance != NULL;
  if (!right) {
    wrong(text, subject, check, "the weights were refused");
  } else {
    right = subject->run(instance, check->m, data.x.data, data.ldx, (float *)(void *)data.c.data, data.ldc);
    if (!right) wrong(text, subject, check, "the batch was refused");
    for (size_t i = 0; right && i < check->m; i++) {
      /* Row i alone; and the batch cut before it. */
      right = check_part(subject, check, &data, instance, i, i + 1, i % 17, text) &&
              check_part(subject, check, &data, instance, 0, i, (i + 3) % 17, text) &&
              check_part(subject, check, &data, instance, i, check->m, (i + 7) % 17, text);
    }
    subject->destroy(instance);
  }
  check_data_free(&data);
  return right;
}

bool check_bytes_as_floats(const struct check_subject *bytes, const struct check_subject *floats,
                           const struct check_case *check, char text[CHECK_TEXT]) {
  note_at_work(bytes, check);
  /* One seed draws the same pixels and the same weights for both. */
  struct check_data data = check_data_make(check, ROWCAST_U8);
  struct guarded x = guarded_alloc(check->m * check->k * sizeof(float), GUARD_AFTER, 0);
  struct guarded c = guarded_alloc(check->m * check->n * sizeof(float), GUARD_AFTER, 0);
  float *values = (float *)(void *)x.data;
  for (size_t i = 0; i < check->m; i++)
    for (size_t k = 0; k < check->k; k++)
      values[i * check->k + k] = (float)data.x.data[i * data.ldx + k] * check->scale;

  const float *w = (const float *)(const void *)data.w.data;
  void *of_bytes = bytes->create(bytes, check->k, check->n, w, data.ldw, check->scale);
  void *of_floats = floats->create(floats, check->k, check->n, w, data.ldw, 1.0f);
  bool right = false;
  if (of_bytes == NULL || of_floats == NULL ||
      !bytes->run(of_bytes, check->m, data.x.data, data.ldx, (float *)(void *)data.c.data, data.ldc) ||
      !floats->run(of_floats, check->m, x.data, check->k, (float *)(void *)c.data, check->n)) {
    wrong(text, bytes, check, "refused, as bytes or as float32");
  } else {
    const struct check_difference difference =
      check_bits((const float *)(const void *)data.c.data, data.ldc, (const float *)(const void *)c.data, check->n,
                 check->m, check->n);
    right =
      difference.count == 0 || wrong(text, bytes, check, "row %zu column %zu: %a (%08x) of bytes, %a (%08x) of float32",
                                     difference.row, difference.column, (double)difference.got, bits_of(difference.got),
                                     (double)difference.expected, bits_of(difference.expected));
  }
  if (of_bytes != NULL) bytes->destroy(of_bytes);
  if (of_floats != NULL) floats->destroy(of_floats);
  guarded_free(&x);
  guarded_free(&c);
  check_data_free(&data);
  return right;
}
