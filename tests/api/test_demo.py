"""`serve --demo`: demo.json as the contract has it, and all of it works."""

import json
import os
import re
import shutil
import signal
import stat
import subprocess
import time
from pathlib import Path

import pytest

from cardea_test import docs, typed
from cardea_test.daemon import BUILD, Daemon, environment, temporary
from cardea_test.gateway import alive, descendants, until
from cardea_test.leaks import REGISTRY
from cardea_test.openapi import ROOT


@pytest.fixture(scope="module")
def demo():
    folder = temporary("cardea-demo-")
    daemon = Daemon(folder, ["--demo"]).start()
    deadline = time.monotonic() + 60
    while not (daemon.data / "demo.json").exists():
        assert time.monotonic() < deadline and daemon.running(), daemon.log()
        time.sleep(0.05)
    REGISTRY.learn(daemon.demo_file())
    yield daemon
    code = daemon.stop()
    assert REGISTRY.find(daemon.log_path.read_bytes()) == []
    assert code == 0 and not daemon.sanitizer_reports()
    shutil.rmtree(folder)


def test_demo_json_is_as_the_contract_has_it(demo):
    path = demo.data / "demo.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    told = json.loads(path.read_text())
    assert {"base", "root_key", "profiles"} <= set(told)
    assert told["base"].rstrip("/") == f"http://127.0.0.1:{demo.port}" or told["base"].rstrip("/") == f"http://localhost:{demo.port}"
    assert {"cardea", "animus", "animam", "anima", "anyformat", "open-animate"} <= set(told["profiles"])
    for name, profile in told["profiles"].items():
        assert {"base", "host", "accounts", "users"} <= set(profile), name
        assert profile["host"].split(":")[0] in (f"{name}.localhost", "localhost" if name == "cardea" else ""), profile["host"]
        assert demo.client(host=f"{name}.localhost").get("/nowhere").status != 421
        assert len(profile["accounts"]) == 2 and all({"id", "slug"} <= set(a) for a in profile["accounts"])
        for user in profile["users"]:
            assert {"email", "password", "role", "account", "jwt"} <= set(user)
        ids = [a["id"] for a in profile["accounts"]] + [a["slug"] for a in profile["accounts"]]
        assert {u["account"] for u in profile["users"]} <= set(ids)
        assert {"owner", "member"} <= {u["role"] for u in profile["users"]}
        emails = [u["email"] for u in profile["users"]]
        both = [e for e in emails if len({u["account"] for u in profile["users"] if u["email"] == e}) == 2]
        assert both, "one user belongs to both accounts"


def test_the_root_key_works(demo):
    demo.client(demo.demo_file()["root_key"]).get("/v1/accounts", expect=200)


def test_every_jwt_is_a_session_of_its_account_for_a_day(demo):
    told = demo.demo_file()
    root = demo.client(told["root_key"])
    for name, profile in told["profiles"].items():
        for user in profile["users"]:
            me = root.using(token=user["jwt"]).get("/v1/sessions/current", expect=200)
            account = root.get(f"/v1/accounts/{me['account']}", expect=200)
            assert user["account"] in (account["id"], account["slug"]) and account["profile"] == name
            assert me["role"] == user["role"]
            ends = time.mktime(time.strptime(me["expires_at"], "%Y-%m-%dT%H:%M:%SZ")) - time.timezone
            assert 86400 - 300 < ends - time.time() <= 86401


def test_every_password_logs_in(demo):
    told = demo.demo_file()
    for profile in told["profiles"].values():
        user = profile["users"][0]
        demo.client().post("/v1/sessions", {"email": user["email"], "password": user["password"], "account": user["account"]}, expect=201)


def test_each_profile_answers_at_its_own_name(demo):
    told = demo.demo_file()
    for name in ("animus", "animam", "anima", "anyformat", "open-animate"):
        for host in (told["profiles"][name]["host"], f"{name}.localhost:{demo.port}"):
            reply = demo.client(host=host).get("/nowhere")
            assert reply.status in (401, 403, 404), (host, reply)
    assert demo.client(host="nonsense.localhost").get("/").status == 421


