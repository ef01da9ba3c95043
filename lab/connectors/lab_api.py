"""The lab's demo API for connectors written in Python; the standard library is all they need."""
import json
import os
import urllib.error
import urllib.parse
import urllib.request

ORIGIN = os.environ.get("LAB_ORIGIN", "http://localhost:16970")


def current(token):
    """The token as it is now: the one that Sluice keeps valid while this program runs, else the one that was given."""
    lease = os.environ.get("SLUICE_LEASE")
    if lease is None:
        return token
    with open(lease, encoding="utf-8") as file:
        return json.load(file)["access_token"]


def get(path, token, **query):
    """Status and body of a GET."""
    return get_by(current(token), path, **query)


def get_by(token, path, **query):
    """The same by this token, whatever has become of it."""
    address = "%s%s?%s" % (ORIGIN, path, urllib.parse.urlencode(query))
    request = urllib.request.Request(address, headers={"authorization": "Bearer " + token})
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as refused:
        return refused.code, {}


def records(path, token, page_size=100):
    """Every record of a collection, page by page."""
    query = {"limit": page_size}
    while True:
        status, page = get(path, token, **query)
        if status != 200:
            raise RuntimeError("the lab answered %d" % status)
        yield from page["data"]
        if not page.get("next_cursor"):
            return
        query["cursor"] = page["next_cursor"]
