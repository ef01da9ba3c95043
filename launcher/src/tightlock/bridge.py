"""Hosts one class of Google Tightlock: `Source` or `Destination` of a module, asked by JSON lines.

The first line on stdin is {"module": path, "config": {...} or null}; each further line asks one thing, and is answered
by one line on stdout: {"answer": ...} or {"error": {"name", "message", "data_in", "number"}}. What the class prints on
its own stdout goes to stderr.
"""
import dataclasses
import enum
import importlib.util
import json
import os
import re
import sys
import typing


def main():
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    orders = json.loads(sys.stdin.readline())
    connector = None
    try:
        kind, hosted = load(orders["module"])
        answers.write(json.dumps({"answer": {"kind": kind}}) + "\n")
    except BaseException as error:
        answers.write(json.dumps({"error": told(error)}) + "\n")
        return
    for line in sys.stdin:
        if not line.strip():
            continue
        try:
            question = json.loads(line)
            if question["ask"] != "schema" and connector is None:
                connector = hosted(orders["config"])
            answer = {"answer": ASKED[question["ask"]](connector or hosted, question)}
            text = json.dumps(answer, default=plain)
        except Exception as error:
            text = json.dumps({"error": told(error)})
        answers.write(text + "\n")


def load(path):
    directory = os.path.dirname(os.path.abspath(path))
    sys.path[:1] = [directory, os.path.dirname(directory)]
    spec = importlib.util.spec_from_file_location(os.path.splitext(os.path.basename(path))[0], path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    for kind, name in (("source", "Source"), ("destination", "Destination")):
        if hasattr(module, name):
            return kind, getattr(module, name)
    raise TypeError("the module has neither a class Source nor a class Destination")


def get_data(source, question):
    rows = source.get_data(question["fields"], question["offset"], question["limit"], None)
    return list(rows)


def send_data(destination, question):
    result = destination.send_data(question["rows"], question["dry_run"])
    return None if result is None else fields_of(result)


def validate(connector, _question):
    return fields_of(connector.validate())


ASKED = {
    "schema": lambda hosted, _question: schema_of(hosted.schema()),
    "validate": validate,
    "fields": lambda connector, _question: connector.fields(),
    "batch_size": lambda connector, _question: connector.batch_size(),
    "get_data": get_data,
    "send_data": send_data,
}


def told(error):
    text = str(error)
    number = re.match(r"Error (\d+)\b", text)
    names = {kind.__name__ for kind in type(error).__mro__}
    return {
        "name": type(error).__name__,
        "message": text,
        "data_in": "DataInConnectorError" in names,
        "number": int(number.group(1)) if number else None,
    }


def fields_of(value):
    if dataclasses.is_dataclass(value):
        return dataclasses.asdict(value)
    if isinstance(value, dict):
        return value
    for method in ("model_dump", "dict"):
        if hasattr(value, method):
            return getattr(value, method)()
    return dict(vars(value))


def plain(value):
    if isinstance(value, enum.Enum):
        return value.value
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, (set, frozenset, tuple)):
        return list(value)
    return str(value)


def schema_of(schema):
    """JSON Schema of a ProtocolSchema: fields are (name, type) or (name, type, field)."""
    if schema is None:
        return None
    properties, required = {}, []
    for name, kind, *rest in schema.fields:
        if name.lower() == "name":
            continue
        field = rest[0] if rest else None
        described, optional = type_schema(kind)
        default = default_of(field)
        properties[name] = {**described, **attributes_of(field), **({} if default is None else {"default": default})}
        if not optional and default is None and not has_default(field):
            required.append(name)
    return {"title": schema.class_name, "type": "object", "properties": properties, "required": required}


def type_schema(kind):
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Union or (hasattr(origin, "__name__") and origin.__name__ == "UnionType"):
        known = [part for part in parts if part is not type(None)]
        return type_schema(known[0])[0], len(known) < len(parts)
    if origin is not None and issubclass(origin, (list, tuple, typing.Sequence.__origin__)):
        return {"type": "array", **({"items": type_schema(parts[0])[0]} if parts else {})}, False
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return {"type": "string", "enum": [member.value for member in kind]}, False
    for known, word in ((bool, "boolean"), (int, "integer"), (float, "number"), (str, "string"), (list, "array")):
        if isinstance(kind, type) and issubclass(kind, known):
            return {"type": word}, False
    names = getattr(kind, "model_fields", None) or getattr(kind, "__fields__", None) or getattr(kind, "__annotations__", {})
    return {"type": "object", "properties": {name: {"type": "string"} for name in names}, "required": list(names)}, False


def missing(value):
    return value is None or value is Ellipsis or type(value).__name__ in ("PydanticUndefinedType", "UndefinedType", "_MISSING_TYPE")


def default_of(field):
    value = getattr(field, "default", None)
    return None if missing(value) else json.loads(json.dumps(value, default=plain))


def has_default(field):
    return field is not None and getattr(field, "default", ...) is None


def attributes_of(field):
    """Description and the extra attributes, wherever this version of pydantic keeps them."""
    if field is None:
        return {}
    extra = getattr(field, "json_schema_extra", None) or getattr(field, "extra", None) or getattr(field, "metadata", None)
    known = dict(extra) if isinstance(extra, typing.Mapping) else {}
    description = getattr(field, "description", None) or known.pop("description", None)
    return {**known, **({"description": description} if description else {})}


main()
