/* SPDX-License-Identifier: BSD-3-Clause */
/* Files of formats that are not read are named, with the command that helps; plain, and after gzip. Archives:
 * test_npz.c. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rowcast/io.h>

#include "file_builder.h"

#define BYTES(text) text, sizeof(text) - 1

static const struct {
  const char *begin;
  size_t size;
  const char *is, *helps;
} kinds[] = {
  {BYTES("\xfd"
         "7zXZ\0\0\4"),
   "is compressed by xz", "xz -dc FILE (path=-)"},
  {BYTES("LZIP\1"), "is compressed by lzip", "lzip -dc FILE (path=-)"},
  {BYTES("BZh91AY&SY\x01\xd1"), "is compressed by bzip2", "bzip2 -dc FILE (path=-)"},
  {BYTES("\x04\x22\x4d\x18\x64"), "is compressed by lz4", "lz4 -dc FILE (path=-)"},
  {BYTES("\x1f\x9d\x90"), "is compressed by compress", "gzip -dc FILE (path=-)"},
  {BYTES("7z\xbc\xaf\x27\x1c\0\4"), "is a 7z archive", "7z x -so FILE MEMBER (path=-)"},
  {BYTES("Rar!\x1a\x07\1\0"), "is a RAR archive", "unrar p -inul FILE MEMBER (path=-)"},
  {BYTES("MATLAB 5.0 MAT-file, Platform: GLNXA64\0\1"), "is a MATLAB file", "scipy.io.loadmat(\"FILE\")[\"NAME\"]"},
  {BYTES("MATLAB 7.3 MAT-file, Platform: GLNXA64\0\1"), "is a MATLAB 7.3 (HDF5) file",
   "h5py.File(\"FILE\")[\"NAME\"][()].T"},
  {BYTES("\x89HDF\r\n\x1a\n"), "is HDF5", "h5py.File(\"FILE\")[\"NAME\"][()])"},
  {BYTES("PAR1\x15\x04\x15\0"), "is Parquet", "pandas.read_parquet(\"FILE\")"},
  {BYTES("ARROW1\0\0\xff\xff\xff\xff"), "is an Arrow (Feather) file", "pandas.read_feather(\"FILE\")"},
  {BYTES("FEA1\0\0\0\0"), "is a Feather file", "pandas.read_feather(\"FILE\")"},
  {BYTES("\xff\xff\xff\xff\x78\0\0\0\x10\0\0\0\0\0\x0a\0"), "is an Arrow stream", "open_stream(\"FILE\")"},
  {BYTES("ORC\x0a\x03"), "is ORC", "pandas.read_orc(\"FILE\")"},
  {BYTES("\x80\x02\x8a\x0al\xfc\x9c\x46\xf9 j\xa8P\x19.\x80\x02M\xe9\x03."), "is a PyTorch file",
   "torch.load(\"FILE\", map_location=\"cpu\")[\"NAME\"]"},
  {BYTES("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "is an Excel or other Office file",
   "pandas.read_excel(\"FILE\", header=None)"},
  {BYTES("X\n\0\0\0\3\0\4"), "is an R object (.rds)", "readRDS(\"FILE\")"},
  {BYTES("\x89PNG\r\n\x1a\n"), "is a PNG picture", "PIL.Image.open(\"FILE\")"},
  {BYTES("\xff\xd8\xff\xe0\0\x10JFIF"), "is a JPEG picture", "PIL.Image.open(\"FILE\")"},
  {BYTES("GIF89a\1\0"), "is a GIF picture", "PIL.Image.open(\"FILE\")"},
  {BYTES("%PDF-1.4\n%\xe2\xe3\0"), "is a PDF document", "not data"},
  {BYTES("\xff\xfe"
         "1\0,\0002\0"),
   "is text in UTF-16", "iconv -f UTF-16 -t UTF-8 FILE (path=-)"},
  {BYTES("\xfe\xff\0"
         "1\0,"),
   "is text in UTF-16", "iconv -f UTF-16 -t UTF-8 FILE (path=-)"},
  {BYTES("\xff\xfe\0\0"
         "1\0\0\0,\0\0\0"),
   "is text in UTF-32", "iconv -f UTF-32 -t UTF-8 FILE (path=-)"},
  {BYTES("\0\0\xfe\xff\0\0\0001\0\0\0,"), "is text in UTF-32", "iconv -f UTF-32 -t UTF-8 FILE (path=-)"},
  {BYTES("\x5d\0\0\x80\0\xff\xff\xff\xff\xff\xff\xff\xff\0\x18"), "is compressed by lzma", "xz -dc FILE (path=-)"},
  {BYTES("\x5d\0\0\x80\0\x07\0\0\0\0\0\0\0\0\x18"), "is compressed by lzma", "xz -dc FILE (path=-)"},
};

static void expect(const struct bytes *bytes, const char *is, const char *helps) {
  rowcast_matrix matrix;
  rowcast_error error;
  cr_expect_eq(rowcast_matrix_read_memory(&matrix, bytes->data, bytes->size, "input", NULL, &error), ROWCAST_ERR_FORMAT,
               "%s", is);
  cr_expect(strncmp(error.text, "input: ", 7) == 0 && strncmp(error.text + 7, is, strlen(is)) == 0, "no '%s' in: %s",
            is, error.text);
  cr_expect_not_null(strstr(told(&error), helps), "no '%s' in: %s", helps, told(&error));
  /* The longest fits after a long path. */
  cr_expect_lt(strlen(error.text), sizeof error.text / 2 + 7, "%s", error.text);
}

