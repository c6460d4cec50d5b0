"""Decisions as data: rule, request, verdict, one a line of a .tsv file, through /v1/authorize/{profile}.

Columns: what is shown; credential; method; path with query; expected decision; expected status. `{slug}` stands for the
account's slug, `{other}` for another account's, `{key}` for the whole key of the row, `{held}` for a key that works and
is not sent otherwise."""

import csv
import http.client
import pathlib

import pytest

from cardea_test.client import Reply

HERE = pathlib.Path(__file__).resolve().parent
COLUMNS = ["shows", "credential", "method", "target", "decision", "status"]


def rows(name):
    with open(HERE / name, newline="") as f:
        lines = [line for line in f if line.strip() and not line.startswith("#")]
    table = list(csv.DictReader(lines, fieldnames=COLUMNS, delimiter="\t", quoting=csv.QUOTE_NONE))[1:]
    return [pytest.param(row, id=f"{i}:{row['shows']}") for i, row in enumerate(table, 1)]


def balance(name):
    verdicts = [p.values[0]["decision"] for p in rows(name)]
    return len(verdicts), verdicts.count("VALID")


def decide(client, profile, row, credentials, slug, **words):
    """The reply to one row's request. Credentials are header dictionaries by name; a list of pairs sends a header twice."""
    headers = credentials[row["credential"]]
    key = dict(headers).get("Authorization", "").removeprefix("Bearer ")
    target = row["target"]
    for word, text in {"slug": slug, "key": key, **words}.items():
        target = target.replace("{%s}" % word, text)
    target = f"/v1/authorize/{profile}{target}"
    return send_pairs(client.port, row["method"], target, headers) if isinstance(headers, list) else client.using(token=None).call(
        row["method"], target, headers=headers)


def send_pairs(port, method, target, pairs, host=None):
    """One request with its headers exactly as they are given, in their order and casing."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
    for name, value in [("Host", host or f"127.0.0.1:{port}"), *pairs]:
        connection.putheader(name, value)
    connection.endheaders()
    response = connection.getresponse()
    reply = Reply(response.status, [(k.lower(), v) for k, v in response.getheaders()], response.read())
    connection.close()
    return reply


# Outside, what is unknown, revoked, disabled and malformed looks the same.
SEEN_AS = {"REVOKED": "NOT_FOUND", "DISABLED": "NOT_FOUND", "MALFORMED": "NOT_FOUND"}


def check(reply, row, bodies=None):
    """`bodies`: the profile's own bodies by decision; any other refusal is problem+json with the decision's code."""
    decision = SEEN_AS.get(row["decision"], row["decision"])
    assert reply.status == int(row["status"]), reply
    if row["decision"] == "VALID":
        assert reply.body == b"" and (reply.header("cardea-key-id") or row["credential"] == "public")
        return
    if row["method"] == "HEAD":
        assert reply.body == b""
    elif decision in (bodies or {}):
        assert reply.body.decode() == bodies[decision], reply
    else:
        assert reply.code == decision, reply
    if reply.status in (401, 403):
        assert reply.header("www-authenticate").startswith("Bearer realm=")
    for name in ("cardea-key-id", "cardea-account", "cardea-user", "cardea-agent", "cardea-scopes", "cardea-kind"):
        assert reply.header(name) is None
