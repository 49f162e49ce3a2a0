# SPDX-License-Identifier: BSD-3-Clause
"""Tests of the article's benchmark that need NumPy alone; scripts/checks/article runs them."""

import contextlib
import gzip
import io
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import time
import unittest
import zlib
from unittest import mock

import numpy

import article
import check
import data
import document
import measure
import methods
import study

FOLDER = pathlib.Path(__file__).resolve().parent


class Statistics(unittest.TestCase):
    def test_intervals_are_those_of_the_tables(self):
        # The same as tests/test_measure.c: ranks, from 1, of the median's 95 % interval.
        for count, low, high in ((6, 1, 6), (10, 2, 9), (20, 6, 15), (31, 10, 22), (100, 40, 61)):
            summary = measure.summarise([(i * 7 + 3) % count + 1 for i in range(count)])
            self.assertEqual((summary["low_s"], summary["high_s"]), (low, high), count)

    def test_medians(self):
        self.assertEqual(measure.summarise([4.0, 1.0])["median_s"], 2.5)
        self.assertEqual(measure.summarise([9.0, 2.0, 4.0])["median_s"], 4.0)
        self.assertEqual(measure.summarise(list(range(11, 0, -1)))["p90_s"], 10)
        self.assertEqual(measure.summarise(list(range(6, 0, -1)))["p90_s"], 6)

    def test_rounds(self):
        # By a clock that only the functions advance, by 2**-13 and 2**-5 s a call: the sums are exact, and 2 ms lie
        # between 11 and 20 calls.
        now, calls = [0.0], []

        def takes(name, seconds):
            def function():
                calls.append(name)
                now[0] += seconds

            return function

        with mock.patch("time.perf_counter", lambda: now[0]):
            short, long = measure.measure([takes("short", 2.0**-13), takes("long", 2.0**-5)], 8)
        # 1, 11 and 20 calls are tried. The long one is not called before its samples.
        self.assertEqual((short[1], long[1]), (20, 1))
        self.assertEqual((calls.count("short"), calls.count("long")), (1 + 1 + 11 + 20 + 8 * (1 + 20), 1 + 1 + 8))
        self.assertEqual((short[0], long[0]), (8 * [2.0**-13], 8 * [2.0**-5]))
        # Interleaved: both are in every round, and not always in the same order.
        rounds = [calls[i : i + 22] for i in range(len(calls) - 8 * 22, len(calls), 22)]
        self.assertEqual([one.count("long") for one in rounds], 8 * [1])
        self.assertEqual({one[0] for one in rounds}, {"short", "long"})


class Check(unittest.TestCase):
    def setUp(self):
        random = numpy.random.default_rng(1)
        self.x = random.random((7, 50), numpy.float32)
        self.w = random.standard_normal((50, 3)).astype(numpy.float32)

    def test_right_results_are_right(self):
        self.assertTrue(check.is_right(self.x @ self.w, self.x, self.w))

    def test_wrong_results_are_wrong(self):
        c = self.x @ self.w
        for change in (
            lambda c: c[:, ::-1],
            lambda c: c[:-1],
            lambda c: c.astype(numpy.float64),
            lambda c: c + numpy.float32(1e-3),
            lambda c: c * numpy.float32(numpy.nan),
        ):
            self.assertFalse(check.is_right(change(c), self.x, self.w))

    def test_the_bound_is_neither_wider_nor_narrower(self):
        # One row of ones: the bound is gamma_K * sum |w|.
        x, w = numpy.ones((1, 50), numpy.float32), numpy.full((50, 1), 1.0, numpy.float32)
        bound = 50 * (50 * 2.0**-24) / (1 - 50 * 2.0**-24)
        for share, right in ((0.9, True), (1.1, False)):
            c = numpy.array([[50 + share * bound]], numpy.float32)
            self.assertEqual(check.is_right(c, x, w), right, share)

    def test_checksum_is_that_of_the_bytes(self):
        # CRC-32 of 00 00 80 3f, 1.0 in little-endian float32; a view in another order of memory has the same.
        self.assertEqual(check.crc32(numpy.ones((1, 1), numpy.float32)), f"{zlib.crc32(bytes([0, 0, 0x80, 0x3f])):08x}")
        c = numpy.arange(6, dtype=numpy.float32).reshape(2, 3)
        self.assertEqual(check.crc32(numpy.asfortranarray(c)), check.crc32(c))
        self.assertNotEqual(check.crc32(c[::-1]), check.crc32(c))


