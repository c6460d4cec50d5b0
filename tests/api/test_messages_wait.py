"""Messages as they come: long polls and streams, which hold no thread, lose nothing and end with the right to them."""

import concurrent.futures
import os
import pathlib
import re
import threading
import time

import pytest

from cardea_test.fixtures import Maker
from cardea_test.stream import Stream
from test_messages import HOST, Agent, account, master, pair, scanner  # noqa: F401
from test_scan import ready


SANITIZED = "ASAN_OPTIONS" in os.environ


def later(seconds, function, *args):
    timer = threading.Timer(seconds, function, args)
    timer.start()
    return timer


def taken(function):
    began = time.monotonic()
    result = function()
    return result, time.monotonic() - began


@pytest.fixture
def streams():
    opened = []

    def start(client, path, **more):
        opened.append(Stream(client, path, **more))
        return opened[-1]

    yield start
    for stream in opened:
        stream.close()


# ---- long polls

def test_a_poll_waits_for_what_comes(pair):
    ada, bob = pair
    for _ in range(3):
        timer = later(0.5, ada.send, bob.slug)
        (got,), seconds = taken(lambda: bob.receive("?wait=20"))
        assert 0.3 < seconds < 15
        timer.join()
        bob.ack(got)
    ada.send(bob.slug)
    (got,), seconds = taken(lambda: bob.receive("?wait=20"))
    assert seconds < 15, "what is there is not waited for"
    timer = later(0.3, ada.send, bob.slug, "Next.")
    (following,) = bob.receive(f"?wait=20&after={got['id']}")
    assert following["body"] == "Next."
    timer.join()


def test_a_poll_that_waits_in_vain_is_empty(pair):
    ada, bob = pair
    timer = later(0.2, bob.send, ada.slug)
    got, seconds = taken(lambda: bob.receive("?wait=2"))
    assert got == [] and 1.5 < seconds < 20, "another's news are not mine"
    timer.join()
    for wait in ("31", "-1", "x", "1.5", "", "300"):
        assert bob.client.get(f"{bob.path}?wait={wait}").locations == ["query/wait"], wait


def test_a_hundred_polls_hold_nobody_up(root, make, account):
    bob, ada = Agent(root, make, account), Agent(root, make, account)
    with concurrent.futures.ThreadPoolExecutor(100) as pool:
        waiting = [pool.submit(bob.receive, "?wait=30") for _ in range(100)]  # 128 of one account may wait on one loop
        time.sleep(1)
        assert all(taken(lambda: root.get("/livez", expect=200))[1] < 10 for _ in range(20))
        assert not any(w.done() for w in waiting)
        sent = ada.send(bob.slug).json
        assert all(w.result(60) == [sent] for w in waiting)


def test_a_poll_ends_with_the_key(root, pair):
    ada, bob = pair
    timer = later(0.5, lambda: root.delete(f"/v1/keys/{bob.key['id']}", expect=200))
    reply, seconds = taken(lambda: bob.client.get(f"{bob.path}?wait=25"))
    assert reply.status == 401 and seconds < 15
    timer.join()


# ---- streams

def test_a_stream_tells_what_is_there_and_what_comes(pair, streams):
    ada, bob = pair
    first = ada.send(bob.slug, "a\nb\r\nc").json
    stream = streams(bob.client, bob.path)
    event = stream.next()
    assert (event["id"], event["event"], event["data"]) == (first["id"], "message", first)
    for i in range(20):
        sent = ada.send(bob.slug, f"number {i}").json
        assert stream.next()["data"] == sent
    assert len(bob.receive()) == 21, "told is not acknowledged"


def test_a_stream_goes_on_where_it_broke_off(pair, streams):
    ada, bob = pair
    sent = [ada.send(bob.slug, str(i)).json for i in range(5)]
    stream = streams(bob.client, bob.path)
    assert stream.messages(2) == sent[:2]
    stream.close()
    sent.append(ada.send(bob.slug, "meanwhile").json)
    assert streams(bob.client, bob.path, headers={"Last-Event-ID": sent[1]["id"]}).messages(4) == sent[2:]
    assert streams(bob.client, f"{bob.path}?after={sent[3]['id']}").messages(2) == sent[4:]
    bob.ack(sent[0])
    assert streams(bob.client, bob.path).messages(5) == sent[1:], "without it, from the oldest that is not acknowledged"
    assert streams(bob.client, bob.path, headers={"Last-Event-ID": "x"}).status == 422


