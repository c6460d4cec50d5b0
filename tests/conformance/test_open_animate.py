"""The Open Animate page, statement by statement (shared/spec.md names them), its commands typed as printed."""

import hashlib
import re
import socket
import stat
import struct
import subprocess
import threading
import zlib
from urllib.parse import urlencode

import pytest

import table
from cardea_test import docs
from cardea_test.client import Client
from cardea_test.daemon import PROGRAM, environment
from cardea_test.leaks import REGISTRY
from cardea_test.moments import soon, wait_past
from cardea_test.nginx import ProductServer
from cardea_test.receiver import until

HOST = "api.open-animate.com"
KEYS = "/v1/api-keys"
KEY = re.compile(r"anim_[0-9a-z]{8}_[0-9a-z]{24}")


class Shell:
    """A home folder, the name `oanim` on the path, and the server's address in the environment."""

    def __init__(self, folder, port):
        self.home, self.bin = folder / "home", folder / "bin"
        self.home.mkdir()
        self.bin.mkdir()
        (self.bin / "oanim").symlink_to(PROGRAM)
        self.env = environment(HOME=str(self.home), OANIM_API_URL=f"http://127.0.0.1:{port}")
        self.env["PATH"] = f"{self.bin}:{self.env.get('PATH', '/usr/bin:/bin')}"

    def __call__(self, line, ok=True, stdin=None, **env):
        """Types a line as the page prints it. The shell is a real one, so that quotes and $VARIABLES mean what they mean."""
        done = subprocess.run(["/bin/sh", "-c", line], capture_output=True, text=True, timeout=60, input=stdin, cwd=self.home, env={**self.env, **env})
        for key in KEY.findall(done.stdout):
            REGISTRY.add("key", key)
        assert not REGISTRY.find(done.stderr.encode()), f"stderr of {line} shows a secret"
        assert not ok or done.returncode == 0, f"{line}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done

    @property
    def credentials(self):
        return self.home / ".oanim" / "credentials.yaml"


@pytest.fixture
def account(make):
    return make.account("open-animate")


@pytest.fixture
def shell(tmp_path, shared):
    return Shell(tmp_path, shared.port)


@pytest.fixture
def first(make, account):
    """The key that somebody was given to begin with."""
    return make.key(account, name="first")


@pytest.fixture
def me(shell, first):
    """A shell whose environment has a key, as the page recommends."""
    shell.env["ANIMATE_API_KEY"] = first["key"]
    return shell


def block(text):
    lines = text.splitlines()
    return lines, dict(re.match(r"(\w+):\s+(.*)", line).groups() for line in lines if re.match(r"(Name|Prefix|Key):", line))


def test_OA1_create_prints_name_prefix_key_and_a_warning(me, root, account):
    """OA1: `oanim api-keys create --name "ci-pipeline"` prints Name, Prefix, Key and a save-it-now warning."""
    done = me('oanim api-keys create --name "ci-pipeline"')
    lines, told = block(done.stdout)
    assert lines[0] == "Name:   ci-pipeline"
    assert lines[1] == f"Prefix: {told['Key'][:13]}" and lines[2] == f"Key:    {told['Key']}"
    assert KEY.fullmatch(told["Key"]) and told["Prefix"] == told["Key"][:13]
    assert "⚠ Save this key — it will not be shown again." in done.stdout
    decision = root.verify(told["Key"])
    assert decision["valid"] and decision["account"] == account["id"]


def test_OA2_list_shows_name_prefix_creation_and_last_use(me, root, first):
    """OA2: `oanim api-keys list` shows name, prefix, creation date, last-used date."""
    me('oanim api-keys create --name "ci-pipeline"')
    fresh = me("oanim api-keys create --name never-used --quiet").stdout.strip()
    until(lambda: root.get(f"/v1/keys/{first['id']}", expect=200)["last_used_at"])
    rows = [line.split("\t") for line in me("oanim api-keys list").stdout.splitlines()]
    by_name = {row[0]: row for row in rows}
    assert set(by_name) == {"first", "ci-pipeline", "never-used"}
    for name, prefix, created, last_used, *_ in rows:
        assert re.fullmatch(r"anim_[0-9a-z]{8}", prefix)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", created)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", by_name["first"][3]), "the key that listed them has been used"
    assert by_name["never-used"][3] == "" and by_name["never-used"][1] == fresh[:13]
    assert first["key"] not in me("oanim api-keys list").stdout


