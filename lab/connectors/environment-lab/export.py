"""A script of the kind that Tinybird's CDK makes: configured by its environment alone, logs on stdout, an exit code."""
import datetime
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import lab_api  # noqa: E402


def log(level, message):
    now = datetime.datetime.now().astimezone().isoformat(timespec="seconds")
    print("[%s][%s][%s] %s" % (now, os.environ["TB_CDK_TAG"], level, message), flush=True)


def main():
    for name in ("TB_CDK_TOKEN", "TB_CDK_TAG"):
        if name not in os.environ:
            print("MissingConfiguration: %s is required" % name, file=sys.stderr)
            return 1
    status, _ = lab_api.get("/api/me", os.environ["TB_CDK_TOKEN"])
    if status != 200:
        log("ERROR", "Exception raised: the lab answered %d" % status)
        return 1
    count = sum(1 for _ in lab_api.records("/api/" + os.environ.get("COLLECTION", "customers"), os.environ["TB_CDK_TOKEN"]))
    log("INFO", "appended %d rows" % count)
    return 0


sys.exit(main())
