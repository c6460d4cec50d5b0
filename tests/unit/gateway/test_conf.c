/* nginx.conf from a plan: what must stand in it, and that the same plan gives the same text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <string.h>

#include "base/str.h"
#include "gateway/plan.h"

static struct arena arena;

static const char acme[] = "name: acme\n"
                           "title: Acme\n"
                           "hosts: [api.acme.example]\n"
                           "scopes: {anvils: All}\n"
                           "kinds:\n"
                           "  key: {format: \"acme_{secret:32}{check:6}\"}\n"
                           "routes:\n"
                           "  - {methods: GET, path: /anvils, scope: anvils}\n"
                           "management: {base: \"/t/{tenant}/k.eys\", by_key: true, actions: [create]}\n"
                           "dashboard: {path: /home}\n"
                           "docs: {hosts: [docs.acme.example], summary: Anvils.}\n"
                           "upstream: https://10.0.0.1:9000\n";

/* What agents need beside it. */
static const char agents[] = "  agents: {base: /robots, by_key: true}\n"
                             "  messages: {base: /mail, by_key: true}\n";

static struct profile_set set_of(const char *text)
{
    struct profile_set set = {0};
    struct buf errors;
    buf_init(&errors, 1 << 16);
    const struct profile *p = profile_load(&arena, "acme.yaml", str_of(text), &errors);
    if (!p)
        fail_msg("%s", errors.ptr);
    buf_release(&errors);
    set.items = arena_array(&arena, 1, sizeof(*set.items));
    set.items[set.count++] = p;
    return set;
}

static const char *write(const struct gateway_plan *plan)
{
    struct buf out, again;
    buf_init(&out, 1 << 20);
    buf_init(&again, 1 << 20);
    gateway_conf_write(plan, &out);
    gateway_conf_write(plan, &again);
    assert_true(str_eq(buf_str(&out), buf_str(&again)));
    const char *text = arena_cstr(&arena, buf_str(&out));
    buf_release(&out);
    buf_release(&again);
    return text;
}

#define assert_has(text, part)                                                     \
    do {                                                                           \
        if (!strstr(text, part))                                                   \
            fail_msg("`%s` does not stand in the configuration:\n%s", part, text); \
    } while (0)

static const char *const http[] = {"127.0.0.1:8080"}, *const tls[] = {"127.0.0.1:8443"},
                         *const admin[] = {"keys.acme.example"}, *const trusted[] = {"10.0.0.0/8"};

static struct gateway_plan plan_of(const struct profile_set *set)
{
    return (struct gateway_plan){.profiles = set,
                                 .runtime = "/run/car dea",
                                 .dir = "/run/gate",
                                 .module = "/lib/m.so",
                                 .daemon = "unix:/run/cardea/http",
                                 .upstream_ca = "/etc/authorities",
                                 .listen = {http, 1}};
}

static void a_product_has_its_server(void **state)
{
    struct profile_set set = set_of(acme);
    struct gateway_plan plan = plan_of(&set);
    const char *text = write(&plan);
    assert_has(text, "cardea_snapshot \"/run/car dea/snapshot\";");
    assert_has(text, "server unix:/run/cardea/http;");
    assert_has(text, "upstream product_acme {\n        server 10.0.0.1:9000;");
    assert_has(text, "server_name api.acme.example;");
    assert_has(text, "        cardea acme;\n        cardea_session_cookie cardea_session;");
    assert_has(text, "location = /v1/keys/verify { cardea_verify @daemon; }");
    assert_has(text, "cardea_decide;");
    assert_null(strstr(text, "cardea_trusted_proxy"));
    assert_has(text, "            proxy_ssl_name 10.0.0.1;\n            proxy_ssl_verify on;\n");
    assert_has(text, "            proxy_ssl_trusted_certificate \"/etc/authorities\";\n");
    assert_has(text, "            proxy_pass https://product_acme;");
    assert_has(text, "\n    client_max_body_size 2m;");
    assert_has(text, "            client_max_body_size 0;");
    assert_has(text, "location ~ \"^/t/[^/]+/k\\.eys(/[^/]*)?/?$\" { cardea off; proxy_pass http://cardea_daemon; }");
    assert_has(text, "location ~ \"^/home(/|$)\" { cardea off; proxy_pass http://cardea_daemon; }");
    assert_has(text, "location = /llms.txt { cardea off;");
    assert_has(text, "server_name docs.acme.example;");
    assert_has(text, "listen 127.0.0.1:8080 default_server;");
    assert_null(strstr(text, "ssl http2"));
    assert_null(strstr(text, "set_real_ip_from"));
    assert_null(strstr(text, "/oauth/"));
    assert_null(strstr(text, "\nuser "));
}

