"""Events as they come: readers tell the daemon, which records them within a second or two."""

import time


def events(client, **query):
    """All of them, newest first."""
    return client.pages("/v1/events?" + "&".join(["limit=200"] + [f"{k}={v}" for k, v in query.items()]))


def eventually(client, count=1, within=60, **query):
    """Asks until there are so many of the kind."""
    deadline = time.monotonic() + within
    while True:
        found = events(client, **query)
        if len(found) >= count:
            return found
        assert time.monotonic() < deadline, f"{len(found)} events of {query}, not {count}: {found}"
        time.sleep(0.1)