def test_OA2_on_a_terminal_it_is_a_table(me):
    """OA2: for people the columns have headings."""
    done = subprocess.run(["script", "-qec", "oanim api-keys list", "/dev/null"], capture_output=True, text=True, timeout=60, env={**me.env, "TERM": "dumb", "NO_COLOR": "1"}, cwd=me.home)
    head = done.stdout.splitlines()[0]
    assert all(word in head for word in ("NAME", "PREFIX", "CREATED", "LAST USED")), done.stdout


def test_OA3_revoke_by_id_is_at_once(me, root):
    """OA3: `oanim api-keys revoke <key-id>`: at once, every request with it fails."""
    key = me('oanim api-keys create --name "ci-pipeline" --quiet').stdout.strip()
    key_id = root.verify(key)["key_id"]
    caller = root.using(token=key)
    caller.get("/v1/authorize/open-animate/v1/assets", expect=200)
    me(f"oanim api-keys revoke {key_id}")
    for method, path in (("GET", "/v1/assets"), ("POST", "/v1/assets/gen-image")):
        assert caller.call(method, f"/v1/authorize/open-animate{path}").status == 401
    assert caller.using(host=HOST).get(KEYS).status == 401
    assert root.verify(key)["code"] == "REVOKED"
    assert me("oanim api-keys list", ok=False, ANIMATE_API_KEY=key).returncode == 4


def test_OA3_revoke_by_prefix_and_several(me, root):
    """OA3: by visible prefix too; several need --yes where nobody can be asked."""
    keys = [me(f"oanim api-keys create --name k{i} --quiet").stdout.strip() for i in range(3)]
    me(f"oanim api-keys revoke {keys[0][:13]}")
    assert root.verify(keys[0])["code"] == "REVOKED"
    refused = me(f"oanim api-keys revoke {keys[1][:13]} {keys[2][:13]}", ok=False)
    assert refused.returncode == 2 and "--yes" in refused.stderr
    assert root.verify(keys[1])["valid"] and root.verify(keys[2])["valid"]
    me(f"oanim api-keys revoke {keys[1][:13]} {keys[2][:13]} --yes")
    assert [root.verify(k)["code"] for k in keys[1:]] == ["REVOKED", "REVOKED"]
    assert me("oanim api-keys revoke key_0000000000000", ok=False).returncode == 3
    assert me("oanim api-keys revoke anim_zzzzzzzz", ok=False).returncode == 3


PAGE_S_COMMAND = 'oanim assets gen-image --prompt "gradient" --out bg.png'


@pytest.fixture(scope="module")
def product(tmp_path_factory, shared):
    """The product as customers meet it: one address, nginx with `auth_request`, the daemon and the product's own API behind it."""
    server = ProductServer(tmp_path_factory.mktemp("product"), shared, "open-animate", managed=[KEYS, "/oauth/", "/device"])
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.fixture
def behind(me, product):
    me.env["OANIM_API_URL"] = product.url
    return me


def png_size(path):
    """(width, height) of a PNG that is whole: each chunk's checksum and all rows are looked at."""
    data = path.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, chunks = 8, []
    while at < len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        content = data[at + 8:at + 8 + length]
        assert zlib.crc32(kind + content) == struct.unpack_from(">I", data, at + 8 + length)[0]
        chunks.append((kind, content))
        at += 12 + length
    assert [chunks[0][0], chunks[-1][0]] == [b"IHDR", b"IEND"] and at == len(data)
    width, height, depth, colour = struct.unpack_from(">IIBB", chunks[0][1])
    rows = zlib.decompress(b"".join(content for kind, content in chunks if kind == b"IDAT"))
    assert depth == 8 and len(rows) == height * (1 + width * {0: 1, 2: 3, 6: 4}[colour])
    return width, height


