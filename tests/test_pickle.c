/* SPDX-License-Identifier: BSD-3-Clause */
/* Pickles: the article's layout from a real Python 2.7, members by name, and everything that is not an array of numbers
 * refused with its name. tests/oracle compares with Python itself. */
#include <criterion/criterion.h>
#include <malloc.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rowcast/io.h>

#include "file_builder.h"
#include "sanitized.h"

#define PICKLES      ROWCAST_SOURCE_DIR "/tests/data/pickles/mnist_py2_p"
#define TRAIN        ROWCAST_SOURCE_DIR "/data/train-images-idx3-ubyte.gz"
#define TRAIN_LABELS ROWCAST_SOURCE_DIR "/data/train-labels-idx1-ubyte.gz"

static rowcast_matrix read_member(const char *path, const char *member) {
  rowcast_matrix matrix;
  rowcast_error error;
  const rowcast_read_options options = {sizeof(rowcast_read_options), .member = member};
  cr_assert(rowcast_matrix_read(&matrix, path, &options, &error) == ROWCAST_OK, "%s", told(&error));
  cr_assert_str_eq(matrix.file->format, "pickle");
  return matrix;
}

/* The pixels are the IDX file's / 256, and the labels its labels: rows from 0, 50,000 for the valid set. */
Test(pickle, articles_layout) {
  rowcast_matrix idx, labels;
  cr_assert_eq(rowcast_matrix_read(&idx, TRAIN, NULL, NULL), ROWCAST_OK);
  cr_assert_eq(rowcast_matrix_read(&labels, TRAIN_LABELS, NULL, NULL), ROWCAST_OK);
  static const struct {
    const char *x, *y;
    size_t rows, first;
  } sets[] = {{"train.x", "train.y", 20, 0}, {"valid.x", "valid.y", 5, 50000}};
  for (int protocol = 0; protocol < 3; protocol++) {
    char path[512];
    snprintf(path, sizeof path, "%s%d.pkl.gz", PICKLES, protocol);
    for (size_t s = 0; s < 2; s++) {
      rowcast_matrix x = read_member(path, sets[s].x), y = read_member(path, sets[s].y);
      cr_assert(x.rows == sets[s].rows && x.cols == 784 && x.dtype == ROWCAST_F32 && x.file->gzipped);
      cr_assert_str_eq(x.file->element, "f4");
      cr_assert_str_eq(y.file->element, "i8");
      cr_assert_str_eq(x.file->name, sets[s].x);
      for (size_t i = 0; i < x.rows; i++) {
        cr_assert_eq(matrix_at(&y, i, 0), matrix_at(&labels, sets[s].first + i, 0));
        for (size_t k = 0; k < 784; k++)
          cr_assert_eq(matrix_at(&x, i, k) * 256.0, matrix_at(&idx, sets[s].first + i, k));
      }
      /* And so they can be held as those bytes. */
      cr_assert(rowcast_matrix_to_bytes(&x));
      cr_assert(x.dtype == ROWCAST_U8 && x.unit == 1.0f / 256.0f && x.stride == 784);
      cr_assert(memcmp(x.data, (const unsigned char *)idx.data + sets[s].first * 784, x.rows * 784) == 0);
      cr_assert(!rowcast_matrix_to_bytes(&x));
      rowcast_matrix_free(&x);
      rowcast_matrix_free(&y);
    }
    rowcast_matrix first = read_member(path, NULL);
    cr_assert(first.rows == 20 && first.cols == 784);
    cr_assert_str_eq(first.file->name, "0.0");
    rowcast_matrix_free(&first);
  }
  rowcast_matrix_free(&idx);
  rowcast_matrix_free(&labels);
}

