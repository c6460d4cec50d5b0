"""`cardea gateway` as a program: what it prints and refuses, how it starts, follows its files, and ends; and who may run it."""

import os
import pathlib
import re
import resource
import signal
import subprocess
import threading
import time

import pytest
from cardea_test.client import Client
from cardea_test.daemon import PROGRAM, Daemon, environment, free_port, nginx_environment, temporary
from cardea_test.fixtures import Maker
from cardea_test.gateway import NGINX, USER, Gateway, alive, children, descendants, until
from cardea_test.leaks import REGISTRY
from cardea_test.openapi import ROOT
from rig.certificates import certificate
from rig.origin import Origin
from rig.upstream import Upstream, headers_of

CONTENT = "/api/v1/content/recent"
ACME = """\
name: acme
title: Acme
hosts: [%s]
scopes: {anvils: All anvils}
kinds:
  key: {format: "acme_{secret:32}{check:6}"}
routes:
  - {methods: GET, path: /anvils, scope: anvils}
upstream: http://127.0.0.1:%d
"""
SOON = 30.0  # seconds in which a change of a file must be in force: each second it looks, and nginx takes its time


def speaks_of(folder):
    """Processes that were started with this folder, whoever their parent is."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if str(folder).encode() in path.read_bytes() and alive(path.parent.name):
                found.append(int(path.parent.name))
        except OSError:
            pass
    return found


@pytest.fixture
def gateway(shared, upstream, tmp_path):
    """Makes gateways before the shared daemon (or another); looks for crashes, leaks and what they left running."""
    made = []

    def new(*args, daemon=shared, products=("animus", "animam", "open-animate"), **kw):
        upstreams = {name: f"http://127.0.0.1:{upstream.port}" for name in products}
        made.append(Gateway(kw.pop("folder", tmp_path / f"g{len(made)}"), daemon, *args, upstreams=kw.pop("upstreams", upstreams), **kw))
        return made[-1]

    yield new
    for one in made:
        one.stop()
    for one in made:
        assert "exited on signal" not in one.errors(), one.errors()
        assert not REGISTRY.find((one.log() + one.errors()).encode())
        assert speaks_of(one.dir) == []


# ---- what it prints ----

def few_files():
    """What a shell usually allows."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))


def nginx_says(text, folder):
    folder.mkdir(exist_ok=True)
    (folder / "printed.conf").write_text(text)
    done = subprocess.run([NGINX, "-t", "-c", folder / "printed.conf", "-e", "stderr"], capture_output=True, text=True, env=nginx_environment(), check=False,
                          preexec_fn=few_files)
    return done.returncode, done.stderr


def test_print_is_whole_readable_and_the_same_each_time(gateway, shared, tmp_path):
    one = gateway(tls=certificate(tmp_path))
    code, text, said = one.run("--print")
    assert (code, said) == (0, "") and one.run("--print")[1] == text and not one.dir.exists(), "nothing is made by printing"
    code, said = nginx_says(text, one.dir)
    assert code == 0 and "emerg" not in said and "warn" not in said, said
    assert text.startswith("# Written by `cardea gateway` from the profiles") and max(len(line) for line in text.splitlines()) < 400
    for title in ("Animus", "Animam", "Anima", "anyformat", "Open Animate"):
        assert text.count(f"    # {title}\n") == 1
    for host in ("api.animus.so", "api.animam.ai", "docs.animam.ai", "api.open-animate.com", "api.anyformat.ai"):
        assert len([line for line in text.splitlines() if line.strip().startswith("server_name") and host in line.split("server_name")[1].replace(";", "").split()]) == 1
    assert text.count("default_server;") == 2
    assert all(line.count("{") >= 0 and "\t" not in line and line == line.rstrip() for line in text.splitlines())
    assert text.count("{") == text.count("}")


