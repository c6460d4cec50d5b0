"""Revocations, reloads and several workers."""

import threading
import time

CONTENT = "/api/v1/content/recent"


def test_a_revoked_key_is_refused_on_an_open_connection(nginx, upstream, make, root, account):
    one = nginx(workers=2).serve(f"cardea animus; location / {{ proxy_pass http://127.0.0.1:{upstream.port}; }}").start()
    for _ in range(5):
        made = make.key(account)
        clients = [one.client(made["key"]) for _ in range(6)]
        for client in clients:
            client.get(CONTENT, expect=200)
        root.delete(f"/v1/keys/{made['id']}", expect=200)
        for client in clients:
            client.get(CONTENT, expect=401)
            client.close()


def test_limits_hold_over_all_workers(nginx, upstream, make, account):
    one = nginx(workers=3).serve(f"cardea animus; location / {{ proxy_pass http://127.0.0.1:{upstream.port}; }}").start()
    key = make.key(account, rate_limit={"limit": 20, "window_sec": 3600})["key"]
    seen = []

    def ask():
        client = one.client(key)
        for _ in range(10):
            seen.append(client.get(CONTENT).status)
            client.close()

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen.count(200) == 20 and seen.count(429) == 40


def test_use_is_counted(gate, make, root, account):
    made = make.key(account)
    for _ in range(7):
        gate.client(made["key"]).get(CONTENT, expect=200)
    deadline = time.monotonic() + 60
    while root.get(f"/v1/keys/{made['id']}", expect=200)["use_count"] != 7:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_reload_under_load_fails_no_request(nginx, upstream, make, account):
    one = nginx(workers=2).serve(f"cardea animus; location / {{ proxy_pass http://127.0.0.1:{upstream.port}; }}").start()
    key = make.key(account)["key"]
    seen, failures, stop = [], [], threading.Event()

    def ask():
        client = one.client(key)
        while not stop.is_set():
            try:
                seen.append(client.get(CONTENT).status)
            except OSError as failure:
                failures.append(failure)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(4):
        one.reload()
    stop.set()
    for thread in threads:
        thread.join()
    assert not failures and set(seen) == {200} and len(seen) > 100


def test_a_reload_takes_up_what_changed_and_keeps_what_is_right(nginx, upstream, make, account):
    one = nginx().serve(f"cardea animus; location / {{ proxy_pass http://127.0.0.1:{upstream.port}; }}").start()
    key = make.key(account)["key"]
    one.client(key).get(CONTENT, expect=200)
    one.serve(f"cardea animus; cardea_scope search; location / {{ proxy_pass http://127.0.0.1:{upstream.port}; }}").reload()
    one.wait(lambda: one.client(key).get(CONTENT).status == 403)
    before = one.workers_now()
    one.serve("cardea animuss;")
    one.process.send_signal(1)
    one.wait(lambda: 'there is no profile "animuss"' in one.log())
    assert one.client(key).get(CONTENT).status == 403
    assert one.workers_now() <= before