def test_OA4_the_page_s_command_writes_an_image(behind):
    """OA4: `ANIMATE_API_KEY` authenticates `oanim assets gen-image --prompt "gradient" --out bg.png`, which writes an image."""
    done = behind(PAGE_S_COMMAND)
    image = behind.home / "bg.png"
    assert re.fullmatch(r"✓ Wrote bg\.png \(\d+\.\d KB\)\n", done.stderr) and done.stdout == ""
    assert png_size(image) == (640, 360) and [p.name for p in behind.home.iterdir()] == ["bg.png"]
    rows = [line.split("\t") for line in behind("oanim assets list").stdout.splitlines()]
    assert len(rows) == 1 and "gradient" in rows[0] and "640" in rows[0]
    assert behind("oanim assets gen-image --prompt gradient --out - | cmp - bg.png").returncode == 0, "the same picture"


def test_OA4_as_the_page_types_it(shell, product, first):
    """OA4, OA5: `export`ed, and saved by `login --token`; management has the same address."""
    shell.env["OANIM_API_URL"] = product.url
    shell(f"export ANIMATE_API_KEY={first['key']}\n{PAGE_S_COMMAND}")
    assert png_size(shell.home / "bg.png") == (640, 360)
    shell("oanim login --token $ANIMATE_API_KEY", ANIMATE_API_KEY=first["key"])
    (shell.home / "bg.png").unlink()
    shell(PAGE_S_COMMAND, OANIM_API_URL="")
    assert png_size(shell.home / "bg.png") == (640, 360) and "first" in shell("oanim api-keys list", OANIM_API_URL="").stdout


def test_OA4_what_other_accounts_made_is_not_seen(behind, shell, make):
    """OA4: assets are the account's own."""
    behind(PAGE_S_COMMAND)
    other = make.key(make.account("open-animate"))
    assert behind("oanim assets list", ANIMATE_API_KEY=other["key"]).stdout == ""


def test_OA4_without_a_good_key_nothing_is_written(behind, shell, root, first):
    """OA3, OA4: a revoked key is refused at once, an unknown one and none too; what was there stays."""
    image = behind.home / "bg.png"
    behind(PAGE_S_COMMAND)
    before = image.read_bytes()
    root.delete(f"/v1/keys/{first['id']}", expect=200)
    for key in (first["key"], mint_oa()):
        done = behind(PAGE_S_COMMAND, ok=False, ANIMATE_API_KEY=key)
        assert done.returncode == 4 and "error: " in done.stderr and "ANIMATE_API_KEY" in done.stderr
    done = behind(PAGE_S_COMMAND, ok=False, ANIMATE_API_KEY="")
    assert done.returncode == 4 and "not logged in" in done.stderr
    assert image.read_bytes() == before and [p.name for p in behind.home.iterdir()] == ["bg.png"]


def test_OA4_a_place_that_cannot_be_written_leaves_nothing(behind):
    """OA4: an unwritable --out is said, and no asset is made for it."""
    made = len(behind("oanim assets list").stdout.splitlines())
    for out in ("no/such/folder/bg.png", "/proc/bg.png", "."):
        done = behind(f'oanim assets gen-image --prompt "gradient" --out {out}', ok=False)
        assert done.returncode == 1 and f"cannot write {out}: " in done.stderr
    assert list(behind.home.iterdir()) == [] and len(behind("oanim assets list").stdout.splitlines()) == made


def test_OA4_without_an_upstream_it_says_so(me):
    """OA4: the daemon alone has no images: the key is good, and that is said."""
    done = me(PAGE_S_COMMAND, ok=False)
    assert done.returncode == 1 and "the key is good, but no upstream stands behind" in done.stderr and list(me.home.iterdir()) == []


def test_OA5_login_saves_the_key_for_later_commands(shell, first):
    """OA5: `oanim login --token $ANIMATE_API_KEY` saves to `~/.oanim/credentials.yaml` for later commands."""
    shell("oanim login --token $ANIMATE_API_KEY", ANIMATE_API_KEY=first["key"])
    assert f"api_key: {first['key']}" in shell.credentials.read_text().replace('"', "").replace("'", "")
    assert stat.S_IMODE(shell.credentials.stat().st_mode) == 0o600
    assert stat.S_IMODE(shell.credentials.parent.stat().st_mode) & 0o077 == 0
    assert list(shell.credentials.parent.iterdir()) == [shell.credentials], "no temporary file is left"
    assert "first" in shell("oanim api-keys list").stdout
    shell("oanim logout")
    assert shell("oanim api-keys list", ok=False).returncode == 4