def test_print_needs_neither_nginx_nor_files(gateway, tmp_path):
    """It may be for another machine."""
    one = gateway("--nginx", tmp_path / "none", "--module", "/elsewhere/ngx_http_cardea_module.so")
    one.args += ["--tls-listen", "127.0.0.1:9443", "--tls-cert", "/elsewhere/cert.pem", "--tls-key", "/elsewhere/key.pem"]
    code, text, said = one.run("--print")
    assert (code, said) == (0, "") and 'load_module "/elsewhere/ngx_http_cardea_module.so";' in text and 'ssl_certificate_key "/elsewhere/key.pem";' in text


def test_help_names_every_option(gateway):
    code, text, said = gateway().run("--help")
    assert (code, said) == (0, "")
    for option in ("listen", "tls-listen", "tls-cert", "tls-key", "daemon", "runtime", "dir", "profiles", "upstream", "upstream-ca", "admin-hosts",
                   "trusted-proxies", "user", "nginx", "module", "print", "config"):
        assert f"--{option}" in text, option


def test_a_file_says_the_same_as_the_command_line(gateway, tmp_path):
    one = gateway("--admin-hosts", "keys.example", "--trusted-proxies", "10.0.0.0/8", "--trusted-proxies", "192.0.2.1")
    printed = one.run("--print")[1]
    (tmp_path / "gateway.yaml").write_text("admin_hosts: [keys.example]\ntrusted_proxies: [10.0.0.0/8, 192.0.2.1]\n")
    one.args = one.args[:-6] + ["--config", str(tmp_path / "gateway.yaml")]
    assert one.run("--print") == (0, printed, "")
    (tmp_path / "gateway.yaml").write_text("admin_hosts: [keys.example]\nlisten_on: here\n")
    code, text, said = one.run("--print")
    assert (code, text) == (2, "") and "gateway.yaml:2" in said and "listen_on" in said


ODD = """\
name: odd
title: "Odd: {quotes} \\" ' $x; # and all"
hosts: [api.odd.example]
kinds:
  key: {format: "odd_{secret:32}{check:6}"}
routes:
  - {methods: GET, path: "/k;e$y(1)+.s'/x", any_key: true}
management: {base: "/a.b/$x(1)+/{tenant}/k;e'y", by_session: true, by_key: true, actions: [create, show]}
dashboard: {path: "/d;a$s'h(.)+"}
docs: {summary: "Odd."}
"""


def test_odd_paths_and_titles_are_no_syntax(gateway, own, upstream, tmp_path):
    """What a profile may say, nginx is told in its own words: whoever answers, it is who should."""
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "odd.yaml").write_text(ODD)
    daemon = own("--profiles", str(tmp_path / "profiles"))
    one = gateway("--profiles", tmp_path / "profiles", daemon=daemon, products=("odd",)).start()
    make = Maker(daemon.root())
    account = make.account("odd")
    client = one.client(make.key(account)["key"], host="api.odd.example")
    assert client.get("/k;e$y(1)+.s'/x", expect=200).json["target"] == "/k;e$y(1)+.s'/x"
    base = f"/a.b/$x(1)+/{account['slug']}/k;e'y"
    assert len(client.get(base, expect=200)["data"]) == 1 and client.get(f"{base}/nothing").code == "not_found"
    for path in (base.replace("a.b", "axb"), base.replace("(1)+", "1"), base.replace("$x", "")):
        assert client.get(path).code == "NO_ROUTE"
    there, here = (Client(port, host="api.odd.example").get("/d;a$s'h(.)+/v1/keys") for port in (daemon.port, one.port))
    assert (there.status, there.code) == (here.status, here.code) == (401, here.code)


# ---- what it refuses ----

