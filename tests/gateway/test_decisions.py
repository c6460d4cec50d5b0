"""What the gateway decides, and how it says so: word for word as the daemon does."""

import pytest
from cardea_test.client import Client
from cardea_test.moments import soon, wait_past
from rig.upstream import headers_of

CONTENT = "/api/v1/content/recent"
TOLD = ("www-authenticate", "content-type", "retry-after")


def test_grants_and_refuses(gate, make, account):
    key = make.key(account)
    granted = gate.client(key["key"]).get(CONTENT + "?limit=3", expect=200)
    assert granted.json["target"] == CONTENT + "?limit=3"
    refused = gate.client().get(CONTENT, expect=401)
    assert refused.code == "MISSING"
    assert refused.header("content-type") == "application/problem+json"
    assert refused.header("www-authenticate") == 'Bearer realm="animus"'
    assert refused.header("x-request-id") == refused["request_id"]


def without_request_id(reply):
    if isinstance(reply.json, dict):
        return {k: v for k, v in reply.json.items() if k != "request_id"}
    return reply.body


@pytest.fixture(scope="module")
def cast(make, root):
    """Keys of every fate, by name."""
    animus, animam, anyformat = make.account("animus"), make.account("animam"), make.account("anyformat")
    keys = {
        "reader": make.key(animus)["key"],
        "writer": make.key(animus, scopes=["read", "write"])["key"],
        "nowhere else": make.key(animus, ip_allow=["192.0.2.0/24"])["key"],
        "poor": make.key(animus, credits=0)["key"],
        "tenant's": make.key(animam, scopes=["corpus:read"])["key"],
        "organization's": make.session(anyformat, "owner").post("/v1/keys", {"name": "test"}, expect=201).json["key"],
    }
    for fate, change in (("revoked", None), ("disabled", {"enabled": False})):
        key = make.key(animus)
        if change is None:
            root.delete(f"/v1/keys/{key['id']}", expect=200)
        else:
            root.patch(f"/v1/keys/{key['id']}", change, expect=200)
        keys[fate] = key["key"]
    ends = soon()
    keys["expired"] = make.key(animus, expires_at=ends)["key"]
    suspended = make.account("animus")
    keys["suspended"] = make.key(suspended)["key"]
    root.patch(f"/v1/accounts/{suspended['id']}", {"status": "suspended"}, expect=200)
    keys["changed"] = keys["reader"][:-1] + ("a" if keys["reader"][-1] != "a" else "b")
    keys["tenant"] = animam["slug"]
    wait_past(ends)
    return keys


