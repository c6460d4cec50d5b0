/* Every mistake in the gateway's options is named, and none gets into nginx.conf. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <string.h>

#include "base/str.h"
#include "gateway/options.h"

static struct arena arena;
static struct profile_set set;

/* The mistakes that this command line has, or "" and the plan. */
static const char *plan(struct gateway_plan *out, const char *first, const char *second, const char *third)
{
    const char *const words[] = {"gateway", first, second, third, NULL};
    char *argv[5] = {NULL};
    int argc = 0;
    for (; words[argc]; argc++)
        argv[argc] = strdup(words[argc]);
    struct gateway_options options;
    struct buf errors;
    buf_init(&errors, 1 << 16);
    if (options_load(&gateway_option_table, &arena, argc, argv, &options, &errors) == OPTIONS_OK)
        gateway_options_plan(&arena, &options, &set, out, &errors);
    const char *text = arena_cstr(&arena, buf_str(&errors));
    buf_release(&errors);
    for (int i = 0; i < argc; i++)
        free(argv[i]);
    return text;
}

static void what_is_right_is_taken(void **state)
{
    struct gateway_plan p;
    assert_string_equal(plan(&p, "--listen=127.0.0.1:80", "--upstream=animus=http://127.0.0.1:9000", NULL), "");
    assert_string_equal(p.listen.items[0], "127.0.0.1:80");
    assert_string_equal(p.upstreams[0].profile, "animus");
    assert_string_equal(p.upstreams[0].url, "http://127.0.0.1:9000");
    assert_string_equal(p.daemon, "unix:/run/cardea/http");
    assert_string_equal(plan(&p, "--tls-listen=[::1]:443", "--tls-cert=/a b.pem", "--tls-key=/k.pem"), "");
}

static void what_is_wrong_is_named(void **state)
{
    static const struct {
        const char *option, *expected;
    } rows[] = {
        {"--listen=8080", "listen: `8080` is no HOST:PORT"},
        {"--listen=example.com:80", "listen: `example.com:80`"},
        {"--listen=127.0.0.1:0", "listen: `127.0.0.1:0`"},
        {"--listen=unix:/x", "listen: `unix:/x`"},
        {"--listen=127.0.0.1:80;", "listen: `127.0.0.1:80;`"},
        {"--upstream=animus", "write PROFILE=URL"},
        {"--scan-fallback", "scan-fallback: without `scan-key`"},
        {"--scan-key=/a\"b", "scan-key: `/a\"b` holds characters"},
        {"--upstream=animas=http://127.0.0.1:1", "there is no such profile"},
        {"--upstream=animus=http://127.0.0.1:1/x", "an origin such as"},
        {"--admin-hosts=a;b", "admin-hosts: `a;b`"},
        {"--trusted-proxies=10.0.0.0/8}", "trusted-proxies: `10.0.0.0/8}`"},
        {"--trusted-proxies=10.0.0.0/33", "trusted-proxies: `10.0.0.0/33`"},
        {"--trusted-proxies=::1/129", "trusted-proxies: `::1/129`"},
        {"--trusted-proxies=10.0.0.0/", "trusted-proxies: `10.0.0.0/`"},
        {"--trusted-proxies=proxy.example", "trusted-proxies: `proxy.example`"},
        {"--admin-hosts=api.animus.so", "admin-hosts: `api.animus.so`: a profile has this host"},
        {"--admin-hosts=docs.animam.ai", "admin-hosts: `docs.animam.ai`: a profile has this host"},
        {"--admin-hosts=~^.*", "admin-hosts: `~^.*`"},
        {"--daemon=x y", "daemon: `x y`"},
        {"--daemon=localhost", "daemon: `localhost`"},
        {"--daemon=:8080", "daemon: `:8080`"},
        {"--daemon=localhost:0", "daemon: `localhost:0`"},
        {"--daemon=localhost:70000", "daemon: `localhost:70000`"},
        {"--daemon=unix:run/http", "daemon: `unix:run/http`"},
        {"--runtime=/a\"b", "runtime: `/a\"b`"},
        {"--dir=/a$b", "dir: `/a$b`"},
        {"--module=/a\\b", "module: `/a\\b`"},
        {"--user=www-data;", "user: `www-data;`"},
        {"--user=a b c", "user: `a b c`"},
        {"--tls-cert=/c.pem", "belong together"},
        {"--tls-listen=127.0.0.1:443", "belong together"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct gateway_plan p;
        const char *said = plan(&p, rows[i].option, NULL, NULL);
        if (!strstr(said, rows[i].expected))
            fail_msg("%s: %s", rows[i].option, *said ? said : "accepted");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_right_is_taken),
                                       cmocka_unit_test(what_is_wrong_is_named)};
    struct buf errors;
    buf_init(&errors, 1 << 16);
    if (!profile_set_builtin(&set, &errors))
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    profile_set_release(&set);
    arena_release(&arena);
    buf_release(&errors);
    return failed;
}
