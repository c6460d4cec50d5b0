"""Rate limits, credits, address lists, expiry."""

import threading
import time

import pytest

from cardea_test.moments import stamp


def codes(root, key, count, **wanted):
    return [root.verify(key, **wanted)["code"] for _ in range(count)]


def test_rate_limit(root, make):
    key = make.key(make.account("animus"), rate_limit={"limit": 3, "window_sec": 3600})["key"]
    assert codes(root, key, 5) == ["VALID"] * 3 + ["RATE_LIMITED"] * 2
    refused = root.verify(key)
    assert not refused["valid"] and 1 <= refused["retry_after"] <= 1200 and refused["remaining"] == 0


def test_what_remains_goes_down(root, make):
    key = make.key(make.account("animus"), rate_limit={"limit": 5, "window_sec": 3600})["key"]
    assert [root.verify(key)["remaining"] for _ in range(5)] == [4, 3, 2, 1, 0]


def test_looking_draws_nothing(root, make):
    key = make.key(make.account("animus"), rate_limit={"limit": 2, "window_sec": 3600}, credits=2)["key"]
    assert codes(root, key, 10, cost=0) == ["VALID"] * 10
    assert codes(root, key, 3) == ["VALID", "VALID", "RATE_LIMITED"]


def test_burst_and_refill(root, make):
    key = make.key(make.account("animus"), rate_limit={"limit": 2, "window_sec": 1, "burst": 4})["key"]
    got = codes(root, key, 4)
    assert got == ["VALID"] * 4
    assert root.verify(key)["code"] in ("RATE_LIMITED", "VALID")  # half a second brings one back
    codes(root, key, 3)
    time.sleep(1.1)
    assert codes(root, key, 2) == ["VALID"] * 2


def test_cost_draws_several(root, make):
    key = make.key(make.account("animus"), rate_limit={"limit": 10, "window_sec": 3600})["key"]
    assert codes(root, key, 4, cost=4) == ["VALID", "VALID", "RATE_LIMITED", "RATE_LIMITED"]
    assert root.verify(key, cost=2)["code"] == "VALID"


def test_a_limit_changes_at_once(root, make):
    made = make.key(make.account("animus"), rate_limit={"limit": 1, "window_sec": 3600})
    assert codes(root, made["key"], 2) == ["VALID", "RATE_LIMITED"]
    root.patch(f"/v1/keys/{made['id']}", {"rate_limit": None}, expect=200)
    assert codes(root, made["key"], 5) == ["VALID"] * 5


