"""One process imports what all programs share, and they are forked from it: ready sooner, in less memory.

``python -m vzaimo.local.nursery MODULE…`` reads an order a line (JSON), and says when a child was born and how it
ended. It runs no loop and no thread, so that a child begins as a new process would. When it is gone its children are
asked to end.
"""

import ctypes
import gc
import json
import os
import selectors
import signal
import sys
from importlib import import_module
from typing import Any

_DIE_WITH_PARENT, _NAME = 1, 15
_CHUNK = 65536


def die_with_parent() -> None:
    """Whoever is killed leaves nobody behind (Linux; elsewhere the next start names the taken ports)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGTERM)
        if os.getppid() == 1:
            os._exit(1)


def main() -> None:
    """The nursery; and, after a fork, the child: it leaves by the same way as any process."""
    orders, answers = os.dup(0), os.dup(1)
    os.dup2(2, 1)  # whatever is printed goes to the log, and answers stay whole
    for module in sys.argv[1:]:
        import_module(module)
    gc.collect()
    gc.freeze()  # or the first collection would touch, and so copy, everything that is shared
    if (order := _keep(orders, answers)) is not None:
        _live(order)


def _keep(orders: int, answers: int) -> dict[str, Any] | None:
    """Until there are no more orders; in a child, its order."""
    heard, woken = os.pipe()
    os.set_blocking(woken, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(woken)
    waiting = b""
    with selectors.DefaultSelector() as selector:
        selector.register(orders, selectors.EVENT_READ)
        selector.register(heard, selectors.EVENT_READ)
        while True:
            ready = {key.fd for key, _ in selector.select()}
            if heard in ready:
                os.read(heard, _CHUNK)
                _tell_who_ended(answers)
            if orders not in ready:
                continue
            chunk = os.read(orders, _CHUNK)
            if not chunk:
                return None
            *lines, waiting = (waiting + chunk).split(b"\n")
            for line in lines:
                order: dict[str, Any] = json.loads(line)
                pid = os.fork()
                if pid == 0:
                    signal.set_wakeup_fd(-1)
                    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                    for inherited in (orders, answers, heard, woken):
                        os.close(inherited)
                    return order
                _say(answers, {"born": order["no"], "pid": pid})


def _live(order: dict[str, Any]) -> None:
    """As a process of its own: session, log, environment, name."""
    os.setsid()
    die_with_parent()
    if sys.platform == "linux":
        # What ps and top show; the command line stays the nursery's.
        ctypes.CDLL(None).prctl(_NAME, order["name"].encode())
    log = os.open(order["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for given, taken in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(given, taken)
    os.close(nothing)
    os.close(log)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr] # it is a file
    os.environ.clear()
    os.environ.update(order["environment"])
    sys.argv = [order["module"], *order["arguments"]]
    import_module(order["module"]).main()


def _tell_who_ended(answers: int) -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        _say(answers, {"ended": pid, "status": os.waitstatus_to_exitcode(status)})


def _say(answers: int, what: dict[str, int]) -> None:
    os.write(answers, json.dumps(what).encode() + b"\n")


if __name__ == "__main__":
    main()
