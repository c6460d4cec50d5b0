"""The daemon's scanner, which takes its time to be made."""

import time


def ready(client, within=150):
    """Waits for the scanner; whatever comes before is a 503 that says when to come again."""
    deadline = time.monotonic() + within
    while True:
        reply = client.post("/v1/scan", {"text": "hello"}, expect=(200, 503))
        if reply.status == 200:
            assert reply["verdict"] == "allow"
            return client
        assert reply.code == "scanner_unavailable" and int(reply.header("retry-after")) >= 1
        assert "verdict" not in reply.json and time.monotonic() < deadline
        time.sleep(0.1)
