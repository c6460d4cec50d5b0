"""What `nginx -t` refuses: names that do not exist, and ways round the check that it can see."""

import pytest

CONTENT = "/api/v1/content/recent"
ROOT = "root /nonexistent;"


def refused(one, *said):
    code, text = one.test()
    assert code != 0, f"accepted:\n{one.conf.read_text()}"
    assert "[emerg]" in text
    for words in said:
        assert words in text, text
    return text


def accepted(one):
    code, text = one.test()
    assert code == 0, text
    return text


@pytest.mark.parametrize("written,said", [
    ("cardea animuss;", 'there is no profile "animuss"'),
    ("cardea Animus;", 'there is no profile "Animus"'),
    ("cardea animus; cardea_scope raed;", 'profile "animus" has no scope "raed"'),
    ("cardea animus; cardea_scope read,write;", 'has no scope "read,write"'),
    ("cardea anyformat; cardea_scope read;", 'profile "anyformat" has no scope "read"'),
])
def test_a_misspelt_name_is_found_with_its_line(nginx, written, said):
    one = nginx().serve(f"\n\n    location /x {{\n        {written}\n        {ROOT}\n    }}")
    refused(one, said, f"{one.conf}:{one.line_of(written)}")


def test_the_profiles_are_listed(nginx):
    text = refused(nginx().serve("cardea nobody;"))
    for name in ("animus", "animam", "anyformat", "cardea"):
        assert name in text


def test_an_inherited_scope_is_checked_with_the_location_profile(nginx):
    one = nginx().serve("cardea_scope search;\ncardea animus;\nlocation /x {\n cardea anyformat;\n}")
    refused(one, 'profile "anyformat" has no scope "search"', f"{one.conf}:{one.line_of('cardea_scope')}")


def test_variables_cannot_be_checked_beforehand(nginx):
    accepted(nginx().serve("cardea animus; cardea_scope $arg_scope; cardea_account $arg_a; cardea_agent $arg_b;"))


@pytest.mark.parametrize("written,said", [
    ("cardea;", "invalid number of arguments"),
    ("cardea animus anyformat;", "invalid number of arguments"),
    ('cardea "";', "must name a profile"),
    ("cardea animus; cardea off;", "duplicate"),
    ("cardea_scope read; cardea_scope read;", "duplicate"),
    ("cardea_forward_credential maybe;", "invalid value"),
    ('cardea_realm "a\\"b";', "takes 1 to 100"),
    ('cardea_realm "";', "takes 1 to 100"),
    ("if ($arg_x) { cardea off; }", "not allowed here"),
    ("cardea_snapshot /x;", "not allowed here"),
])
def test_directives_are_read_strictly(nginx, written, said):
    refused(nginx().serve(f"location /x {{ {written} }}"), said)


def test_a_check_needs_a_snapshot(nginx):
    one = nginx(runtime=None).serve("\ncardea animus;")
    refused(one, 'needs "cardea_snapshot"', f"{one.conf}:{one.line_of('cardea animus')}")
    accepted(nginx(runtime=None).serve("cardea off;"))


@pytest.mark.parametrize("inside", [
    "location /x { cardea animus; return 200 open; }",
    "location /x { cardea animus; return 204; }",
    "location /x { cardea animus; return 302 /elsewhere; }",
    "location /x { cardea animus; return https://elsewhere.test/; }",
    "location /x { cardea animus; if ($arg_x) { return 200 open; } proxy_pass http://127.0.0.1:1; }",
    'location /x { cardea animus; set $y "a long enough text $uri"; if ($arg_x) { set $z 1; } return 200 open; }',
    "location /x { cardea animus; rewrite ^/x/(.*)$ /y/$1 redirect; }",
    "location /x { cardea animus; rewrite ^/x/(.*)$ /y/$1 permanent; }",
    "location /x { cardea animus; rewrite ^ https://elsewhere.test$uri; }",
    "cardea animus; location /x { return 200 open; }",
    "cardea animus; location /x { root /tmp; location /x/y { return 200 open; } }",
    "cardea animus; location ~ ^/x { return 200 open; }",
    "cardea animus; location @x { return 200 open; }",
])
def test_a_protected_location_does_not_answer_by_itself(nginx, inside):
    refused(nginx().serve(inside), "before the check", 'say "cardea off"')


@pytest.mark.parametrize("inside, who", [
    ("return 200 open; location /x { cardea animus; }", 'location "/x" stands in a server that'),
    ("if ($arg_x) { return 204; } cardea animus;", "the server"),
])
def test_nor_does_the_server_around_it(nginx, inside, who):
    refused(nginx().serve(inside), f'cardea: {who} answers by "return" before the check')


@pytest.mark.parametrize("inside", [
    "location /x { cardea animus; return 404; }",
    "location /x { cardea animus; if ($arg_x) { return 403 no; } proxy_pass http://127.0.0.1:1; }",
    "location /x { cardea animus; rewrite ^/x/(.*)$ /y/$1 break; proxy_pass http://127.0.0.1:1; }",
    "location /x { cardea animus; rewrite ^/x/(.*)$ /y/$1 last; }",
    "cardea animus; location /x { cardea off; return 200 open; }",
    "if ($scheme = ftp) { return 301 https://$host$request_uri; } cardea animus;",
    "location /x { cardea animus; set $y 200; }",
])
def test_what_is_no_way_round_is_accepted(nginx, inside):
    accepted(nginx().serve(inside))


@pytest.mark.parametrize("inside", [
    "location /x { cardea animus; satisfy any; allow all; }",
    "satisfy any; location /x { cardea animus; }",
    "cardea animus; satisfy any;",
])
def test_nothing_counts_instead_of_the_check(nginx, inside):
    one = nginx().serve(inside)
    refused(one, "satisfy any", f"{one.conf}:")


@pytest.mark.parametrize("inside", [
    "cardea animus; error_page 401 =200 @open; location @open { cardea off; return 200 open; }",
    "cardea animus; error_page 403 = /open; location = /open { cardea off; return 200 open; }",
    "location /x { cardea animus; error_page 401 403 /open/401.html; } location /open/ { return 302 /login; }",
])
def test_a_refusal_is_not_turned_into_an_answer(nginx, inside):
    refused(nginx().serve(inside), "error_page")


def test_error_pages_that_refuse_are_accepted(nginx):
    accepted(nginx().serve("cardea animus; error_page 401 /no.json; location = /no.json { cardea off; return 401 no; } error_page 404 /404.html;"))


def test_our_refusals_take_no_error_page(nginx, upstream):
    """So the profile's body stands, and nothing that cannot be seen beforehand (a variable, a folder) turns it into content."""
    one = nginx().write(f"map $uri $page {{ default /open; }} server {{ listen 127.0.0.1:PORT; cardea animus; error_page 401 403 429 503 =200 $page;"
                        f" location /open {{ cardea off; return 200 open; }} location / {{ proxy_pass http://127.0.0.1:{upstream.port}; }} }}").start()
    reply = one.client().get(CONTENT, expect=401)
    assert reply.code == "MISSING"


def test_activity_may_be_named_by_file_or_folder(nginx, shared, upstream, make, account):
    for where in (shared.runtime, shared.runtime / "activity.0"):
        one = nginx().write(f"cardea_activity {where}; server {{ listen 127.0.0.1:PORT; cardea animus; location / {{ proxy_pass http://127.0.0.1:{upstream.port}; }} }}").start()
        key = make.key(account, rate_limit={"limit": 1, "window_sec": 3600})["key"]
        one.client(key).get(CONTENT, expect=200)
        one.client(key).get(CONTENT, expect=429)