def test_rate_limit_holds_under_parallel_requests(shared, root, make):
    key = make.key(make.account("animus"), rate_limit={"limit": 25, "window_sec": 3600})["key"]
    granted, lock = [], threading.Lock()

    def work():
        for _ in range(10):
            code = root.verify(key)["code"]
            with lock:
                granted.append(code)

    threads = [threading.Thread(target=work) for _ in range(8)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert len(granted) == 80 and granted.count("VALID") == 25 and granted.count("RATE_LIMITED") == 55


def test_credits(root, make):
    made = make.key(make.account("animus"), credits=3)
    assert codes(root, made["key"], 5) == ["VALID"] * 3 + ["CREDITS_EXHAUSTED"] * 2
    root.patch(f"/v1/keys/{made['id']}", {"credits": 2}, expect=200)
    assert [root.verify(made["key"])["remaining"] for _ in range(2)] == [1, 0]
    assert root.verify(made["key"])["code"] == "CREDITS_EXHAUSTED"
    root.patch(f"/v1/keys/{made['id']}", {"credits": None}, expect=200)
    assert codes(root, made["key"], 5) == ["VALID"] * 5


def test_rotated_keys_share_their_credits(root, make):
    made = make.key(make.account("animus"), credits=5)
    assert codes(root, made["key"], 1) == ["VALID"]
    new = root.post(f"/v1/keys/{made['id']}/rotate", {"overlap_sec": 600}, expect=201)
    assert new["credits"] == 4
    assert codes(root, made["key"], 2) + codes(root, new["key"], 3) == ["VALID"] * 4 + ["CREDITS_EXHAUSTED"]
    assert codes(root, made["key"], 1) == ["CREDITS_EXHAUSTED"]


def test_no_credits_at_all(root, make):
    assert codes(root, make.key(make.account("animus"), credits=0)["key"], 2) == ["CREDITS_EXHAUSTED"] * 2


def test_credits_are_never_overspent(root, make):
    key = make.key(make.account("animus"), credits=40)["key"]
    got, lock = [], threading.Lock()

    def work():
        for _ in range(10):
            code = root.verify(key, cost=2)["code"]
            with lock:
                got.append(code)

    threads = [threading.Thread(target=work) for _ in range(8)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert got.count("VALID") == 20 and got.count("CREDITS_EXHAUSTED") == 60


def test_what_is_left_shows_in_the_key(root, make):
    made = make.key(make.account("animus"), credits=10)
    codes(root, made["key"], 4)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        left = root.get(f"/v1/keys/{made['id']}", expect=200)["credits"]
        if left == 6:
            break
        time.sleep(0.2)
    assert left == 6


def test_forward_auth_says_429_and_when(root, make):
    key = make.key(make.account("animus"), scopes=["read"], rate_limit={"limit": 1, "window_sec": 3600})["key"]
    caller = root.using(token=key)
    caller.get("/v1/authorize/animus/api/v1/content/recent", expect=200)
    reply = caller.get("/v1/authorize/animus/api/v1/content/recent", expect=429)
    assert reply.code == "RATE_LIMITED" and int(reply.header("retry-after")) >= 1


@pytest.mark.parametrize("allow,address,code", [
    (["10.0.0.0/8"], "10.255.255.255", "VALID"), (["10.0.0.0/8"], "11.0.0.0", "IP_DENIED"), (["10.0.0.0/8"], "9.255.255.255", "IP_DENIED"),
    (["192.0.2.7"], "192.0.2.7", "VALID"), (["192.0.2.7"], "192.0.2.8", "IP_DENIED"), (["192.0.2.6/31"], "192.0.2.7", "VALID"), (["192.0.2.6/31"], "192.0.2.8", "IP_DENIED"),
    (["0.0.0.0/0"], "203.0.113.9", "VALID"), (["0.0.0.0/0"], "2001:db8::1", "IP_DENIED"), (["::/0"], "2001:db8::1", "VALID"),
    (["2001:db8::/33"], "2001:db8:7fff::1", "VALID"), (["2001:db8::/33"], "2001:db8:8000::1", "IP_DENIED"),
    (["10.0.0.0/8"], "::ffff:10.1.1.1", "VALID"), (["10.0.0.0/8", "2001:db8::/32"], "2001:db8::5", "VALID"),
    (["10.0.0.0/8"], None, "IP_DENIED"), ([], None, "VALID"), (["127.0.0.0/8"], "127.0.0.1", "VALID"),
])
def test_address_lists(root, make, allow, address, code):
    key = make.key(make.account("animus"), ip_allow=allow)["key"]
    wanted = {"ip": address} if address else {}
    assert root.verify(key, **wanted)["code"] == code


@pytest.mark.parametrize("address", ["", "x", "10.0.0.256", "10.0.0.0/8", "1.2.3", "10.0.0.1 ", ":::", "fe80::1%eth0"])
def test_an_address_that_is_none(root, make, address):
    key = make.key(make.account("animus"))["key"]
    assert root.post("/v1/keys/verify", {"key": key, "ip": address}, expect=422).locations == ["/ip"]


def test_the_address_of_who_asks_for_forward_auth(root, make):
    account = make.account("animus")
    inside, outside = make.key(account, ip_allow=["127.0.0.0/8"])["key"], make.key(account, ip_allow=["192.0.2.0/24"])["key"]
    root.using(token=inside).get("/v1/authorize/animus/api/v1/content/recent", expect=200)
    assert root.using(token=outside).get("/v1/authorize/animus/api/v1/content/recent", expect=403).code == "IP_DENIED"


def test_address_list_changes_at_once(root, make):
    made = make.key(make.account("animus"), ip_allow=["192.0.2.0/24"])
    assert root.verify(made["key"], ip="10.0.0.1")["code"] == "IP_DENIED"
    root.patch(f"/v1/keys/{made['id']}", {"ip_allow": ["10.0.0.0/8"]}, expect=200)
    assert root.verify(made["key"], ip="10.0.0.1")["code"] == "VALID"
    root.patch(f"/v1/keys/{made['id']}", {"ip_allow": []}, expect=200)
    assert root.verify(made["key"], ip="192.0.2.1")["code"] == "VALID"


def test_expiry_by_the_second(root, make):
    """Valid in every second before, expired from the first moment of the named one."""
    at = int(time.time()) + 4
    made = make.key(make.account("animus"), expires_at=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at)))
    seen = []
    while not seen or seen[-1][0] < at + 0.1:
        before = time.time()
        code = root.verify(made["key"])["code"]
        seen.append((before, time.time(), code))
        time.sleep(0.02)
    for before, after, code in seen:
        if after < at:
            assert code == "VALID", (before - at, after - at)
        elif before >= at:
            assert code == "EXPIRED", (before - at, after - at)
    assert {code for *_, code in seen} == {"VALID", "EXPIRED"}
    assert root.get(f"/v1/keys/{made['id']}", expect=200)["status"] == "expired"
    assert root.patch(f"/v1/keys/{made['id']}", {"expires_at": stamp(3600)}, expect=200)["status"] == "active"
    assert root.verify(made["key"])["code"] == "VALID"


def test_times_in_other_zones_are_the_same_moment(root, make):
    made = make.key(make.account("animus"), expires_at="2031-02-03T04:05:06+02:00")
    assert made["expires_at"] == "2031-02-03T02:05:06Z"