@pytest.mark.parametrize("mistake,said", [
    (["--listen", "8080"], "listen: `8080` is no HOST:PORT"), (["--listen", "example.com:80"], "listen: `example.com:80`"),
    (["--upstream", "nobody=http://127.0.0.1:1"], "upstream: `nobody=http://127.0.0.1:1`: there is no such profile"),
    (["--upstream", "animus=127.0.0.1:1"], "upstream: `animus=127.0.0.1:1`: an origin such as"),
    (["--admin-hosts", "Keys.Example"], "admin-hosts: `Keys.Example`"), (["--admin-hosts", "api.animus.so"], "a profile has this host"),
    (["--trusted-proxies", "10.0.0.0/99"], "trusted-proxies: `10.0.0.0/99`"), (["--daemon", "somewhere"], "daemon: `somewhere`"),
    (["--tls-listen", "127.0.0.1:9443"], "tls-listen, tls-cert and tls-key belong together"), (["--user", "a b c"], "user: `a b c`"),
    (["--nonsense"], "nonsense"), (["--nginx", "/no/such/nginx"], "nginx: /no/such/nginx cannot be run: No such file"),
    (["--module", "/no/such/module.so"], "module: /no/such/module.so cannot be read: No such file"),
    (["--tls-listen", "127.0.0.1:9443", "--tls-cert", "/no/cert.pem", "--tls-key", "/no/key.pem"], "tls-cert: /no/cert.pem cannot be read: No such file"),
])
def test_mistakes_are_named(gateway, mistake, said):
    one = gateway(*mistake)
    code, text, told = one.run()
    assert (code, text) == (2, "") and said in told, told
    assert all(len(line) < 200 for line in told.splitlines()) and speaks_of(one.dir) == [] and not one.dir.exists()


def test_root_says_who_the_workers_are(gateway):
    """nginx's own default is a user that may read nothing of the daemon's."""
    code, _, said = gateway(user=[]).run("--nginx", "/no/such/nginx")
    assert code == 2 and ("user: say what nginx's workers run as" in said) == (os.geteuid() == 0)
    code, _, said = gateway(user=["--user", "nobody-at-all no-group-either"]).run("--nginx", "/no/such/nginx")
    assert code == 2 and ('there is no user "nobody-at-all"' in said and 'there is no group "no-group-either"' in said) == (os.geteuid() == 0)


def test_all_mistakes_are_named_at_once(gateway):
    code, _, said = gateway("--listen", "x", "--daemon", "y", "--user", "z z z").run()
    assert code == 2 and len(said.splitlines()) == 3


def test_a_mistake_in_a_profile_has_its_place(gateway, tmp_path):
    (tmp_path / "acme.yaml").write_text(ACME % ("api.acme.example", 1) + "nonsense: 1\n")
    code, _, said = gateway("--profiles", tmp_path).run()
    assert code == 2 and "acme.yaml:10:1" in said and "nonsense" in said


def refused_at_start(one):
    code, text, said = one.run()
    assert (code, text) == (1, "") and len(said.splitlines()) == 1 and said.startswith("cardea: "), said
    assert speaks_of(one.dir) == []
    return said


def test_an_address_that_is_taken(gateway, tmp_path):
    one, other = gateway(), Origin()
    one.args[one.args.index("--listen") + 1] = f"127.0.0.1:{other.port}"
    said = refused_at_start(one)
    assert f"127.0.0.1:{other.port}: Address already in use" in said
    assert "bind()" not in said, "nginx tried, which takes it seconds"
    two = gateway(tls=certificate(tmp_path))
    two.args[two.args.index("--tls-listen") + 1] = f"127.0.0.1:{other.port}"
    assert f"127.0.0.1:{other.port}: Address already in use" in refused_at_start(two)
    other.stop()


def test_a_folder_that_is_another_gateway_s(gateway):
    one = gateway().start()
    two = gateway(folder=one.folder)
    code, _, said = two.run()
    assert code == 1 and "is another gateway's" in said
    assert one.client(host="api.animus.so").get(CONTENT).status == 401


def test_a_folder_that_leads_elsewhere(gateway, tmp_path):
    """Whoever may make a link where root's gateway is to work would choose which files root empties and writes."""
    victim, one = tmp_path / "victim", gateway()
    victim.mkdir(mode=0o750)
    (victim / "said").write_text("precious")
    one.dir.symlink_to(victim)
    code, _, said = one.run()
    assert code == 1 and "is a link" in said and [p.name for p in victim.iterdir()] == ["said"]
    assert (victim / "said").read_text() == "precious" and victim.stat().st_mode & 0o777 == 0o750
    if os.geteuid() == 0:
        one.dir.unlink()
        one.dir.mkdir()
        os.chown(one.dir, NOBODY, NOBODY)
        code, _, said = one.run()
        assert code == 1 and "another user's" in said and list(one.dir.iterdir()) == []


