"""On one connection that stays open: a grant, then a change by somebody else, and the very next request is refused.

AS9, AM8, AM9, OA3, AN2, AN16, AF5, AF6 on each product's own host: at the daemon by itself, where a
grant ends in 502 since nothing stands behind, and at the demo's gateway, where it is the product's own 200."""

import calendar
import http.client
import time

import pytest

from cardea_test.client import Reply
from cardea_test.fixtures import Maker, unique
from cardea_test.moments import FORMAT, soon

PRODUCTS = {
    "animus": ("api.animus.so", "/api/v1/content/recent"),
    "animam": ("api.animam.ai", "/tenants/{slug}/corpus"),
    "open-animate": ("api.open-animate.com", "/v1/assets"),
    "anima": ("api.anima.localhost", "/v1/agents/{agent}/messages"),
    "anyformat": ("api.anyformat.ai", "/v2/workflows/"),
}
products = pytest.mark.parametrize("profile", PRODUCTS)
UNAUTHORIZED, EXPIRED, FORBIDDEN = b'{"error": "Unauthorized"}', b'{"error": "Token expired"}', b'{"error": "Forbidden"}'


@pytest.fixture(scope="module", params=["daemon", "gateway"])
def make(request):
    """Instead of the one that all files share: of either place."""
    one = request.getfixturevalue("demo_make") if request.param == "gateway" else Maker(request.getfixturevalue("shared").root())
    one.granted = {"daemon": (502, "no_upstream"), "gateway": (200, None)}[request.param]
    return one


@pytest.fixture(scope="module")
def root(make):
    return make.root


class Holder:
    """An account, its key, and one connection on which the key is sent: whoever closes it ends the test."""

    def __init__(self, root, make, profile, **more):
        self.profile, (self.host, path), self.wanted = profile, PRODUCTS[profile], make.granted
        self.account, self.agent, self.person = make.account(profile), None, None
        if profile == "anima":
            self.wanted = (200, None)  # the daemon's own to answer, wherever it is asked
            self.agent = root.post("/v1/agents", {"account": self.account["id"], "slug": unique("agent"), "name": "Robot"}, expect=201).json
            more |= {"kind": "agent", "agent": self.agent["slug"]}
        elif profile == "animam":
            more |= {"scopes": ["corpus:read"]}
        if profile == "anyformat":
            self.person = make.session(self.account, "member")
            self.key = self.person.post("/v1/keys", {"name": "the key", **more}, expect=201).json
        else:
            self.key = make.key(self.account, **more)
        self.path = path.format(slug=self.account["slug"], agent=self.agent["slug"] if self.agent else None)
        self.connection = http.client.HTTPConnection("127.0.0.1", root.port, timeout=30)
        self.connection.connect()
        self.connection.auto_open = 0

    def ask(self):
        self.connection.request("GET", self.path, headers={"Host": self.host, "Authorization": f"Bearer {self.key['key']}"})
        response = self.connection.getresponse()
        assert not response.will_close, "the connection is not kept"
        return Reply(response.status, [(k.lower(), v) for k, v in response.getheaders()], response.read())

    def granted(self):
        reply = self.ask()
        assert (reply.status, reply.code) == self.wanted, reply

    def refused(self, status, code, body):
        """`body`: what animam says instead of a problem."""
        reply = self.ask()
        if self.profile == "animam":
            assert (reply.status, reply.body) == body, reply
        else:
            assert (reply.status, reply.code) == (status, code), reply
        assert reply.header("www-authenticate").startswith(f'Bearer realm="{self.profile}", error="')


@pytest.fixture
def hold(root, make):
    held = []

    def new(profile, **more):
        held.append(Holder(root, make, profile, **more))
        return held[-1]

    yield new
    for holder in held:
        holder.connection.close()


@products
def test_revoked(root, hold, profile):
    """AS9, AM9, OA3, AN16, AF5: the key is revoked; another one of the same connection's kind goes on."""
    holder, beside = hold(profile), hold(profile)
    for _ in range(3):
        holder.granted()
    beside.granted()
    root.delete(f"/v1/keys/{holder.key['id']}", expect=200)
    for _ in range(2):
        holder.refused(401, "NOT_FOUND", (401, UNAUTHORIZED))
    beside.granted()


@products
def test_disabled_and_enabled_again(root, hold, profile):
    """AS9, AM9, OA3, AN16, AF5: as a revocation, but one that can be taken back."""
    holder = hold(profile)
    for enabled in (True, False, True, False):
        root.patch(f"/v1/keys/{holder.key['id']}", {"enabled": enabled}, expect=200)
        if enabled:
            holder.granted()
        else:
            holder.refused(401, "NOT_FOUND", (401, UNAUTHORIZED))


