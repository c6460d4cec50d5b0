"""Many at once."""

import threading


def together(count, work):
    gate, results, lock = threading.Barrier(count), [], threading.Lock()

    def run(i):
        gate.wait()
        got = work(i)
        with lock:
            results.append(got)

    threads = [threading.Thread(target=run, args=(i,)) for i in range(count)]
    [t.start() for t in threads]
    [t.join(120) for t in threads]
    assert len(results) == count
    return results


def test_64_parallel_creations_at_a_limit_of_10_make_exactly_10(root, make):
    account = make.account("animus")
    body = {"account": account["id"], "name": "crowd", "scopes": ["read"]}
    replies = together(64, lambda i: root.post("/v1/keys", body))
    made = [r for r in replies if r.status == 201]
    assert len(made) == 10
    assert {(r.status, r.code) for r in replies if r.status != 201} == {(409, "key_limit_reached")}
    assert len({r["key"] for r in made}) == 10
    assert all(root.verify(r["key"])["valid"] for r in made)
    assert len(root.pages(f"/v1/keys?account={account['id']}")) == 10


def test_one_slug_is_taken_once(root):
    from cardea_test.fixtures import unique
    body = {"profile": "animus", "slug": unique("race"), "name": "x"}
    assert sorted(r.status for r in together(16, lambda i: root.post("/v1/accounts", body))) == [201] + [409] * 15


def test_one_key_is_rotated_once(root, make):
    key = make.key(make.account("animus"))
    replies = together(12, lambda i: root.post(f"/v1/keys/{key['id']}/rotate", {"overlap_sec": 60}))
    assert sorted(r.status for r in replies) == [201] + [409] * 11


def test_a_revocation_counts_from_its_reply_on(root, make):
    """Verifiers hammer; nobody gets VALID from a call that began after the revocation had been answered."""
    import time
    account = make.account("animus")
    keys = [make.key(account) for _ in range(8)]
    revoked, seen, stop = {}, [], threading.Event()

    def check():
        while not stop.is_set():
            for key in keys:
                began = time.perf_counter()
                seen.append((key["id"], began, root.verify(key["key"], cost=0)["code"]))

    threads = [threading.Thread(target=check) for _ in range(4)]
    [t.start() for t in threads]
    for key in keys:
        root.delete(f"/v1/keys/{key['id']}", expect=200)
        revoked[key["id"]] = time.perf_counter()
    late = []
    while len(late) < 20:
        late = [s for s in list(seen) if s[1] > revoked[s[0]]]
        time.sleep(0.01)
    stop.set()
    [t.join() for t in threads]
    late = [s for s in seen if s[1] > revoked[s[0]]]
    assert {code for *_, code in late} == {"REVOKED"}


def test_readers_and_writers_mixed_never_fail(root, make):
    accounts = [make.account("animus") for _ in range(8)]

    def work(i):
        bad = []
        for n in range(6):
            account = accounts[(i + n) % len(accounts)]
            made = root.post("/v1/keys", {"account": account["id"], "name": "m", "scopes": ["read"]})
            if made.status == 201:
                if not root.verify(made["key"])["valid"]:
                    bad.append("a new key is not valid")
                root.patch(f"/v1/keys/{made['id']}", {"scopes": ["write"]}, expect=200)
                if root.verify(made["key"], scope="write")["code"] != "VALID":
                    bad.append("a change is not visible")
                root.delete(f"/v1/keys/{made['id']}", expect=200)
                if root.verify(made["key"])["code"] != "REVOKED":
                    bad.append("a revocation is not visible")
            elif made.status != 409:
                bad.append(made)
        return bad

    assert [b for bad in together(16, work) for b in bad] == []
