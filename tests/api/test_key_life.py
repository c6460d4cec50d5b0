"""A key's life against a model: whatever is done in whatever order, API and verify agree with what was promised."""

from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule

SCOPES = ["read", "write", "search"]
LIMIT = 10


class Key:
    def __init__(self, view, scopes):
        self.id, self.secret, self.scopes = view["id"], view["key"], set(scopes)
        self.name, self.enabled, self.revoked, self.rotated = view["name"], True, False, False

    @property
    def code(self):
        return "REVOKED" if self.revoked else "VALID" if self.enabled else "DISABLED"

    @property
    def status(self):
        return {"VALID": "active"}.get(self.code, self.code.lower())

    @property
    def counts(self):
        return self.code == "VALID" and not self.rotated


class KeyLife(RuleBasedStateMachine):
    root = make = None  # given by the test
    keys = Bundle("keys")

    @initialize()
    def begin(self):
        self.account = self.make.account("animus")
        self.model = {}

    def room(self):
        return sum(k.counts for k in self.model.values()) < LIMIT

    @rule(target=keys, scopes=st.sets(st.sampled_from(SCOPES), min_size=1), name=st.text("abc ü-", min_size=1, max_size=20).filter(str.strip))
    def create(self, scopes, name):
        reply = self.root.post("/v1/keys", {"account": self.account["id"], "name": name.strip(), "scopes": sorted(scopes)})
        if not self.room():
            assert (reply.status, reply.code) == (409, "key_limit_reached")
            return multiple()
        assert reply.status == 201, reply
        key = Key(reply.json, scopes)
        self.model[key.id] = key
        return key

    def change(self, key, body, applies, needs_room=False):
        reply = self.root.patch(f"/v1/keys/{key.id}", body)
        if key.revoked:
            assert (reply.status, reply.code) == (409, "key_revoked"), reply
        elif needs_room and not self.room():
            assert (reply.status, reply.code) == (409, "key_limit_reached"), reply
        else:
            assert reply.status == 200, reply
            applies()

    @rule(key=keys, scopes=st.sets(st.sampled_from(SCOPES), min_size=1))
    def set_scopes(self, key, scopes):
        self.change(key, {"scopes": sorted(scopes)}, lambda: setattr(key, "scopes", set(scopes)))

    @rule(key=keys, name=st.sampled_from(["one", "two", "three"]))
    def rename(self, key, name):
        self.change(key, {"name": name}, lambda: setattr(key, "name", name))

    @rule(key=keys)
    def disable(self, key):
        self.change(key, {"enabled": False}, lambda: setattr(key, "enabled", False))

    @rule(key=keys)
    def enable(self, key):
        comes_back = not key.enabled and not key.rotated
        self.change(key, {"enabled": True}, lambda: setattr(key, "enabled", True), comes_back)

    @rule(key=keys)
    def revoke(self, key):
        self.root.delete(f"/v1/keys/{key.id}", expect=200)
        key.revoked = True

    @rule(key=consumes(keys))
    def revoke_itself(self, key):
        reply = self.root.using(token=key.secret).post("/v1/keys/self/revoke", {})
        assert reply.status == (200 if key.code == "VALID" else 401), (key.code, reply)
        if reply.status == 200:
            key.revoked = True

    @rule(target=keys, key=keys, overlap=st.sampled_from([0, 3600]))
    def rotate(self, key, overlap):
        reply = self.root.post(f"/v1/keys/{key.id}/rotate", {"overlap_sec": overlap})
        if key.revoked or key.rotated or key.code != "VALID":
            assert reply.status == 409, (key.code, key.rotated, reply)
            return multiple()
        assert reply.status == 201, reply
        key.rotated = True
        key.revoked = overlap == 0
        new = Key(reply.json, key.scopes)
        self.model[new.id] = new
        return new

    @rule(key=keys, scope=st.sampled_from(SCOPES))
    def verify(self, key, scope):
        decision = self.root.verify(key.secret, scope=scope)
        expected = key.code if key.code != "VALID" or scope in key.scopes else "INSUFFICIENT_SCOPE"
        assert decision["code"] == expected, (expected, decision)

    @invariant()
    def the_list_agrees(self):
        if not hasattr(self, "account"):
            return
        listed = {k["id"]: k for k in self.root.pages(f"/v1/keys?account={self.account['id']}&limit=200")}
        assert set(listed) == set(self.model)
        for key in self.model.values():
            view = listed[key.id]
            assert (view["status"], view["name"], set(view["scopes"])) == (key.status, key.name, key.scopes), (view, vars(key))


def test_key_life(root, make):
    KeyLife.root, KeyLife.make = root, make
    test = KeyLife.TestCase
    test.settings = settings(max_examples=25, stateful_step_count=30, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    test("runTest").runTest()