def test_a_module_and_a_certificate_that_are_none(gateway, tmp_path):
    (tmp_path / "junk").write_text("junk")
    assert "junk" in refused_at_start(gateway("--module", tmp_path / "junk"))
    cert, key = certificate(tmp_path)
    assert "junk" in refused_at_start(gateway(tls=(tmp_path / "junk", key)))
    (tmp_path / "other").mkdir()
    assert "key values mismatch" in refused_at_start(gateway(tls=(cert, certificate(tmp_path / "other")[1])))


def test_a_name_that_leads_nowhere(gateway):
    assert "host not found in upstream \"no-such-host.invalid" in refused_at_start(gateway(upstreams={"animus": "http://no-such-host.invalid:1"}))


# ---- how it follows its files ----

@pytest.fixture
def followed(own, gateway, tmp_path):
    """A daemon and a gateway with a folder of profiles, and two places where requests may end."""
    folder = tmp_path / "profiles"
    folder.mkdir()
    places = [Upstream(), Upstream()]
    daemon = own("--profiles", str(folder))
    one = gateway("--profiles", folder, daemon=daemon).start()

    def tell_daemon():
        before = daemon.log().count("reloaded")
        daemon.signal(signal.SIGHUP)
        until(lambda: daemon.log().count("reloaded") > before, daemon.log)

    yield one, daemon, folder, places, tell_daemon
    for place in places:
        place.stop()


def within(seconds, condition, what):
    """True in time, and how long it took."""
    began = time.monotonic()
    until(condition, what, seconds)
    return time.monotonic() - began


def test_a_new_a_changed_and_a_removed_profile(followed, make):
    one, daemon, folder, places, tell_daemon = followed
    client = one.client(host="api.acme.example")
    assert client.get("/anvils").status == 421
    (folder / "acme.yaml").write_text(ACME % ("api.acme.example", places[0].port))
    tell_daemon()
    within(SOON, lambda: client.get("/anvils").status == 401, one.said)
    maker = Maker(daemon.root())
    key = maker.key(maker.account("acme"), scopes=["anvils"])["key"]
    assert client.using(token=key).get("/anvils", expect=200).json["target"] == "/anvils"
    # Another place, and another name: the old one is nobody's then.
    (folder / "acme.yaml").write_text(ACME % ("api.anvils.example", places[1].port))
    renamed = one.client(key, host="api.anvils.example")
    within(SOON, lambda: renamed.get("/anvils").status == 200, one.said)
    host = headers_of(renamed.get("/anvils", expect=200))["host"]
    assert host == "api.anvils.example" and client.get("/anvils").status == 421
    places[0].stop()
    renamed.get("/anvils", expect=200)
    (folder / "acme.yaml").unlink()
    within(SOON, lambda: renamed.get("/anvils").status == 421, one.said)
    assert one.client(host="api.animus.so").get(CONTENT).status == 401, "the others go on"


def test_a_profile_that_the_daemon_learns_of_later(followed):
    """Told of it before the daemon is, the gateway keeps trying, and says so once."""
    one, daemon, folder, places, tell_daemon = followed
    client = one.client(host="api.acme.example")
    (folder / "acme.yaml").write_text(ACME % ("api.acme.example", places[0].port))
    until(lambda: "not reloaded" in one.log(), one.said)
    assert client.get("/anvils").status in (421, 503), "not granted, in any case"
    time.sleep(1.5)
    tell_daemon()
    within(SOON + 1, lambda: client.get("/anvils").status == 401, one.said)
    assert one.log().count("not reloaded") == 1 and 'nginx: cardea: there is no profile \\"acme\\"' in one.log()


