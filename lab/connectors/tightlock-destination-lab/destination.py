"""A Tightlock destination that appends rows to a file; rows without an id fail, as hits at an advertiser's API would."""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tightlock_words import ProtocolSchema, RateLimitedError, RunResult, ValidationResult, field  # noqa: E402


class Destination:
    def __init__(self, config):
        self.config = config

    @staticmethod
    def schema():
        return ProtocolSchema(
            "lab_sink",
            [
                ("path", str, field("The file that rows are appended to.")),
                ("api_key", str, field("Anything but `wrong` is accepted.")),
            ],
        )

    def validate(self):
        ok = self.config["api_key"] != "wrong"
        return ValidationResult(ok, [] if ok else ["The key is wrong."])

    def fields(self):
        return ["id", "name"]

    def batch_size(self):
        return 2

    def send_data(self, rows, dry_run):
        if self.config["api_key"] == "busy":
            raise RateLimitedError("too many requests")
        good = [row for row in rows if row.get("id") is not None]
        failed = len(rows) - len(good)
        if not dry_run:
            with open(self.config["path"], "a", encoding="utf-8") as sink:
                sink.writelines(json.dumps(row) + "\n" for row in good)
        print("sent %d rows" % len(good))
        return RunResult(len(good), failed, ["A row has no id."] * failed, dry_run)
