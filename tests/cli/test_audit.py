"""`cardea audit …`: the log is fetched, kept, and verified without anybody's word for it."""

import json
import sqlite3

import pytest

from cardea_test.cli import Cli
from cardea_test.fixtures import Maker, unique
from cardea_test.merkle import Key, read_export


class Kept:
    """What somebody has who does not trust the server: the log, the key, two checkpoints."""

    def __init__(self, cli, offline, folder):
        self.cli, self.offline, self.folder = cli, offline, folder
        self.log, self.key = folder / "audit.jsonl", folder / "audit.key"
        self.early, self.late = folder / "early", folder / "late"

    def lines(self):
        return self.log.read_text().splitlines(keepends=True)

    def verify(self, lines, *more):
        """The problems that are named, of a log that is changed."""
        done = self.offline("audit", "verify", "-", "--key", self.key, "--json", *more, code=None, input="".join(lines))
        assert done.code == (0 if done.json["verified"] else 1) and done.json["verified"] == (done.json["problem_count"] == 0)
        return [(p["kind"], p.get("first"), p.get("last")) for p in done.json["problems"]]

    def at(self, index):
        """The line of a record."""
        start = next(i for i, line in enumerate(self.lines()) if f'"index":{index},' in line)
        return start


@pytest.fixture(scope="module")
def kept(shared, root, tmp_path_factory):
    folder = tmp_path_factory.mktemp("kept")
    url = {"CARDEA_API_URL": f"http://127.0.0.1:{shared.port}"}
    cli = Cli(folder / "home", **url, CARDEA_API_KEY=root.token)
    k = Kept(cli, Cli(folder / "offline", CARDEA_API_URL="http://127.0.0.1:1"), folder)
    make = Maker(root)
    account = make.account()
    key = make.key(account)
    k.early.write_text(cli("audit", "checkpoint", "--now").out)
    for i in range(80):
        root.patch(f"/v1/keys/{key['id']}", {"enabled": bool(i % 2)}, expect=200)
    k.late.write_text(cli("audit", "checkpoint", "--now").out)
    k.key.write_text(cli("audit", "key").out)
    assert cli("audit", "export", "--out", k.log).err == f"✓ Wrote {k.log}\n"
    return k


def test_a_log_as_it_was(kept):
    done = kept.offline("audit", "verify", kept.log, "--key", kept.key, "--from", kept.early, "--checkpoint", kept.late)
    size = Key(kept.key.read_text().strip()).open(kept.late.read_text())[0]
    assert f"Records 0 to {size - 1} are as " in done.err
    assert kept.verify(kept.lines()) == []
    assert kept.cli("audit", "export").out == kept.log.read_text()
    assert "the server's own word" in kept.cli("audit", "verify").err
    assert "own word" not in kept.cli("audit", "verify", "--key", kept.key.read_text().strip()).err


def test_forgeries_are_named(kept):
    """Each in a file of its own: flip, drop, swap, repeat, cut off, put in from another log."""
    head, records, _, checkpoints = read_export(kept.log.read_text())
    n = len(records) - 20
    at, end = kept.at(n), kept.at(n + 1)
    assert end == at + 1, "neighbours in the file, too"
    lines = kept.lines()

    def changed(change):
        copy = list(lines)
        change(copy)
        return kept.verify(copy)

    def flip(copy):
        copy[at] = copy[at].replace('"enabled":true', '"enabled":none')

    def swap(copy):
        copy[at], copy[end] = copy[end], copy[at]

    assert changed(flip) == [("altered", n, n)]
    assert changed(lambda copy: copy.pop(at)) == [("missing", n, n)]
    assert changed(swap) == [("moved", n, n)]
    assert changed(lambda copy: copy.insert(end, copy[at])) == [("repeated", n, n)]
    last = len(records) - 1
    assert changed(lambda copy: copy.__delitem__(slice(at, None))) == [("truncated", n, last)]
    log = json.loads(records[0])["log"]
    assert changed(lambda copy: copy.__setitem__(at, copy[at].replace(log, "00000000"))) == [("foreign", n, n)]
    assert changed(lambda copy: copy.__setitem__(at, "{}\n"))[0][0] == "malformed"


