# SPDX-License-Identifier: BSD-3-Clause
"""Tests of the article's benchmark that need NumPy alone: `python3 -m unittest discover -s bench/article`."""

import gzip
import json
import os
import pathlib
import struct
import tempfile
import unittest

import numpy

import article
import data
import measure
import methods


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

    def test_every_function_is_sampled_in_every_round(self):
        calls = [0, 0]

        def count(i):
            calls[i] += 1

        timed = measure.measure([lambda: count(0), lambda: count(1)], 5)
        for i, (samples, repeats) in enumerate(timed):
            self.assertEqual(len(samples), 5)
            self.assertTrue(all(s > 0 for s in samples))
            self.assertGreater(repeats, 100)
            self.assertGreaterEqual(calls[i], 5 * repeats)


class Check(unittest.TestCase):
    def setUp(self):
        random = numpy.random.default_rng(1)
        self.x = random.random((7, 50), numpy.float32)
        self.w = random.standard_normal((50, 3)).astype(numpy.float32)

    def test_right_results_are_right(self):
        self.assertTrue(article.is_right(self.x @ self.w, self.x, self.w))

    def test_wrong_results_are_wrong(self):
        c = self.x @ self.w
        for change in (
            lambda c: c[:, ::-1],
            lambda c: c[:-1],
            lambda c: c.astype(numpy.float64),
            lambda c: c + numpy.float32(1e-3),
            lambda c: c * numpy.float32(numpy.nan),
        ):
            self.assertFalse(article.is_right(change(c), self.x, self.w))

    def test_methods_without_packages(self):
        for name, make, package in methods.METHODS:
            if methods.available(package):
                self.assertTrue(article.is_right(make(self.x, self.w)(), self.x, self.w), name)

    def test_a_wrong_method_is_not_timed(self):
        self.assertIsNone(article.prepare("wrong", lambda x, w: lambda: 2 * (x @ w), self.x, self.w, None))
        product, rows, crc32 = article.prepare("right", lambda x, w: lambda: x @ w, self.x, self.w, None)
        self.assertEqual((rows, crc32), (7, article.crc32(self.x @ self.w)))
        product, rows, crc32 = article.prepare("slow", lambda x, w: lambda: x @ w, self.x, self.w, 10.0)
        self.assertEqual((rows, crc32, len(product())), (5, None, 5))

    def test_a_result_is_scaled_to_all_rows(self):
        one = article.result("x", (50, 8, 4), 5, [1.0, 2.0, 3.0], 1, None, 1)
        self.assertEqual((one["median_s"], one["rows_per_s"], one["gflops"]), (20.0, 2.5, 2e-9 * 50 * 8 * 4 / 20))

    def test_documents_are_as_the_schema_says(self):
        try:
            import jsonschema
        except ImportError:
            self.skipTest("jsonschema is not installed")
        schema = json.loads((data.ROOT / "docs" / "results.schema.json").read_text())
        validator = jsonschema.Draft202012Validator(schema)
        results = [article.result("x", (50, 8, 4), 5, [1.0, 2.0, 3.0], 1, None, 1),
                   article.result("y", (50, 8, 4), 50, [1.0], 1, "0123abcd", 2)]  # fmt: skip
        document = article.document(article.parse([]), results, ["z"])
        self.assertEqual([error.message for error in validator.iter_errors(document)], [])
        results[0]["median_s"] = "long"
        self.assertFalse(validator.is_valid(document))


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
            for content in (b"", struct.pack(">4i", 0x801, 1, 2, 2) + b"1234", struct.pack(">4i", 0x803, 1, 2, 2) + b"123"):
                with gzip.open(path, "wb") as file:
                    file.write(content)
                with self.assertRaises(ValueError):
                    data.read_idx_images(path)

    def test_written_whole_or_not_at_all(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "out.json")
            article.write(path, "{}\n")
            self.assertEqual(pathlib.Path(path).read_text(), "{}\n")
            with self.assertRaises(OSError):
                article.write(folder, "{}\n")
            self.assertEqual(os.listdir(folder), ["out.json"])


if __name__ == "__main__":
    unittest.main()