/* Names of any length are whole, and find their member again: {"nn...n": {"k\xc3\xa9": array}}. */
Test(pickle, long_names) {
  static const size_t lengths[] = {1, 63, 64, 65, 199, 200, 201, 65000, 1 << 20};
  for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
    struct bytes pickle = {0}, name = {0};
    bytes_add_fill(&name, 'n', lengths[i]);
    bytes_add(&pickle, "\x80\x02}X", 4);
    bytes_add_number(&pickle, name.size, 4, false);
    bytes_add(&pickle, name.data, name.size);
    bytes_add(&pickle, "}X\x03\0\0\0k\xc3\xa9", 9);
    bytes_add_text(&pickle, "cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\n");
    bytes_add(&pickle,
              "K\0\x85U\x01"
              "b\x87R(K\x01K\x01K\x02\x86",
              16);
    bytes_add_text(&pickle, "cnumpy\ndtype\nU\x02"
                            "f4");
    bytes_add(&pickle, "K\0K\x01\x87R(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb\x89U\x08", 32);
    bytes_add(&pickle, (const float[]){3.0f, 4.0f}, 8);
    bytes_add_text(&pickle, "tbss.");
    bytes_add(&name, ".k\xc3\xa9", 5);
    for (int named = 0; named < 2; named++) {
      rowcast_matrix matrix;
      rowcast_error error;
      const rowcast_read_options options = {sizeof options, .member = named ? (const char *)name.data : NULL};
      const rowcast_status status =
        rowcast_matrix_read_memory(&matrix, pickle.data, pickle.size, "input", &options, &error);
      if (lengths[i] == 1 << 20 && !named) {
        cr_expect(status == ROWCAST_ERR_FORMAT && strstr(error.text, "name of more than") != NULL, "%s", error.text);
        continue;
      }
      cr_assert(status == ROWCAST_OK, "%zu: %s", lengths[i], error.text);
      cr_expect(strcmp(matrix.file->name, (const char *)name.data) == 0, "%zu", lengths[i]);
      cr_expect(matrix.cols == 2 && matrix_at(&matrix, 0, 1) == 4.0);
      rowcast_matrix_free(&matrix);
    }
    bytes_free(&pickle);
    bytes_free(&name);
  }
}

Test(pickle, what_cannot_be_bytes) {
  static const float others[] = {1.0f, -0.0f, 1.0f / 512.0f, -1.0f / 256.0f, 256.0f / 256.0f, 1e30f};
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
    rowcast_matrix matrix;
    cr_assert_eq(rowcast_matrix_alloc(&matrix, ROWCAST_F32, 2, 2), ROWCAST_OK);
    memcpy(matrix.data, (const float[]){0.0f, 255.0f / 256.0f, others[i], 0.0f}, 4 * sizeof(float));
    cr_expect(!rowcast_matrix_to_bytes(&matrix), "%g", (double)others[i]);
    cr_expect(matrix.dtype == ROWCAST_F32 && matrix_at(&matrix, 0, 1) == 255.0 / 256.0);
    rowcast_matrix_free(&matrix);
  }
  cr_expect(!rowcast_matrix_to_bytes(NULL));
}

/* Reads a pickle of these bytes; the error's text is in *error. */
static rowcast_status read_text(const char *text, size_t size, const char *member, rowcast_error *error) {
  rowcast_matrix matrix;
  const rowcast_read_options options = {sizeof(rowcast_read_options), .member = member};
  const rowcast_status status = rowcast_matrix_read_memory(&matrix, text, size, "input", &options, error);
  rowcast_matrix_free(&matrix);
  return status;
}

