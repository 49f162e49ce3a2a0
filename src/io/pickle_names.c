/* SPDX-License-Identifier: BSD-3-Clause */
/* The names that occur in an array's pickle, and the messages about all others. Names are compared, never looked up. */
#include <stdio.h>
#include <string.h>

#include "pickle_values.h"

enum { SHOWN = 100 };

/* A name as it may be shown. */
static void show(char to[SHOWN + 1], const unsigned char *name, size_t length) {
  const size_t shown = length < SHOWN ? length : SHOWN;
  for (size_t i = 0; i < shown; i++) to[i] = name[i] >= 0x20 && name[i] < 0x7f ? (char)name[i] : '?';
  to[shown] = '\0';
}

static rc_wrong refuse_name(const char *what, const struct rc_name *name, char text[RC_REFUSED_TEXT]) {
  char module[SHOWN + 1], attribute[SHOWN + 1];
  show(module, name->module, name->module_size);
  show(attribute, name->attribute, name->attribute_size);
  snprintf(text, RC_REFUSED_TEXT, "%s '%s %s', which no array needs", what, module, attribute);
  return text;
}

static bool same(const unsigned char *text, size_t size, const char *known) {
  return strlen(known) == size && memcmp(text, known, size) == 0;
}

rc_wrong rc_pickle_global(const struct rc_name *name, enum rc_token *token, char text[RC_REFUSED_TEXT]) {
  static const struct {
    const char *module, *attribute;
    enum rc_token token;
  } known[] = {
    {"numpy.core.multiarray", "_reconstruct", RC_RECONSTRUCT},
    {"numpy._core.multiarray", "_reconstruct", RC_RECONSTRUCT},
    {"numpy.core._multiarray_umath", "_reconstruct", RC_RECONSTRUCT}, /* NumPy 1.16.0 */
    {"numpy", "ndarray", RC_NDARRAY},
    {"numpy", "dtype", RC_DTYPE_TYPE},
    {"numpy.core.numeric", "_frombuffer", RC_FROMBUFFER},
    {"numpy._core.numeric", "_frombuffer", RC_FROMBUFFER},
    {"_codecs", "encode", RC_ENCODE},
    {"__builtin__", "bytes", RC_BYTES_TYPE},
    {"builtins", "bytes", RC_BYTES_TYPE},
    {"numpy.core.multiarray", "scalar", RC_SCALAR},
    {"numpy._core.multiarray", "scalar", RC_SCALAR},
  };
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
    if (same(name->module, name->module_size, known[i].module) &&
        same(name->attribute, name->attribute_size, known[i].attribute)) {
      *token = known[i].token;
      return NULL;
    }
  return refuse_name("the global", name, text);
}

rc_wrong rc_pickle_refuse_inst(const struct rc_name *name, char text[RC_REFUSED_TEXT]) {
  return refuse_name("the opcode INST of", name, text);
}

rc_wrong rc_pickle_refuse(unsigned char opcode, char text[RC_REFUSED_TEXT]) {
  static const struct {
    unsigned char opcode;
    const char *name;
  } refused[] = {
    {0x6f, "OBJ"},       {0x81, "NEWOBJ"},      {0x92, "NEWOBJ_EX"},       {0x82, "EXT1"},      {0x83, "EXT2"},
    {0x84, "EXT4"},      {0x50, "PERSID"},      {0x51, "BINPERSID"},       {0x30, "POP"},       {0x31, "POP_MARK"},
    {0x32, "DUP"},       {0x97, "NEXT_BUFFER"}, {0x98, "READONLY_BUFFER"}, {0x8f, "EMPTY_SET"}, {0x90, "ADDITEMS"},
    {0x91, "FROZENSET"},
  };
  for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
    if (refused[i].opcode == opcode) {
      snprintf(text, RC_REFUSED_TEXT, "the opcode %s, which no array needs", refused[i].name);
      return text;
    }
  snprintf(text, RC_REFUSED_TEXT, "the unknown opcode 0x%02x", opcode);
  return text;
}