def test_streams_end_with_the_right_to_them(root, make, account, pair, streams):
    ada, bob = pair
    other = make.key(account, kind="agent", agent=bob.slug)
    session = make.session(account, "member")
    mine, kept, people = streams(bob.client, bob.path), streams(root.using(token=other["key"], host=HOST), bob.path), streams(session, bob.path)
    assert {mine.status, kept.status, people.status} == {200}
    root.delete(f"/v1/keys/{bob.key['id']}", expect=200)
    end, seconds = taken(lambda: mine.next())
    assert end is None and seconds < 15
    root.delete(f"/v1/accounts/{account['id']}/members/{session.user['id']}", expect=(200, 204))
    assert people.next() is None
    sent = ada.send(bob.slug).json
    assert kept.next()["data"] == sent and mine.events.empty() and people.events.empty()
    root.patch(f"/v1/agents/{bob.id}", {"enabled": False}, expect=200)
    assert kept.next() is None


def test_what_is_sent_after_a_revocation_is_not_told(root, make, account, pair, streams):
    ada, bob = pair
    for _ in range(5):
        key = make.key(account, kind="agent", agent=bob.slug)
        stream = streams(root.using(token=key["key"], host=HOST), bob.path, )
        for _ in bob.receive():
            stream.next()
        root.delete(f"/v1/keys/{key['id']}", expect=200)
        ada.send(bob.slug)
        assert stream.next() is None


def test_looking_again_draws_nothing(root, make, account, pair, streams):
    ada, bob = pair
    key = make.key(account, kind="agent", agent=bob.slug, credits=10)
    stream = streams(root.using(token=key["key"], host=HOST), bob.path)
    time.sleep(3.5)
    ada.send(bob.slug)
    assert stream.next()
    assert root.verify(key["key"], cost=0)["remaining"] == 9


def test_a_refusal_is_no_stream(pair, streams):
    ada, bob = pair
    assert streams(ada.client, bob.path).status == 403
    assert streams(bob.client.using(token="ak_x"), bob.path).status == 401


def test_streams_are_bounded(root, make, account, pair, streams):
    ada, bob = pair
    opened = [streams(bob.client, bob.path) for _ in range(300)]
    good = [s for s in opened if s.status == 200]
    refused = {s.status for s in opened} - {200}
    assert 128 <= len(good) < 300 and refused == {503}
    other = Agent(root, make, make.account("anima"))
    assert other.receive("?wait=1") == [], "one account's streams are not another's trouble"
    sent = ada.send(bob.slug).json
    assert all(s.next()["data"] == sent for s in good)
    for stream in opened:
        stream.close()
    deadline = time.monotonic() + 60
    while streams(bob.client, bob.path).status != 200:
        assert time.monotonic() < deadline, "their room comes back"
        time.sleep(0.2)


def resident(daemon):
    """kB."""
    return int(re.search(r"VmRSS:\s+(\d+) kB", pathlib.Path(f"/proc/{daemon.process.pid}/status").read_text())[1])


def test_a_client_that_takes_nothing_is_kept_off_our_memory(shared, root, make, account, pair, streams):
    ada, bob = pair
    for _ in range(12):
        ada.send(bob.slug, "x" * 900_000)
    slow = streams(bob.client, bob.path, read=False)
    assert slow.status == 200
    time.sleep(1)
    fast = streams(bob.client, bob.path)
    assert len(fast.messages(12)) == 12
    before = resident(shared)
    many = 60 if SANITIZED else 150
    for _ in range(many):
        ada.send(bob.slug, "x" * 900_000)
    assert len(fast.messages(many)) == many
    # 135 MB were sent. A sanitizer keeps what was freed for a while.
    assert resident(shared) - before < (600_000 if SANITIZED else 100_000), "what it does not take is not gathered for it"


def test_stopping_ends_them_at_once(own):
    daemon = own()
    root = ready(daemon.root())
    make = Maker(root)
    account = make.account("anima")
    bob = Agent(root, make, account)
    stream = Stream(bob.client, bob.path)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        poll = pool.submit(bob.receive, "?wait=30")
        time.sleep(0.5)
        code, seconds = taken(daemon.stop)
        assert code == 0 and seconds < 15 and poll.result(60) == [] and stream.next() is None
