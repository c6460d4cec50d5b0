"""Decisions as data: rule, request, verdict, one a line of a .tsv file, through /v1/authorize/{profile}.

Columns: what is shown; credential; method; path with query; expected decision; expected status. The decision is a code, for
INSUFFICIENT_SCOPE with the scope that lacks; KEY_IN_URL is a key found where none may stand; a code in lower case is the
server's own refusal, before anything is decided. `{slug}` stands for the account's slug, `{held}` for a key that works, `{rest}`
for all of it but the first letter, `{nul}`, `{control}`, `{space}` and `{long}` for what they say; each table adds its own."""

import base64
import csv
import http.client
import pathlib

import pytest

from cardea_test.client import Reply
from cardea_test.leaks import REGISTRY

HERE = pathlib.Path(__file__).resolve().parent
COLUMNS = ["shows", "credential", "method", "target", "decision", "status"]
WORDS = {"nul": "\0", "control": "\x01", "space": " ", "long": "a" * 9000}


def read(name):
    with open(HERE / name, newline="") as f:
        lines = [line for line in f if line.strip() and not line.startswith("#")]
    return list(csv.DictReader(lines, fieldnames=COLUMNS, delimiter="\t", quoting=csv.QUOTE_NONE))[1:]


def rows(name):
    return [pytest.param(row, id=f"{i}:{row['shows']}") for i, row in enumerate(read(name), 1)]


def hostile(good, second):
    """Ways to send the key `good`, by name, as lists of headers; `second` is another key that works. Not all are hostile, but
    all have been read differently by some server."""
    name, bearer = "Authorization", f"Bearer {good}"
    other = "0" if good[-1] != "0" else "1"
    values = {
        "lower-case scheme": f"bearer {good}", "upper-case scheme": f"BEARER {good}", "mixed-case scheme": f"bEaReR {good}",
        "leading spaces": f"   {bearer}", "leading tabs": f"\t\t {bearer}", "trailing spaces": f"{bearer}   ", "trailing tabs": f"{bearer} \t\t",
        "two spaces": f"Bearer  {good}", "a tab between": f"Bearer\t{good}", "nothing between": f"Bearer{good}", "a colon between": f"Bearer: {good}",
        "scheme alone": "Bearer", "empty": "Bearer ", "empty header": "", "bare": good, "quoted": f'Bearer "{good}"', "named": f"Bearer token={good}",
        "two in one": f"{bearer}, Bearer {second}", "a list of keys": f"{bearer},{second}", "a comma behind": f"{bearer},", "two words": f"{bearer} {second}",
        "percent-encoded": f"Bearer %{ord(good[0]):02x}{good[1:]}", "basic": f"Basic {good}", "Token": f"Token {good}",
        "basic pair": "Basic " + base64.b64encode(f"{good}:".encode()).decode(),
        "NUL before": f"Bearer \0{good}", "NUL inside": f"{bearer[:15]}\0{bearer[15:]}", "NUL behind": f"{bearer}\0", "control": f"{bearer}\x01",
        "DEL": f"{bearer}\x7f", "beyond ASCII": f"{bearer}\xe9", "8 KiB": "Bearer " + "A" * 8192, "8 KiB behind the key": bearer + "A" * 8192,
        "mistyped": bearer[:-1] + other, "mistyped inside": f"Bearer {good[:-9]}{'0' if good[-9] != '0' else '1'}{good[-8:]}",
        "cut short": bearer[:-1], "cut in front": f"Bearer {good[1:]}", "half": f"Bearer {good[:len(good) // 2]}", "too long": f"{bearer}x",
        "twice over": f"{bearer}{good}", "swapped case": f"Bearer {good.swapcase()}",
    }
    return {how: [(name, value)] for how, value in values.items()} | {
        "none": [], "public": [], "lower-case header": [(name.lower(), bearer)], "upper-case header": [(name.upper(), bearer)],
        "mixed-case header": [("aUthOrizaTion", bearer)], "beside a cookie": [(name, bearer), ("Cookie", f"api_key={second}")],
        "Authorization twice": [(name, bearer)] * 2, "two keys": [(name, bearer), (name, f"Bearer {second}")],
        "two casings": [(name, bearer), (name.lower(), bearer)], "beside an empty one": [(name, bearer), (name, "")],
        "beside Basic": [(name, bearer), (name, "Basic eDp5")], "junk in front": [(name, "x"), (name, bearer)],
        "in a cookie": [("Cookie", f"api_key={good}; Authorization={bearer}")], "X-API-Key": [("X-API-Key", good)],
        "Proxy-Authorization": [("Proxy-Authorization", bearer)], "X-Authorization": [("X-Authorization", bearer)],
        "Authorization_": [("Authorization_", bearer)], "beside an X-API-Key": [(name, bearer), ("X-API-Key", second)],
    }


def lives(root, make, account, **more):
    """Keys whose account or maker came to an end, and what is no key: header dictionaries by name. `more` goes into each key."""
    gone = make.account(account["profile"])
    made = {"account deleted": make.key(gone, **more)["key"], "session": make.session(account, "owner").token, "root": root.token}
    for how in ("maker disabled", "maker removed"):
        maker = make.session(account, "admin")
        made[how] = maker.post("/v1/keys", {"name": how, **more}, expect=201)["key"]
        if how == "maker disabled":
            root.patch(f"/v1/users/{maker.user['id']}", {"disabled": True}, expect=200)
        else:
            root.delete(f"/v1/accounts/{account['id']}/members/{maker.user['id']}", expect=(200, 204))
    root.delete(f"/v1/accounts/{gone['id']}", expect=(200, 204))
    return {how: {"Authorization": f"Bearer {key}"} for how, key in made.items()}


