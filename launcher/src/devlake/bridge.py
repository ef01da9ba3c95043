"""Runs methods of a DevLake python plugin one after the other, each in a process of its own, as DevLake's host does.

Orders come as one JSON line on stdin: {"script": [...], "in_process": bool, "calls": [{"method", "arguments"}],
"export": path or null, "linger_seconds": how long a plugin may take to exit that has closed its results}. Answers go to stdout, a JSON line each: {"call", "result"}, {"call", "exit"}, {"table", "row"}.
What the plugin prints on its own stdout becomes a log on stderr. Nothing of the orders stands in a command line unless
the plugin cannot be hosted in process.
"""
import json
import os
import runpy
import sqlite3
import subprocess
import sys
import threading
import time

RESULTS = 3
PIECE = 64 * 1024


def main():
    orders = json.loads(sys.stdin.readline())
    answers = os.fdopen(os.dup(1), "wb")
    for index, call in enumerate(orders["calls"]):
        arguments = [call["method"], *(json.dumps(part) for part in call["arguments"])]
        code = run(orders, arguments, answers, index)
        answers.write(b"%s\n" % json.dumps({"call": index, "exit": code}).encode())
        answers.flush()
        if code != 0:
            sys.exit(code)
    if orders["export"]:
        export(orders["export"], answers)
    answers.flush()


class Results(threading.Thread):
    """Passes what comes on descriptor 3 on as it is, in pieces: whoever reads it judges its length and what is in it."""

    def __init__(self, descriptor, answers, index):
        super().__init__(daemon=True)
        self.lines = os.fdopen(descriptor, "rb")
        self.answers = answers
        self.index = index
        self.waiting_since = None
        self.over = False

    def run(self):
        while piece := self.read():
            if not piece.strip():
                continue
            self.answers.write(b'{"call":%d,"result":' % self.index)
            while True:
                self.answers.write(piece.rstrip(b"\r\n"))
                if piece.endswith(b"\n") or not (piece := self.read()):
                    break
            self.answers.write(b"}\n")
            self.answers.flush()

    def read(self):
        self.waiting_since = time.monotonic()
        piece = self.lines.readline(PIECE)
        self.waiting_since = None
        return b"" if self.over else piece

    def is_quiet(self):
        """Whether nothing has come for a second."""
        since = self.waiting_since
        return since is not None and time.monotonic() - since > 1


def run(orders, arguments, answers, index):
    results, results_in = os.pipe()
    output, output_in = os.pipe()
    if orders["in_process"]:
        process = os.fork()
        if process == 0:
            host(orders["script"], arguments, results_in, output_in)
    else:
        process = start(orders["script"], arguments, results_in, output_in).pid
    os.close(results_in)
    os.close(output_in)
    logger = threading.Thread(target=log, args=(output,), daemon=True)
    logger.start()
    reader = Results(results, answers, index)
    reader.start()
    code = wait(process, reader, orders["linger_seconds"])
    logger.join(timeout=1)
    return code if code >= 0 else 128 - code


def wait(process, reader, linger_seconds):
    """The plugin's exit code, when all that it told is passed on. What it forked may hold its descriptors for ever."""
    deadline = code = None
    while True:
        if code is None:
            ended, status = os.waitpid(process, os.WNOHANG)
            code = os.waitstatus_to_exitcode(status) if ended else None
        if code is not None and (not reader.is_alive() or reader.is_quiet()):
            reader.over = True
            return code
        if code is None and not reader.is_alive():
            deadline = deadline or time.monotonic() + linger_seconds
            if time.monotonic() > deadline:
                sys.exit("error: the plugin closed its results and then did not exit")
        time.sleep(0.01)


def host(script, arguments, results, output):
    """In the child: becomes the plugin, its arguments in memory alone."""
    code = 1
    try:
        os.dup2(output, 1)
        os.dup2(results, RESULTS)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.closerange(RESULTS + 1, 64)
        sys.stdin, sys.stdout = open(0), open(1, "w", buffering=1, closefd=False)
        sys.argv = [*script, *arguments]
        sys.path[0] = os.path.dirname(os.path.abspath(script[0]))
        runpy.run_path(script[0], run_name="__main__")
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (OSError, ValueError):
                pass
        os._exit(code)


def start(script, arguments, results, output):
    """A plugin that brings its own start script: its arguments show in the process list."""
    become = ["/bin/sh", "-c", 'exec "$0" "$@" %d>&%d' % (RESULTS, results)]
    return subprocess.Popen([*become, *script, *arguments], stdin=subprocess.DEVNULL, stdout=output, pass_fds=(results,))


def log(descriptor):
    with os.fdopen(descriptor, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            print(json.dumps({"level": "info", "message": line.rstrip("\n")}), file=sys.stderr, flush=True)


def export(path, answers):
    """The domain layer: tables that are neither raw, nor the plugin's own, nor the framework's."""
    if not os.path.exists(path):
        return
    database = sqlite3.connect("file:%s?mode=ro" % path, uri=True)
    database.row_factory = sqlite3.Row
    write = lambda message: answers.write(json.dumps(message, default=str).encode() + b"\n")
    names = database.execute("select name from sqlite_master where type = 'table' order by name").fetchall()
    for (name,) in names:
        if name.startswith(("_", "sqlite_")):
            continue
        for row in database.execute('select * from "%s"' % name.replace('"', '""')):
            write({"table": name, "row": dict(row)})


main()
