"""What must hold while gateway.py's nginx is under load: each of these ends the benchmark when it does not."""
import http.client
import itertools
import statistics
import sys
import time

from gateway_rig import TARGET, Load
from rig import Api

REVOCATIONS = 1_000
OPEN_CONNECTIONS = 8
RELOADS, RESTARTS = 10, 3


def ask(connection, key):
    connection.request("GET", TARGET, headers={"Host": "gateway.test", "Authorization": f"Bearer {key}"})
    reply = connection.getresponse()
    reply.read()
    return reply.status


def idle_keys(world):
    """Keys that the load does not use."""
    with open(world.keys) as lines:
        yield from (line.split() for line in itertools.islice(lines, 500_000, None))


def revoke(world):
    """A key that was granted on an open connection is refused there by the first request after its revocation."""
    api = Api(world.daemon.port, world.root)
    clients = [http.client.HTTPConnection("127.0.0.1", world.ports["CHECKED"]) for _ in range(OPEN_CONNECTIONS)]
    load = Load(world.ports["CHECKED"], world.script, 600).reaches(world.cardea.pids())
    spent, sockets = [], set()
    try:
        for i, (key, key_id) in enumerate(itertools.islice(idle_keys(world), REVOCATIONS)):
            client = clients[i % OPEN_CONNECTIONS]
            if ask(client, key) != 200:
                sys.exit(f"key {i} was not granted before its revocation")
            start = time.perf_counter()
            api.call("DELETE", f"/v1/keys/{key_id}")
            status = ask(client, key)
            spent.append((time.perf_counter() - start) * 1e3)
            if status != 401:
                sys.exit(f"revocation {i}: a late grant, status {status}")
            sockets.add(client.sock.getsockname())
    finally:
        load.end()
    if len(sockets) != OPEN_CONNECTIONS:
        sys.exit(f"the connections did not stay open: {len(sockets)} were used")
    print(f"| {REVOCATIONS:,} revocations through the API, each followed by a request with the key on an open connection | no late grant; "
          f"both took {statistics.median(spent):.1f} ms |", flush=True)


def outlive_reloads(world):
    """Each request on a connection of its own: one that nginx keeps open may be closed by any reload, with any module."""
    load = Load(world.ports["CHECKED"], world.closing, 600).reaches(world.cardea.pids())
    try:
        for _ in range(RELOADS):
            time.sleep(0.2)
            world.cardea.reload()
        time.sleep(0.5)
    finally:
        requests = load.end()
    print(f"| {RELOADS} reloads of nginx, a new connection for each request | {requests:,} requests, none failed |", flush=True)


def outlive_restarts(world):
    load = Load(world.ports["CHECKED"], world.script, 600).reaches(world.cardea.pids())
    try:
        for _ in range(RESTARTS):
            world.daemon.restart()
            time.sleep(0.2)
    finally:
        requests = load.end()
    print(f"| {RESTARTS} restarts of the daemon | {requests:,} requests, none failed |", flush=True)
    # Whoever outlived them must see what the new daemon writes.
    key, key_id = next(itertools.islice(idle_keys(world), REVOCATIONS, None))
    client = http.client.HTTPConnection("127.0.0.1", world.ports["CHECKED"])
    if ask(client, key) != 200:
        sys.exit("a key that was never revoked is refused after the restarts")
    Api(world.daemon.port, world.root).call("DELETE", f"/v1/keys/{key_id}")
    if ask(client, key) != 401:
        sys.exit("a late grant after the restarts")
