"""After everything else has run: every operation was exercised, and every exchange was as the description says."""

import os

import pytest

from cardea_test.openapi import DOCUMENT, RECORDER

if "CARDEA_EXCHANGES" in os.environ:
    RECORDER.take(os.environ["CARDEA_EXCHANGES"])


@pytest.mark.parametrize("name", sorted(DOCUMENT.operations))
def test_operation(name):
    assert RECORDER.exchanges.get(name), "never exercised (run the whole folder)"
    assert RECORDER.check(name) == []


def test_success_was_seen_for_every_operation():
    never = {name for name, seen in RECORDER.exchanges.items() if not any(reply.status < 400 for *_, reply in seen)}
    assert never <= {name for name in never if name.startswith("authorize_")}, "only forward-auth by methods that no shipped route takes"


def test_nothing_answers_outside_the_description():
    assert RECORDER.check_elsewhere() == []


def test_enough_was_said():
    assert RECORDER.count > 1000
