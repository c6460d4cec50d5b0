"""What deploy/ ships for a machine of one's own: units, sample configurations, an nginx site, Prometheus and Grafana."""

import json
import re
import shutil
import subprocess

import pytest
import yaml
from cardea_test.daemon import PROGRAM, Daemon, environment, temporary
from cardea_test.fixtures import the_module_is_clean
from rig.nginx import MODULE
from rig.proxies import DEPLOY, NginxModule
from rig.upstream import headers_of

SYSTEMD = DEPLOY / "systemd"
SERVICES = {"cardea.service": ("serve", 1.2), "cardea-gateway.service": ("gateway", 1.5)}  # the command, the exposure at most


def run(*command, code=0, **kw):
    found = shutil.which(command[0])
    assert found, f"{command[0]} is missing: make deps"
    done = subprocess.run([found, *map(str, command[1:])], capture_output=True, text=True, timeout=60, env=environment(), check=False, **kw)
    assert code is None or done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def cardea(*args):
    return run(PROGRAM, *args)


# ---- sample configurations


@pytest.mark.parametrize("command, file", [("serve", "cardea.yaml"), ("gateway", "gateway.yaml")])
def test_samples_are_what_the_program_prints(command, file):
    assert cardea(command, "--sample-config") == (DEPLOY / file).read_text(), \
        f"run: build/cardea {command} --sample-config > deploy/{file}"


def test_the_sample_says_the_defaults(own, tmp_path):
    own("--config", str(DEPLOY / "cardea.yaml"))
    # The same with every # before a default taken away, as far as it names no place of the machine's.
    text = re.sub(r"^#(?! )", "", (DEPLOY / "cardea.yaml").read_text(), flags=re.M)
    values = {k: v for k, v in yaml.safe_load(text).items() if v not in ("DIR", "FILE", "URL", "N", "ADDRESS", "NAME") and k != "listen"}
    assert values["trusted_proxies"] == ["127.0.0.0/8", "::1", "unix"] and values["session_ttl"] == "24h"
    bare = "\n".join(line for line in text.splitlines() if line.split(":")[0] in values)
    (tmp_path / "bare.yaml").write_text(bare + "\n")
    own("--config", str(tmp_path / "bare.yaml"))


# ---- systemd


def unit(name):
    """Directives of a unit as (name, value)."""
    lines = (SYSTEMD / name).read_text().splitlines()
    return [tuple(line.split("=", 1)) for line in lines if "=" in line and not line.startswith("#")]


@pytest.mark.parametrize("name", SERVICES)
def test_units_verify_and_expose_little(name, tmp_path):
    for each in SERVICES:  # one names the other
        text = (SYSTEMD / each).read_text()
        assert "/usr/bin/cardea " in text
        (tmp_path / each).write_text(text.replace("/usr/bin/cardea ", f"{PROGRAM} "))
    assert run("systemd-analyze", "verify", tmp_path / name) == ""
    command, most = SERVICES[name]
    told = run("systemd-analyze", "security", "--offline=true", "--no-pager", f"--threshold={most * 10:.0f}", SYSTEMD / name)
    assert float(re.search(r"Overall exposure level for \S+: ([0-9.]+)", told)[1]) <= most, told
    # Every option that it gives is one.
    start = dict(unit(name))["ExecStart"].split()
    assert start[1] == command
    known = cardea(command, "--help")
    for option in (word for word in start if word.startswith("--")):
        assert f"  {option} " in known, option


@pytest.mark.parametrize("name", SERVICES)
def test_units_give_no_rights_away(name):
    have = dict(unit(name))
    for directive in ("NoNewPrivileges", "PrivateTmp", "PrivateDevices", "ProtectKernelTunables", "ProtectKernelModules", "ProtectKernelLogs",
                      "ProtectControlGroups", "MemoryDenyWriteExecute", "RestrictSUIDSGID", "LockPersonality"):
        assert have[directive] == "yes", directive
    assert have["ProtectSystem"] == "strict" and have["LimitCORE"] == "0" and have["User"] == have["Group"] == "cardea"
    assert have["CapabilityBoundingSet"] in ("", "CAP_NET_BIND_SERVICE") and have["CapabilityBoundingSet"] == have["AmbientCapabilities"]
    assert have["ExecReload"] == "/bin/kill -HUP $MAINPID" and have["Restart"] == "on-failure"


def test_folders_have_one_mode_everywhere(own):
    have = dict(unit("cardea.service"))
    modes = {line.split()[1]: line.split()[2] for line in (SYSTEMD / "tmpfiles.conf").read_text().splitlines() if line.startswith("d ")}
    assert modes == {"/var/lib/cardea": have["StateDirectoryMode"], "/run/cardea": have["RuntimeDirectoryMode"], "/etc/cardea": "0750"}
    assert have["RuntimeDirectoryPreserve"] == "yes"  # nginx goes on deciding while the daemon restarts
    daemon = own()
    assert f"{daemon.data.stat().st_mode & 0o7777:04o}" == have["StateDirectoryMode"]
    assert f"{daemon.runtime.stat().st_mode & 0o7777:04o}" == have["RuntimeDirectoryMode"]