/* What exploits are made of, and what has fooled scanners: each is refused, and the text says what it was. */
Test(pickle, hostile) {
#define CASE(text, part)                                                                                               \
  { text, sizeof text - 1, part }
  static const struct {
    const char *text;
    size_t size;
    const char *part;
  } cases[] = {
    CASE("cos\nsystem\n(S'id'\ntR.", "'os system'"),
    CASE("cposix\nsystem\n(S'id'\ntR.", "'posix system'"),
    CASE("cnt\nsystem\n(S'id'\ntR.", "'nt system'"),
    CASE("csubprocess\nPopen\n(S'id'\ntR.", "'subprocess Popen'"),
    CASE("csubprocess\ncheck_output\n(S'id'\ntR.", "'subprocess check_output'"),
    CASE("c__builtin__\neval\n(S'1'\ntR.", "'__builtin__ eval'"),
    CASE("c__builtin__\nexec\n(S'1'\ntR.", "'__builtin__ exec'"),
    CASE("cbuiltins\nexec\n(S'1'\ntR.", "'builtins exec'"),
    CASE("cbuiltins\ngetattr\n(S'1'\ntR.", "'builtins getattr'"),
    CASE("cbuiltins\n__import__\n(S'os'\ntR.", "'builtins __import__'"),
    CASE("c__builtin__\ncompile\n.", "'__builtin__ compile'"),
    CASE("c__builtin__\nopen\n(S'/etc/passwd'\ntR.", "'__builtin__ open'"),
    CASE("c__builtin__\napply\n.", "'__builtin__ apply'"),
    CASE("c__builtin__\nmap\n.", "'__builtin__ map'"),
    CASE("cimportlib\nimport_module\n(S'os'\ntR.", "'importlib import_module'"),
    CASE("cimportlib.util\nspec_from_file_location\n.", "'importlib.util spec_from_file_location'"),
    CASE("crunpy\n_run_code\n.", "'runpy _run_code'"),
    CASE("cpty\nspawn\n(S'sh'\ntR.", "'pty spawn'"),
    CASE("csocket\ncreate_connection\n.", "'socket create_connection'"),
    CASE("curllib.request\nurlopen\n.", "'urllib.request urlopen'"),
    CASE("cwebbrowser\nopen\n.", "'webbrowser open'"),
    CASE("cshutil\nrmtree\n(S'/'\ntR.", "'shutil rmtree'"),
    CASE("csys\nmodules\n.", "'sys modules'"),
    CASE("coperator\nattrgetter\n(S'system'\ntR.", "'operator attrgetter'"),
    CASE("coperator\nmethodcaller\n.", "'operator methodcaller'"),
    CASE("cfunctools\npartial\n.", "'functools partial'"),
    CASE("ctimeit\ntimeit\n(S'1'\ntR.", "'timeit timeit'"),
    CASE("ccode\nInteractiveInterpreter\n.", "'code InteractiveInterpreter'"),
    CASE("cbdb\nBdb\n.", "'bdb Bdb'"),
    CASE("cpip\nmain\n.", "'pip main'"),
    CASE("casyncio.unix_events\n_UnixSubprocessTransport._start\n.",
         "'asyncio.unix_events _UnixSubprocessTransport._start'"),
    CASE("cpickle\nloads\n(S''\ntR.", "'pickle loads'"),
    CASE("c_pickle\nload_build\n.", "'_pickle load_build'"),
    CASE("cctypes\nCDLL\n.", "'ctypes CDLL'"),
    CASE("ccommands\ngetoutput\n.", "'commands getoutput'"),
    CASE("cnumpy\nndarray.__init__\n.", "'numpy ndarray.__init__'"),
    CASE("cnumpy.testing._private.utils\nrunstring\n.", "'numpy.testing._private.utils runstring'"),
    CASE("cnumpy\nload\n(S'x'\ntR.", "'numpy load'"),
    CASE("cnumpy.f2py.crackfortran\ngetlincoef\n.", "'numpy.f2py.crackfortran getlincoef'"),
    CASE("ctorch\nload\n.", "'torch load'"),
    CASE("c_codecs\ndecode\n.", "'_codecs decode'"),
    CASE("c__main__\nX\n.", "'__main__ X'"),
    CASE("\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x02id\x85R.", "'os system'"),
    CASE("\x80\x04\x8c\x08"
         "builtins\x8c\x04"
         "eval\x93\x8c\x01"
         "1\x85R.",
         "'builtins eval'"),
    CASE("\x80\x02(S'id'\nios\nsystem\n.", "INST of 'os system'"),
    CASE("(S'id'\nios\nsystem\n.", "'os system'"),
    CASE("\x80\x02(cos\nsystem\nS'id'\no.", "'os system'"),
    CASE("\x80\x02(cnumpy\ndtype\nS'f4'\no.", "OBJ"),
    CASE("\x80\x02"
         "cnumpy\nndarray\n)\x81.",
         "NEWOBJ"),
    CASE("\x80\x04"
         "cnumpy\nndarray\n)}\x92.",
         "NEWOBJ_EX"),
    CASE("\x80\x02Pabc\n.", "PERSID"),
    CASE("\x80\x02K\x01Q.", "BINPERSID"),
    CASE("\x80\x02\x82\x01.", "EXT1"),
    CASE("\x80\x02\x83\x01\0.", "EXT2"),
    CASE("\x80\x02\x84\x01\0\0\0.", "EXT4"),
    CASE("\x80\x02K\x01K\x02"
         "0.",
         "POP"),
    CASE("\x80\x02(K\x01"
         "1.",
         "POP_MARK"),
    CASE("\x80\x02K\x01"
         "2.",
         "DUP"),
    CASE("\x80\x04\x8f.", "EMPTY_SET"),
    CASE("\x80\x04(\x90.", "ADDITEMS"),
    CASE("\x80\x04(\x91.", "FROZENSET"),
    CASE("\x80\x05\x97.", "NEXT_BUFFER"),
    CASE("\x80\x05K\x01\x98.", "READONLY_BUFFER"),
    CASE("\x80\x02\xff.", "unknown opcode 0xff"),
    /* A global with escapes and control characters in its name is shown without them. */
    CASE("cos\x1b[31m\nsys\x07tem\n.", "'os?[31m sys?tem'"),
    /* The same place of the memo twice: two readers may see two things. */
    CASE("\x80\x02K\x01q\x01K\x02q\x01\x86.", "used twice"),
    CASE("\x80\x04K\x01\x94K\x02q\0\x86.", "used twice"),
    CASE("\x80\x02h\x05.", "empty"),
    CASE("\x80\x02j\xff\xff\xff\xff.", "empty"),
    CASE("\x80\x02K\x01r\xff\xff\xff\xff.", "65536"),
    CASE("\x80\x02T\xff\xff\xff\xff.", "negative"),
    CASE("\x80\x02T\xff\xff\xff\x7f.", "truncated"),
    CASE("\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\xff.", "truncated"),
    CASE("\x80\x02\x8a\x09"
         "123456789.",
         "64 bits"),
    CASE("\x80\x02\x8b\xff\xff\xff\xff.", "64 bits"),
    CASE("\x80\x02I010\n.", "zeros before it"), /* 8 for some readers, 10 for others */
    CASE("\x80\x02L-01L\n.", "zeros before it"),
    CASE("\x80\x02.", "STOP without exactly one"),
    CASE("\x80\x02K\x01K\x02.", "STOP without exactly one"),
    CASE("\x80\x02(K\x01.", "STOP without exactly one"),
    CASE("\x80\x02K\x01.x", "bytes after the STOP"),
    CASE("\x80\x02K\x01.", "holds no array"),
    CASE("\x80\x02R.", "takes more values than there are"),
    CASE("\x80\x02K\x01)R.", "a call of something that is not a function"),
    CASE("\x80\x02"
         "cnumpy\nndarray\n)R.",
         "a call of numpy.ndarray"),
    CASE("\x80\x02"
         "cnumpy\ndtype\nU\x02O8K\0K\x01\x87R.",
         "Python objects"),
    CASE("\x80\x02"
         "cnumpy\ndtype\nU\x03V12K\0K\x01\x87R.",
         "element type that is not supported"),
    CASE("\x80\x02"
         "cnumpy\ndtype\nU\x02"
         "c8K\0K\x01\x87R.",
         "element type that is not supported"),
    CASE("\x80\x02K\x01]b.", "neither array nor dtype"),
    CASE("\x80\x02]]b.", "neither array nor dtype"),
    CASE("\x80\x02]K\x01}a.", "not a list or dictionary"),
    CASE("\x80\x02}K\x01"
         "ds.",
         "MARK"),
    CASE("\x80\x02}(K\x01u.", "without a value"),
    CASE("\x80\x02(e.", "takes more values than there are"),
    CASE("\x80\x03"
         "B\x02\0\0\0a.",
         "truncated"),
    CASE("\x80\x05\x95\xff\xff\xff\xff\xff\xff\xff\xff.", "longer than the file"),
  };
#undef CASE
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    rowcast_error error;
    const rowcast_status status = read_text(cases[i].text, cases[i].size, NULL, &error);
    cr_expect(status == ROWCAST_ERR_FORMAT, "%zu: %s", i, rowcast_status_text(status));
    cr_expect(status == ROWCAST_OK || strstr(told(&error), cases[i].part) != NULL, "%zu: '%s' is not in: %s", i,
              cases[i].part, told(&error));
  }
}

