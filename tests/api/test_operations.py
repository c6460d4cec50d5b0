"""Health, metrics, documents."""

import contextlib
import re
import sqlite3

import jsonschema
import pytest
import yaml

from cardea_test.openapi import DOCUMENT, ROOT
from cardea_test.receiver import until

LINE = re.compile(r'^[a-zA-Z_:][a-zA-Z0-9_:]*(\{([a-zA-Z_]\w*="(?:[^"\\]|\\.)*",?)*\})? (-?[0-9.]+(e[+-]?[0-9]+)?|[+-]Inf|NaN)$')


def test_health(root):
    nobody = root.using(token=None)
    for path in ("/livez", "/readyz", "/health/", "/health"):
        assert nobody.get(path, expect=200)["status"] == "ok"
    assert nobody.call("HEAD", "/livez").status == 200


def test_metrics_are_in_the_text_format_and_count(root, make):
    make.key(make.account("animus"))
    before = numbers(root)
    root.verify("junk")
    root.verify("junk")
    after = numbers(root)
    moved = [name for name in after if after[name] >= before.get(name, 0) + 2]
    assert any("keys_verify" in name for name in moved), moved


def test_uses_of_all_processes_and_events_are_counted(root, make):
    before = numbers(root)
    key = make.key(make.account("animus"), credits=5)
    for cost in (2, 3):
        assert root.verify(key["key"], cost=cost)["valid"]
    for _ in range(2):
        assert root.verify(key["key"], cost=1)["code"] == "CREDITS_EXHAUSTED"
    wanted = {'cardea_uses_total{outcome="granted"}': 2, 'cardea_uses_total{outcome="CREDITS_EXHAUSTED"}': 2, "cardea_credits_drawn_total": 5,
              'cardea_events_total{type="key.created"}': 1, 'cardea_events_total{type="key.denied"}': 1}
    until(lambda: all(numbers(root)[name] >= before[name] + more for name, more in wanted.items()))


def test_work_that_the_store_refuses_shows(own):
    """Nobody waits for it, so a counter is all that tells."""
    daemon = own()
    root = daemon.root()
    account = root.post("/v1/accounts", {"profile": "animus", "slug": "shop", "name": "Shop"}, expect=201)
    root.post("/v1/webhooks", {"account": account["id"], "url": "https://example.com/hook", "events": ["key.created"]}, expect=201)
    until(lambda: numbers(root)["cardea_audit_signed_records"] > 0)  # and then not for another minute
    healthy = numbers(root)
    assert not any(value for name, value in healthy.items() if name.startswith("cardea_chores_failed_total"))
    assert healthy["cardea_webhooks_behind_seconds"] < 60
    with contextlib.closing(sqlite3.connect(daemon.data / "cardea.db")) as store:
        for table in ("credit_refill", "reminder", "webhook_delivery"):
            store.execute(f"ALTER TABLE {table} RENAME TO gone_{table}")
    root.post("/v1/keys", {"account": account["id"], "name": "k", "scopes": ["read"]}, expect=201)
    failed = [f'cardea_chores_failed_total{{chore="{chore}"}}' for chore in ("refill", "reminders", "webhooks")]
    until(lambda: all(numbers(root)[name] >= 1 for name in failed) and numbers(root)["cardea_webhooks_behind_seconds"] >= 2)
    assert numbers(root)["cardea_audit_waiting_records"] >= 1


def numbers(root):
    reply = root.get("/metrics", expect=200)
    assert reply.header("content-type").startswith("text/plain")
    text = reply.body.decode()
    assert text.endswith("\n")
    typed, found = set(), {}
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            typed.add(line.split()[2])
        elif line and not line.startswith("#"):
            assert LINE.match(line), line
            name, value = line.rsplit(" ", 1)
            assert name not in found, f"{name} stands there twice"
            found[name] = float(value)
            family = re.sub(r"_(bucket|sum|count)$", "", name.split("{")[0])
            assert family in typed or name.split("{")[0] in typed, line
    return found


def test_metrics_are_for_the_admin_hosts(root):
    for host in ("api.animus.so", "api.open-animate.com"):
        assert root.using(host=host, token=None).get("/metrics").status in (401, 403, 404)


def test_metrics_name_no_key_account_or_person(root, make):
    key = make.key(make.account("animus"))
    root.verify(key["key"])
    text = root.get("/metrics", expect=200).body.decode()
    for word in (key["key"], key["id"], key["prefix"], key["account"]):
        assert word not in text


