"""A DevLake plugin whose collecting takes longer than its token lives."""
import json
import os
import sqlite3
import sys

from patience import CREDENTIALS, Work, found_token

METHODS = ("collect", "extract", "convert")


def plugin_info():
    model = lambda **properties: {"json_schema": {"type": "object", "properties": properties}, "table_name": None}
    subtasks = [{"name": method, "entry_point_name": method, "arguments": ["work"]} for method in METHODS]
    tell(
        {
            "name": "patient",
            "description": "Patient",
            "connection_model_info": model(credentials=CREDENTIALS),
            "scope_model_info": model(id={"type": "string"}),
            "subtask_metas": subtasks,
        }
    )


def test_connection(connection):
    tell({"success": bool(connection["credentials"]["access_token"])})


def remote_scopes(connection, group_id=""):
    tell({"id": "work", "type": "scope", "data": {"id": "work"}})


def make_pipeline(scope_config_pairs, connection):
    tell({"plan": [[{"plugin": "patient", "subtasks": list(METHODS)}]]})


def collect(context, stream):
    work = Work(found_token)
    work.go_on()
    with sqlite3.connect(context["db_url"].partition("///")[2]) as database:
        database.execute("create table _raw_work (calls integer, tokens integer)")
        database.execute("insert into _raw_work values (:calls, :tokens)", work.told())


def extract(context, stream):
    pass


def convert(context, stream):
    with sqlite3.connect(context["db_url"].partition("///")[2]) as database:
        database.execute("create table work as select 'patient:Work:1' as id, * from _raw_work")


def tell(result):
    RESULTS.write(json.dumps(result) + "\n")
    RESULTS.flush()


RESULTS = os.fdopen(3, "w")
globals()[sys.argv[1].replace("-", "_")](*[json.loads(argument) for argument in sys.argv[3:]])
