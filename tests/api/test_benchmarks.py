"""A floor is one only as long as it does what it stands beneath."""

import contextlib
import sqlite3
import subprocess

from cardea_test.daemon import BUILD

BATCH = 64


def rows(path):
    """How many rows each table has."""
    with contextlib.closing(sqlite3.connect(path)) as store:
        tables = [name for (name,) in store.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        return {name: store.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in tables}


def added(before, after):
    return {name: after[name] - before[name] for name in after if after[name] != before[name]}


def test_bare_sqlite_writes_the_rows_of_a_new_key(own, tmp_path):
    daemon = own()
    root = daemon.root()
    account = root.post("/v1/accounts", {"profile": "animus", "slug": "floor", "name": "Floor"}, expect=201)["id"]
    path = daemon.data / "cardea.db"
    before = rows(path)
    root.post("/v1/keys", {"account": account, "name": "ci", "scopes": ["read"]}, expect=201)
    ours = added(before, rows(path))

    floor = tmp_path / "floor.db"
    with subprocess.Popen([BUILD / "bench/store", "bare", floor], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as bare:
        counts = []
        for _ in range(2):
            bare.stdin.write(f"{BATCH}\n")
            bare.stdin.flush()
            assert float(bare.stdout.readline()) > 0
            counts.append(rows(floor))
        bare.stdin.close()
    assert bare.returncode == 0
    assert ours["api_key"] == 1
    assert {name: count / BATCH for name, count in added(*counts).items()} == ours
