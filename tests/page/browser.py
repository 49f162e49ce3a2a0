# SPDX-License-Identifier: BSD-3-Clause
"""Headless Chromium over its DevTools pipe (--remote-debugging-pipe: messages of JSON, each ended by a zero, on the
file descriptors 3 and 4), with Python's standard library alone."""
import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

LONGEST = 60.0  # seconds that an answer may take


class Browser:
    """A browser with one page. What it says meanwhile is in `events`."""

    def __init__(self, program="chromium"):
        self.profile = tempfile.mkdtemp()
        to_browser, self.output = os.pipe()
        self.input, from_browser = os.pipe()
        os.set_blocking(self.input, False)

        def place_pipes():
            # Both may lie where they are to be put.
            ends = [os.dup(to_browser), os.dup(from_browser)]
            high = [os.dup(end) if end > 4 else os.dup2(end, 20 + end) for end in ends]
            os.dup2(high[0], 3)
            os.dup2(high[1], 4)

        self.process = subprocess.Popen(
            [program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
             "--no-first-run", "--disable-extensions", "--disable-background-networking", "--disable-component-update",
             "--force-device-scale-factor=1", "--remote-debugging-pipe", "--user-data-dir=" + self.profile,
             "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, close_fds=False,
            pass_fds=(), preexec_fn=place_pipes)
        os.close(to_browser)
        os.close(from_browser)
        self.number, self.rest, self.events, self.session = 0, b"", [], None
        targets = self.call("Target.getTargets")["targetInfos"]
        page = next(target for target in targets if target["type"] == "page")
        self.session = self.call("Target.attachToTarget", targetId=page["targetId"], flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(domain + ".enable")

    def close(self):
        try:
            os.close(self.output)
            os.close(self.input)
            self.process.terminate()
            self.process.wait(timeout=LONGEST)
        finally:
            shutil.rmtree(self.profile, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _message(self, until):
        while b"\0" not in self.rest:
            ready, _, _ = select.select([self.input], [], [], max(0.0, until - time.monotonic()))
            if not ready:
                raise TimeoutError("the browser does not answer")
            piece = os.read(self.input, 1 << 20)
            if not piece:
                raise ConnectionError("the browser has ended")
            self.rest += piece
        message, _, self.rest = self.rest.partition(b"\0")
        return json.loads(message)

    def call(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session is not None:
            message["sessionId"] = self.session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.output, data):]
        until = time.monotonic() + LONGEST
        while True:
            answer = self._message(until)
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def wait_for(self, method):
        until = time.monotonic() + LONGEST
        while not any(event.get("method") == method for event in self.events):
            self.events.append(self._message(until))

    def open(self, path, width, height=900, dark=False, media="screen"):
        """Opens a file, as large as that, and waits until it is loaded; earlier events are forgotten."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.call("Emulation.setEmulatedMedia", media=media,
                  features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
                            {"name": "prefers-reduced-motion", "value": "reduce"}])
        self.events.clear()
        self.call("Page.navigate", url="file://" + os.path.realpath(path))
        self.wait_for("Page.loadEventFired")

    def value(self, expression):
        """What an expression of JavaScript is, as JSON has it."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(f"{expression[:200]}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def key(self, key, code, text=None, modifiers=0):
        names = {"Tab": 9, "ArrowRight": 39, "ArrowLeft": 37, "Enter": 13, "Space": 32}
        for kind in ("keyDown", "keyUp"):
            parameters = {"type": kind, "key": key, "code": code, "modifiers": modifiers,
                          "windowsVirtualKeyCode": names.get(code, 0)}
            if kind == "keyDown" and text is not None:
                parameters["text"] = text
            self.call("Input.dispatchKeyEvent", **parameters)

    def picture(self, path, top=0, height=None, width=None):
        """A PNG of the page, from so many pixels below its top."""
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": top, "width": width or size["width"], "height": height or size["height"] - top, "scale": 1}
        shot = self.call("Page.captureScreenshot", format="png", clip=clip, captureBeyondViewport=True)
        with open(path, "wb") as file:
            file.write(base64.b64decode(shot["data"]))

    def print_to(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.call("Page.printToPDF", printBackground=True)["data"]))
