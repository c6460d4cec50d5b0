/* The file of issuers, and the files of keys that it names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "jose/issuer.h"
#include "jose_rig.h"

static struct arena arena;
static struct buf out;
static char dir[64];

static int begin(void **state)
{
    snprintf(dir, sizeof(dir), "/tmp/test_issuer.XXXXXX");
    assert_non_null(mkdtemp(dir));
    buf_init(&out, 1 << 20);
    return 0;
}

static int end(void **state)
{
    static const char *const files[] = {"issuers.yaml", "keys.json", "secret"};
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        unlink(arena_printf(&arena, "%s/%s", dir, files[i]).ptr);
    rmdir(dir);
    arena_release(&arena);
    buf_release(&out);
    rig_free();
    return 0;
}

static const char *put(const char *name, struct cardea_str text, unsigned mode)
{
    const char *path = arena_printf(&arena, "%s/%s", dir, name).ptr;
    if (!file_write_atomic(path, mode, text))
        fail_msg("cannot write %s", path);
    return path;
}

static struct cardea_str keys_json(const char *extra)
{
    return arena_printf(&arena, "{\"keys\":[%s]}", rig_jwk(&arena, rig_key(JWS_EDDSA), extra));
}

#define ENTRY "issuers:\n- name: a\n  issuer: https://a/\n  audience: us\n"

static bool load(const char *text, struct issuer_list *list)
{
    return issuer_list_load(&arena, put("issuers.yaml", str_of(text), 0644), list, &out);
}

static void everything_is_read(void **state)
{
    struct issuer_list list;
    put("keys.json", keys_json("\"kid\":\"k\""), 0644);
    assert_true(
        load(ENTRY "  algorithms: [EdDSA, RS256]\n  jwks_file: keys.json\n"
                   "- name: b\n  issuer: https://b\n  audience: us\n  algorithms: ES256\n  jwks_url: http://[::1]:80/\n"
                   "  account_claim: org\n  clock_skew: 0\n  max_age: 1h\n",
             &list));
    assert_int_equal(list.count, 2);
    const struct issuer *a = issuer_list_find(&list, STR("https://a/")), *b = issuer_list_find(&list, STR("https://b"));
    assert_null(issuer_list_find(&list, STR("https://a")));
    assert_string_equal(a->name, "a");
    assert_int_equal(a->algs, JWS_EDDSA | JWS_RS256);
    assert_int_equal(a->source, ISSUER_JWKS_FILE);
    assert_string_equal(a->where, arena_printf(&arena, "%s/keys.json", dir).ptr);
    assert_int_equal(a->clock_skew_sec, 60);
    assert_int_equal(a->max_age_sec, ISSUER_AGE_NEVER);
    assert_null(a->account_claim);
    assert_int_equal(b->algs, JWS_ES256);
    assert_int_equal(b->source, ISSUER_JWKS_URL);
    assert_string_equal(b->account_claim, "org");
    assert_int_equal(b->clock_skew_sec, 0);
    assert_int_equal(b->max_age_sec, 3600);
    assert_true(load("issuers: []\n", &list));
    assert_int_equal(list.count, 0);
}

/* The names in the table of the file are those of the verifier, bit by bit. */
static void the_bits_of_algorithms_agree(void **state)
{
    static const char *const names[] = {"RS256", "ES256", "EdDSA"};
    struct issuer_list list;
    for (size_t i = 0; i < 3; i++) {
        assert_true(
            load(arena_printf(&arena, ENTRY "  algorithms: %s\n  jwks_url: https://a/\n", names[i]).ptr, &list));
        assert_int_equal(list.items[0].algs, jws_alg_parse(str_of(names[i])));
    }
    put("secret", STR("0123456789abcdef0123456789abcdef"), 0600);
    assert_true(load(ENTRY "  algorithms: HS256\n  secret_file: secret\n", &list));
    assert_int_equal(list.items[0].algs, JWS_HS256);
}

static void urls_are_https_or_this_machine_s(void **state)
{
    static const char *const good[] = {"https://a",        "https://a:8443/x?y#z", "http://localhost/",
                                       "http://LOCALHOST", "http://127.0.0.1:1/",  "http://127.9.9.9",
                                       "http://[::1]",     "http://[::1]:80/k",    "https://10.0.0.1/"};
    static const char *const bad[] = {"",
                                      "a",
                                      "HTTPS://a",
                                      "https://",
                                      "https:///x",
                                      "https://u@a/",
                                      "http://a/",
                                      "http://127.0.0.1.a/",
                                      "http://127.0.0.1@a/",
                                      "http://localhost.a/",
                                      "http://[::1].a/",
                                      "http://[::2]/",
                                      "http://10.0.0.1/",
                                      "http://128.0.0.1/",
                                      "file:///etc/passwd",
                                      "https://a b/"};
    struct issuer_list list;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        if (!load(arena_printf(&arena, ENTRY "  algorithms: RS256\n  jwks_url: \"%s\"\n", good[i]).ptr, &list))
            fail_msg("%s: %s", good[i], out.ptr);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (load(arena_printf(&arena, ENTRY "  algorithms: RS256\n  jwks_url: \"%s\"\n", bad[i]).ptr, &list))
            fail_msg("%s is taken", bad[i]);
}

