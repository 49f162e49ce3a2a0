/* SPDX-License-Identifier: BSD-3-Clause */
#include "args/pin_choice.h"

#include <string.h>

bool pin_choice_read(struct pin_choice *pin, const char *text, struct list_fault *fault) {
  static const char *const names[] = {"none", "compact", "spread"};
  pin->cpus.count = 0;
  for (int i = 0; i < 3; i++)
    if (strcmp(text, names[i]) == 0) {
      pin->kind = (enum pin_kind)i;
      return true;
    }
  pin->kind = PIN_LIST;
  return list_read(&pin->cpus, text, 0, PIN_CPU_MOST, fault);
}