def test_OA5_from_standard_input_and_a_key_that_does_not_work(shell, first):
    """OA5: `--token -` keeps the key off the command line; a key that is refused is not saved."""
    shell("oanim login --token -", stdin=first["key"] + "\n")
    before = shell.credentials.read_text()
    done = shell(f"oanim login --token {mint_oa()}", ok=False)
    assert done.returncode == 4 and shell.credentials.read_text() == before
    assert shell("oanim login --token ''", ok=False).returncode == 2


def mint_oa():
    import random
    alphabet = "0123456789abcdefghijklmnopqrstuvwxyz"
    key = "anim_" + "".join(random.choices(alphabet, k=8)) + "_" + "".join(random.choices(alphabet, k=24))
    REGISTRY.add("key", key)
    return key


def test_OA6_the_environment_goes_before_the_file(shell, make, first):
    """OA6: credentials resolve in this order: the environment variable, then `api_key` in that file."""
    other = make.account("open-animate")
    second = make.key(other, name="second")
    shell(f"oanim login --token {first['key']}")
    assert shell("oanim api-keys list").stdout.startswith("first\t")
    assert shell("oanim api-keys list", ANIMATE_API_KEY=second["key"]).stdout.startswith("second\t")
    assert shell("oanim api-keys list", ok=False, ANIMATE_API_KEY=mint_oa()).returncode == 4, "a wrong variable is not passed over"
    shell.credentials.write_text(f"api_key: {second['key']}\n")
    assert shell("oanim api-keys list").stdout.startswith("second\t"), "a file written by hand"
    shell.credentials.unlink()
    assert shell("oanim api-keys list", ok=False).returncode == 4


def test_OA6_a_file_that_others_can_read_is_not_trusted_blindly(shell, first):
    """OA6: with ASVS: a credentials file open to others is named, or refused."""
    shell(f"oanim login --token {first['key']}")
    shell.credentials.chmod(0o644)
    done = shell("oanim api-keys list", ok=False)
    assert done.returncode != 0 or "credentials.yaml" in done.stderr


def test_OA7_the_format(me, make, account):
    """OA7: format `anim_{8 chars}_{24 chars}`: short identifier, then secret."""
    made = [make.key(account) for _ in range(8)]
    for key in made:
        assert KEY.fullmatch(key["key"]) and key["prefix"] == key["key"][:13]
    assert len({k["prefix"] for k in made}) == len(made) and len({k["key"][14:] for k in made}) == len(made)
    assert re.search(r"^Key:\s+anim_\w{8}_\w{24}$", me('oanim api-keys create --name "ci-pipeline"').stdout, re.M)


def test_OA8_only_the_prefix_and_a_sha256_are_stored(own, tmp_path):
    """OA8: only the prefix is stored in clear; the full key is stored as its SHA-256. Lost means lost."""
    from cardea_test.fixtures import Maker
    daemon = own()
    root = daemon.root()
    make = Maker(root)
    account = make.account("open-animate")
    keys = [make.key(account, name=f"k{i}") for i in range(3)]
    for key in keys:
        assert "key" not in root.get(f"/v1/keys/{key['id']}", expect=200).json
    assert daemon.stop() == 0
    everything = b"".join(p.read_bytes() for p in daemon.data.rglob("*") if p.is_file())
    for key in keys:
        assert key["prefix"].encode() in everything
        assert hashlib.sha256(key["key"].encode()).digest() in everything
        assert key["key"].encode() not in everything and key["key"][14:].encode() not in everything
    daemon.start()
    assert all(daemon.root().verify(k["key"])["valid"] for k in keys)


def test_OA9_at_most_10_keys(me, root):
    """OA9: at most 10 keys an account; revoke unused ones to make room."""
    made = [me(f"oanim api-keys create --name k{i} --quiet").stdout.strip() for i in range(9)]
    refused = me("oanim api-keys create --name eleventh", ok=False)
    assert refused.returncode == 1 and "10" in refused.stderr and "revoke" in refused.stderr.lower() and "Key:" not in refused.stdout
    me(f"oanim api-keys revoke {made[0][:13]}")
    me("oanim api-keys create --name eleventh")
    assert me("oanim api-keys create --name twelfth", ok=False).returncode == 1


