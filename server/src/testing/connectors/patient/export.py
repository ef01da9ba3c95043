"""A script that is configured by its environment and works for longer than its token lives."""
import json
import os

from patience import Work, found_token

json.loads(os.environ["credentials"])
work = Work(found_token)
work.go_on()
print("[now][patient][INFO] " + json.dumps(work.told()), flush=True)
