/* SPDX-License-Identifier: BSD-3-Clause */
#include "data/sources.h"

#include "data/rows.h"
#include "data/units.h"
#include "data/weights.h"
#include "terminal/report.h"

void sources_print(const struct sources *s) {
  const struct input *input = s->input;
  char rows[ROWS_TEXT], element[ELEMENT_TEXT], scale[SCALE_TEXT], labels[LABELS_TEXT], text[WEIGHTS_TEXT];
  out("images   %s\n         %s, %s x %s\n", printable(input->path), input_rows_text(input, rows),
      element_text(&input->images, element), units_text(s->scale, scale));
  if (s->note != NULL) out("         %s\n", s->note);
  if (input->labels.values.data != NULL)
    out("labels   %s%s\n", printable(input->labels_file.path), input_labels_text(input, labels));
  out("weights  %s%s\n", printable(s->weights_name), weights_text(s->weights, text));
  if (s->bias_name != NULL) out("bias     %s%s\n", printable(s->bias_name), weights_text(s->bias, text));
}

static json_t *text_or_null(const char *text) { return text != NULL ? json_text(text) : json_null(); }

bool sources_json(const struct sources *s, json_t *object) {
  const struct input *input = s->input;
  const bool labels = input->labels.values.data != NULL;
  const struct {
    const char *name;
    json_t *value;
  } members[] = {
    {"images", json_text(input->path)},
    {"first_row", json_integer((json_int_t)input->all_from)},
    {"all_rows", json_integer((json_int_t)input->all)},
    {"element", json_string(element_name(&input->images))},
    {"scale", json_number((double)s->scale)},
    {"note", text_or_null(s->note)},
    {"headings_left_out", json_boolean(input->images.file->headings == ROWCAST_HEADINGS_LEFT_OUT)},
    {"labels", text_or_null(labels ? input->labels_file.path : NULL)},
    {"weights", json_text(s->weights_name)},
    {"weights_element", json_string(element_name(s->weights))},
    {"bias", text_or_null(s->bias_name)},
    {"bias_element", text_or_null(s->bias_name != NULL ? element_name(s->bias) : NULL)},
  };
  bool done = true; /* each is handed over, whatever became of those before */
  for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
    done &= json_object_set_new(object, members[i].name, members[i].value) == 0;
  return done;
}

void sources_remark(const struct sources *s) {
  char text[ELEMENT_TEXT];
  input_note_rows(s->input);
  if (s->note != NULL) note("%s: %s", s->input->path, s->note);
  if (element_is_rounded(&s->input->images)) note("%s: %s", s->input->path, element_text(&s->input->images, text));
  if (element_is_rounded(s->weights)) note("%s: %s", s->weights_name, element_text(s->weights, text));
  if (s->bias_name != NULL && element_is_rounded(s->bias)) note("%s: %s", s->bias_name, element_text(s->bias, text));
}
