"""Runs methods of a DevLake python plugin one after the other, each in a process of its own, as DevLake's host does.

Orders come as one JSON line on stdin: {"script": [...], "in_process": bool, "calls": [{"method", "arguments"}],
"export": path or null}. Answers go to stdout, a JSON line each: {"call", "result"}, {"call", "exit"}, {"table", "row"}.
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

RESULTS = 3


def main():
    orders = json.loads(sys.stdin.readline())
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    for index, call in enumerate(orders["calls"]):
        arguments = [call["method"], *(json.dumps(part) for part in call["arguments"])]
        code = run(orders, arguments, lambda line: answers.write('{"call":%d,"result":%s}\n' % (index, line)))
        answers.write(json.dumps({"call": index, "exit": code}) + "\n")
        if code != 0:
            sys.exit(code)
    if orders["export"]:
        export(orders["export"], answers)
    answers.flush()


def run(orders, arguments, tell):
    results, results_in = os.pipe()
    output, output_in = os.pipe()
    if orders["in_process"]:
        process = os.fork()
        if process == 0:
            host(orders["script"], arguments, results_in, output_in)
        wait = lambda: os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    else:
        child = start(orders["script"], arguments, results_in, output_in)
        wait = child.wait
    os.close(results_in)
    os.close(output_in)
    logger = threading.Thread(target=log, args=(output,), daemon=True)
    logger.start()
    with os.fdopen(results, encoding="utf-8", errors="strict") as lines:
        for line in lines:
            if line.strip():
                tell(line.strip())
    code = wait()
    logger.join(timeout=1)
    return code if code >= 0 else 128 - code


def host(script, arguments, results, output):
    """In the child: becomes the plugin, its arguments in memory alone."""
    code = 1
    try:
        os.dup2(output, 1)
        os.dup2(results, RESULTS)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
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
    database = sqlite3.connect("file:%s?mode=ro" % path, uri=True)
    database.row_factory = sqlite3.Row
    names = database.execute("select name from sqlite_master where type = 'table' order by name").fetchall()
    for (name,) in names:
        if name.startswith(("_", "sqlite_")):
            continue
        for row in database.execute('select * from "%s"' % name.replace('"', '""')):
            answers.write(json.dumps({"table": name, "row": dict(row)}, default=str) + "\n")


main()
