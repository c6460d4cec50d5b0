"""examples/embed: another program decides by the daemon's snapshot."""

import subprocess

from cardea_test.daemon import PROGRAM


def embed(daemon, key, *request):
    program = PROGRAM.parent / "examples" / "embed" / "embed"
    return subprocess.run([program, daemon.runtime, *request], input=key + "\n", capture_output=True, text=True, timeout=20).stdout.split()


def test_it_decides_as_the_daemon_does(shared, root, make):
    account = make.account("animus")
    key = make.key(account, scopes=["read"])
    recent, content = ("animus", "GET", "/api/v1/content/recent"), ("animus", "POST", "/api/v1/content")
    assert embed(shared, key["key"], *recent) == ["200", "VALID", account["slug"]]
    assert embed(shared, key["key"], *content) == ["403", "INSUFFICIENT_SCOPE", account["slug"]]
    assert embed(shared, key["key"][:-1] + "!", *recent) == ["401", "MALFORMED"]
    assert root.get(f"/v1/keys/{key['id']}", expect=200)["use_count"] == 1, "its use was recorded"
    root.delete(f"/v1/keys/{key['id']}", expect=200)
    assert embed(shared, key["key"], *recent)[:2] == ["401", "REVOKED"]


def test_no_snapshot_is_said_and_nothing_granted(tmp_path):
    class Nowhere:
        runtime = tmp_path

    assert embed(Nowhere, "anm_x", "animus", "GET", "/") == []