/* Words, one per line, are not a pickle, whatever opcodes they begin with. */
Test(pickle, words_are_text) {
  static const char *const texts[] = {
    "cat\ndog\ncat\n",  "cat\ndog\npig\n",        "cat\nquail\nquail\n", "class\nname\n.5\n",   "cm\nkg\n1.5\n",
    "cat\ndog\nIbis\n", "class\nSpecies\nSetosa", "(test)\n1,2\n",       "(large)\n1\n",        "(damped)\n1\n",
    "(Voltage)\n1,2\n", "(clock)\nx\n.5\n",       "cold|warm\nx\n(y)\n", "ca\xc3\xb1on\ncat\nx"};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    rowcast_error error;
    cr_expect_eq(read_text(texts[i], strlen(texts[i]), NULL, &error), ROWCAST_ERR_FORMAT);
    cr_expect_not_null(strstr(told(&error), "CSV: line 1, column 1"), "%s: %s", texts[i], told(&error));
  }
}

/* Depth and number have their limits, and reaching them takes no time. */
Test(pickle, limits, .timeout = 20) {
  static const struct {
    const char *part;
    const char *text;
  } cases[] = {{"levels of nesting", "("}, {"1024 values", "N"}, {"1024 values", "]"}, {"takes more", "a"}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct bytes bytes = {0};
    bytes_add(&bytes, "\x80\x02", 2);
    for (int j = 0; j < 1000000; j++) bytes_add_text(&bytes, cases[i].text);
    bytes_add_text(&bytes, ".");
    rowcast_error error;
    cr_expect_eq(read_text((const char *)bytes.data, bytes.size, NULL, &error), ROWCAST_ERR_FORMAT);
    cr_expect_not_null(strstr(told(&error), cases[i].part), "%s", told(&error));
    bytes_free(&bytes);
  }
  /* A list that grows without end, one that holds itself, and lists of lists of lists, each holding the one before ten
   * times. */
  struct bytes endless = {0}, itself = {0}, billion = {0};
  bytes_add(&endless, "\x80\x02]", 3);
  for (int j = 0; j < 1000000; j++) bytes_add_text(&endless, "Na");
  bytes_add_text(&endless, ".");
  bytes_add(&itself,
            "\x80\x02]q\0h\0"
            "a.",
            9);
  bytes_add(&billion, "\x80\x02]q\0", 5);
  for (unsigned char level = 1; level < 60; level++) {
    bytes_add_text(&billion, "](");
    for (int j = 0; j < 10; j++) bytes_add(&billion, (const char[]){'h', (char)(level - 1)}, 2);
    bytes_add(&billion, (const char[]){'e', 'q', (char)level}, 3);
  }
  for (unsigned char level = 1; level < 60; level++) bytes_add_text(&billion, "\x86");
  bytes_add_text(&billion, ".");
  const struct bytes *all[] = {&endless, &itself, &billion};
  const char *parts[] = {"more values", "holds no array", "holds no array"};
  for (size_t i = 0; i < 3; i++) {
    rowcast_error error;
    cr_expect_eq(read_text((const char *)all[i]->data, all[i]->size, NULL, &error), ROWCAST_ERR_FORMAT);
    cr_expect_not_null(strstr(told(&error), parts[i]), "%s", told(&error));
    cr_expect_eq(read_text((const char *)all[i]->data, all[i]->size, "0.0.0.0.0.0.0.0", &error),
                 i == 0 ? ROWCAST_ERR_FORMAT : ROWCAST_ERR_NOT_FOUND);
  }
  bytes_free(&endless);
  bytes_free(&itself);
  bytes_free(&billion);
}

