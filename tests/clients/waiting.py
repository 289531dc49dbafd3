"""What a server tells of itself at `/metrics`, for those who wait for it. Nothing is
of speed: on a busy machine everything comes, only later."""

import contextlib
import threading
import time
import urllib.request

# How long anything may take to come before it is taken for lost, in seconds.
PATIENCE = 120


def until(is_so, missing):
    """Looks until it is so; `missing` says what did not come."""
    began = time.monotonic()
    while not is_so():
        assert time.monotonic() - began < PATIENCE, missing
        time.sleep(0.1)


def becomes(http, *lines):
    """Waits until the server at this address tells all these lines."""

    until(lambda: tells(http, *lines), lines)


def tells(http, *lines):
    """Whether the server at this address tells all these lines."""
    try:
        with urllib.request.urlopen(f"http://{http}/metrics", timeout=PATIENCE) as answer:
            return set(lines) <= set(answer.read().decode().splitlines())
    except OSError:
        # Who says nothing for a while after connecting is not heard.
        return False


@contextlib.contextmanager
def cancelled(cancel):
    """Cancels what runs meanwhile; again, because what has not begun cannot be."""
    ended = threading.Event()

    def cancels():
        while not ended.wait(0.3):
            cancel()

    thread = threading.Thread(target=cancels)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
