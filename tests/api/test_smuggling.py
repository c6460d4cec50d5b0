"""Requests that two servers might read differently: refused with 400, and the connection closed."""

import pytest

from cardea_test.client import exchange_raw

AFTER = b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
BODY = b'{"key":"x"}'


def request(*lines, body=b""):
    return b"\r\n".join(line if isinstance(line, bytes) else line.encode() for line in lines) + b"\r\n\r\n" + body


CASES = {
    "two different Content-Length": request("POST /v1/keys/verify HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json", "Content-Length: 11", "Content-Length: 5", body=BODY),
    "two equal Content-Length": request("POST /v1/keys/verify HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json", "Content-Length: 11", "Content-Length: 11", body=BODY),
    "Content-Length list": request("POST /v1/keys/verify HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json", "Content-Length: 11, 11", body=BODY),
    "Content-Length and Transfer-Encoding": request("POST /v1/keys/verify HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json", "Content-Length: 11", "Transfer-Encoding: chunked", body=b"0\r\n\r\n"),
    "Transfer-Encoding and Content-Length": request("POST /v1/keys/verify HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json", "Transfer-Encoding: chunked", "Content-Length: 11", body=b"0\r\n\r\n"),
    "Transfer-Encoding twice": request("POST /v1/keys/verify HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json", "Transfer-Encoding: chunked", "Transfer-Encoding: identity", body=b"0\r\n\r\n"),
    "an unknown Transfer-Encoding": request("POST /v1/keys/verify HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json", "Transfer-Encoding: xchunked", body=b"0\r\n\r\n"),
    "a negative Content-Length": request("POST /v1/keys/verify HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json", "Content-Length: -1"),
    "a Content-Length with a sign": request("POST /v1/keys/verify HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json", "Content-Length: +11", body=BODY),
    "a Content-Length in hex": request("POST /v1/keys/verify HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json", "Content-Length: 0xb", body=BODY),
    "two Hosts": request("GET /livez HTTP/1.1", "Host: 127.0.0.1", "Host: animus.localhost"),
    "two equal Hosts": request("GET /livez HTTP/1.1", "Host: 127.0.0.1", "Host: 127.0.0.1"),
    "no Host": request("GET /livez HTTP/1.1"),
    "a header without a name": request("GET /livez HTTP/1.1", "Host: 127.0.0.1", ": value"),
    "a header without a colon": request("GET /livez HTTP/1.1", "Host: 127.0.0.1", "nonsense"),
    "a NUL in a header": request("GET /livez HTTP/1.1", "Host: 127.0.0.1", b"X-Note: a\0b"),
    "a NUL behind a host": request("GET /livez HTTP/1.1", b"Host: 127.0.0.1\0.evil.example"),
    "a NUL in a header's name": request("GET /livez HTTP/1.1", "Host: 127.0.0.1", b"X-No\0te: a"),
    "a line that begins with a NUL": request("GET /livez HTTP/1.1", "Host: 127.0.0.1", b"\0", b"GET /livez HTTP/1.1", "Host: 127.0.0.1"),
    "a NUL in the target": request(b"GET /livez\0 HTTP/1.1", "Host: 127.0.0.1"),
    "a control character in a header": request("GET /livez HTTP/1.1", "Host: 127.0.0.1", "X-Note: a\x07b"),
    "DEL in a header": request("GET /livez HTTP/1.1", "Host: 127.0.0.1", "X-Note: a\x7fb"),
    "no version": b"GET /livez\r\n\r\n",
    "a version of the future": request("GET /livez HTTP/9.9", "Host: 127.0.0.1"),
    "junk": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 40 + b"\r\n\r\n",
}


@pytest.mark.parametrize("name", CASES)
def test_smuggling(shared, name):
    got, closed = exchange_raw(shared.port, CASES[name] + AFTER)
    assert closed, f"the connection stays open after {got[:120]!r}"
    first = got.split(b"\r\n", 1)[0]
    if name == "a version of the future":
        assert first.startswith((b"HTTP/1.1 400", b"HTTP/1.1 505")), got[:200]
    elif name not in ("junk", "no version"):
        assert first.startswith((b"HTTP/1.1 400", b"HTTP/1.0 400", b"HTTP/1.1 501", b"HTTP/1.1 411")), got[:200]
    else:
        assert not got or b" 400 " in first, got[:200]
    assert got.count(b"HTTP/1.") <= 1, f"the request that was smuggled in was answered: {got!r}"


def test_an_absolute_target_does_not_choose_another_host(shared, root):
    got, _ = exchange_raw(shared.port, request("GET http://animus.localhost/v1/keys HTTP/1.1", "Host: 127.0.0.1", "Connection: close"))
    assert b" 200 " not in got.split(b"\r\n", 1)[0], got[:200]


def test_many_headers_and_long_ones_are_refused(shared):
    lines = ["GET /livez HTTP/1.1", "Host: 127.0.0.1"] + [f"X-Filler-{i}: {'y' * 1000}" for i in range(200)]
    got, closed = exchange_raw(shared.port, request(*lines))
    assert closed and (not got or got.split(b" ", 2)[1] in (b"400", b"413", b"431")), got[:200]


def test_two_requests_in_one_packet_are_two(shared):
    got, _ = exchange_raw(shared.port, AFTER + AFTER.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
    assert got.count(b"HTTP/1.1 200") == 2, got


def test_a_slow_client_keeps_nobody_waiting(shared, root):
    import socket
    with socket.create_connection(("127.0.0.1", shared.port)) as s:
        s.sendall(b"POST /v1/keys/verify HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Le")
        for _ in range(20):
            root.get("/v1/accounts?limit=1", expect=200)
