"""Decisions as data: rule, request, verdict, one a line of a .tsv file, through /v1/authorize/{profile}.

Columns: what is shown; credential; method; path with query; expected decision; expected status. `{slug}` stands for the
account's slug, `{key}` for the whole key of the row."""

import csv
import pathlib

import pytest

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


def decide(client, profile, row, credentials, slug):
    """The reply to one row's request. Credentials are header dictionaries by name."""
    headers = credentials[row["credential"]]
    key = headers.get("Authorization", "").removeprefix("Bearer ")
    target = row["target"].replace("{slug}", slug).replace("{key}", key)
    return client.using(token=None).call(row["method"], f"/v1/authorize/{profile}{target}", headers=headers)


# Outside, what is unknown, revoked, disabled and malformed looks the same.
SEEN_AS = {"REVOKED": "NOT_FOUND", "DISABLED": "NOT_FOUND", "MALFORMED": "NOT_FOUND"}


def check(reply, row):
    assert reply.status == int(row["status"]), reply
    if row["decision"] == "VALID":
        assert reply.body == b"" and reply.header("cardea-key-id")
    else:
        assert reply.code == SEEN_AS.get(row["decision"], row["decision"]), reply
        assert reply.header("cardea-key-id") is None and reply.header("cardea-account") is None
