"""Tokens of other issuers: which are believed, and whom they let in where."""

import base64
import json
import time
import types
import urllib.parse

import pytest

from cardea_test.cli import Cli
from cardea_test.daemon import Daemon, temporary
from cardea_test.fixtures import Maker, the_module_is_clean, unique
from cardea_test.issuer import SECRET, EcKey, EdKey, Issuer, RsaKey, Secret, ask, assemble, b64, link, private, write


@pytest.fixture(scope="module")
def world():
    """One daemon that trusts issuers of every kind."""
    folder = temporary()
    w = types.SimpleNamespace(folder=folder)
    w.rsa = Issuer("https://rsa.test/", RsaKey("r1"))
    w.ec = Issuer("https://ec.test", EcKey("e1"), EcKey("e2"))
    w.mixed = Issuer("https://mixed.test", RsaKey("m1"), EcKey("m2"), EdKey("m3"))
    w.weak = Issuer("https://weak.test", RsaKey("w1", 1024), RsaKey("w2"))
    w.ed = Issuer("https://ed.test", EdKey("d1"))
    w.secret = Issuer("https://secret.test", Secret(SECRET))
    w.tenant = Issuer("https://tenant.test", EdKey("t1"))
    jwks = folder / "keys.json"
    jwks.write_text(w.ed.jwks())
    w.file = write(folder / "issuers.yaml", [
        w.rsa.entry("rsa"), w.ec.entry("ec"), w.mixed.entry("mixed", algorithms=["RS256", "EdDSA"]), w.weak.entry("weak"),
        w.ed.entry("ed", jwks_url=None, jwks_file="keys.json", max_age="1h"),
        w.secret.entry("secret", jwks_url=None, secret_file=str(private(folder / "secret", SECRET + b"\n"))),
        w.tenant.entry("tenant", account_claim="org", clock_skew="0s")])
    w.daemon = Daemon(folder / "daemon", ["--issuers", str(w.file), "--log-level", "debug"]).start()
    w.root = w.daemon.root()
    w.anyone = w.root.using(token=None)
    w.make = Maker(w.root)
    w.account = w.make.account()
    yield w
    assert w.daemon.stop() == 0
    the_module_is_clean(w.daemon)
    for issuer in (w.rsa, w.ec, w.mixed, w.weak, w.ed, w.secret, w.tenant):
        issuer.down()


@pytest.fixture
def person(world):
    """Of one account, known to all issuers by one subject."""
    user = world.make.member(world.account, "admin")
    user["subject"] = unique("subject")
    for issuer in (world.rsa, world.ec, world.mixed, world.weak, world.ed, world.secret, world.tenant):
        link(world, user, issuer, user["subject"])
    return user


def accepted(w, token, account=None):
    """By itself and in exchange."""
    current = w.anyone.using(token=token).get("/v1/sessions/current", expect=200).json
    assert current["id"] is None
    made = w.anyone.post("/v1/sessions", {"token": token}, expect=201).json
    assert made["account"] == current["account"] == (account or w.account)["id"]
    return w.anyone.using(token=made["jwt"])


# ---- what is believed ----

@pytest.mark.parametrize("name, key", [("rsa", 0), ("ec", 0), ("ec", 1), ("mixed", 0), ("mixed", 2), ("weak", 1), ("ed", 0),
                                       ("secret", 0)])
def test_tokens_of_every_algorithm_let_a_linked_person_in(world, person, name, key):
    issuer = getattr(world, name)
    client = accepted(world, issuer.token(person["subject"], issuer.keys[key]))
    assert client.get("/v1/sessions/current", expect=200)["user"] == person["id"]
    made = client.post("/v1/keys", {"name": "by an external person", "scopes": ["read"]}, expect=201).json
    assert made["user"] == person["id"]
    client.delete(f"/v1/keys/{made['id']}", expect=200)
    client.delete("/v1/sessions", expect=204)
    client.get("/v1/sessions/current", expect=401)


@pytest.mark.parametrize("claims", [
    {"aud": ["https://other.test", "https://keys.test"]}, {"nbf": time.time() + 30}, {"iat": time.time() + 30}, {"iat": None},
    {"exp": time.time() + 600.5}, {"jti": "x" * 1000}, {"email": None}], ids=" and ".join)  # no times in it: every run has the same names
def test_claims_that_are_good(world, person, claims):
    accepted(world, world.rsa.token(person["subject"], **claims))


