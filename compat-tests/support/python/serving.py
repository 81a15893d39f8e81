"""The loop of a driver in Python: lines in, answers out, one step after the other (see matrix/steps.ts)."""

import base64
import json
import queue
import sys
import threading
import traceback

_output = threading.Lock()


class Cannot(Exception):
    """The client cannot express the step as it was asked."""


class Failed(Exception):
    """The client's error, with Kafka's code or None."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


def _say(line):
    with _output:
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()


def told(event, consumer, **what):
    _say({"event": event, "consumer": consumer, **what})


def to_bytes(text):
    return None if text is None else base64.b64decode(text)


def to_base64(data):
    return None if data is None else base64.b64encode(data).decode()


def answer(steps, line):
    ask = json.loads(line)
    number, step = ask.pop("id"), ask.pop("step")
    try:
        if step not in steps:
            raise Cannot(f"no {step}")
        _say({"id": number, "answer": steps[step](**ask) or {}})
    except Cannot as error:
        _say({"id": number, "cannot": str(error)})
    except Exception as error:
        traceback.print_exc()
        _say({"id": number, "error": {"code": getattr(error, "code", None), "message": str(error)}})


def serve(version, steps, close):
    """Answers until the input ends, then closes what the driver holds."""
    _say({"ready": {"version": version}})
    for line in sys.stdin:
        answer(steps, line)
    close()


class Reader(threading.Thread):
    """Polls one consumer in a thread of its own; whatever else touches the consumer runs there as well."""

    def __init__(self, name, poll):
        super().__init__(daemon=True)
        self.consumer_name = name
        self._poll = poll
        self._work = queue.Queue()
        self._open = True

    def run(self):
        while self._open:
            try:
                while not self._work.empty():
                    self._work.get()()
                if self._open:
                    self._poll()
            except Exception as error:
                traceback.print_exc()
                told("error", self.consumer_name, code=getattr(error, "code", None), message=str(error))

    def do(self, act):
        """Runs this between two polls; gives its result, or raises its error, to the caller."""
        done = queue.Queue()

        def work():
            try:
                done.put((act(), None))
            except Exception as error:
                done.put((None, error))

        self._work.put(work)
        result, error = done.get()
        if error:
            raise error
        return result

    def close(self, act):
        def last():
            act()
            self._open = False

        self.do(last)