static void mistakes_have_their_place(void **state)
{
    struct issuer_list list;
    assert_false(load(ENTRY "  algorithms: [RS256, HS256]\n  jwks_url: https://me:secret@a/\n", &list));
    assert_non_null(strstr(out.ptr, "/issuers.yaml:5:15: HS256 needs a `secret_file`"));
    assert_non_null(strstr(out.ptr, "/issuers.yaml:6:13: `jwks_url` is not valid: "));
    assert_null(strstr(out.ptr, "me:secret"));
    assert_int_equal(list.count, 0);
    buf_clear(&out);
    assert_false(issuer_list_load(&arena, "/nonexistent/issuers.yaml", &list, &out));
    assert_string_equal(out.ptr, "/nonexistent/issuers.yaml: No such file or directory\n");
}

static void files_of_keys_are_read_when_they_changed(void **state)
{
    struct cardea_why why;
    struct issuer_stamp stamp = {0};
    struct issuer issuer = {.source = ISSUER_JWKS_FILE, .where = put("keys.json", keys_json(""), 0644)};
    struct jwk_set *set = issuer_file_keys(&issuer, &stamp, &why);
    assert_int_equal(jwk_set_usable(set), 1);
    jwk_set_free(set);
    assert_null(issuer_file_keys(&issuer, &stamp, &why));
    assert_string_equal(why.text, "");
    static const char *const bad[] = {"", "{}", "{\"keys\":[]}", "{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\"}]}"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        put("keys.json", str_of(bad[i]), 0644);
        assert_null(issuer_file_keys(&issuer, &stamp, &why));
        assert_string_not_equal(why.text, "");
        assert_null(issuer_file_keys(&issuer, &stamp, &why)); /* told again, not taken for unchanged */
        assert_string_not_equal(why.text, "");
    }
    put("keys.json", keys_json("\"kid\":\"b\""), 0644);
    set = issuer_file_keys(&issuer, &stamp, &why);
    assert_non_null(set);
    jwk_set_free(set);
    unlink(issuer.where);
    assert_null(issuer_file_keys(&issuer, &stamp, &why));
    assert_non_null(strstr(why.text, "No such file"));
}

static void a_secret_is_its_owner_s(void **state)
{
    static const struct {
        const char *text;
        size_t len;
        bool good;
    } rows[] = {
        {"0123456789abcdef0123456789abcdef", 32, true},
        {"0123456789abcdef0123456789abcdef\n", 33, true},
        {"0123456789abcdef0123456789abcde\n", 32, false},
        {"0123456789abcdef0123456789abcde\r\n", 33, false},
        {"\x80"
         "123456789abcdef0123456789abcde\n",
         32, true}, /* bytes, of which the last happens to be a newline */
    };
    struct cardea_why why;
    struct issuer issuer = {.source = ISSUER_SECRET_FILE};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct issuer_stamp stamp = {0};
        issuer.where = put("secret", (struct cardea_str){rows[i].text, rows[i].len}, 0600);
        struct jwk_set *set = issuer_file_keys(&issuer, &stamp, &why);
        if (!set != !rows[i].good)
            fail_msg("row %zu: %s", i, why.text);
        jwk_set_free(set);
    }
    struct issuer_stamp stamp = {0};
    chmod(put("secret", STR("0123456789abcdef0123456789abcdef"), 0600), 0640);
    assert_null(issuer_file_keys(&issuer, &stamp, &why));
    assert_non_null(strstr(why.text, "open to others (mode 640)"));
    chmod(issuer.where, 0600);
    struct jwk_set *set = issuer_file_keys(&issuer, &stamp, &why);
    assert_non_null(set);
    jwk_set_free(set);
}

/* The manual is written by the table: one that has drifted is a mistake. */
static void manual_is_up_to_date(void **state)
{
    const char *path = getenv("ISSUER_DOCS") ? getenv("ISSUER_DOCS") : "docs/reference/issuers.md";
    struct cardea_str committed;
    issuer_docs(&out);
    assert_false(out.failed);
    assert_null(strstr(out.ptr, "(null)"));
    if (!file_read(&arena, path, 1 << 20, &committed))
        fail_msg("cannot read %s", path);
    if (!str_eq(committed, buf_str(&out)))
        fail_msg("%s has drifted: write it anew with `cardea issuers docs`", path);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(everything_is_read),
        TEST(the_bits_of_algorithms_agree),
        TEST(urls_are_https_or_this_machine_s),
        TEST(mistakes_have_their_place),
        TEST(files_of_keys_are_read_when_they_changed),
        TEST(a_secret_is_its_owner_s),
        TEST(manual_is_up_to_date),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
