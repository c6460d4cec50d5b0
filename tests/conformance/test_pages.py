"""The pages' own commands, typed as they are printed, over TLS, through the demo's gateway, to the products' own answers.

Each command stands here as its page has it; keys, slugs, ids and tokens alone are filled in. What makes the products' names lead to
this machine is the .curlrc that the demo writes (cacert, connect-to), found by CURL_HOME. A copy of it also fixes the version of HTTP
and has curl tell, on stderr, what it got."""

import hashlib
import json
import re
import secrets
import subprocess

import pytest

from cardea_test.client import Client
from cardea_test.daemon import PROGRAM, environment
from cardea_test.keys import mint
from cardea_test.leaks import REGISTRY

ANIMUS_USE = r'''curl https://api.animus.so/api/v1/content/recent \
  -H "Authorization: Bearer anm_your_api_key_here"'''
ANIMUS_LIST = r'''# List your keys
curl https://api.animus.so/api/v1/api-keys \
  -H "Authorization: Bearer YOUR_JWT_TOKEN"'''
ANIMUS_REVOKE = r'''# Revoke a key
curl -X DELETE https://api.animus.so/api/v1/api-keys/KEY_ID \
  -H "Authorization: Bearer YOUR_JWT_TOKEN"'''
ANIMAM_USE = r'''curl https://api.animam.ai/tenants/{slug}/corpus \
  -H "Authorization: Bearer ak_your_token"'''
ANIMAM_READ = r'''# OK
curl https://api.animam.ai/tenants/{slug}/corpus \
  -H "Authorization: Bearer ak_corpus_readonly"'''
ANIMAM_WRITE = r'''# 403 Forbidden
curl -X POST https://api.animam.ai/tenants/{slug}/corpus \
  -H "Authorization: Bearer ak_corpus_readonly" \
  -d '{"title": "Test"}' '''.rstrip()
ANIMAM_LEGACY = r'''curl https://api.animam.ai/tenants/{slug}/corpus \
  -H "X-API-Key: your_old_key"'''
ANYFORMAT_USE = r'''curl "https://api.anyformat.ai/v2/workflows/" \
     -H "Authorization: Bearer YOUR_API_KEY"'''


class Typed:
    """A shell in which `curl` finds its .curlrc; `version` says that of HTTP, or leaves it to curl."""

    def __init__(self, demo, folder, version):
        self.folder, self.version = folder, version
        rc = (demo.data / ".curlrc").read_text()
        assert set(re.findall(r"^([a-z-]+) = ", rc, re.M)) == {"cacert", "connect-to"}, "nothing else is needed"
        (folder / ".curlrc").write_text(f'{rc}http{version}\nsilent\nshow-error\nwrite-out = "%{{stderr}}%{{http_version}} %{{http_code}}\\n"\n')

    def __call__(self, command, **filled):
        for name, value in filled.items():
            assert name in command
            command = command.replace(name, value)
        done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, timeout=30, env=environment(CURL_HOME=str(self.folder)))
        assert done.returncode == 0, (command, done.stderr)
        version, status = done.stderr.split()
        assert version == {"1.1": "1.1", "2": "2"}[self.version]
        return int(status), done.stdout

    def json(self, command, **filled):
        status, body = self(command, **filled)
        return status, json.loads(body)


@pytest.fixture(params=["1.1", "2"], ids=["HTTP/1.1", "HTTP/2"])
def typed(request, demo, tmp_path):
    return Typed(demo, tmp_path, request.param)


@pytest.fixture
def root(demo_make):
    """The pages' answers come from the demo, not from the daemon that the other files share."""
    return demo_make.root


def at(root, host, token):
    return root.using(token=token, host=host)


def import_legacy(root, account):
    old = f"old-{secrets.token_hex(16)}"
    REGISTRY.add("key", old)
    root.post("/v1/keys/import", {"account": account["id"], "kind": "legacy", "keys": [
        {"sha256": hashlib.sha256(old.encode()).hexdigest(), "name": "old shop"}]}, expect=201)
    return old


