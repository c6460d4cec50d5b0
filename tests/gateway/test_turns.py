"""Requests that come in together wait for each other within one turn of the worker's loop: each still gets its own answer."""

import os
import pathlib
import signal
import socket
import struct
import subprocess

from cardea_test.gateway import until
from rig.certificates import certificate

TARGET = "/api/v1/content/recent"
MANY = 40
RESET = struct.pack("ii", 1, 0)


def connections(port, count):
    return [socket.create_connection(("127.0.0.1", port), timeout=60) for _ in range(count)]


def request(key):
    return f"GET {TARGET} HTTP/1.1\r\nHost: gateway.test\r\nAuthorization: Bearer {key}\r\n\r\n".encode()


def status(connection):
    with connection.makefile("rb") as reply:
        first = reply.readline().split()
        length = 0
        while (line := reply.readline()) != b"\r\n":
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        reply.read(length)
    return int(first[1])


class Held:
    """The only worker stands still, so that all that is sent meanwhile comes in with one turn."""

    def __init__(self, one):
        (self.worker,) = one.workers_now()

    def __enter__(self):
        os.kill(self.worker, signal.SIGSTOP)

    def __exit__(self, *_):
        os.kill(self.worker, signal.SIGCONT)


def test_each_gets_its_own_answer(gate, make, account):
    good, gone = make.key(account), make.key(account)
    make.root.call("DELETE", f"/v1/keys/{gone['id']}", expect=200)
    keys = [(good["key"], 200), (gone["key"], 401), ("anm_nonsense", 401), (good["key"], 200)]
    all_of_them = connections(gate.port, MANY)
    for _ in range(3):
        with Held(gate):
            for i, one in enumerate(all_of_them):
                one.sendall(request(keys[i % 4][0]))
        assert [status(one) for one in all_of_them] == [keys[i % 4][1] for i in range(MANY)]
    for one in all_of_them:
        one.close()
    until(lambda: make.root.get(f"/v1/keys/{good['id']}", expect=200)["use_count"] == 3 * MANY / 2, gate.said)


def test_some_leave_before_their_turn(gate, make, account):
    key = make.key(account)["key"]
    stay, leave = connections(gate.port, MANY), connections(gate.port, MANY)
    with Held(gate):
        for one, other in zip(stay, leave, strict=True):
            other.sendall(request(key))
            one.sendall(request(key))
            other.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            other.close()
    assert [status(one) for one in stay] == [200] * MANY
    for one in stay:
        one.close()


def test_many_streams_of_one_connection(nginx, make, account, tmp_path):
    cert, key_file = certificate(tmp_path)
    one = nginx().write(f"server {{ listen 127.0.0.1:PORT ssl http2; ssl_certificate {cert}; ssl_certificate_key {key_file};"
                        " cardea animus; location / { empty_gif; } }")
    one.answers = lambda: f"0100007F:{one.port:04X} " in pathlib.Path("/proc/net/tcp").read_text()
    one.start()
    key = make.key(account)["key"]
    each = [word for i in range(MANY) for word in ("-o", "/dev/null", f"https://api.animus.so{TARGET}?n={i}")]
    done = subprocess.run(["curl", "-sS", "--http2", "--cacert", cert, "--connect-to", f"api.animus.so:443:127.0.0.1:{one.port}", "--parallel",
                           "--parallel-max", str(MANY), "-H", f"Authorization: Bearer {key}", "-w", "%{http_version} %{http_code}\n", *each],
                          capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.splitlines() == ["2 200"] * MANY