def test_the_served_description_is_the_one_in_the_tree(root):
    served = root.get("/openapi.json", expect=200).json
    tree = yaml.safe_load((ROOT / "api" / "openapi.yaml").read_text())
    assert served["paths"] == tree["paths"] and served["components"] == tree["components"]


def test_every_schema_is_one():
    for name, schema in DOCUMENT.raw["components"]["schemas"].items():
        jsonschema.Draft202012Validator.check_schema(DOCUMENT.inline(schema))


def test_every_example_fits_its_schema():
    def walk(node):
        if isinstance(node, dict):
            if "example" in node and "schema" in node:
                assert DOCUMENT.problems(node["schema"], node["example"]) == []
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)
    walk(DOCUMENT.raw["paths"])


def test_llms_txt(root):
    text = root.using(token=None).get("/llms.txt", expect=200).body.decode()
    assert text.startswith("# ") and "/openapi.json" in text


PAGES = sorted(p.stem for p in (ROOT / "docs" / "reference" / "errors").glob("*.md"))


@pytest.mark.parametrize("code", PAGES)
def test_error_pages_are_served(root, code):
    reply = root.using(token=None).get(f"/docs/errors/{code}", expect=200)
    page = (ROOT / "docs" / "reference" / "errors" / f"{code}.md").read_text()
    assert code in reply.body.decode() and page.splitlines()[2][:30] in reply.body.decode()


def emitted():
    """Every code that the C sources can put into a problem: the codes given to call_problem, service_fail and
    a problem's `.code`, and the names of decisions."""
    codes = set()
    for path in (ROOT / "src").rglob("*.c"):
        if path.relative_to(ROOT / "src").parts[0] in ("cli", "profile"):
            continue
        text = path.read_text()
        codes.update(re.findall(r'\b(?:call_problem|service_fail)\([^;"]*?,\s*"([a-z_]+)"', text))
        codes.update(re.findall(r'\.code = "([a-z_]+)"', text))
        codes.update(re.findall(r'svc\.code = "([a-z_]+)"', text))
        codes.update(re.findall(r'"(invalid_json|duplicate_member|unknown_field|invalid_request|bad_request|idempotency_[a-z]+)"', text))
    header = (ROOT / "include" / "cardea" / "types.h").read_text()
    codes.update(c for c in re.findall(r"\bCARDEA_([A-Z_]+),", header.split("enum cardea_code {")[1].split("};")[0]) if c != "CODE_COUNT")
    return codes


def test_every_code_has_a_page_and_no_page_is_an_orphan():
    codes = emitted()
    assert len(codes) > 30, codes
    assert codes - set(PAGES) == set(), "codes without a page"
    assert set(PAGES) - codes - {"VALID"} == set(), "pages that nothing emits"


@pytest.mark.parametrize("code", PAGES)
def test_error_pages_say_what_why_and_how_to_mend_it(code):
    text = (ROOT / "docs" / "reference" / "errors" / f"{code}.md").read_text()
    assert text.startswith(f"# {code}\n\n")
    for part in ("## Why", "## How to mend it", "## Example"):
        assert part in text, part


def test_the_problems_seen_link_to_pages(root):
    seen = {root.get("/v1/nonsense").json["type"], root.using(token=None).get("/v1/keys").json["type"],
            root.post("/v1/keys", {}).json["type"], root.call("PUT", "/v1/keys").json["type"]}
    for path in seen:
        assert root.get(path).status == 200, path


def test_request_ids_differ_and_stand_in_the_header_too(root):
    one, two = root.get("/v1/nonsense"), root.get("/v1/nonsense")
    assert one["request_id"] != two["request_id"] and len(one["request_id"]) >= 8


def test_answers_are_not_kept_by_caches(root, make):
    made = make.key(make.account("animus"))
    reply = root.post("/v1/keys", {"account": made["account"], "name": "x", "scopes": ["read"]}, expect=201)
    assert "no-store" in (reply.header("cache-control") or "")
    assert "no-store" in (root.get("/v1/keys", expect=(200, 422)).header("cache-control") or "")


def test_no_header_boasts_of_versions(root):
    reply = root.get("/livez")
    assert not re.search(r"[0-9]", reply.header("server") or "")