def test_the_unit_s_umask_leaves_the_group_what_it_needs(own, tmp_path):
    daemon = own(umask=int(dict(unit("cardea.service"))["UMask"], 8))
    for name in ("snapshot", "activity.0"):
        assert (daemon.runtime / name).stat().st_mode & 0o040, f"the group cannot read {name}"
    for path in (daemon.data / "root.key", daemon.data / "master.key", daemon.data / "cardea.db"):
        assert not path.stat().st_mode & 0o077, path


def test_the_user_is_made(tmp_path):
    (tmp_path / "etc").mkdir()
    run("systemd-sysusers", f"--root={tmp_path}", SYSTEMD / "sysusers.conf")
    line = (tmp_path / "etc/passwd").read_text().strip()
    assert re.fullmatch(r"cardea:\S:\d+:\d+:Cardea API keys:/var/lib/cardea:/usr/sbin/nologin", line)
    assert (tmp_path / "etc/group").read_text().startswith("cardea:")


# ---- the nginx site with the module


@pytest.fixture
def site(shared, upstream):
    assert MODULE.exists(), f"{MODULE} is missing: install nginx-dev (make deps) and build"
    folder = temporary("cardea-site-")
    one = NginxModule(folder, shared.port, upstream.port)
    one.runtime = shared.runtime
    yield one
    one.stop()
    assert not one.leaks(), f"nginx's log shows {one.leaks()}"
    shutil.rmtree(folder, ignore_errors=True)


def test_the_site_passes_nginx_and_serves(site, make):
    told = subprocess.run(["/usr/sbin/nginx", "-t", *site.arguments()], capture_output=True, text=True, check=False)
    assert told.returncode == 0 and "[warn]" not in told.stderr, told.stderr
    site.start()
    team = make.account("animus")
    key = make.key(team)
    client = site.client(key["key"], host="api.animus.so")
    got = headers_of(client.get("/api/v1/content/recent", headers={"Cardea-Account": "forged"}, expect=200))
    assert got["cardea-account"] == team["id"] and "authorization" not in got
    assert client.post("/api/v1/content", {}, expect=403).code == "INSUFFICIENT_SCOPE"
    # The daemon's own paths, as the product's host.
    person = site.client(make.session(team).token, host="api.animus.so")
    assert key["id"] in [k["id"] for k in person.get(f"/api/v1/api-keys?account={team['id']}", expect=200).json["data"]]
    assert site.client(host="api.animus.so").get("/docs/errors/MISSING", expect=200).body


# ---- Prometheus and Grafana

WORDS = {"sum", "min", "max", "avg", "count", "rate", "increase", "changes", "histogram_quantile", "vector", "clamp_min", "by", "without", "on", "ignoring", "unless",
         "and", "or", "label_values"}
LABELS = re.compile(r"(\w+)\s*(=~|!~|!=|=)\s*\"([^\"]*)\"")
GROUPING = re.compile(r"\b(?:by|without|on|ignoring)\s*\(([^)]*)\)")
FROM_SCRAPING = {"job", "instance"}  # labels that Prometheus adds, and the one metric of its own
UP = "up"


@pytest.fixture(scope="module")
def metrics(tmp_path_factory):
    """{metric: labels with their values} of a daemon that has met a bit of everything."""
    folder = tmp_path_factory.mktemp("metrics")
    (folder / "secret").write_text("s" * 40)
    (folder / "secret").chmod(0o600)
    (folder / "issuers.yaml").write_text("issuers: [{name: staff, issuer: 'https://login.example.com/', audience: x, algorithms: HS256, "
                                         "secret_file: secret}]\n")
    daemon = Daemon(folder / "daemon", ["--issuers", str(folder / "issuers.yaml")]).start()
    try:
        daemon.client().get("/v1/authorize/animus/x", record=False)
        text = daemon.client().get("/metrics", record=False, expect=200).body.decode()
    finally:
        daemon.stop()
    the_module_is_clean(daemon)
    have = {}
    for line in text.splitlines():
        if line.startswith("# TYPE"):
            _, _, name, kind = line.split()
            for suffix in ("_bucket", "_sum", "_count") if kind == "histogram" else ("",):
                have[name + suffix] = {}
        elif not line.startswith("#"):
            name, labels = re.match(r"(\w+)(?:\{(.*?)\})? ", line).groups()
            for label, value in re.findall(r'(\w+)="([^"]*)"', labels or ""):
                have[name].setdefault(label, set()).add(value)
    return have