class Study(unittest.TestCase):
    def setUp(self):
        random = numpy.random.default_rng(2)
        self.x = random.random((40, 30), numpy.float32)
        self.w = random.standard_normal((30, 4)).astype(numpy.float32)

    def test_methods_are_right(self):
        usable, _ = study.usable_methods(set(), lambda text: None)
        self.assertLessEqual({"python-loops", "numpy-matmul"}, {method.name for method in usable})
        for method in usable:
            self.assertTrue(check.is_right(method.make(self.x, self.w)(), self.x, self.w), method.name)

    def test_rows_that_fit(self):
        self.assertEqual(study.rows_for(5, None), 5)
        self.assertEqual(study.rows_for(50000, 1e-6), 50000)
        # 2 s are worth 200 batches of 10 ms, and no batch of 10 s: then one is timed all the same.
        self.assertEqual(study.rows_for(50000, 10e-3), 1000)
        self.assertEqual(study.rows_for(50000, 10.0), 5)
        self.assertEqual(study.rows_for(50000, study.LONGEST / 10000), 50000)
        self.assertLess(study.rows_for(50000, study.LONGEST / 9999), 50000)

    def test_slow_methods_take_fewer_rows(self):
        product, rows, crc32 = study.prepare(lambda x, w: lambda: x @ w, self.x, self.w, 1e-6)
        self.assertEqual((rows, crc32), (40, check.crc32(self.x @ self.w)))
        product, rows, crc32 = study.prepare(lambda x, w: lambda: x @ w, self.x, self.w, 1.0)
        self.assertEqual((rows, crc32, len(product())), (10, None, 10))

    def run_main(self, chosen, *arguments):
        """Status, document and stderr of the whole program with the given methods on the small matrices."""
        out, err = tempfile.TemporaryFile("w+"), io.StringIO()
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stderr(err), out, mock.patch.multiple(
            data, images=lambda: self.x, weights=lambda: self.w
        ), mock.patch.object(methods, "METHODS", chosen), mock.patch.dict(os.environ):
            path = os.path.join(folder, "document.json")
            status = article.main(["-o", path, "--rounds", "2", *arguments])
            written = json.loads(pathlib.Path(path).read_text())
        return status, written, err.getvalue()

    def test_a_wrong_method_is_told_and_not_timed(self):
        calls = []

        def wrong(x, w):
            def product():
                calls.append(len(x))
                c = x @ w
                c[-1, -1] += numpy.float32(0.01) if len(x) > 5 else 0
                return c

            return product

        chosen = (
            methods.Method("wrong", wrong, None, False),
            methods.Method("right", methods.numpy_matmul, None, True),
        )
        status, written, err = self.run_main(chosen)
        self.assertEqual(status, 1)
        self.assertEqual(
            [(one["kernel"], one["rows"]) for one in written["results"]], [("wrong", 5), ("right", 5), ("right", 40)]
        )
        self.assertEqual(calls.count(40), 1)
        self.assertIn("run-article: wrong is not timed: its result is wrong on 40 rows\n", err)
        self.assertIn("wrong is not timed: its result is wrong on 40 rows", written["disturbed"])

    def test_a_method_wrong_on_few_rows_is_not_tried_on_all(self):
        chosen = (methods.Method("wrong", lambda x, w: lambda: 2 * (x @ w), None, False),)
        status, written, err = self.run_main(chosen)
        self.assertEqual((status, written["results"], err.count("wrong is not timed: ")), (1, [], 2), err)

    def test_a_package_that_cannot_be_had_is_told(self):
        with tempfile.TemporaryDirectory() as folder, mock.patch.object(sys, "path", [folder, *sys.path]):
            pathlib.Path(folder, "broken_package.py").write_text("raise OSError('libnone.so: no such file')")
            chosen = (
                methods.Method("none", methods.torch_dot, "package_that_is_not", False),
                methods.Method("broken", methods.torch_dot, "broken_package", False),
                methods.Method("right", methods.numpy_matmul, None, True),
            )
            status, written, err = self.run_main(chosen)
        self.assertEqual(status, 0)
        self.assertEqual({one["kernel"] for one in written["results"]}, {"right"})
        first = "without package_that_is_not (No module named 'package_that_is_not') and so without none"
        second = "without broken_package (libnone.so: no such file) and so without broken"
        self.assertEqual(written["disturbed"][:2], [first, second])
        self.assertIn(f"run-article: {first}\nrun-article: {second}\n", err)

    def test_torch_can_be_left_out(self):
        with mock.patch.object(methods, "trouble", lambda package: None):
            usable, sentences = study.usable_methods({"torch"}, lambda text: None)
        self.assertEqual(
            [method.name for method in usable], ["python-loops", "numba-dot", "numba-broadcast", "numpy-matmul"]
        )
        self.assertEqual(len(sentences), 1)
        self.assertTrue(sentences[0].startswith("without torch (not wanted) and so without torch-loops, python-dot, "))

    def test_threads_are_told_of_those_that_use_them(self):
        chosen = (
            methods.Method("one", methods.numpy_matmul, None, False),
            methods.Method("all", methods.numpy_matmul, None, True),
        )
        _, written, _ = self.run_main(chosen, "--threads", "3", "--label", "here")
        self.assertEqual([(one["kernel"], one["threads"]) for one in written["results"]], 2 * [("one", 1), ("all", 3)])
        self.assertEqual((written["label"], written["settings"]["rounds"]), ("here", 2))

    def test_what_disturbs_is_told(self):
        # Samples of one method that are far apart, and a thread that had a CPU for half of the time on few rows.
        uneven = [([1.0, 1.0, 1.0, 2.0, 2.0], 1), ([1.0, 1.0, 1.05, 1.05, 1.05], 1)]
        chosen = tuple(methods.Method(name, methods.numpy_matmul, None, True) for name in ("uneven", "even"))
        clocks = {"perf_counter": iter((0.0, 10.0, 10.0, 20.0)), "thread_time": iter((0.0, 5.0, 5.0, 15.0))}
        with mock.patch.multiple(time, **{name: lambda it=it: next(it) for name, it in clocks.items()}):
            with mock.patch.object(measure, "measure", lambda functions, rounds: uneven):
                _, written, _ = self.run_main(chosen)
        self.assertEqual(
            written["disturbed"],
            [
                "5 rows: this program had a CPU for 50% of the time only",
                "5 rows: the 90th percentile is over 1.1 times the median of uneven",
                "40 rows: the 90th percentile is over 1.1 times the median of uneven",
            ],
        )

    def test_intervals_of_all_rows_have_enough_rounds(self):
        self.assertEqual(measure.interval_rank(measure.FEWEST_FOR_INTERVAL), 0)
        self.assertGreaterEqual(1 - 2 * 2.0**-measure.FEWEST_FOR_INTERVAL, 0.95)
        self.assertLess(1 - 2 * 2.0 ** -(measure.FEWEST_FOR_INTERVAL - 1), 0.95)
        for rounds, all_rows in ((2, 2), (15, 6), (30, 10)):
            with mock.patch.multiple(data, images=lambda: self.x, weights=lambda: self.w):
                chosen = (methods.Method("right", methods.numpy_matmul, None, True),)
                with mock.patch.object(methods, "METHODS", chosen):
                    outcome = study.run(rounds, 1, set(), lambda text: None)
            self.assertEqual([len(one["samples_s"]) for one in outcome.results], [rounds, all_rows])
            self.assertEqual(outcome.rounds_all_rows, all_rows)