def test_a_broken_profile_changes_nothing(followed):
    one, _, folder, places, tell_daemon = followed
    client = one.client(host="api.acme.example")
    (folder / "acme.yaml").write_text(ACME % ("api.acme.example", places[0].port))
    tell_daemon()
    within(SOON, lambda: client.get("/anvils").status == 401, one.said)
    (folder / "acme.yaml").write_text((ACME % ("api.acme.example", places[0].port)).replace("scopes:", "scoopes:"))
    until(lambda: "not reloaded, all stays as it was" in one.log(), one.said, SOON)
    assert "acme.yaml:4:1" in one.log() and "scoopes" in one.log()
    time.sleep(1.5)
    assert one.log().count("not reloaded") == 1, "it is said once"
    assert client.get("/anvils").status == 401
    (folder / "acme.yaml").write_text(ACME % ("api.acme.example", places[1].port))
    before = one.reloads()
    until(lambda: one.reloads() > before, one.said, SOON)


def test_sighup_and_the_configuration_file(gateway, own, tmp_path):
    """A changed file is followed by itself; SIGHUP asks at once. Requests that are on their way end well."""
    (tmp_path / "gateway.yaml").write_text("admin_hosts: []\n")
    one = gateway("--config", tmp_path / "gateway.yaml", daemon=own("--admin-hosts", "keys.example")).start()
    named = one.client(host="keys.example")
    assert named.get("/livez").status == 421
    (tmp_path / "gateway.yaml").write_text("admin_hosts: [keys.example]\n")
    within(SOON, lambda: named.get("/livez").status == 200, one.said)
    before = one.reloads()
    one.signal(signal.SIGHUP)
    until(lambda: one.reloads() > before, one.said)
    (tmp_path / "gateway.yaml").write_text("admin_hosts: [a b]\n")
    until(lambda: "not reloaded" in one.log(), one.said)
    assert "admin-hosts: `a b`" in one.log() and named.get("/livez").status == 200


def test_a_reload_that_wants_what_it_cannot_have(gateway, tmp_path):
    taken, one = Origin(), None
    config = tmp_path / "gateway.yaml"
    one = gateway("--config", config)
    at = one.args.index("--listen")
    address = one.args[at + 1]
    del one.args[at:at + 2]
    config.write_text(f'listen: ["{address}"]\n')
    one.start()
    config.write_text(f'listen: ["{address}", "127.0.0.1:{taken.port}"]\n')
    until(lambda: f"127.0.0.1:{taken.port}: Address already in use" in one.log(), one.said)
    taken.stop()
    more = free_port()
    config.write_text(f'listen: ["{address}", "127.0.0.1:{more}"]\n')
    until(lambda: one.reloads() >= 1, one.said)
    until(lambda: listens(more), one.said)
    assert Client(more, host="api.animus.so").get(CONTENT).status == 401


def test_a_renewed_certificate_is_taken(gateway, tmp_path):
    cert, key = certificate(tmp_path)
    one = gateway(tls=(cert, key)).start()

    def serial():
        done = subprocess.run(f"openssl s_client -connect 127.0.0.1:{one.tls_port} </dev/null 2>/dev/null | openssl x509 -noout -serial", shell=True,
                              capture_output=True, text=True, check=False)
        return done.stdout

    first = serial()
    assert first.startswith("serial=")
    certificate(tmp_path)
    within(SOON + 1, lambda: serial() not in ("", first), one.said)


# ---- how it ends ----

def test_sigterm_drains(gateway, make):
    origin = Origin()
    one = gateway(upstreams={"animus": f"http://127.0.0.1:{origin.port}"}).start()
    with_it, replies = one.processes(), []
    asker = threading.Thread(target=lambda: replies.append(one.client(make.key(make.account("animus"))["key"], host="api.animus.so").get(CONTENT)))
    asker.start()
    assert origin.arrived.wait(60)
    one.signal(signal.SIGTERM)
    until(lambda: not listens(one.port), "the door is shut at once")
    assert one.process.poll() is None and replies == []
    origin.stop()
    asker.join(60)
    assert [(r.status, r.body) for r in replies] == [(200, b"done")]
    assert one.stop() == 0 and not [pid for pid in with_it if alive(pid)]


def listens(port):
    try:
        Client(port).get("/", record=False)
        return True
    except OSError:
        return False