def test_another_key_signed(kept, own, tmp_path):
    """Another deployment under the same name signs what it likes."""
    origin = Key(kept.key.read_text().strip()).name
    forger = own("--audit-origin", origin)
    cli = Cli(tmp_path / "forger", CARDEA_API_URL=f"http://127.0.0.1:{forger.port}", CARDEA_API_KEY=forger.root().token)
    note = cli("audit", "checkpoint", "--now").out
    lines = [json.dumps({"size": 3, "checkpoint": note}) + "\n" if '"checkpoint"' in line else line for line in kept.lines()]
    problems = kept.verify(lines)
    assert problems and {kind for kind, *_ in problems} == {"checkpoint"}
    forged = tmp_path / "forged"
    forged.write_text(note)
    refused = kept.offline("audit", "verify", kept.log, "--key", kept.key, "--from", forged, code=1)
    assert "signed with another key" in refused.err and Key(cli("audit", "key").out.strip()).id in refused.err
    assert cli("audit", "verify", "--key", kept.key, code=1).err.count("checkpoint: the checkpoint is signed with another key")


def size_of(checkpoint):
    return int(checkpoint.split("\n")[1])


def test_a_server_whose_store_was_changed(own, tmp_path):
    """Whoever can write the database cannot sign: the row is named, and nothing more is signed once hashes were touched."""
    daemon = own()
    root = daemon.root()
    for _ in range(5):
        root.post("/v1/accounts", {"profile": "anima", "slug": unique("a"), "name": "A"}, expect=201)
    cli = Cli(tmp_path / "home", CARDEA_API_URL=f"http://127.0.0.1:{daemon.port}", CARDEA_API_KEY=root.token)
    before = tmp_path / "before"
    before.write_text(cli("audit", "checkpoint", "--now").out)
    later = tmp_path / "later"
    root.post("/v1/accounts", {"profile": "anima", "slug": unique("a"), "name": "A"}, expect=201)
    later.write_text(cli("audit", "checkpoint", "--now").out)
    store = sqlite3.connect(daemon.data / "cardea.db")
    # The minute's own checkpoint may come in between: then it is taken away again.
    cut_off = None
    for _ in range(5):
        store.execute("DELETE FROM audit_checkpoint WHERE size > ?", (size_of(before.read_text()),))
        store.commit()
        cut_off = cli("audit", "consistency", later, code=None)
        if cut_off.code == 1:
            break
    assert "cut off" in cut_off.err
    store.execute("UPDATE audit SET actor = 'nobody' WHERE sequence = 5")
    store.commit()
    assert "record 4 (line 6): altered" in cli("audit", "verify", code=1).err
    assert "the record is not what was signed" in cli("audit", "prove", "4", code=1).err
    cli("audit", "prove", "3")
    store.execute("DELETE FROM audit_address WHERE sequence = 5")
    store.execute("DELETE FROM audit WHERE sequence = 5")
    store.commit()
    assert "record 4 (line 6): missing" in cli("audit", "verify", code=1).err
    # Hashes too: what was signed before tells.
    (hashes,) = store.execute("SELECT hashes FROM audit_tile WHERE id = 0").fetchone()
    store.execute("UPDATE audit_tile SET hashes = ? WHERE id = 0", (bytes(32) + hashes[32:],))
    store.commit()
    store.close()
    signed = cli("audit", "checkpoint").out
    assert size_of(before.read_text()) <= size_of(signed) <= size_of(later.read_text())
    assert "contradicts" in cli("audit", "verify", code=1).err
    root.post("/v1/accounts", {"profile": "anima", "slug": unique("a"), "name": "A"}, expect=201)
    refused = root.post("/v1/audit/checkpoint", expect=409).json
    assert refused["code"] == "audit_broken"
    assert cli("audit", "checkpoint").out == signed
    assert "the audit log is not what it was" in daemon.log()