Test(pickle, members) {
  rowcast_error error;
  rowcast_matrix matrix;
  static const char *const wrong[] = {"train", "train.z", "3.0", "0",   "0.0.0",        "",
                                      ".",     "train.",  "x",   "0x0", "99999999999.1"};
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    const rowcast_read_options options = {sizeof(rowcast_read_options), .member = wrong[i]};
    cr_expect_eq(rowcast_matrix_read(&matrix, PICKLES "2.pkl.gz", &options, &error), ROWCAST_ERR_NOT_FOUND, "%s",
                 wrong[i]);
    cr_expect_not_null(strstr(told(&error), "it has 0.0, 0.1, 1.0, 1.1, 2.0, 2.1"), "%s", told(&error));
  }
  const rowcast_read_options options = {sizeof(rowcast_read_options), .member = "train.x"};
  cr_expect_eq(rowcast_matrix_read(&matrix, TRAIN_LABELS, &options, &error), ROWCAST_ERR_NOT_FOUND);
  cr_expect_not_null(strstr(told(&error), "is not a pickle"), "%s", told(&error));
}

/* A pickle of one dictionary or list, as pickle.dump() of protocol 2 has it; which member is taken, and its first
 * number. */
Test(pickle, names_with_dots_and_bare_lists) {
#define KEY(key) "X" key
#define LIST(number)                                                                                                   \
  "](K" number "K\x07"                                                                                                 \
  "e"
#define WEIGHT                                                                                                         \
  KEY("\x09\0\0\0"                                                                                                     \
      "fc.weight")                                                                                                     \
  LIST("\1")
#define LONG                                                                                                           \
  KEY("\x1e\0\0\0"                                                                                                     \
      "layer1.0.conv1.weight.of.layer")                                                                                \
  LIST("\4")
#define FLOATS "](G\x3f\xe0\0\0\0\0\0\0K\1e"
#define CASE(text, member, part, first)                                                                                \
  { "\x80\x02" text ".", sizeof("\x80\x02" text ".") - 1, member, part, first }
  static const struct {
    const char *text;
    size_t size;
    const char *member, *part; /* part of the error; NULL: read */
    double first;
  } cases[] = {
    CASE("}(" WEIGHT KEY("\7\0\0\0"
                         "fc.bias") LIST("\2") "u",
         "fc.weight", NULL, 1),
    CASE("}(" WEIGHT KEY("\7\0\0\0"
                         "fc.bias") LIST("\2") "u",
         "fc.bias", NULL, 2),
    CASE("}(" WEIGHT KEY("\7\0\0\0"
                         "fc.bias") LIST("\2") "u",
         "fc", "has no array 'fc'; it has fc.weight, fc.bias", 0),
    CASE("}(" KEY("\5\0\0\0"
                  "model") "}(" WEIGHT "uu",
         "model.fc.weight", NULL, 1),
    CASE("}(" KEY("\3\0\0\0"
                  "a.b") "}(" WEIGHT "uu",
         "a.b.fc.weight", NULL, 1),
    CASE("](}(" WEIGHT "ue", "0.fc.weight", NULL, 1),
    CASE("}(" KEY("\3\0\0\0"
                  "a.b") "K\1" KEY("\1\0\0\0"
                                   "a") "}(" KEY("\1\0\0\0"
                                                 "b") LIST("\3") "uu",
         "a.b", NULL, 3),
    CASE("}(" KEY("\3\0\0\0"
                  "a.b") LIST("\2") KEY("\1\0\0\0"
                                        "a") "}(" KEY("\1\0\0\0"
                                                      "b") LIST("\3") "uu",
         "a.b", NULL, 2),
    CASE("}(" LONG "u", "layer1.0.conv1.weight.of.layer", NULL, 4),
    CASE("}(" LONG "u", "x", "it has layer1.0.conv1.weight.of.layer", 0),
    CASE("}(" KEY("\0\0\0\0") LIST("\5") "u", "", NULL, 5),
    CASE(LIST("\6"), NULL, NULL, 6),
    CASE("K\5K\6\x86", NULL, NULL, 5),
    CASE(LIST("\6"), "labels", "holds no array; it is", 0),
    CASE("](" LIST("\1") LIST("\2") "e", NULL,
         "holds no array, only lists of whole numbers, of which one can be taken: 0, 1 "
         "(member)",
         0),
    CASE("](" LIST("\1") LIST("\2") "e", "1", NULL, 2),
    CASE(FLOATS, NULL, "holds no array; it is a list of floats (numpy.array()", 0),
    CASE("](\x88\x89"
         "e",
         NULL, "it is a list of True and False (numpy.array()", 0),
    CASE("}(" KEY("\6\0\0\0"
                  "labels") FLOATS "u",
         "labels", "'labels' is a list of floats (numpy.array() makes an array of it), and there is no array", 0),
    CASE("}(" WEIGHT KEY("\6\0\0\0"
                         "labels") FLOATS "u",
         "labels", "'labels' is a list of floats (numpy.array() makes an array of it); it has fc.weight", 0),
    CASE("}(" WEIGHT KEY("\6\0\0\0"
                         "labels") "](X\1\0\0\0"
                                   "aeu",
         "labels", "'labels' is a list of texts; it has fc.weight", 0),
    CASE("]", NULL, "holds no array; it is an empty list", 0),
    CASE("F1.5\n", NULL, "holds no array; it is a single number", 0),
  };
#undef CASE
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    rowcast_matrix matrix;
    rowcast_error error;
    const rowcast_read_options options = {sizeof(rowcast_read_options), .member = cases[i].member};
    const rowcast_status status =
      rowcast_matrix_read_memory(&matrix, cases[i].text, cases[i].size, "input", &options, &error);
    const rowcast_status refused = cases[i].member != NULL ? ROWCAST_ERR_NOT_FOUND
                                   : cases[i].part != NULL && strstr(cases[i].part, "only lists") != NULL
                                     ? ROWCAST_ERR_ARGUMENT
                                     : ROWCAST_ERR_FORMAT;
    cr_expect_eq(status, cases[i].part == NULL ? ROWCAST_OK : refused, "%zu: %s", i, told(&error));
    if (status != ROWCAST_OK)
      cr_expect(cases[i].part != NULL && strstr(told(&error), cases[i].part) != NULL, "%zu: %s", i, told(&error));
    else cr_expect(matrix_at(&matrix, 0, 0) == cases[i].first, "%zu", i);
    if (status == ROWCAST_OK) rowcast_matrix_free(&matrix);
  }
}