def test_ctrl_c_is_one_signal_for_all(gateway):
    """A terminal sends it to the whole group; nginx learns of it from the gateway alone."""
    one = gateway()
    one.start(start_new_session=True)
    with_it = one.processes()
    os.killpg(one.process.pid, signal.SIGINT)
    assert one.process.wait(60) == 0 and not [pid for pid in with_it if alive(pid)]


def test_kill_9_leaves_no_nginx(gateway):
    one = gateway().start()
    with_it = one.processes()
    assert len(with_it) >= 2
    one.kill()
    until(lambda: not [pid for pid in with_it if alive(pid)], one.errors)
    assert one.start().client(host="api.animus.so").get(CONTENT).status == 401, "and it starts again at once"


def test_no_core_of_nginx_s_is_ever_written(gateway):
    """Keys are in its workers' memory, and they ask for it."""
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    one = gateway()
    one.start(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (hard, hard)))
    for pid in descendants(one.process.pid):
        line = next(line for line in pathlib.Path(f"/proc/{pid}/limits").read_text().splitlines() if line.startswith("Max core file size"))
        assert line.split()[4:6] == ["0", "0"], line


def test_without_its_nginx_it_ends_too(gateway):
    one = gateway().start()
    with_it = one.processes()
    [master] = children(one.process.pid)
    os.kill(master, signal.SIGKILL)
    assert one.process.wait(60) == 1
    assert "nginx has ended by itself" in one.log() and str(one.dir / "error.log") in one.log()
    until(lambda: not [pid for pid in with_it if alive(pid)], "its workers go with it")


def test_a_worker_that_dies_is_replaced(gateway, make):
    one = gateway().start()
    [master] = children(one.process.pid)
    client = one.client(make.key(make.account("animus"))["key"], host="api.animus.so")
    workers = children(master)
    for pid in workers:
        os.kill(pid, signal.SIGTERM)
    until(lambda: children(master) and not children(master) & workers, one.errors)
    client.get(CONTENT, expect=200)


# ---- who runs it ----

NOBODY = 65534


def usable_by_all():
    """A folder that another user may reach, unlike pytest's own."""
    folder = temporary("cardea-gateway-")
    folder.chmod(0o755)
    return folder


def serves_and_uploads(one, daemon):
    """Checks, proxies, and takes a body that nginx keeps in a file of its own meanwhile."""
    maker = Maker(Client(one.port, daemon.root_key()))
    key = maker.key(maker.account("animus"))
    assert one.client(key["key"], host="api.animus.so").get(CONTENT, expect=200).json["target"] == CONTENT
    many = [{"sha256": f"{n:064x}", "name": "x" * 60} for n in range(1, 901)]
    maker.root.post("/v1/keys/import", {"account": maker.account("animam")["id"], "kind": "legacy", "keys": many}, expect=201)
    until(lambda: maker.root.get(f"/v1/keys/{key['id']}", expect=200)["use_count"] == 1, one.said)


@pytest.mark.parametrize("run_as", ["the same user", "root, workers as that user"])
def test_as_an_ordinary_user(run_as, upstream):
    """Without any right of root's; and as root whose workers have none."""
    root = os.geteuid() == 0
    folder = usable_by_all()
    daemon = Daemon(folder / "daemon")
    them = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if root else {}
    for place in (folder / "daemon", folder / "gate"):
        place.mkdir()
        if root:
            os.chown(place, NOBODY, NOBODY)
    one = Gateway(folder / "gate", daemon, upstreams={"animus": f"http://127.0.0.1:{upstream.port}"},
                  user=["--user", "nobody nogroup"] if root and run_as != "the same user" else [])
    try:
        daemon.start(**them)
        one.start(**(them if run_as == "the same user" else {}))
        owners = {os.stat(f"/proc/{pid}").st_uid for pid in descendants(one.process.pid) if alive(pid)}
        assert owners <= {NOBODY, 0} if root and run_as != "the same user" else owners == {NOBODY if root else os.geteuid()}
        serves_and_uploads(one, daemon)
        assert [p.name for p in one.dir.iterdir() if p.is_file() and p.stat().st_mode & 0o077 and p.name not in ("nginx.pid", "error.log")] == []
        assert one.stop() == 0
    finally:
        one.kill()
        daemon.kill()
    assert "emerg" not in one.errors() and "crit" not in one.errors(), one.errors()
    subprocess.run(["rm", "-rf", str(folder)], check=True)