def test_each_profile_has_a_documentation_host(demo):
    for name, profile in demo.demo_file()["profiles"].items():
        there = demo.client(host=f"docs.{name}.localhost:{demo.port}")
        if name == "cardea":
            assert there.get("/llms.txt").status == 421, "its own is on the native hosts"
            continue
        pages = docs.read(there)
        own = demo.client(host=profile["host"]).get("/llms.txt", expect=200).body.decode()
        assert pages["/llms.txt"] == re.sub(r"## API\n.*?\n\n(?=## )", "", own, flags=re.S), "what is asked on the product's host is described there"
        assert there.get("/v1/keys").status == 404
    for host in ("docs.nonsense.localhost", "docs.docs.animus.localhost", "docs.localhost", "docs.animus.localhost.evil.example"):
        assert demo.client(host=host).get("/llms.txt").status == 421, host


def test_the_web_app_way_of_animus(demo):
    told = demo.demo_file()["profiles"]["animus"]
    owner = next(u for u in told["users"] if u["role"] == "owner")
    app = demo.client(owner["jwt"], host=told["host"])
    made = app.post("/api/v1/api-keys", {"name": "from the demo", "scopes": ["read"]}, expect=201)
    assert demo.client(made["key"], host=told["host"]).get("/api/v1/content/recent").status == 200
    app.delete(f"/api/v1/api-keys/{made['id']}", expect=200)


def test_what_it_says_to_try_works(demo):
    said = demo.output() + demo.log()
    create, verify, revoke, use, use_tls, scan = re.findall(r"^ {4}((?:CURL_HOME=\S+ )?curl (?:.*\\\n)*.*)$", said, re.M)

    def typed(command):
        done = subprocess.run(["/bin/sh", "-c", command], cwd=demo.folder, capture_output=True, text=True, timeout=20)
        assert done.returncode == 0, (command, done.stderr)
        return done.stdout

    made = json.loads(typed(create))
    REGISTRY.learn(made)
    for placeholder, value in (("KEY", made["key"]), ("ID", made["id"])):
        verify, revoke, use, use_tls = (re.sub(rf"\b{placeholder}\b", value, command) for command in (verify, revoke, use, use_tls))
    assert json.loads(typed(verify))["valid"]
    assert typed(use).startswith("HTTP/1.1 200")
    assert typed(use_tls).startswith("HTTP/2 200")
    until(lambda: json.loads(typed(scan)).get("verdict") == "block", demo.log)
    assert json.loads(typed(revoke))["status"] == "revoked"
    assert typed(use).startswith("HTTP/1.1 401")
    assert typed(use_tls).startswith("HTTP/2 401")


def test_the_readme_s_lines_print_what_it_says(demo):
    """What answers where: the section's commands, typed where `make run` was."""
    section = re.search(r"^## Behind the door.*?(?=^## )", (ROOT / "README.md").read_text(), re.M | re.S)[0]
    for link, target in (("build", BUILD), ("var", demo.data)):
        (demo.folder / link).symlink_to(target)
    told = demo.demo_file()
    tls_port = told["tls_base"].rsplit(":", 1)[1]
    shell = typed.Shell(demo.folder, environment(TERM="xterm", NO_COLOR="1", CARDEA_API_URL=told["base"], CARDEA_API_KEY=told["root_key"]))
    try:
        lines = list(typed.commands(section))
        assert len(lines) == 5
        for command, expected in lines:
            printed = shell.type(command.replace("8443", tls_port))
            assert typed.pattern(expected).fullmatch(printed), f"$ {command}\nprinted:\n{printed}\nthe README says:\n{expected}"
    finally:
        shell.close()
    for address in re.findall(r"`http://([a-z.-]+)localhost:8080", section):
        assert demo.client(host=f"{address}localhost").get("/").status != 421, address