static void the_options_stand_in_it(void **state)
{
    struct profile_set set = set_of(acme);
    struct gateway_plan plan = plan_of(&set);
    struct gateway_upstream other = {"acme", "http://127.0.0.1:9"};
    plan.tls_listen = (struct option_list){tls, 1};
    plan.tls_cert = "/c.pem";
    plan.tls_key = "/k.pem";
    plan.admin_hosts = (struct option_list){admin, 1};
    plan.trusted_proxies = (struct option_list){trusted, 1};
    plan.upstreams = &other;
    plan.upstream_count = 1;
    plan.user = "www-data cardea";
    plan.demo = true;
    const char *text = write(&plan);
    assert_string_equal(gateway_upstream_of(&plan, set.items[0]), "http://127.0.0.1:9");
    assert_has(text, "upstream product_acme {\n        server 127.0.0.1:9;");
    assert_has(text, "proxy_pass http://product_acme;");
    assert_has(text, "listen 127.0.0.1:8443 ssl http2;");
    assert_has(text, "ssl_certificate \"/c.pem\";");
    assert_has(text, "server_name localhost 127.0.0.1 [::1] cardea.localhost keys.acme.example;");
    assert_has(text, "server_name acme.localhost api.acme.example;");
    assert_has(text, "            set_real_ip_from 10.0.0.0/8;"); /* for the daemon */
    assert_has(text, "\n        set_real_ip_from 10.0.0.0/8;");   /* for the product */
    assert_has(text, "cardea_trusted_proxy 10.0.0.0/8;");
    assert_has(text, "\nuser www-data cardea;");
}

static void without_an_upstream_the_daemon_says_so(void **state)
{
    char text[sizeof(acme)];
    memcpy(text, acme, sizeof(acme));
    *strstr(text, "upstream:") = '\0';
    struct profile_set set = set_of(text);
    struct gateway_plan plan = plan_of(&set);
    const char *conf = write(&plan);
    assert_null(strstr(conf, "cardea acme;"));
    assert_null(strstr(conf, "product_acme"));
}

static void an_upstream_by_name_has_the_port_of_its_scheme(void **state)
{
    struct profile_set set = set_of(acme);
    struct gateway_plan plan = plan_of(&set);
    struct gateway_upstream other = {"acme", "https://api.inside.example"};
    plan.upstreams = &other;
    plan.upstream_count = 1;
    const char *text = write(&plan);
    assert_has(text, "server api.inside.example:443;");
    assert_has(text, "proxy_ssl_name api.inside.example;");
    other.url = "http://api.inside.example";
    text = write(&plan);
    assert_has(text, "server api.inside.example;");
    assert_null(strstr(text, "proxy_ssl"));
}

