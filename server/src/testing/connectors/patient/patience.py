"""Work that takes longer than a token lives: calls of the lab's API, each with the token as it is then. The first call that
is refused ends it. The token is looked up in the file that `SLUICE_LEASE` names, or asked for at the address in it."""
import json
import os
import sys
import time
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../../../lab/connectors"))
import lab_api  # noqa: E402

SECONDS = float(os.environ.get("PATIENT_SECONDS", "12"))
PAUSE = 0.15
CREDENTIALS = {
    "type": "object",
    "title": "Authentication",
    "x-oauth2-provider": "acme",
    "properties": {
        "access_token": {"type": "string", "secret": True},
        "refresh_token": {"type": "string", "secret": True},
        "access_token_expires_at": {"type": "string"},
    },
}


def found_token():
    return lab_api.current(None)


def asked_token():
    with open(os.environ["SLUICE_LEASE"], encoding="utf-8") as file:
        lease = json.load(file)
    request = urllib.request.Request(lease["url"], headers={"authorization": lease["authorization"]})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)["access_token"]


class Work:
    def __init__(self, token):
        self.token = token
        self.end = time.monotonic() + SECONDS
        self.calls = 0
        self.tokens = set()

    def is_over(self):
        return time.monotonic() >= self.end

    def go_on(self, seconds=SECONDS):
        pause = min(time.monotonic() + seconds, self.end)
        while time.monotonic() < pause:
            token = self.token()
            status, _ = lab_api.get_by(token, "/api/me")
            if status != 200:
                raise RuntimeError("The API answered %d to call %d with token %d." % (status, self.calls, len(self.tokens)))
            self.tokens.add(token)
            self.calls += 1
            time.sleep(PAUSE)

    def told(self):
        return {"calls": self.calls, "tokens": len(self.tokens)}