/* Keys that hold their own dictionary can be followed in very many ways: not all are tried. */
Test(pickle, paths_without_end, .timeout = 20) {
  static const char text[] = "\x80\x02}q\0(" KEY("\1\0\0\0"
                                                 "a") "h\0" KEY("\3\0\0\0"
                                                                "a.a") "h\0u.";
  char path[400];
  for (size_t i = 0; i < sizeof path; i++) path[i] = i % 2 == 0 ? 'a' : '.';
  path[sizeof path - 2] = 'b', path[sizeof path - 1] = '\0';
  rowcast_error error;
  cr_expect_eq(read_text(text, sizeof text - 1, path, &error), ROWCAST_ERR_NOT_FOUND);
}

/* The reader needs no system call but those that memory takes: it could not start a program if it wanted to. */
static int read_without_the_system(const struct bytes *bytes) {
  rowcast_matrix matrix;
  rowcast_error error;
  /* Memory stays with the process, and is already there when it matters. */
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  volatile char *reserve = malloc(64 << 20);
  for (size_t i = 0; reserve != NULL && i < 64 << 20; i += 4096) reserve[i] = 1;
  free((void *)(uintptr_t)reserve);
  const rowcast_read_options options = {sizeof(rowcast_read_options), .max_bytes = 1 << 26};
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) != 0) return 77;
  const rowcast_status status =
    rowcast_matrix_read_memory(&matrix, bytes->data, bytes->size, "input", &options, &error);
  return status == ROWCAST_OK && matrix.rows == 20 ? 0 : 1;
}

Test(pickle, under_seccomp) {
  if (SANITIZED) cr_skip_test("sanitizers make system calls of their own");
  struct bytes bytes = bytes_read(PICKLES "2.pkl.gz");
  fflush(NULL);
  const pid_t child = fork();
  if (child == 0) syscall(SYS_exit, read_without_the_system(&bytes)); /* exit_group is not allowed */
  int status;
  cr_assert_eq(waitpid(child, &status, 0), child);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 77) cr_skip_test("no seccomp here");
  cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x", (unsigned)status);
  bytes_free(&bytes);
}