def test_relative_paths_mean_where_it_was_started(gateway, shared, tmp_path):
    place = tmp_path / "here"
    place.mkdir()
    one = gateway()
    one.args[one.args.index("--dir") + 1] = "gate"
    one.dir = place / "gate"
    one.start(cwd=place)
    assert one.client(host="api.animus.so").get(CONTENT).status == 401 and (place / "gate" / "nginx.conf").exists()
    one.signal(signal.SIGHUP)
    until(lambda: one.reloads() == 1, one.said)


def test_it_is_a_command_of_cardea_s_own(tmp_path):
    """Under the name of a product there is no such command."""
    (tmp_path / "oanim").symlink_to(PROGRAM)
    done = subprocess.run([tmp_path / "oanim", "gateway"], capture_output=True, text=True, env=environment(), check=False)
    assert done.returncode == 2 and "gateway" in done.stderr


def test_the_how_to_s_files_work(upstream, tmp_path):
    """docs/how-to/gateway.md: its two files, with only addresses and paths put in their places."""
    page = (ROOT / "docs" / "how-to" / "gateway.md").read_text()
    daemon_file, gateway_file, trusted = re.findall(r"^```yaml\n(.*?)^```$", page, re.M | re.S)
    cert, key = certificate(tmp_path)
    http, https = free_port(), free_port()
    for name in ("etc", "etc/profiles", "lib", "run"):
        (tmp_path / name).mkdir()
    places = {"/etc/letsencrypt/live/example.com/fullchain.pem": cert, "/etc/letsencrypt/live/example.com/privkey.pem": key, "/etc/cardea": tmp_path / "etc",
              "/var/lib/cardea": tmp_path / "lib", "/run/cardea-gateway": tmp_path / "gate", "/run/cardea": tmp_path / "run",
              "0.0.0.0:80": f"127.0.0.1:{http}", "0.0.0.0:443": f"127.0.0.1:{https}", "127.0.0.1:9000": f"127.0.0.1:{upstream.port}"}
    for name, text in (("cardea.yaml", daemon_file), ("gateway.yaml", gateway_file + trusted)):
        for old, new in places.items():
            text = text.replace(old, str(new))
        (tmp_path / "etc" / name).write_text(text)
    started = []
    try:
        for program in (["serve", "--config", tmp_path / "etc" / "cardea.yaml"], ["gateway", "--config", tmp_path / "etc" / "gateway.yaml", *USER]):
            with open(tmp_path / "log", "ab") as log:
                started.append(subprocess.Popen([PROGRAM, *program], stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=nginx_environment()))
            until(lambda: (tmp_path / "run" / "http").exists(), (tmp_path / "log").read_text)
        until(lambda: "listens on https://" in (tmp_path / "log").read_text(), (tmp_path / "log").read_text)
        until((tmp_path / "lib" / "root.key").exists, (tmp_path / "log").read_text)  # the socket is there before it
        root_key = (tmp_path / "lib" / "root.key").read_text().strip()
        REGISTRY.add("key", root_key)
        make = Maker(Client(http, root_key, host="keys.example.com"))
        made = make.key(make.account("animus"))["key"]
        Client(http, made, host="api.animus.so").get(CONTENT, expect=200)
        done = subprocess.run(["curl", "-sS", "--cacert", cert, "--connect-to", f"::127.0.0.1:{https}", f"https://api.animus.so{CONTENT}", "-H",
                               f"Authorization: Bearer {made}"], capture_output=True, text=True, env=environment(), check=True)
        assert '"target": "/api/v1/content/recent"' in done.stdout
    finally:
        for process in reversed(started):
            process.terminate()
            assert process.wait(30) == 0
    assert not REGISTRY.find((tmp_path / "log").read_bytes())