@pytest.mark.parametrize("header", [{"typ": None}, {"typ": "jwt"}, {"typ": "at+jwt"}, {"typ": "application/at+jwt"},
                                    {"kid": None}], ids=str)
def test_headers_that_are_good(world, person, header):
    accepted(world, world.rsa.token(person["subject"], header=header))


def test_an_external_token_makes_what_it_is_used_for(world, person):
    token = world.rsa.token(person["subject"])
    client = world.anyone.using(token=token)
    made = client.post("/v1/keys", {"name": "direct", "scopes": ["read"]}, expect=201).json
    assert made["user"] == person["id"] and made["account"] == world.account["id"]
    assert client.get(f"/v1/keys/{made['id']}", expect=200)["name"] == "direct"
    client.delete(f"/v1/keys/{made['id']}", expect=200)
    assert client.get("/v1/users/" + person["id"], expect=200)["email"] == person["email"]
    client.get("/v1/users", expect=403)
    assert client.delete("/v1/sessions", expect=404).code == "not_found"
    current = client.get("/v1/sessions/current", expect=200).json
    assert current["role"] == "admin" and current["expires_at"]


# ---- what is refused ----

def rsa_public_as_secret(w, sub):
    key = w.rsa.keys[0]
    return assemble(Secret(key.pem()), {"alg": "HS256", "kid": key.kid}, w.rsa.claims(sub))


def jwk_as_secret(w, sub):
    key = w.rsa.keys[0]
    modulus = base64.urlsafe_b64decode(key.jwk()["n"] + "==")
    return assemble(Secret(modulus), {"alg": "HS256", "kid": key.kid}, w.rsa.claims(sub))


def own_key(w, sub, member):
    key = RsaKey("r1")
    value = key.jwk() if member == "jwk" else [b64(b"x")] if member == "x5c" else "http://127.0.0.1:1/keys"
    return assemble(key, {"alg": "RS256", "kid": "r1", member: value}, w.rsa.claims(sub))


def signed_well_but(w, sub, **header):
    return w.rsa.token(sub, header=header)


def padded(w, sub, part):
    parts = w.rsa.token(sub).split(".")
    parts[part] += "=" * (-len(parts[part]) % 4 or 4)
    return ".".join(parts)