def test_AS3_content_by_the_page_s_command(typed, root, demo_make):
    """AS3: `Authorization: Bearer`; GET /api/v1/content/recent answers with the account's own content, and with nobody else's."""
    mine, theirs = (demo_make.key(demo_make.account("animus"), scopes=["read", "write"]) for _ in range(2))
    made = [at(root, "api.animus.so", key["key"]).post("/api/v1/content", {"title": title}, expect=201).json
            for key, title in ((mine, "Tides"), (theirs, "Somebody else's"))]
    assert [m["account"] for m in made] == [mine["account"], theirs["account"]] and made[0]["created_by"] == mine["id"]
    assert typed.json(ANIMUS_USE, anm_your_api_key_here=mine["key"]) == (200, {"data": [made[0]]})
    status, refused = typed.json(ANIMUS_USE)
    assert status == 401 and refused["status"] == 401, "the page's placeholder is no key"
    root.delete(f"/v1/keys/{mine['id']}", expect=200)
    assert typed(ANIMUS_USE, anm_your_api_key_here=mine["key"])[0] == 401
    assert typed(ANIMUS_USE, anm_your_api_key_here=theirs["key"])[0] == 200


def test_AS10_AS11_keys_by_the_page_s_commands(typed, root, demo):
    """AS10: list and revoke by the page's two commands, with the JWT of a person of the demo. AS11: with a key they are refused."""
    told = demo.demo_file()["profiles"]["animus"]
    owner = next(u for u in told["users"] if u["role"] == "owner")
    app = at(root, "api.animus.so", owner["jwt"])
    made = app.post("/api/v1/api-keys", {"name": "from the page", "scopes": ["read"]}, expect=201).json
    status, listed = typed.json(ANIMUS_LIST, YOUR_JWT_TOKEN=owner["jwt"])
    assert status == 200 and made["id"] in {k["id"] for k in listed["data"]} and made["key"] not in json.dumps(listed)
    for command in (ANIMUS_LIST, ANIMUS_REVOKE):
        assert typed(command, YOUR_JWT_TOKEN=made["key"])[0] == 403
    assert typed(ANIMUS_USE, anm_your_api_key_here=made["key"])[0] == 200
    status, revoked = typed.json(ANIMUS_REVOKE, KEY_ID=made["id"], YOUR_JWT_TOKEN=owner["jwt"])
    assert status == 200 and revoked["status"] == "revoked"
    assert typed(ANIMUS_USE, anm_your_api_key_here=made["key"])[0] == 401


def test_AM1_the_corpus_by_the_page_s_command(typed, root, demo_make):
    """AM1: `Authorization: Bearer ak_…` on /tenants/{slug}/corpus: the tenant's own corpus; another tenant's slug is refused."""
    one, two = demo_make.account("animam"), demo_make.account("animam")
    key = demo_make.key(one, scopes=["*"])["key"]
    made = at(root, "api.animam.ai", key).post(f"/tenants/{one['slug']}/corpus", {"title": "Ours"}, expect=201).json
    assert typed.json(ANIMAM_USE, **{"{slug}": one["slug"], "ak_your_token": key}) == (200, {"data": [made]})
    assert made["account"] == one["id"]
    assert typed(ANIMAM_USE, **{"{slug}": two["slug"], "ak_your_token": key}) == (403, '{"error": "Forbidden"}')
    assert typed(ANIMAM_USE, **{"{slug}": one["slug"]}) == (401, '{"error": "Unauthorized"}')


def test_AM4_the_page_s_example(typed, root, demo_make):
    """AM4: `corpus:read` may GET the corpus; its POST gets 403 with the page's exact body, and nothing was written."""
    account = demo_make.account("animam")
    filled = {"{slug}": account["slug"], "ak_corpus_readonly": demo_make.key(account, scopes=["corpus:read"])["key"]}
    assert typed.json(ANIMAM_READ, **filled) == (200, {"data": []})
    assert typed(ANIMAM_WRITE, **filled) == (403, '{"error": "Missing required scope: corpus:write"}')
    assert typed.json(ANIMAM_READ, **filled) == (200, {"data": []})
    writer = demo_make.key(account, scopes=["corpus:read", "corpus:write"])["key"]
    status, made = typed.json(ANIMAM_WRITE, **{**filled, "ak_corpus_readonly": writer})
    assert (status, made["title"], made["account"]) == (201, "Test", account["id"])
    assert typed.json(ANIMAM_READ, **filled) == (200, {"data": [made]})