static void messages_are_the_daemon_s(void **state)
{
    struct profile_set set = set_of(
        arena_printf(&arena,
                     "name: acme\ntitle: Acme\nhosts: [api.acme.example]\nscopes: {anvils: All}\n"
                     "kinds:\n  key: {format: \"acme_{secret:32}{check:6}\"}\n"
                     "management:\n  base: /keys\n  by_key: true\n  actions: []\n%s",
                     agents)
            .ptr);
    struct gateway_plan plan = plan_of(&set);
    const char *text = write(&plan);
    assert_has(text, "location ~ \"^/robots(/[^/]*(/messages(/[^/]*(/ack)?)?|/push-secret)?)?/?$\" { cardea off;");
    assert_has(text, "location ~ \"^/mail(/[^/]*)?/?$\" { cardea off;");
}

/* What the daemon answers beneath an endpoint is what is listed in src/http/route_webhooks.c; a path beside it is the
 * product's own. */
static void webhooks_are_the_daemon_s(void **state)
{
    struct profile_set set = set_of("name: acme\ntitle: Acme\nhosts: [api.acme.example]\nscopes: {anvils: All}\n"
                                    "kinds:\n  key: {format: \"acme_{secret:32}{check:6}\"}\n"
                                    "management:\n  base: /keys\n  by_key: true\n  actions: []\n"
                                    "  webhooks: {base: /hooks, by_key: true}\n"
                                    "webhooks: {signature_header: X-Acme-Signature, signature_style: sha256=hex}\n");
    struct gateway_plan plan = plan_of(&set);
    assert_has(write(&plan),
               "location ~ \"^/hooks(/[^/]*(/(rotate-secret|cut-over|test|replay|deliveries(/[^/]*)?))?)?/?$\""
               " { cardea off;");
}

static void what_is_scanned_needs_the_second_module(void **state)
{
    struct profile_set none = set_of(acme);
    struct gateway_plan plan = plan_of(&none);
    plan.scan_module = "/lib/s.so";
    plan.scan_key = "/k e";
    assert_false(gateway_scans(&plan));
    assert_null(strstr(write(&plan), "scan"));
    const char *text = "name: acme\ntitle: Acme\nhosts: [api.acme.example]\nscopes: {anvils: All}\n"
                       "kinds:\n  key: {format: \"acme_{secret:32}{check:6}\"}\n"
                       "routes:\n  - {methods: POST, path: /anvils, scope: anvils, scan: {fields: [/body]}}\n";
    struct profile_set set = set_of(text);
    plan.profiles = &set; /* what goes by the daemon does not go on */
    assert_false(gateway_scans(&plan));
    set = set_of(arena_printf(&arena, "%supstream: http://127.0.0.1:9000\n", text).ptr);
    plan.scan_key = NULL;
    assert_true(gateway_scans(&plan));
    text = write(&plan);
    assert_has(text, "load_module \"/lib/m.so\";\nload_module \"/lib/s.so\";\n");
    assert_has(text, "    cardea_scan_cache \"/run/car dea/scanner.cache\";\n");
    assert_has(text, "        cardea_scan profile;\n");
    assert_null(strstr(text, "cardea_scan_key"));
    assert_null(strstr(text, "cardea_scan_daemon"));
    plan.scan_key = "/k e";
    text = write(&plan);
    assert_has(text, "    cardea_scan_key \"/k e\";\n");
    assert_has(
        text, "        cardea_scan_daemon /_cardea/scan;\n        location = /_cardea/scan {\n            internal;\n");
    assert_has(text, "            proxy_pass http://cardea_daemon/v1/scan;\n");
    plan.scan_fallback = true;
    assert_has(write(&plan), "        cardea_scan_daemon /_cardea/scan optional;\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_product_has_its_server),
        cmocka_unit_test(messages_are_the_daemon_s),
        cmocka_unit_test(webhooks_are_the_daemon_s),
        cmocka_unit_test(the_options_stand_in_it),
        cmocka_unit_test(without_an_upstream_the_daemon_says_so),
        cmocka_unit_test(an_upstream_by_name_has_the_port_of_its_scheme),
        cmocka_unit_test(what_is_scanned_needs_the_second_module),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_release(&arena);
    return failed;
}