def test_it_says_what_it_is_without():
    """The program by itself, with no module beside it."""
    folder = temporary("cardea-demo-")
    program = shutil.copy(BUILD / "cardea", folder)
    with subprocess.Popen([program, "serve", "--demo", "--data", folder / "data", "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True, env=environment()) as process:
        said = ""
        for line in process.stdout:
            said += line
            if "Stop it with Ctrl-C" in line:
                process.terminate()
    assert "WITHOUT THE GATEWAY: ngx_http_cardea_module.so is not on this machine." in said and "CURL_HOME" not in said
    assert process.returncode == 0
    shutil.rmtree(folder)


def test_it_wants_a_port_before_it_makes_anything():
    folder = temporary("cardea-demo-")
    done = subprocess.run([BUILD / "cardea", "serve", "--demo", "--data", folder / "data", "--listen", f"unix:{folder}/socket"], capture_output=True,
                          text=True, timeout=60, check=False, env=environment())
    assert done.returncode == 1 and "a demo needs HOST:PORT" in done.stderr and not list(folder.iterdir())
    shutil.rmtree(folder)


def test_its_gateway_s_folder_is_no_link():
    """Whoever owns the folder of a demo that root runs would choose which files root empties and writes."""
    folder = temporary("cardea-demo-")
    daemon, victim = Daemon(folder, ["--demo"]), folder / "victim"
    victim.mkdir(mode=0o750)
    (victim / "said").write_text("precious")
    daemon.data.mkdir(parents=True, exist_ok=True)
    (daemon.data / "gateway").symlink_to(victim)
    done = subprocess.run([BUILD / "cardea", "serve", "--demo", "--data", daemon.data, "--listen", "127.0.0.1:0"], capture_output=True, text=True,
                          timeout=60, check=False, env=environment())
    assert done.returncode == 1 and "is a link" in done.stderr, done.stderr
    assert [p.name for p in victim.iterdir()] == ["said"] and (victim / "said").read_text() == "precious"
    assert victim.stat().st_mode & 0o777 == 0o750
    shutil.rmtree(folder)


def test_kill_9_leaves_nothing_running():
    """Neither nginx nor the example, so that the same addresses can be had at once."""
    folder = temporary("cardea-demo-")
    daemon = Daemon(folder, ["--demo"]).start()
    for _ in range(2):
        until(lambda: (daemon.data / "demo.json").exists(), daemon.log)
        with_it = descendants(daemon.process.pid)
        assert len(with_it) >= 3, "nginx, its workers, the example"
        daemon.kill()
        until(lambda: not [pid for pid in with_it if alive(pid)], "they end with it")
        (daemon.data / "demo.json").unlink()
        daemon.start()
    REGISTRY.add("key", daemon.root_key())
    assert daemon.stop() == 0
    shutil.rmtree(folder)


def test_starting_it_again_changes_nothing(demo):
    first = demo.demo_file()
    assert demo.stop() == 0
    demo.start()
    deadline = time.monotonic() + 60
    while not (demo.data / "demo.json").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    second = demo.demo_file()
    REGISTRY.learn(second)
    assert first["root_key"] == second["root_key"]
    for name, profile in first["profiles"].items():
        again = second["profiles"][name]
        assert again["accounts"] == profile["accounts"], name
        assert [(u["email"], u["role"], u["account"]) for u in again["users"]] == [(u["email"], u["role"], u["account"]) for u in profile["users"]]
        user = again["users"][0]
        demo.client(user["jwt"]).get("/v1/sessions/current", expect=200)
        demo.client().post("/v1/sessions", {"email": user["email"], "password": user["password"], "account": user["account"]}, expect=201)
    root = demo.client(second["root_key"])
    slugs = [(a["profile"], a["slug"]) for a in root.pages("/v1/accounts?limit=200")]
    assert len(slugs) == len(set(slugs))


def children(pid):
    """Of that process, by the name of their program."""
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return {Path(f"/proc/{child}/comm").read_text().strip(): int(child) for child in file.read().split()}


@pytest.mark.parametrize("program, name", [("nginx", "nginx"), ("upstream", "the example API")])
def test_it_ends_with_what_it_is_made_of(program, name):
    folder = temporary("cardea-door-")
    daemon = Daemon(folder, ["--demo"]).start()
    deadline = time.monotonic() + 60
    while not (daemon.data / "demo.json").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(children(daemon.process.pid)[program], signal.SIGKILL)
    assert daemon.process.wait(timeout=60) == 1
    assert f"{name} ended by itself" in daemon.log()
    shutil.rmtree(folder)