def test_AM7_a_legacy_key_by_the_page_s_command(typed, root, demo_make):
    """AM7: `X-API-Key: your_old_key` reaches the corpus of its own tenant; its use is counted where it can be seen."""
    account, other = demo_make.account("animam"), demo_make.account("animam")
    old = import_legacy(root, account)
    assert typed.json(ANIMAM_LEGACY, **{"{slug}": account["slug"], "your_old_key": old}) == (200, {"data": []})
    assert typed(ANIMAM_LEGACY, **{"{slug}": other["slug"], "your_old_key": old}) == (403, '{"error": "Forbidden"}')
    assert typed(ANIMAM_LEGACY, **{"{slug}": account["slug"]}) == (401, '{"error": "Unauthorized"}')
    [seen] = root.get(f"/v1/keys?account={account['id']}&kind=legacy", expect=200)["data"]
    assert seen["use_count"] == 1 and seen["last_used_at"]


@pytest.mark.parametrize("header", ["Authorization", "authorization", "AUTHORIZATION", "aUtHoRiZaTiOn"])
def test_AF2_workflows_by_the_page_s_command(typed, root, demo_make, header):
    """AF2: `Authorization: Bearer KEY` in any casing of the header name; /v2/workflows/ answers with the organization's own."""
    keys = []
    for _ in range(2):
        owner = demo_make.session(demo_make.account("anyformat"), "owner")
        keys.append(owner.post("/v1/keys", {"name": "the key"}, expect=201).json)
    mine = at(root, "api.anyformat.ai", keys[0]["key"]).post("/v2/workflows/", {"name": "Invoices"}, expect=201).json
    command = ANYFORMAT_USE.replace("Authorization", header)
    assert typed.json(command, YOUR_API_KEY=keys[0]["key"]) == (200, {"data": [mine]}) and mine["account"] == keys[0]["account"]
    assert typed.json(command, YOUR_API_KEY=keys[1]["key"]) == (200, {"data": []})
    assert typed(command)[0] == 401


def test_AF8_public_without_a_key(typed):
    """AF8: `/`, `/health/`, `/schema/`, `/docs/` need no key, and a wrong one does no harm; everything else needs one."""
    for header in ("", ' -H "Authorization: Bearer YOUR_API_KEY"'):
        assert typed.json(f"curl https://api.anyformat.ai/{header}") == (200, {"name": "anyformat", "schema": "/schema/", "docs": "/docs/"})
        assert typed.json(f"curl https://api.anyformat.ai/health/{header}") == (200, {"status": "ok"})
        status, schema = typed.json(f"curl https://api.anyformat.ai/schema/{header}")
        assert status == 200 and schema["openapi"].startswith("3.") and "/v2/workflows" in schema["paths"]
        assert not [path for path in schema["paths"] if "key" in path], "AF7: no key management in the description either"
        status, page = typed(f"curl https://api.anyformat.ai/docs/{header}")
        assert status == 200 and page.startswith("<!doctype html>")
    for path in ("v2/workflows/", "v2/files/", "v2/webhooks/"):
        assert typed(f"curl https://api.anyformat.ai/{path}")[0] == 401
    assert typed("curl -X POST https://api.anyformat.ai/")[0] == 404


@pytest.mark.parametrize("url", ["https://docs.animam.ai/llms.txt", "https://api.animam.ai/llms.txt", "https://docs.open-animate.com/llms.txt",
                                 "https://api.open-animate.com/llms.txt"])
def test_AM10_OA11_the_index_at_the_pages_own_addresses(typed, url):
    """AM10, OA11: the documentation index is where the pages say that it is."""
    status, text = typed(f"curl {url}")
    assert status == 200 and text.startswith("# ") and "](/llms/" in text


def test_the_demo_s_curlrc_is_enough(demo, root, demo_make):
    """AS3, AM4, AM7, AF2: the same with the very file that the demo wrote, and whatever version curl asks for."""
    def plain(command, **filled):
        for name, value in filled.items():
            command = command.replace(name, value)
        done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, timeout=30, env=environment(CURL_HOME=str(demo.data)))
        assert done.returncode == 0, done.stderr
        return done.stdout

    tenant = demo_make.account("animam")
    reader = demo_make.key(tenant, scopes=["corpus:read"])["key"]
    owner = demo_make.session(demo_make.account("anyformat"), "owner")
    for answer in (plain(ANIMUS_USE, anm_your_api_key_here=demo_make.key(demo_make.account("animus"), scopes=["read"])["key"]),
                   plain(ANIMAM_READ, **{"{slug}": tenant["slug"], "ak_corpus_readonly": reader}),
                   plain(ANIMAM_LEGACY, **{"{slug}": tenant["slug"], "your_old_key": import_legacy(root, tenant)}),
                   plain(ANYFORMAT_USE, YOUR_API_KEY=owner.post("/v1/keys", {"name": "x"}, expect=201)["key"])):
        assert json.loads(answer) == {"data": []}
    assert plain(ANIMAM_WRITE, **{"{slug}": tenant["slug"], "ak_corpus_readonly": reader}) == '{"error": "Missing required scope: corpus:write"}'