# profile, method, target ({tenant}: the account of the tenant's key), credential, headers, code inside
CASES = [
    ("animus", "GET", CONTENT, "reader", {}, "VALID"),
    ("animus", "HEAD", CONTENT, "reader", {}, "VALID"),
    ("animus", "POST", "/api/v1/content", "writer", {}, "VALID"),
    ("animus", "POST", "/api/v1/content", "reader", {}, "INSUFFICIENT_SCOPE"),
    ("animus", "GET", CONTENT, None, {}, "MISSING"),
    ("animus", "GET", CONTENT, "changed", {}, "MALFORMED"),
    ("animus", "GET", CONTENT, None, {"Authorization": "Basic dXNlcjpwYXNz"}, "MALFORMED"),
    ("animus", "GET", CONTENT, "revoked", {}, "REVOKED"),
    ("animus", "GET", CONTENT, "disabled", {}, "DISABLED"),
    ("animus", "GET", CONTENT, "expired", {}, "EXPIRED"),
    ("animus", "GET", CONTENT, "suspended", {}, "ACCOUNT_SUSPENDED"),
    ("animus", "GET", CONTENT, "nowhere else", {}, "IP_DENIED"),
    ("animus", "GET", CONTENT, "poor", {}, "CREDITS_EXHAUSTED"),
    ("animus", "GET", CONTENT, "organization's", {}, "NOT_FOUND"),
    ("animus", "GET", "/elsewhere", "reader", {}, "NO_ROUTE"),
    ("animus", "GET", "/api/v1/content/a%2fb", "reader", {}, "NO_ROUTE"),
    ("animus", "GET", "/api/v1//content", "reader", {}, "NO_ROUTE"),
    ("animus", "GET", "/api/v1/x/../content/1", "reader", {}, "NO_ROUTE"),
    ("animam", "GET", "/tenants/{tenant}/corpus", "tenant's", {}, "VALID"),
    ("animam", "GET", "/tenants/other/corpus", "tenant's", {}, "WRONG_ACCOUNT"),
    ("animam", "GET", "/tenants/{tenant}/settings", "tenant's", {}, "INSUFFICIENT_SCOPE"),
    ("animam", "GET", "/tenants/{tenant}/corpus", "tenant's", {"X-API-Key": "legacy-too"}, "AMBIGUOUS"),
    ("animam", "GET", "/tenants/{tenant}/corpus", None, {"X-API-Key": "no such legacy key"}, "NOT_FOUND"),
    ("animam", "GET", "/tenants/{tenant}/corpus", None, {}, "MISSING"),
    ("anyformat", "GET", "/health/", None, {}, "VALID"),
    ("anyformat", "GET", "/v2/files/1", "organization's", {}, "VALID"),
    ("anyformat", "GET", "/v2/files/1", "organization's", {"Origin": "https://page.example"}, "CLIENT_SIDE"),
    ("anyformat", "GET", "/v2/files/1", "organization's", {"Sec-Fetch-Mode": "cors"}, "CLIENT_SIDE"),
    ("anyformat", "GET", "/v2/nothing/1", "organization's", {}, "NO_ROUTE"),
]


@pytest.fixture(scope="module")
def all_profiles(nginx_for_module, upstream):
    servers = "".join(f"server {{ listen 127.0.0.1:PORT; server_name {name}.test; cardea {name};"
                      f" location / {{ proxy_pass http://127.0.0.1:{upstream.port}; }} }}\n" for name in ("animus", "animam", "anyformat"))
    return nginx_for_module().write(servers).start()


@pytest.mark.parametrize("profile,method,target,who,headers,code", CASES, ids=lambda v: v if isinstance(v, str) else "")
def test_says_what_the_daemon_says(all_profiles, shared, cast, profile, method, target, who, headers, code):
    target = target.replace("{tenant}", cast["tenant"])
    token = cast[who] if who else None
    ours = all_profiles.client(token, host=f"{profile}.test").call(method, target, headers=headers)
    theirs = Client(shared.port, token).call(method, f"/v1/authorize/{profile}{target}", headers=headers, record=False)
    assert ours.status == theirs.status
    all_profiles.logged(f"code={code} ")
    if code == "VALID":
        if method != "HEAD" and token:
            assert headers_of(ours)["cardea-key-id"] == theirs.header("cardea-key-id")
        return
    assert without_request_id(ours) == without_request_id(theirs)
    assert {h: ours.header(h) for h in TOLD} == {h: theirs.header(h) for h in TOLD}


def test_a_method_that_no_route_can_have(gate, make, account):
    assert gate.client(make.key(account)["key"]).call("PROPFIND", CONTENT, expect=403).code == "NO_ROUTE"


def test_limits_are_told_on_grants_and_refusals(gate, make, account):
    key = make.key(account, rate_limit={"limit": 2, "window_sec": 3600})["key"]
    client = gate.client(key)
    first = client.get(CONTENT, expect=200)
    assert first.header("ratelimit-policy") == '"key";q=2;w=3600'
    assert first.header("ratelimit") == '"key";r=1;t=1800'
    assert (first.header("ratelimit-limit"), first.header("ratelimit-remaining")) == ("2", "1")
    client.get(CONTENT, expect=200)
    refused = client.get(CONTENT, expect=429)
    assert refused.code == "RATE_LIMITED"
    assert 1790 <= int(refused.header("retry-after")) <= 1800
    assert refused.header("ratelimit").startswith('"key";r=0;t=')


