#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""examples/serve.c under concurrent clients: the classes that `rowcast predict` writes, clean ends, and clear
errors."""
import argparse
import array
import gzip
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

K = 784
SECONDS = 60  # no wait is longer; nothing is measured


def check(holds, what):
    if not holds:
        sys.exit("serve_test: " + what)


def test_rows(path):
    with gzip.open(path) as file:
        data = file.read()
    check(data[:4] == b"\0\0\x08\x03", path + " is not an IDX file of images")
    count = int.from_bytes(data[4:8], "big")
    check(len(data) == 16 + count * K, path + " has another size")
    return memoryview(data)[16:], count


def connect(path):
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(SECONDS)
    client.connect(path)
    return client


def receive_all(client):
    parts = []
    while part := client.recv(1 << 16):
        parts.append(part)
    return b"".join(parts)


def ask(path, rows, pieces):
    """Sends rows in pieces of these sizes while another thread reads; all answers up to the end."""
    with connect(path) as client:
        def send():
            at = 0
            while at < len(rows):
                size = pieces()
                client.sendall(rows[at:at + size])
                at += size
            client.shutdown(socket.SHUT_WR)
        sender = threading.Thread(target=send)
        sender.start()
        answer = array.array("i", receive_all(client))
        sender.join()
        return answer


class Server:
    def __init__(self, serve, path, data, *more):
        self.path = path
        self.process = subprocess.Popen([serve, path, os.path.join(data, "softmax-weights.npy"),
                                         os.path.join(data, "softmax-bias.npy"), *more],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        check(line.startswith("serving ") and "784 bytes, 10 classes" in line, "says %r, %s"
              % (line, "and not that it serves"))

    def end(self, number):
        self.process.send_signal(number)
        _, errors = self.process.communicate(timeout=SECONDS)
        check(self.process.returncode == 0, "status %d after signal %d: %s" % (self.process.returncode, number, errors))
        check(errors == "", "prints %r" % errors)
        check(not os.path.exists(self.path), "the socket is still there after signal %d" % number)


def check_clients(path, rows, count, wanted):
    """More clients than workers, each with rows of its own, in pieces that begin and end anywhere."""
    wrong = []

    def client(number):
        draw = random.Random(number)
        begin, end = count * number // 10, count * (number + 1) // 10
        most = (K, 3 * K, 100 * K, 5000)[number % 4]
        try:
            got = ask(path, rows[begin * K:end * K], lambda: draw.randint(1, most))
            if got != wanted[begin:end]:
                wrong.append("client %d got other classes (%d of %d)" % (number, len(got), end - begin))
        except OSError as error:
            wrong.append("client %d: %s" % (number, error))
    clients = [threading.Thread(target=client, args=(i,)) for i in range(10)]
    for thread in clients:
        thread.start()
    for thread in clients:
        thread.join()
    check(not wrong, "; ".join(wrong))


def check_rude_clients(path, rows, wanted):
    """Clients that go in the middle of a row, or without reading: the others notice nothing."""
    for _ in range(6):
        with connect(path) as client:
            client.sendall(rows[:K // 2])
        with connect(path) as client:
            client.sendall(rows[:40 * K])
    check(ask(path, rows[:K + 10], lambda: 7) == wanted[:1], "a row that is not ended is not dropped")
    check(len(ask(path, rows[:0], lambda: 1)) == 0, "no rows have answers")
    check(ask(path, rows[:K * 5], lambda: 2 * K) == wanted[:5], "after rude clients the classes are others")


def check_refused(arguments, text, status=1):
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=SECONDS)
    check(done.returncode == status, "%s: status %d" % (arguments[1:], done.returncode))
    check(done.stderr.count("\n") == 1 and text in done.stderr and done.stdout == "", "%s: prints %r"
          % (arguments[1:], done.stderr))


def main():
    parser = argparse.ArgumentParser(prog="serve_test.py", description=__doc__, allow_abbrev=False)
    for name in ("serve", "rowcast", "data"):
        parser.add_argument(name, metavar=name.upper())
    arguments = parser.parse_args()
    serve, rowcast, data = arguments.serve, arguments.rowcast, arguments.data
    weights, bias = os.path.join(data, "softmax-weights.npy"), os.path.join(data, "softmax-bias.npy")
    images = os.path.join(data, "t10k-images-idx3-ubyte.gz")
    rows, count = test_rows(images)
    wanted = array.array("i", subprocess.run([rowcast, "predict", "-i", images, "-w", weights, "--bias", bias, "-o",
                                              "-", "--format", "raw"],
                                             stdout=subprocess.PIPE, check=True).stdout)
    if sys.byteorder == "big":
        wanted.byteswap()
    check(len(wanted) == count, "rowcast predict wrote %d classes" % len(wanted))
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "s")
        server = Server(serve, path, data, "3")
        try:
            check_clients(path, rows, count, wanted)
            check_rude_clients(path, rows, wanted)
            check_refused([serve, path, weights, bias], "in use")
            check(ask(path, rows[:K], lambda: K) == wanted[:1], "a second server disturbs the first")
            with connect(path) as idle, connect(path) as deaf:  # neither keeps the server from ending
                idle.sendall(rows[:5])
                deaf.setblocking(False)
                until = time.monotonic() + 0.5
                while time.monotonic() < until:
                    try:
                        deaf.send(rows[:100 * K])
                    except BlockingIOError:
                        time.sleep(0.01)
                server.end(signal.SIGTERM)
            server = Server(serve, path, data)
            server.end(signal.SIGINT)
        finally:
            server.process.kill()
            server.process.communicate()
        double = os.path.join(folder, "double.npy")  # 784 x 10 float64
        with open(double, "wb") as file:
            header = "{'descr': '<f8', 'fortran_order': False, 'shape': (784, 10), }".ljust(117) + "\n"
            file.write(b"\x93NUMPY\1\0" + len(header).to_bytes(2, "little") + header.encode() + bytes(784 * 10 * 8))
        for arguments, text in (((path, os.path.join(folder, "none.npy"), bias), "none.npy"),
                                ((path, weights, images), "bias"),
                                ((path, images, bias), "float32"), ((path, weights, weights), "bias"),
                                ((path, weights, bias, "0"), "thread count"),
                                ((path, weights, bias, "two"), "thread count"),
                                ((path, weights, bias, ""), "thread count"),
                                ((path, weights, bias, "-18446744073709551612"), "thread count"),
                                ((path, weights, bias, " 3"), "thread count"), ((path, double, bias), "float32"),
                                ((path, weights, double), "float32"),
                                (("/" + "x" * 200, weights, bias), "too long"),
                                ((os.path.join(folder, "no", "s"), weights, bias), "No such file")):
            check_refused([serve, *arguments], text)
            check(not os.path.exists(path), "a socket is left after a failure")
        check_refused([serve, path], "usage", 2)
    return 0


if __name__ == "__main__":
    sys.exit(main())
