"""What every table of decisions must hold, so that no product is looked at less closely than another."""

import pytest

import table

TABLES = ["animus.tsv", "animam.tsv", "open-animate.tsv", "anima.tsv", "anyformat.tsv"]
OUTCOMES = {"VALID", "MISSING", "NOT_FOUND", "MALFORMED", "REVOKED", "DISABLED", "EXPIRED", "ACCOUNT_SUSPENDED", "IP_DENIED", "NO_ROUTE", "AMBIGUOUS",
            "KEY_IN_URL", "bad_request", "method_not_allowed"}
SHAPES = ["%2f", "%2F", "%5c", "\\", "%252f", "/./", "/%2e/", "/../", "/%2e%2e/", "/..", "..%2f", "//", ";", "#", "%00", "%0a", "%c0%af", "{nul}", "{control}",
          "{space}", "{long}"]
METHODS = {"GET", "HEAD", "POST", "OPTIONS", "TRACE", "CONNECT", "BREW", "get"}
# animam's X-API-Key is a credential: its rows have names of their own.
OWN_WORDS = {"animam.tsv": {"X-API-Key": "token as legacy", "beside an X-API-Key": "both"}}


@pytest.mark.parametrize("name", TABLES)
def test_refusals_outnumber_grants(name):
    verdicts = [row["decision"] for row in table.read(name)]
    grants = verdicts.count("VALID")
    assert len(verdicts) >= 75 and grants >= 10 and len(verdicts) - grants > 3 * grants, (len(verdicts), grants)


@pytest.mark.parametrize("name", TABLES)
def test_each_way_of_sending_a_key_stands_in_it(name):
    own = OWN_WORDS.get(name, {})
    wanted = {own.get(how, how) for how in table.hostile("0123456789", "9876543210")} | {"account deleted", "session", "revoked", "disabled", "expired", "root"}
    if name != "anyformat.tsv":
        wanted -= {"public"}
    assert wanted - {row["credential"] for row in table.read(name)} == set()


@pytest.mark.parametrize("name", TABLES)
def test_each_outcome_method_and_shape_of_path_stands_in_it(name):
    rows = table.read(name)
    assert OUTCOMES - {row["decision"].partition(" ")[0] for row in rows} == set()
    assert METHODS - {row["method"] for row in rows} == set()
    for shape in SHAPES:
        assert any(shape in row["target"] for row in rows), shape
    for row in rows:
        assert (row["status"] == "200") == (row["decision"] == "VALID"), row
        assert row["decision"] == "VALID" or int(row["status"]) >= 400, row


@pytest.mark.parametrize("name", TABLES)
def test_no_row_stands_twice(name):
    seen = [tuple(row[column] for column in ("credential", "method", "target")) for row in table.read(name)]
    assert len(set(seen)) == len(seen)
    assert all(None not in row.values() and len(row) == len(table.COLUMNS) for row in table.read(name))