@products
def test_rotated_without_an_overlap(root, make, hold, profile):
    """AS9, AM9, AN15, AF5: the successor's first moment is the old key's last."""
    holder = hold(profile)
    holder.granted()
    who = holder.person or root
    body = {} if profile == "anyformat" else {"overlap_sec": 0}
    successor = who.post(f"/v1/keys/{holder.key['id']}/rotate", body, expect=201).json
    holder.refused(401, "NOT_FOUND", (401, UNAUTHORIZED))
    holder.key = successor
    holder.granted()


@products
def test_account_suspended(root, hold, profile):
    """AS1, AM1, OA9, AN1, AF3: the account is suspended, and comes back."""
    holder = hold(profile)
    holder.granted()
    for status in ("suspended", "active", "suspended"):
        root.patch(f"/v1/accounts/{holder.account['id']}", {"status": status}, expect=200)
        if status == "active":
            holder.granted()
        else:
            holder.refused(403, "ACCOUNT_SUSPENDED", (403, FORBIDDEN))


@products
def test_account_deleted(root, hold, profile):
    """AS1, AM1, OA9, AN1, AF3: the account is deleted, for good."""
    holder = hold(profile)
    holder.granted()
    root.delete(f"/v1/accounts/{holder.account['id']}", expect=(200, 204))
    holder.refused(401, "NOT_FOUND", (401, UNAUTHORIZED))


def test_user_disabled(root, make, hold):
    """AF6: the user whose role the key has is disabled, leaves, comes back as a viewer."""
    holder = hold("anyformat")
    user, member = holder.person.user, f"/v1/accounts/{holder.account['id']}/members/{holder.person.user['id']}"
    holder.granted()
    for disabled in (True, False, True, False):
        root.patch(f"/v1/users/{user['id']}", {"disabled": disabled}, expect=200)
        if disabled:
            holder.refused(401, "NOT_FOUND", None)
        else:
            holder.granted()
    root.delete(member, expect=(200, 204))
    holder.refused(401, "NOT_FOUND", None)
    make.member(holder.account, "viewer", user=user)
    holder.granted()
    root.delete(f"/v1/users/{user['id']}", expect=(200, 204))
    holder.refused(401, "NOT_FOUND", None)


def test_replaced_by_the_next_key(make, hold):
    """AF5: somebody else generates the next one."""
    holder = hold("anyformat")
    holder.granted()
    make.session(holder.account, "owner").post("/v1/keys", {"name": "the next"}, expect=201)
    holder.refused(401, "NOT_FOUND", None)


def test_agent_disabled(root, hold):
    """AN2: the agent whose key it is is disabled, enabled, deleted."""
    holder = hold("anima")
    for enabled in (True, False, True):
        root.patch(f"/v1/agents/{holder.agent['id']}", {"enabled": enabled}, expect=200)
        if enabled:
            holder.granted()
        else:
            holder.refused(401, "NOT_FOUND", None)
    root.delete(f"/v1/agents/{holder.agent['id']}", expect=(200, 204))
    holder.refused(401, "NOT_FOUND", None)


def test_scope_taken_away(root, hold):
    """AS6, AS7: the key keeps its secret and loses the scope."""
    holder = hold("animus")
    for scope in ("read", "search", "read", "write"):
        root.patch(f"/v1/keys/{holder.key['id']}", {"scopes": [scope]}, expect=200)
        if scope == "read":
            holder.granted()
        else:
            holder.refused(403, "INSUFFICIENT_SCOPE", None)


def test_expired_meanwhile(root, hold):
    """AM8, AM9, AN15: a request that is sent in the second in which the key expires, or later, is refused, and none before it, in
    all five products."""
    holders, ends = [hold(profile) for profile in PRODUCTS], {}
    for holder in holders:
        holder.granted()
    for holder in holders:
        at = soon()
        root.patch(f"/v1/keys/{holder.key['id']}", {"expires_at": at}, expect=200)
        ends[holder] = calendar.timegm(time.strptime(at, FORMAT))
    while time.time() < max(ends.values()) + 0.5:
        for holder, end in ends.items():
            before = time.time()
            status = holder.ask().status
            assert before < end if status == holder.wanted[0] else time.time() >= end, (holder.profile, status)
        time.sleep(0.02)
    for holder in holders:
        holder.refused(401, "EXPIRED", (403, EXPIRED))