@pytest.fixture(params=["base", "tls_base"])
def oanim(request, demo, tmp_path):
    """A shell with `oanim` on its path, which reaches Open Animate at the demo's address, in the clear or over TLS."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "oanim").symlink_to(PROGRAM)
    told = demo.demo_file()
    env = environment(HOME=str(tmp_path), OANIM_API_URL=told["profiles"]["open-animate"][request.param], SSL_CERT_FILE=told["ca_file"])
    env["PATH"] = f"{tmp_path / 'bin'}:{env.get('PATH', '/usr/bin:/bin')}"

    def type_it(line, code=0, **more):
        done = subprocess.run(["/bin/sh", "-c", line], capture_output=True, text=True, timeout=60, cwd=tmp_path, env={**env, **more})
        for key in re.findall(r"anim_[0-9a-z]{8}_[0-9a-z]{24}", done.stdout):
            REGISTRY.add("key", key)
        assert done.returncode == code, f"{line}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    return type_it


def test_OA1_to_OA5_through_the_gateway(oanim, root, demo_make, tmp_path):
    """OA1-OA5: the page's own lines, in its order, at the gateway: create, list, an image, login, revoke, and then nothing works."""
    account = demo_make.account("open-animate")
    first = demo_make.key(account, name="first")
    made = oanim('oanim api-keys create --name "ci-pipeline"', ANIMATE_API_KEY=first["key"])
    key = re.search(r"^Key:    (anim_\w{8}_\w{24})$", made, re.M)[1]
    assert made.startswith(f"Name:   ci-pipeline\nPrefix: {key[:13]}\nKey:    {key}\n") and "⚠ Save this key" in made
    listed = oanim("oanim api-keys list", ANIMATE_API_KEY=key)
    assert {line.split("\t")[0] for line in listed.splitlines()} == {"first", "ci-pipeline"} and key not in listed
    oanim(f'export ANIMATE_API_KEY={key}\noanim assets gen-image --prompt "gradient" --out bg.png')
    image = (tmp_path / "bg.png").read_bytes()
    assert image.startswith(b"\x89PNG\r\n\x1a\n") and image.endswith(b"IEND\xaeB`\x82")
    oanim("oanim login --token $ANIMATE_API_KEY", ANIMATE_API_KEY=key)
    [asset] = [line for line in oanim("oanim assets list").splitlines() if line]
    assert "gradient" in asset
    stranger = demo_make.key(demo_make.account("open-animate"))["key"]
    assert oanim("oanim assets list", ANIMATE_API_KEY=stranger) == "", "assets are the account's own"
    key_id = root.verify(key)["key_id"]
    oanim(f"oanim api-keys revoke {key_id}", ANIMATE_API_KEY=first["key"])
    oanim('oanim assets gen-image --prompt "gradient" --out other.png', code=4)
    oanim("oanim api-keys list", code=4)
    assert not (tmp_path / "other.png").exists()


def test_the_others_hosts_are_none_of_a_product_s(demo, demo_make):
    """AS1, AM1, AF3: a key of one product opens nothing at another's host, whatever the path."""
    key = demo_make.key(demo_make.account("animus"), scopes=["read"])["key"]
    tenant = demo_make.account("animam")["slug"]
    for host, path in (("api.animam.ai", f"/tenants/{tenant}/corpus"), ("api.anyformat.ai", "/v2/workflows/"), ("api.open-animate.com", "/v1/assets"),
                       ("api.anyformat.ai", "/api/v1/content/recent")):
        assert Client(demo.port, key, host=host).get(path).status in (401, 403, 404)
    assert Client(demo.port, mint("anm_", 32), host="api.animus.so").get("/api/v1/content/recent").status == 401
