#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/str.h"
#include "profile/rules.h"

struct rule_case {
    const char *(*rule)(struct cardea_str);
    const char *text;
    bool right;
};

static const struct rule_case cases[] = {
    {rule_name, "open-animate", true},
    {rule_name, "a", true},
    {rule_name, "", false},
    {rule_name, "9lives", false},
    {rule_name, "a_b", false},
    {rule_name, "abcdefghijklmnopqrstuvwxyzabcdefghijklmn", true},
    {rule_name, "abcdefghijklmnopqrstuvwxyzabcdefghijklmno", false},
    {rule_kind, "agent_key", true},
    {rule_kind, "Agent", false},
    {rule_title, "Animus \xe2\x84\xa2", true},
    {rule_title, "two\nlines", false},
    {rule_realm, "Open Animate", true},
    {rule_realm, "caf\xc3\xa9", false},
    {rule_realm, "a\\b", false},
    {rule_realm, "a\r\nX: y", false},
    {rule_host, "api.animus.so", true},
    {rule_host, "localhost", true},
    {rule_host, "127.0.0.1", true},
    {rule_host, "api.animus.so.", false},
    {rule_host, "-a.b", false},
    {rule_host, "a-.b", false},
    {rule_host, "a.b-", false},
    {rule_host, "*.a", false},
    {rule_header, "x-api-key", true},
    {rule_header, "cookie", false},
    {rule_header, "x api", false},
    {rule_scope, "corpus:read", true},
    {rule_scope, "corpus:*", false},
    {rule_scope, "a b", false},
    {rule_scope, "a\"b", false},
    {rule_path, "/", true},
    {rule_path, "/a/", true},
    {rule_path, "/{a}/{b}/{c}/{d}/**", true},
    {rule_path, "/**", true},
    {rule_path, "/a/***", false},
    {rule_path, "/a/{b}c", false},
    {rule_path, "", false},
    {rule_path, "/a\\b", false},
    {rule_path, "/caf\xc3\xa9", false},
    {rule_path, "/a/./b", false},
    {rule_path, "/a/..", false},
    {rule_path, "/a//", false},
    {rule_base, "/tenants/{tenant}/tokens", true},
    {rule_base, "/", false},
    {rule_base, "/a/**", false},
    {rule_media_type, "application/problem+json", true},
    {rule_media_type, "text/plain; charset=utf-8", true},
    {rule_media_type, "/x", false},
    {rule_media_type, "text/", false},
    {rule_media_type, "text/plain\r\nX: y", false},
    {rule_env, "_A1", true},
    {rule_env, "1A", false},
    {rule_credentials, "~/.oanim/credentials.yaml", true},
    {rule_credentials, "/etc/x", true},
    {rule_credentials, "~root/x", false},
    {rule_credentials, "~/", false},
    {rule_credentials, "~/dir/", false},
    {rule_dashboard_path, "/dashboard", true},
    {rule_dashboard_path, "/{tenant}", false},
    {rule_dashboard_path, "/", false},
    {rule_keys_path, "integrations", true},
    {rule_keys_path, "api-keys", true},
    {rule_keys_path, "webhooks", false},
    {rule_keys_path, "v1", false},
    {rule_keys_path, "a/b", false},
    {rule_keys_path, "..", false},
    {rule_label, "API Keys", true},
    {rule_label, "", false},
    {rule_label, "a\nb", false},
    {rule_label, "0123456789012345678901234567890123456789x", false},
    {rule_noun, "token", true},
    {rule_noun, "012345678901234567890", false},
    {rule_color, "#3b5bdb", true},
    {rule_color, "#3B5BDB", false},
    {rule_color, "#3b5", false},
    {rule_color, "3b5bdb0", false},
    {rule_color, "#3b5bd;", false},
    {rule_color, "red", false},
    {rule_command_path, "/v1/assets/{id}", true},
    {rule_command_path, "/v1/**", false},
    {rule_words, "assets gen-image", true},
    {rule_words, "assets", false},
    {rule_words, "assets ", false},
    {rule_words, "assets  list", false},
    {rule_words, "a b c", false},
    {rule_flag, "prompt", true},
    {rule_flag, "Prompt", false},
    {rule_flag, "api-url", false},
    {rule_member, "maxItems", true},
    {rule_member, "a.b", false},
    {rule_cookie, "acme_session", true},
    {rule_cookie, "acme session", false},
    {rule_cookie, "a=b", false},
    {rule_summary, "Two\nlines", true},
    {rule_summary, "tab\t", false},
    {rule_summary, "", false},
    {rule_upstream, "http://127.0.0.1:9000", true},
    {rule_upstream, "https://api.example", true},
    {rule_upstream, "http://api.example/", false},
    {rule_upstream, "http://api.example:0", false},
    {rule_upstream, "http://api.example:", false},
    {rule_upstream, "http://api.example:65536", false},
    {rule_upstream, "http://user@api.example", false},
    {rule_upstream, "ftp://api.example", false},
    {rule_upstream, "http://", false},
    {rule_body, "x", true},
    {rule_body, "", false},
    {rule_code, "MISSING", true},
    {rule_code, "VALID", false},
};

static void table(void **state)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *wrong = cases[i].rule(str_of(cases[i].text));
        if ((wrong == NULL) != cases[i].right)
            fail_msg("`%s`: %s", cases[i].text, wrong ? wrong : "accepted");
    }
    char deep[512] = "";
    for (int i = 0; i < 32; i++)
        memcpy(deep + 2 * i, "/a", 3);
    assert_null(rule_path(str_of(deep)));
    memcpy(deep + 64, "/a", 3);
    assert_non_null(rule_path(str_of(deep)));
}

static void captures(void **state)
{
    struct cardea_str name;
    assert_true(rule_capture(STR("{tenant}"), &name));
    assert_true(str_eq(name, STR("tenant")));
    assert_false(rule_capture(STR("{}"), &name));
    assert_false(rule_capture(STR("{a"), &name));
    assert_false(rule_capture(STR("{9}"), &name));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(table), cmocka_unit_test(captures)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