def test_large_records_come_in_shorter_pages(own, tmp_path):
    """What tenants are told of their texts may be large: more of it than a reply holds does not end the operator's export."""
    daemon = own()
    daemon.stop()
    store = sqlite3.connect(daemon.data / "cardea.db")
    with store:
        (first,) = store.execute("SELECT max(sequence) + 1 FROM audit").fetchone()
        store.executemany("INSERT INTO audit (at_ms, action, actor, subject, account_id, detail) VALUES (?, 'content.flagged', 'system', 'scn_1', 1, ?)",
                          [(1795248000000 + i, json.dumps({"text": "x" * 60000})) for i in range(600)])
    store.close()
    daemon.start()
    cli = Cli(tmp_path / "home", CARDEA_API_URL=f"http://127.0.0.1:{daemon.port}", CARDEA_API_KEY=daemon.root().token)
    cli("audit", "checkpoint", "--now")
    log, key = tmp_path / "log", cli("audit", "key").out.strip()
    cli("audit", "export", "--out", log)
    assert sum(line.startswith('{"log":') for line in log.open()) >= first + 599
    assert f"Records 0 to {first + 598}" in cli("audit", "verify", log, "--key", key).err
    log.write_text("x" * (65 << 20))
    assert "too large" in cli("audit", "verify", log, "--key", key, code=1).err


def test_proofs_without_a_server(kept, tmp_path):
    proof, grown = tmp_path / "record.tlog-proof", tmp_path / "grown.json"
    record = kept.cli("audit", "prove", 5, "--key", kept.key, "--out", proof).out
    assert proof.read_text().startswith("c2sp.org/tlog-proof@v1\nindex 5\n") and json.loads(record)["index"] == 5
    assert kept.offline("audit", "prove", "--check", proof, "--key", kept.key, input=record).out == record
    for wrong in (record.replace("root", "toot"), record.replace('"index":5', '"index":6'), ""):
        kept.offline("audit", "prove", "--check", proof, "--key", kept.key, input=wrong, code=1)
    kept.cli("audit", "consistency", kept.early, kept.late, "--out", grown)
    kept.cli("audit", "consistency", kept.early, "--key", kept.key)
    assert "only grew" in kept.offline("audit", "consistency", kept.early, kept.late, "--key", kept.key, "--proof", grown).err
    assert "name the older one first" in kept.offline("audit", "consistency", kept.late, kept.early, "--key", kept.key, "--proof", grown, code=1).err
    other = tmp_path / "other.json"
    proof_of = json.loads(grown.read_text())
    other.write_text(json.dumps({**proof_of, "hashes": ["A" * 43 + "=", *proof_of["hashes"][1:]]}))
    assert "was rewritten" in kept.offline("audit", "consistency", kept.early, kept.late, "--key", kept.key, "--proof", other, code=1).err


def test_usage(kept, tmp_path):
    assert "--key is missing" in kept.offline("audit", "verify", kept.log, code=2).err
    assert "no verifier key" in kept.offline("audit", "verify", kept.log, "--key", "a+b+c", code=2).err
    assert "holds no verifier key" in kept.offline("audit", "verify", kept.log, "--key", kept.log, code=1).err
    assert "cannot read" in kept.offline("audit", "verify", tmp_path / "none", "--key", kept.key, code=1).err
    assert "no log in it" in kept.offline("audit", "verify", "-", "--key", kept.key, code=1).err
    assert "write a number" in kept.cli("audit", "prove", "x", code=2).err
    kept.cli("audit", "prove", code=2)
    kept.cli("audit", "consistency", kept.early, "--proof", kept.late, code=2)
    assert "no such record" in kept.cli("audit", "prove", 10**9, code=1).err


def test_list(kept, root):
    rows = kept.cli("audit", "list", "--action", "key.updated", "--limit", 3).rows
    assert len(rows) == 3 and {row[2] for row in rows} == {"key.updated"} and {row[3] for row in rows} == {"root"}
    assert kept.cli("audit", "list", "--subject", rows[0][4], "--quiet", "--limit", 1).out == rows[0][0] + "\n"
