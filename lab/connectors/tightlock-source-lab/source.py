"""A Tightlock source for the lab's demo shop."""
import enum
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import lab_api  # noqa: E402
from tightlock_words import DataInConnectorError, ProtocolSchema, ValidationResult, field  # noqa: E402

Collection = enum.Enum("Collection", {"CUSTOMERS": "customers", "ORDERS": "orders"})


class Source:
    def __init__(self, config):
        self.config = config

    @staticmethod
    def schema():
        return ProtocolSchema(
            "lab_shop",
            [
                ("collection", Collection, field("Which records are read.")),
                ("access_token", str, field("A token of the lab with the collection's scope.")),
                ("only_country", str, field("Two letters.", default="", validation="^[A-Z]{0,2}$")),
                (
                    "since",
                    str,
                    field("Orders from this day on.", condition_field="collection", condition_target="orders"),
                ),
            ],
        )

    def validate(self):
        status, _ = lab_api.get("/api/me", self.config.get("access_token", ""))
        return ValidationResult(status == 200, [] if status == 200 else ["The lab refuses the token (%d)." % status])

    def get_data(self, fields, offset, limit, reusable_credentials):
        path = "/api/" + self.config["collection"]
        try:
            found = list(lab_api.records(path, self.config["access_token"]))
        except RuntimeError as cause:
            raise DataInConnectorError(str(cause)) from cause
        return [{name: row.get(name) for name in fields} for row in found[offset : offset + limit]]
