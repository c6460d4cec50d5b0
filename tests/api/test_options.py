"""Options of the daemon, from the command line and from its file."""

import re
import signal
import socket
import time

from cardea_test.daemon import Daemon
from cardea_test.fixtures import Maker
from cardea_test.reader import Reader
from test_restart import eventually, one_line


def with_config(tmp_path, text):
    (tmp_path / "cardea.yaml").write_text(text)
    return ["--config", str(tmp_path / "cardea.yaml")]


def test_a_file_says_it_and_the_command_line_wins(own, tmp_path):
    daemon = own(*with_config(tmp_path, "listen: 127.0.0.1:1\nadmin_hosts: [ops.example]\nsession_ttl: 1h\n"))
    assert daemon.client(host="ops.example").get("/livez").status == 200
    root = daemon.root()
    make = Maker(root)
    me = make.session(make.account("animus"))
    ends = time.mktime(time.strptime(me.session["expires_at"], "%Y-%m-%dT%H:%M:%SZ")) - time.timezone
    assert 3500 < ends - time.time() <= 3601


def test_sighup_takes_a_new_file_and_refuses_a_bad_one(own, tmp_path):
    daemon = own(*with_config(tmp_path, "admin_hosts: [ops.example]\n"))
    ops, other = daemon.client(host="ops.example"), daemon.client(host="other.example")
    assert (ops.get("/livez").status, other.get("/livez").status) == (200, 421)
    with_config(tmp_path, "admin_hosts: [other.example]\n")
    daemon.signal(signal.SIGHUP)
    eventually(lambda: other.get("/livez").status == 200)
    assert ops.get("/livez").status == 421
    before = len(daemon.log())
    with_config(tmp_path, "admin_hosts: [ops.example]\nadmin_hots: [x]\n")
    daemon.signal(signal.SIGHUP)
    eventually(lambda: "cardea.yaml:2:" in daemon.log()[before:])
    assert "admin_hosts" in daemon.log()[before:], "what was meant"
    assert (ops.get("/livez").status, other.get("/livez").status) == (421, 200)


def test_what_a_reload_does_not_change_is_named(own, tmp_path):
    daemon = own(*with_config(tmp_path, "usage_keep: 30d\nwebhook_networks: [10.0.0.0/8]\nlog_level: info\n"))
    path = tmp_path / "cardea.yaml"

    def reloaded(text):
        before = daemon.log().count('msg="reloaded')
        if text:
            path.write_text(text)
        daemon.signal(signal.SIGHUP)
        eventually(lambda: daemon.log().count('msg="reloaded') > before)
        return re.findall(r'not changed until the next start: ([^"]*)"', daemon.log())

    assert reloaded(None) == []
    assert reloaded("usage_keep: 30d\nwebhook_networks: [10.0.0.0/8]\nsession_ttl: 2h\nadmin_hosts: [ops.example]\n") == []
    assert reloaded("usage_keep: 31d\nwebhook_networks: [10.0.0.0/8, 192.168.0.0/16]\nmessages_keep: 9d\n") == [
        "messages-keep, webhook-networks, usage-keep"]


def test_a_mistake_in_the_file_is_named_with_its_place(tmp_path):
    for text, place in (("listen: [a]\n", "cardea.yaml:1:"), ("threads: 2\nlisten-: x\n", "cardea.yaml:2:"), ("threads: many\n", "cardea.yaml:1:"),
                        ("a: [\n", "cardea.yaml:"), ("session_ttl: 1s\n", "cardea.yaml:1:")):
        code, said = Daemon(tmp_path / "daemon", with_config(tmp_path, text)).refuse()
        assert code == 2 and place in said and one_line(said), (text, code, said)


def test_a_unix_socket(own, tmp_path):
    path = tmp_path / "s"
    daemon = own(ready=False)
    command = daemon.command()
    command[command.index("--listen") + 1] = f"unix:{path}"
    daemon.command = lambda: command
    for attempt in range(2):  # a socket that a killed daemon left behind is in nobody's way
        daemon.launch()
        eventually(path.exists)

        def answered():
            try:
                with socket.socket(socket.AF_UNIX) as s:
                    s.settimeout(5)
                    s.connect(str(path))
                    s.sendall(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                    return s.recv(4096).startswith(b"HTTP/1.1 200")
            except OSError:
                return False

        eventually(answered, 30)
        daemon.kill() if attempt == 0 else None
    assert daemon.stop() == 0


def test_past_its_staleness_a_reader_denies(own):
    daemon = own("--max-staleness", "2s")
    root = daemon.root()
    make = Maker(root)
    key = make.key(make.account("animus"))["key"]
    reader = Reader(daemon.runtime)
    time.sleep(2.5)
    eventually(lambda: reader.code(key) == "VALID")  # while the daemon lives it keeps the snapshot fresh
    daemon.kill()
    time.sleep(3.2)
    assert reader.code(key) == "STALE"
    daemon.start()
    eventually(lambda: reader.code(key) == "VALID")
    reader.close()


def test_proxies_that_are_not_trusted_are_not_believed(own):
    daemon = own("--trusted-proxies", "192.0.2.1")
    root = daemon.root()
    make = Maker(root)
    caller = root.using(token=make.key(make.account("animus"), scopes=["read"], ip_allow=["10.0.0.0/8"])["key"])
    read = {"X-Original-Method": "GET", "X-Original-URI": "/api/v1/content/recent"}
    assert caller.get("/v1/authorize/animus", headers=read).code == "NO_ROUTE"
    assert caller.get("/v1/authorize/animus/api/v1/content/recent", headers={"X-Forwarded-For": "10.0.0.1"}).code == "IP_DENIED"


def test_trusted_proxies_name_the_client(root, make):
    caller = root.using(token=make.key(make.account("animus"), scopes=["read"], ip_allow=["10.0.0.0/8"])["key"])
    path = "/v1/authorize/animus/api/v1/content/recent"
    caller.get(path, headers={"X-Forwarded-For": "10.0.0.1"}, expect=200)
    for forged in ("192.0.2.1", "10.0.0.1, 192.0.2.1", "10.0.0.1, junk", ""):
        assert caller.get(path, headers={"X-Forwarded-For": forged}).code == "IP_DENIED", forged


def test_another_master_key_is_refused(own, tmp_path):
    daemon = own()
    assert daemon.stop() == 0
    (tmp_path / "other.key").write_text("ab" * 32 + "\n")
    (tmp_path / "other.key").chmod(0o600)
    daemon.args = ["--master-key-file", str(tmp_path / "other.key")]
    code, said = daemon.refuse()
    assert code == 1 and "master key" in said and one_line(said), said
