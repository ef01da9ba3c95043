"""A Tightlock source. Where Tightlock's own packages are installed, import ProtocolSchema and ValidationResult from them."""
import dataclasses
import json
import os
import urllib.error
import urllib.parse
import urllib.request

ORIGIN = os.environ.get("API_ORIGIN", "http://localhost:16970")


@dataclasses.dataclass
class ProtocolSchema:
    class_name: str
    fields: list


@dataclasses.dataclass
class ValidationResult:
    is_valid: bool
    messages: list


class Field:
    def __init__(self, description, default=..., **extra):
        self.description, self.default, self.extra = description, default, extra


class Source:
    def __init__(self, config):
        self.config = config

    @staticmethod
    def schema():
        return ProtocolSchema(
            "__NAME__",
            [
                ("access_token", str, Field("A token of the API.")),
                ("stream", str, Field("What is read.", default="customers")),
            ],
        )

    def validate(self):
        try:
            self.get("/api/me")
            return ValidationResult(True, [])
        except urllib.error.HTTPError as refused:
            return ValidationResult(False, ["The API answered %d." % refused.code])

    def get_data(self, fields, offset, limit, reusable_credentials):
        rows, cursor = [], ""
        while len(rows) < offset + limit:
            page = self.get("/api/" + self.config.get("stream", "customers"), limit=100, cursor=cursor)
            rows += page["data"]
            cursor = page["next_cursor"]
            if not cursor:
                break
        return [{name: row.get(name) for name in fields} for row in rows[offset : offset + limit]]

    def get(self, path, **query):
        known = urllib.parse.urlencode({name: value for name, value in query.items() if value})
        request = urllib.request.Request("%s%s?%s" % (ORIGIN, path, known))
        request.add_header("authorization", "Bearer " + self.config["access_token"])
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)