class Documents(unittest.TestCase):
    def setUp(self):
        results = [document.result("x", 1, (5, 8, 4), 5, [1e-6, 2e-6, 3e-6], 1, "0123abcd"),
                   document.result("y", 2, (5000, 8, 4), 500, [0.1, 0.2, 0.3], 1, None)]  # fmt: skip
        outcome = study.Outcome(results, [], {"numpy": "1.2.3"}, ["without z"], 3)
        self.document = document.make(outcome, 15, 2, None)

    def test_a_result_is_scaled_to_all_rows(self):
        one = self.document["results"][1]
        self.assertEqual((one["median_s"], one["rows_per_s"], one["gflops"]), (2.0, 2500.0, 2e-9 * 5000 * 8 * 4 / 2))
        self.assertEqual((one["rows_timed"], one["rows"], one["samples_s"][0]), (500, 5000, 1.0))

    def test_fields(self):
        made = self.document
        self.assertEqual((made["schema_version"], made["command"], made["disturbed"]), (1, "article", ["without z"]))
        self.assertRegex(made["date"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertIn("numpy 1.2.3", made["label"])
        self.assertEqual(
            (made["settings"]["rounds"], made["settings"]["rounds_all_rows"], made["settings"]["seed"]), (15, 3, 1)
        )
        self.assertLessEqual({"model", "system", "cpus"}, set(made["machine"]))

    def test_the_schema_takes_them(self):
        try:
            import jsonschema
        except ImportError:
            self.skipTest("jsonschema is not installed")
        schema = json.loads((data.ROOT / "docs" / "results.schema.json").read_text())
        validator = jsonschema.Draft202012Validator(schema)
        self.assertEqual([error.message for error in validator.iter_errors(self.document)], [])
        self.document["results"][0]["median_s"] = "long"
        self.assertFalse(validator.is_valid(self.document))

    def test_table(self):
        lines = document.table(self.document).splitlines()
        found = [line.split() for line in lines if line.startswith(("x ", "y* "))]
        self.assertEqual(found[0], ["x", "1", "2.000", "1.000", "1.000-3.000", "0.16"])
        self.assertEqual(found[1], ["y*", "2", "2000", "1000", "1000-3000", "0.00016"])
        self.assertTrue(lines[-1].endswith("without z"))


class CommandLine(unittest.TestCase):
    def program(self, code):
        return subprocess.run([sys.executable, "-B", "-c", code], cwd=FOLDER, capture_output=True, text=True)

    def test_threads_are_set_before_numpy_is_loaded(self):
        # A study that says what it finds in place of the real one.
        ran = self.program(
            "import os, sys, types\n"
            "import article\n"
            "print('numpy' in sys.modules)\n"
            "stand_in = types.ModuleType('study')\n"
            "stand_in.run = lambda *_: sys.exit(os.environ['OMP_NUM_THREADS'] + os.environ['OPENBLAS_NUM_THREADS'])\n"
            "sys.modules['study'] = stand_in\n"
            "article.main(['--threads=3'])"
        )
        self.assertEqual((ran.stdout, ran.stderr), ("False\n", "33\n"))

    def test_wrong_ones(self):
        for arguments in (
            ["--rounds", "0"],
            ["--threads", "-1"],
            ["--rounds", "x"],
            ["--none"],
            ["word"],
            ["--thr", "2"],
        ):
            ran = self.program(f"import article; article.main({arguments!r})")
            self.assertEqual((ran.returncode, ran.stdout), (2, ""), arguments)
            self.assertIn("run-article: error: ", ran.stderr)

    def test_a_place_that_is_none_is_told_at_once(self):
        with mock.patch.object(study, "run", side_effect=AssertionError("measured")), mock.patch.dict(os.environ):
            for path, why in (("/none/x.json", "No such file"), (str(FOLDER), "Is a directory")):
                err = io.StringIO()
                with contextlib.redirect_stderr(err):
                    self.assertEqual(article.main(["-o", path]), 1)
                self.assertRegex(err.getvalue(), f"^run-article: {path}: {why}[^\n]*\n$")


class Files(unittest.TestCase):
    def test_data_is_the_articles(self):
        x, w = data.images(), data.weights()
        self.assertEqual((x.shape, x.dtype, w.shape, w.dtype), ((50000, 784), numpy.float32, (784, 10), numpy.float32))
        self.assertEqual((x.min(), x.max()), (0, 255 / 256))
        # The first row of the article's table of all rows.
        self.assertEqual([f"{v:.2f}" for v in (x[:1] @ w)[0, :3]], ["0.96", "-2.96", "-2.11"])

    def test_images_that_are_none(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "x.gz"
            good = struct.pack(">4i", 0x803, 1, 2, 2) + b"1234"
            path.write_bytes(gzip.compress(good))
            self.assertEqual(data.read_idx_images(path).tolist(), [[49, 50, 51, 52]])
            whole = gzip.compress(good)
            labels = struct.pack(">4i", 0x801, 1, 2, 2) + b"1234"
            wrong = [gzip.compress(content) for content in (b"", good[:15], good[:-1], good + b"5", labels)]
            for content in (b"plain", whole[:-9], *wrong):
                path.write_bytes(content)
                with self.assertRaisesRegex(ValueError, "^" + str(path)):
                    data.read_idx_images(path)

    def test_written_whole_or_not_at_all(self):
        with tempfile.TemporaryDirectory() as folder:
            path, link = os.path.join(folder, "out.json"), os.path.join(folder, "link")
            os.symlink(path, link)
            document.write(link, {})
            self.assertEqual(pathlib.Path(path).read_text(), "{}\n")
            self.assertTrue(os.path.islink(link))
            with mock.patch("os.replace", side_effect=OSError), self.assertRaises(OSError):
                document.write(path, {"other": 1})
            self.assertEqual(pathlib.Path(path).read_text(), "{}\n")
            self.assertEqual(sorted(os.listdir(folder)), ["link", "out.json"])

    def test_what_is_no_file_is_not_replaced_by_one(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "pipe")
            os.mkfifo(path)
            reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
            document.write(path, {})
            self.assertEqual(os.read(reader, 10), b"{}\n")
            os.close(reader)
            self.assertEqual(os.listdir(folder), ["pipe"])


if __name__ == "__main__":
    unittest.main()
