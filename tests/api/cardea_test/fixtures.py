"""Fixtures that the suites share: one daemon for all that may share one, and a maker of accounts, people and keys."""

import itertools
import shutil

import pytest

from .daemon import PROGRAM, Daemon, temporary
from .leaks import REGISTRY

_numbers = itertools.count(1)
PASSWORD = "a long enough passphrase %d"


def unique(prefix):
    return f"{prefix}-{next(_numbers)}"


def opener(kind):
    """A fixture: opens as many of them as a test asks for, and closes them."""
    @pytest.fixture
    def opening():
        opened = []

        def start(*args, **more):
            opened.append(kind(*args, **more))
            return opened[-1]
        yield start
        for one in opened:
            one.close()
    return opening


class Maker:
    """Makes what a test needs through the API, as root."""

    def __init__(self, root):
        self.root = root

    def account(self, profile="animus", **more):
        return self.root.post("/v1/accounts", {"profile": profile, "slug": unique(profile), "name": "Test", **more}, expect=201).json

    def user(self, **more):
        email = f"{unique('user')}@example.com"
        password = PASSWORD % next(_numbers)
        user = self.root.post("/v1/users", {"email": email, "name": "Some One", "password": password, **more}, expect=201).json
        return {**user, "password": password}

    def member(self, account, role="member", user=None):
        user = user or self.user()
        self.root.put(f"/v1/accounts/{account['id']}/members/{user['id']}", {"role": role}, expect=200)
        return user

    def session(self, account, role="member", user=None):
        """A client that is logged in to this account."""
        user = self.member(account, role, user)
        made = self.root.using(token=None).post(
            "/v1/sessions", {"email": user["email"], "password": user["password"], "account": account["id"]}, expect=201).json
        client = self.root.using(token=made["jwt"])
        client.user, client.session = user, made
        return client

    def key(self, account, **more):
        body = {"account": account["id"], "name": "test", **more}
        if "scopes" not in body and account["profile"] == "animus":
            body["scopes"] = ["read"]
        return self.root.post("/v1/keys", body, expect=201).json


_shared = []


def the_module_is_clean(daemon):
    """Called when a module ends: no secret in the log, no report of a sanitizer."""
    leaked = daemon.leaks()
    assert not leaked, f"secrets where none may stand: {leaked}"
    assert not daemon.sanitizer_reports(), daemon.sanitizer_reports()


@pytest.fixture(scope="session")
def shared():
    """The daemon that tests share when they neither stop it nor break it."""
    assert PROGRAM.exists(), f"{PROGRAM} is missing: build first, or name the build folder in CARDEA_BUILD"
    folder = temporary()
    daemon = Daemon(folder).start()
    _shared.append(daemon)
    yield daemon
    _shared.remove(daemon)
    code = daemon.stop()
    the_module_is_clean(daemon)
    shutil.rmtree(folder, ignore_errors=True)
    assert code == 0, f"SIGTERM: exit code {code}"


@pytest.fixture(scope="module", autouse=True)
def no_leaks():
    yield
    for daemon in _shared:
        the_module_is_clean(daemon)


@pytest.fixture(scope="session")
def root(shared):
    return shared.root()


@pytest.fixture(scope="session")
def make(root):
    return Maker(root)


@pytest.fixture(scope="session")
def verifier(root):
    """A client with a verifier key."""
    key = root.post("/v1/keys", {"account": "cardea/system", "kind": "verifier", "name": "tests"}, expect=201).json
    return root.using(token=key["key"])


@pytest.fixture
def own(tmp_path):
    """Starts daemons that a test may stop, kill and break; cleans up by pid and looks for leaks."""
    started = []

    def start(*args, data=None, ready=True, name=None, env=None, cold=False, **kw):
        daemon = Daemon(tmp_path / (name or f"daemon{len(started)}"), args, data, env, cold)
        started.append(daemon)
        if ready:
            daemon.start(**kw)
        return daemon

    yield start
    for daemon in started:
        daemon.kill()
    for daemon in started:
        the_module_is_clean(daemon)


__all__ = ["REGISTRY", "Maker", "make", "no_leaks", "own", "root", "shared", "unique", "verifier"]