def loose(w, sub):
    """The same bytes by another text: bits that do not count are set in the last character."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    head, body, signature = w.rsa.token(sub).split(".")
    assert len(signature) % 4 == 2  # 256 bytes: four bits are left over
    return f"{head}.{body}.{signature[:-1]}{alphabet[alphabet.index(signature[-1]) | 1]}"


def twice(w, sub):
    claims = json.dumps(w.rsa.claims("someone else"))[:-1] + f', "sub": "{sub}"}}'
    return assemble(w.rsa.keys[0], {"alg": "RS256", "kid": "r1"}, claims.encode())


NOW = time.time()
REFUSED = {
    "none": lambda w, s: assemble(None, {"alg": "none"}, w.rsa.claims(s)),
    "none with its key's name": lambda w, s: assemble(None, {"alg": "None", "kid": "r1"}, w.rsa.claims(s)),
    "no signature": lambda w, s: w.rsa.token(s).rsplit(".", 1)[0] + ".",
    "HS256 by the public key as PEM": rsa_public_as_secret,
    "HS256 by the modulus": jwk_as_secret,
    "HS256 for an issuer with a key set": lambda w, s: assemble(Secret(SECRET), {"alg": "HS256"}, w.rsa.claims(s)),
    "RS256 for an issuer with a secret": lambda w, s: assemble(w.rsa.keys[0], {"alg": "RS256"}, w.secret.claims(s)),
    "another secret": lambda w, s: assemble(Secret(SECRET + b"\n"), {"alg": "HS256"}, w.secret.claims(s)),
    "an algorithm that the list leaves out": lambda w, s: w.mixed.token(s, w.mixed.keys[1]),
    "the key of another algorithm": lambda w, s: w.mixed.token(s, w.mixed.keys[0], header={"kid": "m3"}),
    "RS384": lambda w, s: signed_well_but(w, s, alg="RS384"),
    "an RSA key of 1024 bits": lambda w, s: w.weak.token(s, w.weak.keys[0]),
    "a key of its own in the header": lambda w, s: own_key(w, s, "jwk"),
    "jku": lambda w, s: own_key(w, s, "jku"), "x5u": lambda w, s: own_key(w, s, "x5u"), "x5c": lambda w, s: own_key(w, s, "x5c"),
    "jwk beside a good signature": lambda w, s: signed_well_but(w, s, jwk=w.rsa.keys[0].jwk()),
    "crit": lambda w, s: signed_well_but(w, s, crit=["exp"], exp=1), "an empty crit": lambda w, s: signed_well_but(w, s, crit=[]),
    "b64": lambda w, s: signed_well_but(w, s, b64=True), "zip": lambda w, s: signed_well_but(w, s, zip="DEF"),
    "another kind of token": lambda w, s: signed_well_but(w, s, typ="logout+jwt"),
    "a kid of no key": lambda w, s: w.rsa.token(s, RsaKey("stranger")),
    "a kid that is no text": lambda w, s: signed_well_but(w, s, kid=1),
    "a padded header": lambda w, s: padded(w, s, 0), "a padded payload": lambda w, s: padded(w, s, 1),
    "a padded signature": lambda w, s: padded(w, s, 2), "stray bits": loose,
    "a changed payload": lambda w, s: ".".join([w.rsa.token(s).split(".")[0], b64(json.dumps(w.rsa.claims(s)).encode()) + "A",
                                                w.rsa.token(s).split(".")[2]]),
    "no issuer": lambda w, s: w.rsa.token(s, iss=None), "another issuer": lambda w, s: w.rsa.token(s, iss="https://evil.test/"),
    "an issuer less its slash": lambda w, s: w.rsa.token(s, iss="https://rsa.test"),
    "another trusted issuer's name": lambda w, s: w.rsa.token(s, iss=w.ec.issuer),
    "our own name": lambda w, s: w.rsa.token(s, iss="cardea", aud="cardea"),
    "no audience": lambda w, s: w.rsa.token(s, aud=None), "another audience": lambda w, s: w.rsa.token(s, aud="https://evil.test"),
    "other audiences": lambda w, s: w.rsa.token(s, aud=["https://keys.test.evil", "HTTPS://KEYS.TEST"]),
    "an audience in a list in a list": lambda w, s: w.rsa.token(s, aud=[["https://keys.test"]]),
    "an audience as a name": lambda w, s: w.rsa.token(s, aud={"https://keys.test": 1}),
    "no expiry": lambda w, s: w.rsa.token(s, exp=None), "expired": lambda w, s: w.rsa.token(s, exp=int(time.time()) - 1),
    "expires now": lambda w, s: w.rsa.token(s, exp=int(time.time())),
    "an expiry in words": lambda w, s: w.rsa.token(s, exp="tomorrow"), "expires too late": lambda w, s: w.rsa.token(s, exp=1e300),
    "not yet": lambda w, s: w.rsa.token(s, nbf=NOW + 3600), "made tomorrow": lambda w, s: w.rsa.token(s, iat=NOW + 86400),
    "not yet, to the second": lambda w, s: w.tenant.token(s, nbf=time.time() + 5),
    "too old": lambda w, s: w.ed.token(s, iat=NOW - 3700), "of no known age": lambda w, s: w.ed.token(s, iat=None),
    "no subject": lambda w, s: w.rsa.token(None), "an empty subject": lambda w, s: w.rsa.token(""),
    "a subject of 256 bytes": lambda w, s: w.rsa.token("s" * 256), "a subject that is a number": lambda w, s: w.rsa.token(1),
    "a subject twice": twice,
    "an account that is no text": lambda w, s: w.tenant.token(s, org=["animus-1"]),
    "a payload that is no object": lambda w, s: assemble(w.rsa.keys[0], {"alg": "RS256", "kid": "r1"}, b"[]"),
    "a payload that is no JSON": lambda w, s: assemble(w.rsa.keys[0], {"alg": "RS256", "kid": "r1"}, b"{"),
    "a header that is no JSON": lambda w, s: assemble(w.rsa.keys[0], b"RS256", w.rsa.claims(s)),
    "a header twice": lambda w, s: assemble(w.rsa.keys[0], b'{"alg":"none","alg":"RS256","kid":"r1"}', w.rsa.claims(s)),
    "17 KiB": lambda w, s: w.rsa.token(s, filler="x" * 13000),
    "nothing": lambda w, s: "..",
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_wrong_with_a_token_is_refused_and_not_told(world, person, case):
    token = REFUSED[case](world, person["subject"])
    direct = world.anyone.using(token=token).get("/v1/sessions/current", expect=401)
    assert direct.json == {**world.anyone.using(token="no.such.token").get("/v1/sessions/current", expect=401).json,
                           "request_id": direct["request_id"]}
    assert 'error="invalid_token"' in direct.header("www-authenticate")
    exchange = world.anyone.post("/v1/sessions", {"token": token})
    if len(token) > 16384:
        assert exchange.status == 422
    else:
        assert (exchange.status, exchange.code) == (401, "unauthenticated"), exchange


def test_the_log_says_why_at_level_debug_and_shows_no_token(world, person):
    before = len(world.daemon.log())
    world.anyone.using(token=world.rsa.token(person["subject"], aud="https://evil.test")).get("/v1/sessions/current", expect=401)
    said = world.daemon.log()[before:]
    assert "a token of issuer rsa is refused: aud does not name us" in said
    assert person["subject"] not in said and "evil" not in said


# ---- who it is ----

def test_a_person_is_nobody_until_an_operator_links_them(world):
    user = world.make.member(world.account)
    subject = unique("subject")
    token = world.rsa.token(subject, email=user["email"], email_verified=True)
    for reply in (world.anyone.using(token=token).get("/v1/sessions/current", expect=401),
                  world.anyone.post("/v1/sessions", {"token": token}, expect=401)):
        assert reply.code == "identity_unknown" and "cardea users link" in reply["detail"]
        assert user["email"] not in reply.body.decode()
    link(world, user, world.rsa, subject)
    accepted(world, token)
    where = urllib.parse.urlencode({"issuer": world.rsa.issuer, "subject": subject})
    world.root.delete(f"/v1/users/{user['id']}/identities?{where}", expect=204)
    assert world.anyone.using(token=token).get("/v1/sessions/current", expect=401).code == "identity_unknown"


def test_the_subject_counts_and_not_the_address(world):
    linked, other = world.make.member(world.account), world.make.member(world.account)
    subject = unique("subject")
    link(world, linked, world.rsa, subject)
    token = world.rsa.token(subject, email=other["email"], email_verified=True)
    assert world.anyone.using(token=token).get("/v1/sessions/current", expect=200)["user"] == linked["id"]
    same_subject_elsewhere = world.ec.token(subject, email=linked["email"])
    assert world.anyone.using(token=same_subject_elsewhere).get("/v1/sessions/current", expect=401).code == "identity_unknown"


def test_links_are_listed_and_only_root_makes_them(world, person):
    path = f"/v1/users/{person['id']}/identities"
    listed = world.root.get(path, expect=200).json
    assert listed["next_cursor"] is None
    assert {(i["issuer"], i["subject"], i["user"]) for i in listed["data"]} >= {(world.rsa.issuer, person["subject"], person["id"])}
    own = world.anyone.using(token=world.rsa.token(person["subject"]))
    assert own.get(path, expect=200).json == listed
    body = {"issuer": world.rsa.issuer, "subject": "mine too"}
    own.put(path, body, expect=403)
    own.delete(path + "?issuer=https%3A%2F%2Frsa.test%2F&subject=" + person["subject"], expect=403)
    own.get(f"/v1/users/{world.make.user()['id']}/identities", expect=404)
    world.anyone.get(path, expect=401)
    key = world.make.key(world.account)["key"]
    world.anyone.using(token=key).get(path, expect=403)


def test_a_subject_is_one_users(world, person):
    other = world.make.user()
    assert link(world, other, world.rsa, person["subject"], expect=409).code == "identity_taken"
    before = world.root.get(f"/v1/users/{person['id']}/identities", expect=200).json
    link(world, person, world.rsa, person["subject"])  # once more is no change
    assert world.root.get(f"/v1/users/{person['id']}/identities", expect=200).json == before
    where = urllib.parse.urlencode({"issuer": world.rsa.issuer, "subject": person["subject"]})
    assert world.root.delete(f"/v1/users/{other['id']}/identities?{where}", expect=404).code == "not_found"


@pytest.mark.parametrize("body, location", [
    ({"issuer": "https://nobody.test", "subject": "s"}, "/issuer"), ({"issuer": "https://rsa.test", "subject": "s"}, "/issuer"),
    ({"issuer": "https://rsa.test/", "subject": ""}, "/subject"), ({"issuer": "https://rsa.test/", "subject": "s" * 256}, "/subject"),
    ({"issuer": "https://rsa.test/", "subject": "a\nb"}, "/subject"), ({"issuer": "https://rsa.test/"}, "/subject"),
    ({"issuer": "https://rsa.test/", "subject": "s", "email": "x"}, "/email"), ({"issuer": 1, "subject": "s"}, "/issuer")], ids=str)
def test_bad_links(world, body, location):
    user = world.make.user()
    reply = world.root.put(f"/v1/users/{user['id']}/identities", body, expect=422)
    assert location in reply.locations


def test_links_have_a_limit_and_go_with_the_user(world):
    user = world.make.member(world.account)
    subjects = [unique("many") for _ in range(33)]
    for subject in subjects[:32]:
        link(world, user, world.rsa, subject)
    assert link(world, user, world.rsa, subjects[32], expect=409).code == "conflict"
    accepted(world, world.rsa.token(subjects[0]))
    world.root.delete(f"/v1/users/{user['id']}", expect=204)
    world.anyone.using(token=world.rsa.token(subjects[0])).get("/v1/sessions/current", expect=401)
    link(world, user, world.rsa, unique("erased"), expect=409)
    link(world, world.make.user(), world.rsa, subjects[0])


def test_what_ends_a_person_ends_their_tokens_at_once(world, person):
    token = world.rsa.token(person["subject"])
    direct, session = world.anyone.using(token=token), accepted(world, token)
    world.root.patch(f"/v1/users/{person['id']}", {"disabled": True}, expect=200)
    for client in (direct, session):
        client.get("/v1/sessions/current", expect=401)
    world.anyone.post("/v1/sessions", {"token": token}, expect=401)
    world.root.patch(f"/v1/users/{person['id']}", {"disabled": False}, expect=200)
    direct.get("/v1/sessions/current", expect=200)
    session.get("/v1/sessions/current", expect=401)
    world.root.delete(f"/v1/accounts/{world.account['id']}/members/{person['id']}", expect=204)
    direct.get("/v1/sessions/current", expect=403)
    world.anyone.post("/v1/sessions", {"token": token}, expect=403)


def test_a_role_is_as_it_is_now(world, person):
    direct = world.anyone.using(token=world.rsa.token(person["subject"]))
    made = direct.post("/v1/keys", {"name": "as admin", "scopes": ["read"]}, expect=201)
    direct.delete(f"/v1/keys/{made['id']}", expect=200)
    world.make.member(world.account, "viewer", person)
    direct.post("/v1/keys", {"name": "as viewer", "scopes": ["read"]}, expect=403)


def test_a_suspended_account_is_as_suspended_as_for_our_own_sessions(world):
    account = world.make.account()
    ours = world.make.session(account, "owner")
    subject = unique("subject")
    link(world, ours.user, world.rsa, subject)
    theirs = world.anyone.using(token=world.rsa.token(subject))
    world.root.patch(f"/v1/accounts/{account['id']}", {"status": "suspended"}, expect=200)
    for method, path, body in (("GET", "/v1/sessions/current", None), ("GET", "/v1/keys", None),
                               ("POST", "/v1/keys", {"name": "x", "scopes": ["read"]})):
        a, b = ours.call(method, path, body), theirs.call(method, path, body)
        assert (a.status, a.code) == (b.status, b.code), (a, b)


# ---- which account ----

@pytest.fixture
def traveller(world):
    """Of two accounts of one product and one of another."""
    user = world.make.user()
    user["accounts"] = [world.make.account("animam"), world.make.account("animam"), world.make.account("animus")]
    user["subject"] = unique("subject")
    for account in user["accounts"]:
        world.make.member(account, "admin", user)
    for issuer in (world.rsa, world.tenant):
        link(world, user, issuer, user["subject"])
    return user


def test_several_accounts_want_a_choice(world, traveller):
    token = world.rsa.token(traveller["subject"])
    reply = world.anyone.using(token=token).get("/v1/keys", expect=403)
    assert reply.code == "account_required" and "POST /v1/sessions" in reply["detail"]
    conflict = world.anyone.post("/v1/sessions", {"token": token}, expect=409)
    assert conflict.code == "account_required"
    assert {a["id"] for a in conflict["accounts"]} == {a["id"] for a in traveller["accounts"]}
    for account in traveller["accounts"]:
        made = world.anyone.post("/v1/sessions", {"token": token, "account": account["slug"]}, expect=201).json
        assert made["account"] == account["id"]
    foreign = world.make.account()
    world.anyone.post("/v1/sessions", {"token": token, "account": foreign["id"]}, expect=403)


def test_a_claim_chooses_among_ones_own_accounts_and_opens_no_other(world, traveller):
    first, second, third = traveller["accounts"]
    for account in traveller["accounts"]:
        for name in (account["id"], account["slug"], f"{account['profile']}/{account['slug']}"):
            accepted(world, world.tenant.token(traveller["subject"], org=name), account)
    token = world.tenant.token(traveller["subject"], org=first["slug"])
    assert world.anyone.post("/v1/sessions", {"token": token, "account": first["id"]}, expect=201)["account"] == first["id"]
    world.anyone.post("/v1/sessions", {"token": token, "account": second["id"]}, expect=403)
    foreign = world.make.account()
    for name in (foreign["id"], foreign["slug"], "nowhere"):
        token = world.tenant.token(traveller["subject"], org=name)
        assert world.anyone.using(token=token).get("/v1/keys", expect=403).code == "forbidden"
        world.anyone.post("/v1/sessions", {"token": token}, expect=403)
    assert world.anyone.using(token=world.tenant.token(traveller["subject"])).get("/v1/keys", expect=403).code == "account_required"
    assert third


def test_whom_an_issuer_sent_to_an_account_stays_there(world, traveller):
    first, second, _ = traveller["accounts"]
    token = world.tenant.token(traveller["subject"], org=first["slug"])
    made = world.anyone.post("/v1/sessions", {"token": token}, expect=201).json
    for bearer in (made["jwt"], token):
        refused = world.anyone.using(token=bearer).post("/v1/sessions/switch", {"account": second["id"]}, expect=403)
        assert "vouched" in refused["detail"]
    world.anyone.using(token=made["jwt"]).get("/v1/keys", expect=200)


def test_on_a_products_host_its_account_is_meant(world, traveller):
    token = world.rsa.token(traveller["subject"])
    first, second, third = traveller["accounts"]
    animus = world.anyone.using(token=token, host="api.animus.so")
    made = animus.post("/api/v1/api-keys", {"name": "there", "scopes": ["read"]}, expect=201).json
    assert made["account"] == third["id"]
    animus.delete(f"/api/v1/api-keys/{made['id']}", expect=200)
    stranger = world.make.member(world.make.account("anima"))
    stranger["subject"] = unique("subject")
    link(world, stranger, world.rsa, stranger["subject"])
    animus.using(token=world.rsa.token(stranger["subject"])).get("/api/v1/api-keys", expect=403)


def test_a_tenant_in_the_path_is_the_account(world, traveller):
    first, second, _ = traveller["accounts"]
    animam = world.anyone.using(token=world.rsa.token(traveller["subject"]), host="api.animam.ai")
    for account in (first, second):
        made = animam.post(f"/tenants/{account['slug']}/tokens", {"name": "there", "scopes": ["corpus:read"]}, expect=201).json
        assert made["account"] == account["id"]
        assert [k["id"] for k in animam.get(f"/tenants/{account['slug']}/tokens", expect=200)["data"]] == [made["id"]]
    foreign = world.make.account("animam")
    assert animam.get(f"/tenants/{foreign['slug']}/tokens", expect=403).json == {"error": "Forbidden"}
    # What the issuer made for one account is good at no other tenant's path.
    animam = animam.using(token=world.tenant.token(traveller["subject"], org=first["slug"]))
    animam.get(f"/tenants/{first['slug']}/tokens", expect=200)
    assert animam.get(f"/tenants/{second['slug']}/tokens", expect=403).json == {"error": "Forbidden"}


# ---- from the command line ----

def test_the_command_line_links(world, tmp_path):
    user = world.make.member(world.account)
    cli = Cli(tmp_path / "home", CARDEA_API_KEY=world.root.token, CARDEA_API_URL=f"http://127.0.0.1:{world.daemon.port}")
    subject = unique("cli subject & more")
    cli("users", "link", user["id"], "--issuer", world.rsa.issuer, "--subject", subject)
    accepted(world, world.rsa.token(subject))
    assert cli("users", "identities", user["id"]).rows[0][:2] == [world.rsa.issuer, subject]
    assert cli("users", "identities", user["id"], "--json").json["data"][0]["subject"] == subject
    cli("users", "unlink", user["id"], "--issuer", world.rsa.issuer, "--subject", subject)
    ask(world, world.rsa.token(subject), 401)
    assert cli("users", "identities", user["id"]).out == ""
    assert cli("users", "link", user["id"], "--issuer", "https://nobody.test", "--subject", "s", code=None).code != 0
