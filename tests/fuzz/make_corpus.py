#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Writes the seeds of the fuzz targets into corpus/. Needs NumPy and the zstd program; the kept ones are those of
Debian 12's (1.24, Python 3.11; 1.5.4), others pickle and compress otherwise. The files are kept in the repository; run
it again when a format is added, and keep what fuzzers found beside them."""
import argparse
import gzip
import io
import json
import os
import pickle
import struct
import subprocess
import sys
import zipfile
import zlib

np = None  # imported once the command line is known to be right
CHECKED = None  # with --check, the number of files compared, and the names of those that differ
HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "corpus")
TYPES = ["b1", "i1", "u1", "<i2", ">i2", "<u2", "<i4", ">u4", "<i8", ">u8", "<f2", ">f2", "<f4", ">f4", "<f8", ">f8"]


def write(target, name, data):
    folder = os.path.join(HERE, target)
    if CHECKED is not None:
        path = os.path.join(folder, name)
        CHECKED["count"] += 1
        if not os.path.exists(path) or open(path, "rb").read() != data:
            CHECKED["differ"].append(target + "/" + name)
        return
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), "wb") as file:
        file.write(data)


def packed(data):
    return gzip.compress(data, mtime=0)


def npy(array, version=None):
    file = io.BytesIO()
    np.lib.format.write_array(file, array, version=version)
    return file.getvalue()


def idx(code, dims, data):
    return struct.pack(">BBBB", 0, 0, code, len(dims)) + struct.pack(">%dI" % len(dims), *dims) + data


def sample(kind, shape=(3, 4)):
    count = int(np.prod(shape))
    return (np.arange(count) % 7).astype(kind).reshape(shape)


def make_idx():
    for code, kind in ((8, "u1"), (9, "i1"), (11, ">i2"), (12, ">i4"), (13, ">f4"), (14, ">f8")):
        write("idx", "type-%02x" % code, idx(code, (3, 4), sample(kind).tobytes()))
    write("idx", "rank3", idx(8, (2, 2, 3), bytes(range(12))))
    write("idx", "rank1", idx(8, (5,), bytes(5)))
    write("idx", "empty", idx(8, (0, 4), b""))
    write("idx", "overflow", idx(8, (4194305, 4194305, 0xffffffff), b""))
    write("idx", "gzipped", packed(idx(8, (3, 4), bytes(range(12)))))
    write("idx", "trailing", idx(8, (3, 4), bytes(13)))


def make_npy():
    for kind in TYPES:
        write("npy", "type-" + kind.replace("<", "l").replace(">", "b"), npy(sample(kind)))
    write("npy", "fortran", npy(np.asfortranarray(sample("<f4"))))
    write("npy", "rank3-fortran", npy(np.asfortranarray(sample("u1", (2, 3, 4)))))
    write("npy", "scalar", npy(np.array(2.5)))
    write("npy", "version2", npy(sample("<f4"), (2, 0)))
    write("npy", "version3", npy(sample("<f4"), (3, 0)))
    write("npy", "two", npy(sample("<f4")) + npy(sample("u1", (2, 2))))
    write("npy", "gzipped", packed(npy(sample("<f8"))))
    write("npy", "objects", npy(sample("<f4")).replace(b"'<f4'", b"'|O' "))
    write("npy", "overflow", npy(sample("<f4")).replace(b"(3, 4), }        ", b"(4294967296, 4294967296), }"[:17]))


def make_npz():
    for name, save in (("stored", np.savez), ("deflated", np.savez_compressed)):
        file = io.BytesIO()
        save(file, x=sample("<f4"), y=np.arange(3))
        write("npz", name, file.getvalue())
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        class Pipe(io.BytesIO):
            def seekable(self):
                return False

            def seek(self, *args):
                raise OSError

            def tell(self):
                raise OSError

        pipe = Pipe()
        with zipfile.ZipFile(pipe, "w", method) as archive:
            archive.writestr(zipfile.ZipInfo("x.npy"), npy(sample("u1")), method)
        write("npz", "streamed-%d" % method, pipe.getvalue())
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(zipfile.ZipInfo("a/x.npy"), npy(sample("u1")))
    write("npz", "folder", file.getvalue())
    write("npz", "empty", b"PK\5\6" + bytes(18))
    for name, entries in (("torch", ("m/data.pkl", "m/data/0")), ("other", ("t10k-images.idx3-ubyte", "a/", "a/b"))):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            for entry in entries:
                archive.writestr(zipfile.ZipInfo(entry), b"" if entry.endswith("/") else b"something else")
        write("npz", name, file.getvalue())


def make_pickle():
    arrays = (sample("<f4"), np.arange(3)), (sample("u1"), np.arange(3))
    for protocol in range(6):
        write("pickle", "tuple-c-%d" % protocol, pickle.dumps(arrays, protocol))
        write("pickle", "tuple-py-%d" % protocol, pickle._dumps(arrays, protocol))
        write("pickle", "dict-%d" % protocol, pickle.dumps(
            {"train": {"x": sample(">f8")}, "n": 3, "f": 1.5, "s": "q", "l": [1, None]}, protocol))
        write("pickle", "labels-%d" % protocol, pickle.dumps(
            {"data": sample("|u1"), "labels": [0, 7, -1, 2**40]}, protocol))
    write("pickle", "fortran", pickle.dumps(np.asfortranarray(sample("<f4")), 2))
    write("pickle", "empty", pickle.dumps(np.zeros((0, 4), "f4"), 2))
    write("pickle", "objects", pickle.dumps(np.array([{}], dtype=object), 2))
    write("pickle", "system", b"cos\nsystem\n(S'id'\ntR.")
    write("pickle", "stack-global", b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x02id\x85R.")
    write("pickle", "inst", b"(S'id'\nios\nsystem\n.")
    write("pickle", "escapes", b"(lp0\nS'a\\n\\x41\\'b'\np1\naVu\\u0041\np2\naI01\naL5L\naF1.5\na.")


def safetensors(header, elements=b""):
    text = header if isinstance(header, bytes) else json.dumps(header, separators=(",", ":")).encode()
    return struct.pack("<Q", len(text)) + text + elements


def tensor(kind, shape, begin, end):
    return {"dtype": kind, "shape": shape, "data_offsets": [begin, end]}


def make_safetensors():
    for kind, size in (("F32", 4), ("F16", 2), ("BF16", 2), ("F64", 8), ("U8", 1), ("I64", 8), ("BOOL", 1),
                       ("F8_E4M3", 1)):
        write("safetensors", "type-" + kind.lower(), safetensors({"w": tensor(kind, [2, 3], 0, 6 * size)},
                                                                bytes(range(6 * size))))
    several = {"__metadata__": {"format": "pt"}, "w": tensor("F32", [1, 2], 4, 12), "b": tensor("F32", [1], 0, 4)}
    write("safetensors", "several", safetensors(several, bytes(range(12))))
    write("safetensors", "padded", safetensors(json.dumps({"w": tensor("U8", [2], 0, 2)}).encode().ljust(90), b"ab"))
    write("safetensors", "escapes", safetensors(b'{"a\\"\\\\\\n":{"shape":[ ],"data_offsets":[0,1],'
                                                b'"dtype":"I8"}}', b"a"))
    write("safetensors", "none", safetensors({}))
    write("safetensors", "empty", safetensors({"w": tensor("F32", [0, 4], 0, 0), "v": tensor("F32", [4, 0], 0, 0)}))
    write("safetensors", "trailing", safetensors({"w": tensor("U8", [2], 0, 2)}, b"abc"))
    write("safetensors", "overflow", safetensors({"w": tensor("F32", [2**40, 2**40], 0, 8)}, bytes(8)))
    write("safetensors", "large", safetensors({"w": tensor("F32", [2**70], 0, 8)}, bytes(8)))
    write("safetensors", "overlap", safetensors({"w": tensor("U8", [2], 0, 2), "v": tensor("U8", [2], 1, 3)}, b"abc"))
    write("safetensors", "gzipped", packed(safetensors({"w": tensor("U8", [2], 0, 2)}, b"ab")))


def make_csv():
    for name, text in (("commas", "1,2,3\n4,5,6.5\n"), ("blanks", " 1 2\t3\n4  5 6\n"),
                       ("semicolons", "1;2\r\n3;4\r\n"), ("tabs", "1\t-2\n3\t4\n"),
                       ("headings", "a,b\n1,2\n"), ("special", "nan,inf,-inf,-0,1e-45,3.4028235e38,1e99,.5,5.\n"),
                       ("mark", "\ufeff1,2\n"),
                       ("long", "0.1000000014901161193847656250000000000000000001,123456789\n1,2"),
                       ("lines", "\n1\n\n2\n"), ("ragged", "1,2\n3\n"),
                       ("counted", "0,1,2\n.5,1,2\n"), ("counted-on", "0,1,2\n3,4,5\n6,7,8\n"),
                       ("counted-index", ",0,1,2\n0,5,6,7\n"),
                       ("counted-label", "\"id\";0;1;2;x\n7;5;6;7;y\n"), ("counted-two", "0,1\n1,0\n"),
                       ("counted-alone", "0,1,2"),
                       ("comments", "# a b\n1 2\n  # c\n3 4 # d\n#e"), ("percent", "% a\n1;2 % b\n"),
                       ("quotes", "\"1.5\",\"2\"\n\"3\" ,4\n"),
                       ("text", "\"a,b\",1,x\n\"c\"\"#,\",2,\n"), ("decimal-commas", "1,5;2,25;3\n-3,0;1e3;,5\n"),
                       ("index", ",a,b\n0,1,2\n"),
                       ("r-names", "\"V1\" \"V2\"\n\"1\" 0.5 1\n"), ("libsvm", "5 153:3 154:18\n"),
                       ("arff", "% x\n@relation x\n@data\n1,2\n"),
                       ("json", "[[1,2],[3,4]]"), ("status", "404: Not Found"), ("html", "\n<!DOCTYPE html>\n")):
        write("csv", name, text.encode())
    write("csv", "gzipped", packed(b"1,2\n3,4\n"))


def make_gzip():
    content = b"content of a gzip member " * 20
    write("gzip", "one", packed(content))
    write("gzip", "two", packed(content) + packed(b"more"))
    write("gzip", "padding", packed(content) + bytes(9))
    write("gzip", "garbage", packed(content) + b"x")
    write("gzip", "fields", b"\x1f\x8b\x08\x1c\0\0\0\0\0\3" + b"\3\0abc" + b"name\0" + b"comment\0"
          + packed(content)[10:])
    write("gzip", "stored", gzip.compress(content, 0, mtime=0))
    write("gzip", "nested", packed(packed(content)))
    write("gzip", "zeros", packed(bytes(100000)))


def block(content, before=b"", after=b"", level=6):
    """A block of BGZF."""
    packer = zlib.compressobj(level, zlib.DEFLATED, -15)
    data = packer.compress(content) + packer.flush()
    size = 12 + len(before) + 6 + len(after) + len(data) + 8
    extra = before + struct.pack("<2sHH", b"BC", 2, size - 1) + after
    return (b"\x1f\x8b\x08\x04\0\0\0\0\0\xff" + struct.pack("<H", len(extra)) + extra + data
            + struct.pack("<II", zlib.crc32(content), len(content)))


def make_bgzf():
    content, end = b"content of a block " * 9, block(b"")
    write("bgzf", "end", end)
    write("bgzf", "one", block(content) + end)
    write("bgzf", "three", block(content[:50]) + block(content[50:70], level=0) + block(content[70:]) + end)
    write("bgzf", "empty-between", end + block(content) + end + end + block(b"x") + end)
    write("bgzf", "subfields", block(content, b"RA\3\0abc", b"XY\0\0") + end)
    write("bgzf", "padding", block(content) + end + bytes(9))
    write("bgzf", "trailing", block(content) + end + b"x")
    write("bgzf", "cut", block(content) + block(content))
    write("bgzf", "ordinary", block(content) + packed(content) + end)
    write("bgzf", "inside", block(block(content) + end, level=0) + end)
    write("bgzf", "tiny", b"".join(block(content[i:i + 1]) for i in range(30)) + end)


def frame(content, *options):
    """A frame of zstd."""
    return subprocess.run(["zstd", "-q", "-c", *options], input=content, stdout=subprocess.PIPE, check=True).stdout


def make_zstd():
    content, skipped = b"content of a frame " * 20, b"\x5a\x2a\x4d\x18\3\0\0\0abc"
    write("zstd", "one", frame(content))
    write("zstd", "plain", frame(content, "--no-check", "--no-content-size"))
    write("zstd", "best", frame(bytes(range(256)) * 3 + content, "--ultra", "-22"))
    write("zstd", "two", frame(content) + frame(b"more"))
    write("zstd", "skipped", skipped + frame(content) + skipped + frame(b"") + skipped)
    write("zstd", "trailing", frame(content) + b"x")
    write("zstd", "nested", frame(frame(content)))
    write("zstd", "zeros", frame(bytes(100000)))
    write("zstd", "large", frame(bytes(300000)))
    write("zstd", "idx", frame(idx(8, (3, 4), bytes(range(12)))))
    write("zstd", "npy", frame(npy(sample("<f8"))))
    write("zstd", "csv", frame(b"1,2\n3,4\n"))
    write("zstd", "less", b"\x28\xb5\x2f\xfd\x40\x1f\x33\xb1\1\0\0")  # its header states 45,619 bytes
    write("zstd", "empty-block", b"\x28\xb5\x2f\xfd\0\7\4\0\0\x23\0\0a")
    write("zstd", "dictionary", b"\x28\xb5\x2f\xfd\1\0\7\x23\0\0a")


def make_values():
    for i, text in enumerate(("0:100", "5:", ":7", ":", "1,2,4", "1-8", "1-64*2", "1-9+2", "1-3,7,10-100+30",
                              "50000x784x10", "1/256", "0.5",
                              "1e-3", "-1", "100M", "2G", "64K", "randn:1", "randn:18446744073709551615", "10:2",
                              "1-64*1", "0x1", "nan", "")):
        write("values", "%02d" % i, text.encode())


def make_exact():
    """Columns less one, flags, the bias, then weights and elements of two rows (fuzz_exact.c)."""
    inf, nan = float("inf"), float("nan")

    def floats(*values):
        return struct.pack("<%df" % len(values), *values)

    write("exact", "tie", b"\0\0" + floats(2.0**24, 1, 1, 1, 1, 1, 2.0**-149, 2.0**-149, 0))
    write("exact", "cancelling", b"\0\2" + floats(-2.0**-20, 3, 1, 5, -3, 1, 5, 2.0**-20, 1, 0.5, 1, 1, 1))
    write("exact", "overflow", b"\1\0" + floats(2.0**127, -1, 1.5, 0.5, 2.0**103, 2.0**-126, 1, 2.0**-23))
    write("exact", "special", b"\2\2" + floats(1, inf, 0, -0.0, nan, 1, inf, 0, 1, 2, -inf, 3, 4))
    write("exact", "bytes", b"\0\3" + floats(0.5) + b"".join(
        floats((-1)**i * (1 + i / 3) * 2.0**-(7 * i)) + bytes((255 - i, 17 * i % 256)) for i in range(9)))


def make_page():
    """Documents, several of them apart by the byte 30 (fuzz_page.c)."""
    def result(kernel, dtype, threads, seconds, **more):
        return {"kernel": kernel, "dtype": dtype, "threads": threads, "rows": 9, "k": 8, "n": 3, "median_s": seconds,
                "low_s": seconds, "high_s": seconds, **more}

    def document(command, results, **more):
        return {"schema_version": 1, "command": command, "results": results, **more}

    def text(*documents):
        return b"\36".join(json.dumps(one, separators=(",", ":"), ensure_ascii=False).encode() for one in documents)

    bench = document("bench", [result("naive", "u8", 1, 4e-3, order="naive", crc32="0123abcd", samples_s=[4e-3, 5e-3]),
                               result("auto", "u8", 2, 1e-3, order="lanes8", crc32="0123abcd", effective=True)],
                     label="</script>\u2028'\"", machine={"model": "<b>", "caches": []}, disturbed=["&"])
    write("page", "bench", text(bench))
    write("page", "scale", text(document("scale", [result("auto", "f32", t, 1e-3 / t, speedup=t, speedup_low=1,
                                                          speedup_high=9, data="x") for t in (1, 3)])))
    write("page", "roofline", text(document("roofline", [result("a", "f32", 1, 1, intensity=5, gflops=9,
                                                                fma_gflops=20, read_gbytes_per_s=3)],
                                            probes=[{"probe": "fma", "threads": 1, "rows": 9, "gflops": 20,
                                                     "samples_s": [1, 2], "p90_s": 2, "minimum_s": 1}])))
    line = {"kernel": "a", "rows": 1, "k": 1, "n": 1, "dtype": "u8", "threads": 1, "median_s_A": 1, "median_s_B": 2,
            "ratio_B": 0.5, "ratio_low_B": 0.4, "ratio_high_B": None, "says_B": "x", "bits": "differ"}
    write("page", "compare", text(document("compare", [line], files=[{"label": "a"}, {"runs": 2}],
                                           differences=[{"what": "w", "values": ["1", "2"]}])))
    article = document("article", [result("loops", "f32", 1, 2.0)], settings={"arguments": ["a b", "'"]})
    other = document("peers", [result("naive", "u8", 1, 1e-3, peer=True)], label="b", machine={"caches": [1]})
    write("page", "sides", text(document("bench", [result("naive", "u8", 1, 4e-3)]), article, other))
    write("page", "lines", b'{"schema_version":1,"command":"cpu"}\n' + text(result("x", "f32", 1, 1)))
    write("page", "deep", b"[" * 3000)


def main():
    global np, CHECKED
    parser = argparse.ArgumentParser(prog="make_corpus.py", description=__doc__, allow_abbrev=False,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true",
                        help="compare with the files that there are instead of writing them")
    if parser.parse_args().check:
        CHECKED = {"count": 0, "differ": []}
    import numpy as np
    make_idx()
    make_npy()
    make_npz()
    make_pickle()
    make_safetensors()
    make_csv()
    make_gzip()
    make_bgzf()
    make_zstd()
    make_values()
    make_exact()
    make_page()
    if CHECKED is None:
        return 0
    for name in CHECKED["differ"]:
        print("make_corpus.py: %s is not as NumPy %s makes it" % (name, np.__version__))
    print("%d files compared, %d differ" % (CHECKED["count"], len(CHECKED["differ"])))
    return 1 if CHECKED["differ"] else 0


if __name__ == "__main__":
    sys.exit(main())
