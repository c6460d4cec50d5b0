"""A snapshot that is not there, or not what it should be: 503, one line in the log, and no worker lost."""

import os
import shutil
import threading
import time

import pytest
from cardea_test.daemon import Daemon

CONTENT = "/api/v1/content/recent"


def proxied(one, upstream):
    return one.serve(f"cardea animus; location / {{ proxy_pass http://127.0.0.1:{upstream.port}; }}")


def unavailable(client):
    reply = client.get(CONTENT, expect=503)
    assert reply.code == "STALE" and reply.header("retry-after") == "1"
    return reply


def until(condition, patience=60):
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, f"waited {patience} s in vain"
        time.sleep(0.02)


def test_it_may_come_later(nginx, own, upstream, tmp_path):
    daemon = own(ready=False)
    one = proxied(nginx(daemon.runtime), upstream)
    code, text = one.test()
    assert code == 0 and "[warn]" in text and "cannot open" in text and "No such file" in text
    one.start()
    for _ in range(5):
        unavailable(one.client("anm_whatever"))
    assert one.log().count("requests are answered 503") == 1
    assert "No such file or directory" in one.log()
    daemon.start()
    root = daemon.root()
    account = root.post("/v1/accounts", {"profile": "animus", "slug": "a", "name": "A"}, expect=201).json
    key = root.post("/v1/keys", {"account": account["id"], "name": "k", "scopes": ["read"]}, expect=201).json["key"]
    until(lambda: one.client(key).get(CONTENT).status == 200)


@pytest.fixture
def copy(nginx, shared, upstream, tmp_path):
    """An nginx whose snapshot is a file of the test's own."""
    shutil.copy(shared.runtime / "snapshot", tmp_path / "snapshot")
    return proxied(nginx(tmp_path), upstream), tmp_path / "snapshot"


def truncate_half(path):
    os.truncate(path, path.stat().st_size // 2)


def truncate_all(path):
    os.truncate(path, 0)


def to_a_few_bytes(path):
    os.truncate(path, 100)


def another_version(path):
    data = bytearray(path.read_bytes()[:4096])
    with open(path, "r+b") as f:
        f.write(bytes([b ^ 0xFF if 8 <= i < 16 else b for i, b in enumerate(data)]))


def foreign(path):
    path.write_bytes(b"GIF89a" * 100000)


def a_folder(path):
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("harm", [truncate_half, truncate_all, to_a_few_bytes, another_version, foreign, a_folder])
def test_what_is_no_snapshot_decides_nothing(copy, make, account, shared, harm):
    one, path = copy
    key = make.key(account)["key"]
    shutil.copy(shared.runtime / "snapshot", path)
    harm(path)
    code, text = one.test()
    assert code == 0 and "[warn]" in text, text
    one.start()
    for _ in range(3):
        unavailable(one.client(key))
    assert one.log().count("requests are answered 503") == 1


@pytest.mark.parametrize("harm", [truncate_half, truncate_all, to_a_few_bytes])
def test_a_snapshot_that_is_cut_short_in_use(copy, make, account, shared, harm):
    one, path = copy
    key = make.key(account)["key"]
    shutil.copy(shared.runtime / "snapshot", path)
    one.start()
    client = one.client(key)
    assert client.get(CONTENT).status in (200, 503)
    workers = one.workers_now()
    harm(path)
    until(lambda: unavailable_or_refused(client))
    for _ in range(5):
        assert client.get(CONTENT).status in (401, 503)
    assert one.workers_now() == workers
    shutil.copy(shared.runtime / "snapshot", path.with_name("new"))
    os.rename(path.with_name("new"), path)
    until(lambda: client.get(CONTENT).status == 200)


def unavailable_or_refused(client):
    reply = client.get(CONTENT)
    return reply.status == 503


def test_a_snapshot_that_is_replaced(copy, make, account, shared):
    one, path = copy
    first = make.key(account)["key"]
    shutil.copy(shared.runtime / "snapshot", path)
    one.start()
    until(lambda: one.client(first).get(CONTENT).status == 200)
    second = make.key(account)["key"]
    assert one.client(second).get(CONTENT).status == 401
    shutil.copy(shared.runtime / "snapshot", path.with_name("new"))
    os.rename(path.with_name("new"), path)
    # Nobody marked the old file: it is looked for once a second.
    until(lambda: one.client(second).get(CONTENT).status == 200)
    path.unlink()
    until(lambda: one.client(second).get(CONTENT).status == 503)


def test_activity_files_that_are_cut_short(own, nginx, upstream):
    """A limit that cannot be counted is closed; other keys go on, and no worker dies."""
    daemon = own()
    root = daemon.root()
    account = root.post("/v1/accounts", {"profile": "animus", "slug": "a", "name": "A"}, expect=201).json
    free = root.post("/v1/keys", {"account": account["id"], "name": "k", "scopes": ["read"]}, expect=201).json["key"]
    limited = root.post("/v1/keys", {"account": account["id"], "name": "k", "scopes": ["read"],
                                     "rate_limit": {"limit": 100000, "window_sec": 3600}}, expect=201).json["key"]
    one = proxied(nginx(daemon.runtime, workers=2), upstream).start()
    for key in (free, limited) * 4:
        one.client(key).get(CONTENT, expect=200)
    workers = one.workers_now()
    os.truncate(daemon.runtime / "activity.0", 0)
    for _ in range(10):
        one.client(free).get(CONTENT, expect=200)
        unavailable(one.client(limited))
    assert one.workers_now() == workers
    assert "cut short while it was in use" in one.log()


def test_the_daemon_may_be_away(own, nginx, upstream):
    daemon = own()
    root = daemon.root()
    account = root.post("/v1/accounts", {"profile": "animus", "slug": "a", "name": "A"}, expect=201).json
    made = root.post("/v1/keys", {"account": account["id"], "name": "k", "scopes": ["read"]}, expect=201).json
    one = proxied(nginx(daemon.runtime), upstream).start()
    client = one.client(made["key"])
    client.get(CONTENT, expect=200)
    daemon.stop()
    client.get(CONTENT, expect=200)
    again = Daemon(daemon.folder, data=daemon.data).start()
    try:
        client.get(CONTENT, expect=200)
        again.root().delete(f"/v1/keys/{made['id']}", expect=200)
        client.get(CONTENT, expect=401)
    finally:
        again.stop()


def test_a_daemon_that_starts_again_under_load(own, nginx, upstream):
    daemon = own()
    root = daemon.root()
    account = root.post("/v1/accounts", {"profile": "animus", "slug": "a", "name": "A"}, expect=201).json
    key = root.post("/v1/keys", {"account": account["id"], "name": "k", "scopes": ["read"]}, expect=201).json["key"]
    one = proxied(nginx(daemon.runtime, workers=2), upstream).start()
    seen, stop = [], threading.Event()

    def ask():
        client = one.client(key)
        while not stop.is_set():
            seen.append(client.get(CONTENT).status)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    daemon.stop()
    daemon.start()
    time.sleep(0.3)
    stop.set()
    for thread in threads:
        thread.join()
    assert set(seen) == {200} and len(seen) > 50