def test_OA9_holds_when_64_ask_at_once(root, first):
    """OA9: at most 10, however many ask at the same time; each of the ten works."""
    me, replies = root.using(token=first["key"], host=HOST), []
    threads = [threading.Thread(target=lambda: replies.append(me.post(KEYS, {"name": "crowd"}))) for _ in range(64)]
    [t.start() for t in threads]
    [t.join(60) for t in threads]
    made = [r["key"] for r in replies if r.status == 201]
    assert len(made) == len(set(made)) == 9 and all(root.verify(key)["valid"] for key in made), "nine beside the one that asks"
    assert {(r.status, r.code) for r in replies if r.status != 201} == {(409, "key_limit_reached")} and len(replies) == 64
    assert len(me.get(KEYS, expect=200)["data"]) == 10


def test_OA9b_the_saved_key_creates_lists_and_revokes(shell, root, first):
    """OA9b: the key saved by `login --token` may create, list and revoke the account's keys."""
    shell(f"oanim login --token {first['key']}")
    key = shell('oanim api-keys create --name "ci-pipeline" --quiet').stdout.strip()
    assert "ci-pipeline" in shell("oanim api-keys list").stdout
    shell(f"oanim api-keys revoke {root.verify(key)['key_id']}")
    assert root.verify(key)["code"] == "REVOKED"


def test_OA9b_a_person_s_session_may_too(make, account, first):
    """OA9b: and so may a browser's log-in (its session; the browser itself comes later)."""
    owner = make.session(account, "owner").using(host=HOST)
    made = owner.post(KEYS, {"name": "by session"}, expect=201).json
    assert {k["id"] for k in owner.get(KEYS, expect=200)["data"]} == {first["id"], made["id"]}
    owner.delete(f"{KEYS}/{made['id']}", expect=200)


def test_OA9b_but_not_another_account_s(make, root, first):
    """OA9b: the account's keys, nobody else's."""
    foreign = make.key(make.account("open-animate"))
    mine = root.using(token=first["key"], host=HOST)
    assert [k["id"] for k in mine.get(KEYS, expect=200)["data"]] == [first["id"]]
    for reply in (mine.get(f"{KEYS}/{foreign['id']}"), mine.delete(f"{KEYS}/{foreign['id']}"), mine.patch(f"{KEYS}/{foreign['id']}", {"name": "x"})):
        assert reply.status == 404
    assert root.verify(foreign["key"])["valid"]