def decide(client, profile, row, credentials, slug, **words):
    """The reply to one row's request. Credentials are header dictionaries by name, or lists of pairs, where one may stand twice."""
    headers = credentials[row["credential"]]
    target = row["target"]
    for word, text in {**WORDS, "slug": slug, **words}.items():
        target = target.replace("{%s}" % word, text)
    pairs = headers if isinstance(headers, list) else list(headers.items())
    return send_pairs(client.port, row["method"], f"/v1/authorize/{profile}{target}", pairs)


class Unchecked(http.client.HTTPConnection):
    """Sends what it is told to."""

    def _validate_method(self, method):
        pass

    def _validate_path(self, url):
        pass

    def _encode_request(self, request):
        return request.encode("latin-1")


def send_pairs(port, method, target, pairs, host=None):
    """One request with its headers exactly as they are given, in their order and casing."""
    connection = Unchecked("127.0.0.1", port, timeout=30)
    connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
    for name, value in [("Host", host or f"127.0.0.1:{port}"), *pairs]:
        connection.putheader(name, value)
    connection.endheaders()
    response = connection.getresponse()
    reply = Reply(response.status, [(k.lower(), v) for k, v in response.getheaders()], response.read())
    connection.close()
    leaked = REGISTRY.find(reply.body) + [found for _, value in reply.headers for found in REGISTRY.find(value.encode())]
    assert not leaked, f"the reply shows {leaked}"
    return reply


# Outside, what is unknown, revoked, disabled and malformed looks the same; a key in the URL too, but is told why.
SEEN_AS = {"REVOKED": "NOT_FOUND", "DISABLED": "NOT_FOUND", "MALFORMED": "NOT_FOUND", "KEY_IN_URL": "NOT_FOUND"}
IN_URL = "A key stood in the URL, where logs keep it."
DETAILS = {
    "MISSING": "This needs a credential, and none was sent.", "NOT_FOUND": "The credential is not valid here.", "EXPIRED": "The credential has expired.",
    "WRONG_ACCOUNT": "The key belongs to another account.", "WRONG_AGENT": "The key belongs to another agent.",
    "INSUFFICIENT_SCOPE": "The key lacks the scope that this needs.", "INSUFFICIENT_ROLE": "The caller's role in the account does not allow this.",
    "IP_DENIED": "The key may not be used from this address.", "ACCOUNT_SUSPENDED": "The account is suspended.",
    "CLIENT_SIDE": "This key is for servers only, and came from a browser page.", "NO_ROUTE": "No route of this product answers to this.",
    "AMBIGUOUS": "More than one credential was sent.", "RATE_LIMITED": "The key's rate limit is reached.", "CREDITS_EXHAUSTED": "The key's credits are used up.",
}


def challenge(realm, code, scope, status):
    """What RFC 6750 wants in WWW-Authenticate; None: no challenge."""
    start = f'Bearer realm="{realm}"'
    if code == "MISSING":
        return start
    if code == "KEY_IN_URL":
        return f'{start}, error="invalid_token", error_description="{IN_URL}"'
    if code == "AMBIGUOUS":
        return f'{start}, error="invalid_request"'
    if status == 401 or code == "EXPIRED":
        return f'{start}, error="invalid_token"'
    if status == 403:
        return f'{start}, error="insufficient_scope"' + (f', scope="{scope}"' if scope else "")
    return None


def check_problem(reply, code, scope, detail):
    assert reply.header("content-type") == "application/problem+json", reply
    problem = reply.json
    assert (problem["code"], problem["status"], problem["type"]) == (code, reply.status, f"/docs/errors/{code}"), reply
    assert problem["title"] and problem["request_id"] == reply.header("x-request-id")
    if detail:
        (hint,) = problem["errors"]
        location = "query" if detail == IN_URL else "path" if code == "NO_ROUTE" else "header/Authorization"
        assert problem["detail"] == hint["message"] == detail and hint["location"] == location, reply
        assert f"`{scope}`" in hint["fix"] if scope else hint["fix"], reply


def check(reply, row, realm, bodies=None):
    """`bodies`: the profile's own bodies by decision; any other refusal is problem+json with the decision's code."""
    code, _, scope = row["decision"].partition(" ")
    seen = SEEN_AS.get(code, code)
    assert reply.status == int(row["status"]), reply
    if code == "VALID":
        assert reply.body == b"" and (reply.header("cardea-key-id") or row["credential"] == "public")
        return
    assert reply.header("www-authenticate") == challenge(realm, code, scope, reply.status), reply.headers
    own = (bodies or {}).get(f"{seen} {scope}" if scope else seen)
    if row["method"] == "HEAD":
        assert reply.body == b""
    elif own:
        assert reply.body.decode() == own and reply.header("content-type") == "application/json", reply
    else:
        check_problem(reply, seen, scope, IN_URL if code == "KEY_IN_URL" else DETAILS.get(seen))
    for name in ("cardea-key-id", "cardea-account", "cardea-user", "cardea-agent", "cardea-scopes", "cardea-kind"):
        assert reply.header(name) is None