def test_the_realm_can_be_named(nginx, upstream):
    one = nginx().serve(f'cardea animus; cardea_realm "The Library"; location / {{ proxy_pass http://127.0.0.1:{upstream.port}; }}').start()
    assert one.client().get(CONTENT, expect=401).header("www-authenticate") == 'Bearer realm="The Library"'


DEMANDS = """
cardea animus;
location /scope/ { cardea_scope read; proxy_pass UP; }
location /variable/ { cardea_scope $arg_scope; proxy_pass UP; }
location /account/ { cardea_scope read; cardea_account $arg_account; proxy_pass UP; }
location /agent/ { cardea_scope read; cardea_agent $arg_agent; proxy_pass UP; }
location /api/ { cardea_scope search; proxy_pass UP; location /api/v1/collections { cardea_scope ""; proxy_pass UP; } }
location / { proxy_pass UP; }
"""


def test_a_location_asks_beside_the_routes(nginx, upstream, make, account):
    one = nginx().serve(DEMANDS.replace("UP", f"http://127.0.0.1:{upstream.port}")).start()
    key = make.key(account, scopes=["read", "write"])["key"]
    client, other = one.client(key), make.account("animus")
    # Where no route matches, a location with cardea_scope is its own.
    client.get("/scope/x", expect=200)
    client.put("/scope/x", expect=200)
    assert one.client().get("/scope/x", expect=401).code == "MISSING"
    assert client.get("/elsewhere", expect=403).code == "NO_ROUTE"
    assert client.get("/scope/%2e%2e/x", expect=403).code == "NO_ROUTE"
    # Variables; one that is empty asks for something that nobody has.
    client.get("/variable/x?scope=write", expect=200)
    for nothing in ("search", "nonsense", ""):
        assert client.get(f"/variable/x?scope={nothing}", expect=403).code == "INSUFFICIENT_SCOPE"
    for name in (account["slug"], account["id"]):
        client.get(f"/account/x?account={name}", expect=200)
    for name in (other["slug"], other["id"], "", "acc_0000000000000"):
        assert client.get(f"/account/x?account={name}", expect=403).code == "WRONG_ACCOUNT"
    # A key of no agent acts for the whole account.
    client.get("/agent/x?agent=helper", expect=200)
    # Beside a route: both count.
    assert client.get(CONTENT, expect=403).code == "INSUFFICIENT_SCOPE"
    one.client(make.key(account, scopes=["read", "search"])["key"]).get(CONTENT, expect=200)
    assert one.client(make.key(account, scopes=["search"])["key"]).get(CONTENT, expect=403).code == "INSUFFICIENT_SCOPE"
    client.get("/api/v1/collections/1", expect=200)


def test_an_agents_key_is_for_its_agent(nginx, upstream, make, root):
    account = make.account("anima")
    agent = root.post("/v1/agents", {"account": account["id"], "slug": "helper", "name": "Helper"}, expect=201).json
    one = nginx().serve(f"cardea anima; location / {{ cardea_scope $arg_scope; cardea_agent $arg_agent;"
                        f" proxy_pass http://127.0.0.1:{upstream.port}; }}").start()
    kinds = root.get("/v1/agents?account=" + account["id"], expect=200).json
    assert kinds["data"]
    key = root.post("/v1/keys", {"account": account["id"], "kind": "agent", "name": "x", "agent": agent["id"]}).json
    client = one.client(key["key"])
    scope = key["scopes"][0]
    for name in ("helper", agent["id"]):
        granted = client.get(f"/somewhere?scope={scope}&agent={name}", expect=200)
        assert headers_of(granted)["cardea-agent"] == agent["id"]
    for name in ("other", "", "agt_0000000000001"):
        assert client.get(f"/somewhere?scope={scope}&agent={name}", expect=403).code == "WRONG_AGENT"


def test_variables_tell_who_called(gate, make, account):
    key = make.key(account)
    gate.client(key["key"]).get(CONTENT, expect=200)
    gate.logged(f"200 GET {CONTENT} code=VALID key={key['id']} account={account['id']}")
    gate.client(key["key"]).post("/api/v1/content", {}, expect=403)
    gate.logged(f"code=INSUFFICIENT_SCOPE key={key['id']}")