class BrowserLogin:
    """`oanim login` without a token, as it runs; and the person who answers on the page, by the form that the page has."""

    def __init__(self, shell, server, *args):
        self.shell, self.port = shell, server.port
        shell.env["OANIM_API_URL"] = f"http://127.0.0.1:{server.port}"
        self.process = subprocess.Popen([shell.bin / "oanim", "login", *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        text=True, env=shell.env, cwd=shell.home)
        said = self.process.stderr.readline()
        self.page, self.code = re.fullmatch(r"Open (\S+) and enter (\S+)\n", said).groups()
        assert self.page == f"http://open-animate.localhost:{server.port}/device"

    def answer(self, **fields):
        page = Client(self.port, host=f"open-animate.localhost:{self.port}", headers={"Sec-Fetch-Site": "same-origin"})
        form = urlencode({"user_code": self.code, **fields}).encode()
        return page.post("/device", raw=form, headers={"Content-Type": "application/x-www-form-urlencoded"}, expect=200).body.decode()

    def allow(self, user):
        assert f"oanim on {socket.gethostname()}" in self.answer(), "the page says which program on which machine asks"
        return self.answer(email=user["email"], password=user["password"], answer="allow")

    def end(self, code):
        out, err = self.process.stdout.read(), self.process.stderr.read()  # communicate() would pass by what was read ahead
        assert self.process.wait(60) == code and out == "" and not KEY.search(err), err
        return err


def test_OA10_login_in_the_browser(shell, make, root, account, product):
    """OA10, OA9b: a person logs in without a token; the file then holds an `api_key` made for this machine, which makes images and manages keys."""
    person = make.member(account, "member")
    login = BrowserLogin(shell, product)
    login.allow(person)
    said = login.end(0)
    key = KEY.search(shell.credentials.read_text())[0]
    REGISTRY.add("key", key)
    assert f'api_key: "{key}"' in shell.credentials.read_text() and stat.S_IMODE(shell.credentials.stat().st_mode) == 0o600
    assert f"Logged in to Open Animate with {key[:13]}…" in said and f"Saved to {shell.credentials}" in said
    view = root.get(f"/v1/keys/{root.verify(key)['key_id']}", expect=200).json
    assert (view["name"], view["account"], view["user"]) == (f"oanim on {socket.gethostname()}", account["id"], person["id"])
    shell.env.pop("OANIM_API_URL")
    shell(PAGE_S_COMMAND)
    assert png_size(shell.home / "bg.png") == (640, 360)
    made = shell("oanim api-keys create --name ci --quiet").stdout.strip()
    shell(f"oanim api-keys revoke {made[:13]}")
    assert root.verify(made)["code"] == "REVOKED" and f"oanim on {socket.gethostname()}" in shell("oanim api-keys list").stdout


def test_OA10_who_denies_gets_nothing(shell, make, account, shared):
    """OA10: refused on the page, refused at the terminal; what was saved stays."""
    login = BrowserLogin(shell, shared)
    assert "Denied" in login.answer(answer="deny")
    assert "error: " in login.end(4) and not shell.credentials.exists()


def test_OA10_at_the_tenth_key_it_names_those_that_could_go(shell, make, root, account, shared, first):
    """OA10, OA9: with ten keys there is none for this machine; it says which are unused and how to revoke one, and then there is room."""
    keys = [first, *(make.key(account, name=f"k{i}") for i in range(9))]
    for key in keys[:-1]:
        root.using(token=key["key"]).get("/v1/authorize/open-animate/v1/assets", expect=200)
    until(lambda: all(root.get(f"/v1/keys/{key['id']}", expect=200)["last_used_at"] for key in keys[:-1]))
    person = make.member(account, "owner")
    login = BrowserLogin(shell, shared)
    login.allow(person)
    said = login.end(4)
    lines = [line for line in said.splitlines() if "oanim api-keys revoke key_" in line]
    assert "error: " in said and "may have 10" in said and lines and "never used" in lines[0] and keys[-1]["prefix"] in lines[0] and not shell.credentials.exists()
    shell(re.search(r"oanim api-keys revoke key_\w+", lines[0])[0], ANIMATE_API_KEY=first["key"])
    assert root.verify(keys[-1]["key"])["code"] == "REVOKED"
    login = BrowserLogin(shell, shared)
    login.allow(person)
    login.end(0)
    assert "k0" in shell("oanim api-keys list").stdout


@pytest.mark.parametrize("host", [HOST, "docs.open-animate.com"])
def test_OA11_the_index_at_llms_txt(root, host):
    """OA11: `/llms.txt` on the docs' host and on the API's, which adds its own description: for whoever asks, and its links lead
    somewhere."""
    nobody = root.using(token=None, host=host)
    reply = nobody.get("/llms.txt", expect=200)
    assert reply.header("content-type").startswith("text/plain") and reply.body.startswith(b"# Open Animate\n\n> ")
    own = root.using(token=None, host=HOST).get("/llms.txt", expect=200).body
    assert reply.body == (own if host == HOST else re.sub(rb"## API\n\n- \[OpenAPI description\].*\n\n", b"", own))
    links = re.findall(r"^- \[[^]]+\]\(([^)]+)\)", reply.body.decode(), re.M)
    assert len(links) >= 3 and all(nobody.get(link, expect=200).body for link in links)


def test_it_answers_in_the_product_s_words(me):
    """OA1-OA3, OA5, OA6, OA9: help, version and errors speak of oanim, never of what is beneath."""
    for line in ("oanim --help", "oanim api-keys --help", "oanim api-keys create --help", "oanim nonsense", "oanim api-keys create"):
        done = me(line, ok=False)
        text = done.stdout + done.stderr
        assert "oanim" in text and "cardea" not in text.lower(), text
    assert me("oanim nonsense", ok=False).returncode == 2 and me("oanim api-keys create", ok=False).returncode == 2


def test_json_everywhere_and_data_on_stdout_alone(me):
    """OA1-OA3 for scripts: --json is JSON on stdout, messages go to stderr."""
    import json
    made = json.loads(me("oanim api-keys create --name j --json").stdout)
    assert KEY.fullmatch(made["key"])
    listed = json.loads(me("oanim api-keys list --json").stdout)
    assert "j" in {k["name"] for k in (listed["data"] if isinstance(listed, dict) else listed)}
    assert json.loads(me(f"oanim api-keys revoke {made['id']} --json").stdout)["status"] == "revoked"


def test_no_server_is_a_failure_in_one_line(shell, first):
    """OA3, OA5: a server that does not answer: exit code 1, one clear line."""
    done = shell("oanim api-keys list", ok=False, ANIMATE_API_KEY=first["key"], OANIM_API_URL="http://127.0.0.1:1")
    assert done.returncode == 1 and done.stderr.strip() and "127.0.0.1" in done.stderr


@pytest.fixture(scope="module")
def world(root, make):
    account, suspended, other = (make.account("open-animate") for _ in range(3))

    def key(**more):
        return make.key(account, **more)

    made = {"key": key(), "second": key()}
    beside, revoked = make.key(other), make.key(other)
    root.delete(f"/v1/keys/{revoked['id']}", expect=200)
    rotated, at_once, disabled, again, renamed = (make.key(other) for _ in range(5))
    root.post(f"/v1/keys/{rotated['id']}/rotate", {"overlap_sec": 3600}, expect=201)
    root.post(f"/v1/keys/{at_once['id']}/rotate", {"overlap_sec": 0}, expect=201)
    for k, changes in ((disabled, [False]), (again, [False, True])):
        for enabled in changes:
            root.patch(f"/v1/keys/{k['id']}", {"enabled": enabled}, expect=200)
    root.patch(f"/v1/keys/{renamed['id']}", {"name": "renamed"}, expect=200)
    stopped = make.key(suspended)
    root.patch(f"/v1/accounts/{suspended['id']}", {"status": "suspended"}, expect=200)
    made |= {"beside a revoked one": beside, "revoked": revoked, "rotated away": rotated, "rotated at once": at_once, "disabled": disabled,
             "enabled again": again, "renamed": renamed, "expired": key(expires_at=soon()), "suspended": stopped,
             "elsewhere": key(ip_allow=["192.0.2.0/24"]), "spent": key(credits=0), "hasty": key(rate_limit={"limit": 1, "window_sec": 3600})}
    assert root.verify(made["hasty"]["key"])["valid"]
    wait_past(made["expired"]["expires_at"])
    known = made["key"]["key"]
    bent = {"unknown": mint_oa(), "prefix alone": known[:13], "another secret": known[:14] + mint_oa()[14:], "another prefix": mint_oa()[:13] + known[13:],
            "upper case": known.upper(), "dashed": known[:13] + "-" + known[14:], "animus": make.key(make.account("animus"))["key"]}
    headers = {name: {"Authorization": f"Bearer {k['key']}"} for name, k in made.items()} | {n: {"Authorization": f"Bearer {t}"} for n, t in bent.items()}
    return account, {**table.hostile(known, made["second"]["key"]), **table.lives(root, make, other), **headers}, known


@pytest.mark.parametrize("row", table.rows("open-animate.tsv"))
def test_decisions(root, world, row):
    """OA3, OA7, OA8 as a table."""
    account, headers, held = world
    table.check(table.decide(root, "open-animate", row, headers, account["slug"], held=held, rest=held[1:]), row, "open-animate")


@pytest.mark.parametrize("host", ["docs.open-animate.com", HOST])
def test_OA11_an_index_of_the_docs_on_both_hosts(root, host):
    """OA11: /llms.txt on the docs host and on the API host; every page that it lists answers."""
    pages = docs.read(root.using(token=None, host=host))
    assert pages["/llms.txt"].startswith("# Open Animate\n\n> ")
    assert "`anim_`, then 8 characters that tell keys apart, then `_`, then 24 secret characters" in pages["/llms/authentication.md"]
    for line in ("oanim api-keys create --name", "oanim api-keys list", "oanim api-keys revoke ID", "oanim login --token KEY",
                 "oanim assets gen-image --prompt TEXT --out FILE", "at most 10 active ones an account"):
        assert line in pages["/llms/keys.md"]
