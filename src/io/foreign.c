/* SPDX-License-Identifier: BSD-3-Clause */
#include "foreign.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Words and advice. */
#define COMMAND(words)      words, "path=-" /* a command at the end writes what can be read */
#define PIPE(name, command) COMMAND("is compressed by " name ": " command " FILE")
#define PYTHON(name, modules, array)                                                                                   \
  "is " name ": python3 -c 'import numpy, " modules "; numpy.save(\"x.npy\", " array ")'", ""
#define PICTURE(name)                                                                                                  \
  PYTHON("a " name " picture, not rows of numbers", "PIL.Image",                                                       \
         "numpy.asarray(PIL.Image.open(\"FILE\").convert(\"L\")).reshape(1, -1)")
#define PYTORCH                                                                                                        \
  PYTHON("a PyTorch file", "torch", "torch.load(\"FILE\", map_location=\"cpu\")[\"NAME\"].float().numpy()")
#define UTF(bits) COMMAND("is text in UTF-" bits ": iconv -f UTF-" bits " -t UTF-8 FILE")

#define MAGIC(offset, bytes, ...)                                                                                      \
  {                                                                                                                    \
    offset, sizeof(bytes) - 1, bytes, { __VA_ARGS__ }                                                                  \
  }

static const struct {
  size_t offset, length;
  const char *bytes;
  struct rc_foreign is;
} magics[] = {
  MAGIC(0,
        "\xfd"
        "7zXZ\0",
        PIPE("xz", "xz -dc")),
  MAGIC(0, "LZIP", PIPE("lzip", "lzip -dc")),
  MAGIC(4, "1AY&SY", PIPE("bzip2", "bzip2 -dc")), /* after "BZh" and a level */
  MAGIC(0, "\x04\x22\x4d\x18", PIPE("lz4", "lz4 -dc")),
  MAGIC(0, "\x1f\x9d", PIPE("compress", "gzip -dc")),
  /* Of one such file the content has been looked at. */
  MAGIC(0, "\x1f\x8b", "is gzip inside gzip or zstd: decompress it once first", ""),
  MAGIC(0, "\x28\xb5\x2f\xfd", "is zstd inside gzip or zstd: decompress it once first", ""),
  MAGIC(257, "ustar", COMMAND("is a tar archive: tar -tf FILE lists its members; to read one: tar -xOf FILE MEMBER")),
  MAGIC(0, "7z\xbc\xaf\x27\x1c",
        COMMAND("is a 7z archive: 7z l FILE lists its members; to read one: 7z x -so FILE MEMBER")),
  MAGIC(0, "Rar!\x1a\x07",
        COMMAND("is a RAR archive: unrar lb FILE lists its members; to read one: unrar p -inul FILE MEMBER")),
  MAGIC(0, "MATLAB 5.0 MAT", PYTHON("a MATLAB file", "scipy.io", "scipy.io.loadmat(\"FILE\")[\"NAME\"]")),
  MAGIC(0, "MATLAB 7.3 MAT", PYTHON("a MATLAB 7.3 (HDF5) file", "h5py", "h5py.File(\"FILE\")[\"NAME\"][()].T")),
  MAGIC(0, "\x89HDF\r\n\x1a\n", PYTHON("HDF5", "h5py", "h5py.File(\"FILE\")[\"NAME\"][()]")),
  MAGIC(0, "PAR1", PYTHON("Parquet", "pandas", "pandas.read_parquet(\"FILE\").to_numpy()")),
  MAGIC(0, "ARROW1\0\0", PYTHON("an Arrow (Feather) file", "pandas", "pandas.read_feather(\"FILE\").to_numpy()")),
  MAGIC(0, "FEA1", PYTHON("a Feather file", "pandas", "pandas.read_feather(\"FILE\").to_numpy()")),
  MAGIC(0, "ORC", PYTHON("ORC", "pandas", "pandas.read_orc(\"FILE\").to_numpy()")),
  MAGIC(0, "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", PYTORCH), /* before zip archives, version 1.6 */
  MAGIC(0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        PYTHON("an Excel or other Office file", "pandas", "pandas.read_excel(\"FILE\", header=None).to_numpy()")),
  MAGIC(0, "X\n\0\0\0",
        "is an R object (.rds): Rscript -e 'write.csv(readRDS(\"FILE\"), \"x.csv\", row.names = FALSE)'", ""),
  MAGIC(0, "\x89PNG\r\n\x1a\n", PICTURE("PNG")),
  MAGIC(0, "\xff\xd8\xff", PICTURE("JPEG")),
  MAGIC(0, "GIF8", PICTURE("GIF")),
  MAGIC(0, "%PDF-", "is a PDF document, not data", ""),
  MAGIC(0, "\xff\xfe\0\0", UTF("32")),
  MAGIC(0, "\0\0\xfe\xff", UTF("32")),
  MAGIC(0, "\xff\xfe", UTF("16")),
  MAGIC(0, "\xfe\xff", UTF("16")),
};

static uint64_t number_at(const unsigned char *data, size_t bytes) {
  uint64_t number = 0;
  for (size_t i = 0; i < bytes; i++) number |= (uint64_t)data[i] << 8 * i;
  return number;
}

/* 0xffffffff, the length of a schema, padded to eights, and where its root is in it. 0xffffffff alone is a label of -1.
 */
static bool is_arrow_stream(const unsigned char *data, size_t size) {
  if (size < 12 || number_at(data, 4) != UINT32_MAX) return false;
  const uint64_t length = number_at(data + 4, 4), root = number_at(data + 8, 4);
  return length >= 16 && length % 8 == 0 && length < 1 << 28 && root >= 4 && root < length;
}

/* lc, lp and pb as everybody has them, a dictionary of 2^n or 2^n + 2^(n-1) bytes, and a size, most often unknown. */
static bool is_lzma(const unsigned char *data, size_t size) {
  if (size < 13 || data[0] != 0x5d) return false;
  const uint64_t dictionary = number_at(data + 1, 4), length = number_at(data + 5, 8),
                 lowest = dictionary & -dictionary;
  return dictionary >= 4096 && (dictionary == lowest || dictionary == 3 * lowest) &&
         (length == UINT64_MAX || length < (uint64_t)1 << 40);
}

struct rc_foreign rc_foreign_described(const unsigned char *data, size_t size) {
  for (size_t i = 0; i < sizeof magics / sizeof magics[0]; i++)
    if (size >= magics[i].offset + magics[i].length &&
        memcmp(data + magics[i].offset, magics[i].bytes, magics[i].length) == 0)
      return magics[i].is;
  if (is_arrow_stream(data, size))
    return (struct rc_foreign){
      PYTHON("an Arrow stream", "pyarrow", "pyarrow.ipc.open_stream(\"FILE\").read_pandas().to_numpy()")};
  return is_lzma(data, size) ? (struct rc_foreign){PIPE("lzma", "xz -dc")} : (struct rc_foreign){NULL, NULL};
}

struct rc_foreign rc_foreign_zip_described(const char *entry) {
  static const struct {
    const char *end;
    struct rc_foreign is;
  } ends[] = {
    {"/data.pkl", {PYTORCH}},
    {"xl/workbook.xml", {PYTHON("an Excel file", "pandas", "pandas.read_excel(\"FILE\", header=None).to_numpy()")}},
  };
  const size_t length = strlen(entry);
  for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
    const size_t most = strlen(ends[i].end);
    if (length >= most && strcmp(entry + length - most, ends[i].end) == 0) return ends[i].is;
  }
  return (struct rc_foreign){NULL, NULL};
}