Test(foreign, are_named) {
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
    for (int padded = 0; padded < 2; padded++) {
      struct bytes bytes = {0};
      bytes_add(&bytes, kinds[i].begin, kinds[i].size);
      bytes_add_fill(&bytes, 1, padded ? 20000 : 0);
      expect(&bytes, kinds[i].is, kinds[i].helps);
      struct bytes packed = gzip_of(&bytes);
      expect(&packed, kinds[i].is, kinds[i].helps);
      bytes_free(&packed);
      bytes_free(&bytes);
    }
}

Test(foreign, tar) {
  struct bytes tar = {0};
  bytes_add_text(&tar, "train.csv");
  bytes_add_fill(&tar, 0, 257 - tar.size);
  bytes_add_text(&tar, "ustar  ");
  bytes_add_fill(&tar, 0, 1024 - tar.size);
  expect(&tar, "is a tar archive", "tar -xOf FILE MEMBER (path=-)");
  struct bytes packed = gzip_of(&tar);
  expect(&packed, "is a tar archive", "tar -xOf FILE MEMBER (path=-)");
  bytes_free(&packed);
  bytes_free(&tar);
}

/* Raw elements, int32 from -1 and bytes from 0x5d, begin like two of them. */
Test(foreign, elements_are_not_magic) {
  static const struct {
    const char *begin;
    size_t size;
  } elements[] = {{BYTES("\xff\xff\xff\xff\3\0\0\0")},
                  {BYTES("\xff\xff\xff\xff\xff\xff\xff\xff\1\0\0\0\1\0\0\0")},
                  {BYTES("\xff\xff\xff\xff\1\0\0\0\0\0\0\0\1\0\0\0")},
                  {BYTES("\xff\xff\xff\xff\0\0\0\0\5\0\0\0\1\0\0\0")},
                  {BYTES("\x5d\1\2\3\4\5\6\7\x8\x9\xa\xb\xc\xd")}};
  for (size_t i = 0; i < sizeof elements / sizeof elements[0]; i++) {
    struct bytes bytes = {0};
    bytes_add(&bytes, elements[i].begin, elements[i].size);
    expect(&bytes, "is not IDX, NPY, NPZ, safetensors, a pickle or CSV", "(raw_rank raw_dims raw_type)");
    bytes_free(&bytes);
  }
}

/* Text that begins like one of them is text. */
Test(foreign, words_are_not_magic) {
  static const char *const texts[] = {"ORC,elf\n1,2\n", "PAR1,PAR2\n1,2\n",        "GIF8,x\n1,2\n",
                                      "LZIP,x\n1,2\n",  "MATLAB 5.0 MAT,x\n1,2\n", "%PDF-1,x\n1,2\n"};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    rowcast_matrix matrix;
    rowcast_error error;
    const rowcast_read_options skip = {sizeof skip, .skip_lines = 1};
    cr_expect_eq(rowcast_matrix_read_memory(&matrix, texts[i], strlen(texts[i]), "input", NULL, &error),
                 ROWCAST_ERR_FORMAT);
    cr_expect_not_null(strstr(told(&error), ": headings (skip_lines=1)"), "%s", error.text);
    cr_expect(rowcast_matrix_read_memory(&matrix, texts[i], strlen(texts[i]), "input", &skip, &error) == ROWCAST_OK,
              "%s", error.text);
    rowcast_matrix_free(&matrix);
  }
}
