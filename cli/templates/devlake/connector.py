"""A DevLake plugin: a method a process, JSON arguments, results as lines on descriptor 3, rows in the host's database."""
import json
import os
import sqlite3
import sys
import urllib.error
import urllib.parse
import urllib.request

ORIGIN = os.environ.get("API_ORIGIN", "http://localhost:16970")

CONNECTION = {
    "type": "object",
    "title": "__TITLE__",
    "required": ["token"],
    "properties": {
        "name": {"type": "string", "title": "Name"},
        "token": {"type": "string", "title": "Token", "format": "password", "writeOnly": True},
        "page_size": {"type": "integer", "title": "Page size", "default": 100},
    },
}
SCOPE = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}, "name": {"type": "string"}}}
SCOPES = {"customers": "Customers", "orders": "Orders"}
STREAM = "records"


def plugin_info():
    subtasks = [
        {
            "name": "%s records" % method,
            "entry_point_name": method,
            "arguments": [STREAM],
            "required": False,
            "enabled_by_default": False,
            "description": "%s the records" % method,
            "domain_types": ["CROSS"],
        }
        for method in ("collect", "extract", "convert")
    ]
    tell(
        {
            "name": "__NAME__",
            "description": "__TITLE__",
            "plugin_path": os.path.dirname(os.path.abspath(__file__)),
            "extension": "datasource",
            "connection_model_info": {"json_schema": CONNECTION, "table_name": "_tool_api_connections"},
            "scope_model_info": {"json_schema": SCOPE, "table_name": "_tool_api_scopes"},
            "scope_config_model_info": {"json_schema": {"type": "object", "properties": {}}, "table_name": None},
            "tool_model_infos": [],
            "migration_scripts": [],
            "subtask_metas": subtasks,
        }
    )


def test_connection(connection):
    status, _ = get("/api/me", connection["token"])
    ok = status == 200
    tell({"success": ok, "message": "success" if ok else "Invalid token", "status": status})


def remote_scopes(connection, group_id=""):
    if not group_id:
        tell({"id": "shop", "name": "Shop", "type": "group"})
        return
    for scope_id, name in SCOPES.items():
        data = {"id": scope_id, "name": name}
        tell({"id": scope_id, "name": name, "type": "scope", "parentId": group_id, "data": data})


def make_pipeline(scope_config_pairs, connection):
    tasks = [
        {
            "plugin": "__NAME__",
            "skipOnFail": False,
            "subtasks": ["collect records", "extract records", "convert records"],
            "options": {"scopeId": scope["id"], "scopeName": scope.get("name"), "connectionId": connection["id"]},
        }
        for scope, _config in scope_config_pairs
    ]
    scopes = [{"type_name": "CqProject", "data": json.dumps({"id": scope["id"]})} for scope, _ in scope_config_pairs]
    tell({"plan": [tasks], "scopes": scopes})


def collect(context, stream):
    connection = context["connection"]
    path = "/api/" + context["scope"]["id"]
    with database(context) as db:
        db.execute("create table if not exists _raw_api_records (id integer primary key, params text, data text)")
        db.execute("delete from _raw_api_records")
        for count, record in enumerate(records(path, connection["token"], connection.get("page_size", 100)), 1):
            db.execute("insert into _raw_api_records (params, data) values (?, ?)", (path, json.dumps(record)))
            progress(count)
        print("collected %d records" % count)


def extract(context, stream):
    with database(context) as db:
        db.execute("create table if not exists _tool_api_records (id text primary key, connection_id integer, data text)")
        rows = db.execute("select data from _raw_api_records order by id").fetchall()
        for count, (data,) in enumerate(rows, 1):
            row = (str(json.loads(data)["id"]), context["connection"]["id"], data)
            db.execute("insert or replace into _tool_api_records values (?, ?, ?)", row)
            progress(count)


def convert(context, stream):
    with database(context) as db:
        db.execute("create table if not exists accounts (id text primary key, scope text, data text)")
        rows = db.execute("select id, connection_id, data from _tool_api_records order by id").fetchall()
        for count, (record_id, connection_id, data) in enumerate(rows, 1):
            domain_id = "__NAME__:Record:%d:%s" % (connection_id, record_id)
            db.execute("insert or replace into accounts values (?, ?, ?)", (domain_id, context["scope"]["id"], data))
            progress(count)


def database(context):
    prefix, _, path = context["db_url"].partition("///")
    if prefix != "sqlite:":
        raise ValueError("This plugin knows sqlite databases only.")
    return sqlite3.connect(path)


def progress(count):
    """As pydevlake tells it: every hundred records; `total` is never known."""
    if count % 100 == 0:
        tell({"increment": 100, "current": count, "total": 0})


def tell(result):
    RESULTS.write(json.dumps(result) + "\n")
    RESULTS.flush()


def get(path, token, **query):
    """Status and body of a GET."""
    request = urllib.request.Request("%s%s?%s" % (ORIGIN, path, urllib.parse.urlencode(query)))
    request.add_header("authorization", "Bearer " + token)
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as refused:
        return refused.code, {}


def records(path, token, page_size=100):
    query = {"limit": page_size}
    while True:
        status, page = get(path, token, **query)
        if status != 200:
            raise RuntimeError("%s answered %d" % (path, status))
        yield from page["data"]
        if not page.get("next_cursor"):
            return
        query["cursor"] = page["next_cursor"]


METHODS = {
    "plugin-info": plugin_info,
    "test-connection": test_connection,
    "remote-scopes": remote_scopes,
    "make-pipeline": make_pipeline,
    "collect": collect,
    "extract": extract,
    "convert": convert,
}

if __name__ == "__main__":
    RESULTS = os.fdopen(3, "w")
    method = METHODS.get(sys.argv[1] if len(sys.argv) > 1 else "")
    if method is None:
        print("usage: main.py <method> <json>...", file=sys.stderr)
        sys.exit(2)
    _config, *arguments = [json.loads(argument) for argument in sys.argv[2:]]
    method(*arguments)
