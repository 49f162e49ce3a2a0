/* SPDX-License-Identifier: BSD-3-Clause */
#include "data/walk.h"

#include <string.h>

#include "data/product.h"
#include "terminal/report.h"
#include "terminal/terminal.h"

/* Takes the rows of the block at hand. */
static int take_rows(struct walk *walk) {
  rows_free(&walk->rows);
  const int status = rows_prepare(&walk->rows, walk->input, walk->dtype, walk->scale);
  walk->next = walk->rows.m;
  return status;
}

int walk_begin(struct walk *walk, struct input *input, enum dtype_choice dtype, float scale) {
  memset(walk, 0, sizeof *walk);
  walk->input = input;
  walk->dtype = dtype;
  walk->scale = scale;
  if (!input->by_number) return take_rows(walk);
  int status = by_number_begin(&walk->team, input);
  if (status == EXIT_DONE) status = by_number_peek(&walk->team, &walk->rows);
  walk->rows.scale = scale;
  return status;
}

int walk_in_order(struct walk *walk) {
  by_number_free(&walk->team);
  memset(&walk->rows, 0, sizeof walk->rows);
  const int status = input_in_order(walk->input);
  return status == EXIT_DONE ? take_rows(walk) : status;
}

void walk_look(struct walk *walk, bool pixels_alone) {
  walk->look = true;
  walk->pixels_alone = pixels_alone;
}

int walk_plan(struct walk *walk, const rowcast_plan *plan, size_t n, bool classes) {
  walk->plan = plan;
  walk->n = n;
  if (!walk->input->by_number) return EXIT_DONE;
  const int status = by_number_team(&walk->team, plan, n, classes ? sizeof(int32_t) : n * sizeof(float));
  if (walk->look) by_number_look(&walk->team, walk->pixels_alone);
  walk->next = walk->team.round;
  return status;
}

/* The team's next round. */
static int multiply_round(struct walk *walk, float *c, int32_t *classes) {
  struct by_number *team = &walk->team;
  const int status = by_number_next(team, c, classes, &walk->count);
  walk->first = team->from;
  walk->blocks = team->blocks;
  walk->seen = team->seen;
  walk->read = team->read / team->threads;
  walk->multiply = team->multiply / team->threads;
  return status;
}

int walk_multiply(struct walk *walk, float *c, int32_t *classes) {
  const struct input *input = walk->input;
  const struct rows *rows = &walk->rows;
  if (input->by_number) return multiply_round(walk, c, classes);
  size_t from, to;
  input_selected(input, &from, &to);
  walk->first = input->first + from;
  walk->count = rows->m;
  /* Converted rows have another unit than the file's. */
  if (walk->look && rows->dtype == input->images.dtype) units_look(&walk->seen, rows, walk->pixels_alone);
  const double start = clock_seconds();
  const rowcast_status status = c != NULL ? rowcast_matmul(walk->plan, rows->m, rows->x, rows->ldx, c, walk->n)
                                          : rowcast_predict(walk->plan, rows->m, rows->x, rows->ldx, classes);
  walk->multiply += clock_seconds() - start;
  walk->blocks++;
  return status == ROWCAST_OK ? EXIT_DONE : complain_of_product(status, c == NULL);
}

bool walk_advance(struct walk *walk, int *status) {
  struct input *input = walk->input;
  if (!input->by_number) {
    if (!input_advance(input, status)) return false;
    *status = take_rows(walk);
    return *status == EXIT_DONE;
  }
  if (*status == EXIT_DONE && walk->team.next < input->to) return true;
  if (*status == EXIT_DONE) *status = by_number_end(&walk->team);
  return false;
}

void walk_free(struct walk *walk) {
  by_number_free(&walk->team);
  rows_free(&walk->rows);
}