def judge(expr, metrics):
    """Every name of an expression is a metric of ours with these labels; returns the metrics. Brackets are in pairs."""
    assert all(expr.count(a) == expr.count(b) for a, b in ("()", "[]", "{}")), expr
    used = set()
    bare = re.sub(r"\[[^\]]*\]", "", GROUPING.sub("", expr))
    for name, labels in re.findall(r"([a-zA-Z_:]\w*)(?:\{([^}]*)\})?", bare):
        if name in WORDS or name == UP:
            continue
        assert name in metrics, f"`{name}` in `{expr}` is no metric of the daemon"
        used.add(name)
        for label, how, value in LABELS.findall(labels):
            if label in FROM_SCRAPING:
                continue
            assert label in metrics[name], f"{name} has no label `{label}`: {expr}"
            if label == "status":
                assert re.fullmatch(r"[1-5]xx", value), expr
            else:
                for one in value.split("|") if "~" in how else [value]:
                    assert one in metrics[name][label], f"{name} never has {label}={one}: {expr}"
    known = set().union(*(metrics[name] for name in used)) if used else set()
    for group in GROUPING.findall(expr):
        for label in (part.strip() for part in group.split(",")):
            assert label in known | FROM_SCRAPING, f"`{label}` in `{expr}`"
    return used


def test_the_judge_is_strict(metrics):
    for wrong in ("rate(cardea_decision_total[5m])", 'cardea_decisions_total{kode="VALID"}', 'cardea_decisions_total{code="VALLID"}',
                  "sum by (cod) (cardea_decisions_total)", 'cardea_http_requests_total{status="5XX"}', "rate(cardea_decisions_total[5m]"):
        with pytest.raises(AssertionError):
            judge(wrong, metrics)
    assert judge("sum by (code, instance) (rate(cardea_decisions_total{code=~\"VALID|STALE\"}[5m])) > 0.5", metrics) == {"cardea_decisions_total"}


@pytest.fixture(scope="module")
def dashboard():
    return json.loads((DEPLOY / "grafana" / "cardea.json").read_text())


def test_the_dashboard_asks_for_what_there_is(dashboard, metrics):
    used = set()
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            used |= judge(target["expr"], metrics)
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            inside = re.fullmatch(r"label_values\((\w+)(?:\{job=\"\$job\"\})?, (job|instance)\)", variable["query"]["query"])
            assert inside and inside[1] in metrics
    assert not metrics.keys() - used, "metrics that no panel shows"


def test_the_dashboard_is_one(dashboard):
    assert dashboard["title"] and dashboard["uid"] == "cardea" and dashboard["schemaVersion"] >= 36
    panels, cells = dashboard["panels"], set()
    assert len({p["id"] for p in panels}) == len(panels)
    names = {v["name"] for v in dashboard["templating"]["list"]}
    for panel in panels:
        at = panel["gridPos"]
        here = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert at["x"] + at["w"] <= 24 and not here & cells, f"{panel['title']} lies on another panel"
        cells |= here
        assert panel["type"] in ("row", "stat", "timeseries") and panel["title"]
        if panel["type"] == "row":
            continue
        refs = [t["refId"] for t in panel["targets"]]
        assert refs and len(refs) == len(set(refs))
        assert panel["fieldConfig"]["defaults"]["unit"] in ("short", "reqps", "ops", "wps", "s", "bytes", "percentunit")
        steps = [s["value"] for s in panel["fieldConfig"]["defaults"]["thresholds"]["steps"]]
        assert steps[0] is None and steps[1:] == sorted(steps[1:])
        for text in (panel["datasource"]["uid"], *(t["expr"] for t in panel["targets"])):
            assert set(re.findall(r"\$\{?(\w+)", text)) <= names | {"__rate_interval"}, text


def test_alerts_ask_for_what_there_is(metrics):
    rules = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yaml").read_text())["groups"][0]["rules"]
    assert len({r["alert"] for r in rules}) == len(rules) >= 8
    for rule in rules:
        judge(rule["expr"], metrics)
        assert re.fullmatch(r"Cardea[A-Za-z]+", rule["alert"]) and rule["annotations"]["summary"]
        assert rule["labels"]["severity"] in ("critical", "warning") and set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
        assert re.search(r"[<>]=?|==", rule["expr"]), f"{rule['alert']} compares nothing"
        for label in re.findall(r"\$labels\.(\w+)", json.dumps(rule["annotations"])):
            assert label in rule["expr"] or label in FROM_SCRAPING or any(label in labels for labels in metrics.values()), label


def test_the_scrape_file_leads_to_the_daemon(shared):
    scrape = yaml.safe_load((DEPLOY / "prometheus" / "scrape.yaml").read_text())
    job = scrape["scrape_configs"][0]
    assert job["job_name"] == "cardea" and scrape["rule_files"] == ["alerts.yaml"]
    assert job["static_configs"][0]["targets"] == [re.search(r"^#listen: (.*)$", (DEPLOY / "cardea.yaml").read_text(), re.M)[1]]
    assert shared.client().get(job["metrics_path"], record=False, expect=200).body.startswith(b"# HELP")
