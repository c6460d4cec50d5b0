/* test_refusal.c - what is said of a decision: refusals, limits, identities, verdicts. (Every code's words are compared
 * through HTTP, in tests/unit/http/test_problem.c and tests/gateway.) */
#include "rig.h"

static char buf[CARDEA_REFUSAL_MAX];

static struct cardea_refusal refuse(const struct cardea_profile *p, const struct cardea_decision *d, const char *realm)
{
    struct cardea_refusal r;
    struct cardea_refusal_options options = {.realm = realm, .request_id = S("req \"1\"\n")};
    cardea_refuse(p, d, &options, buf, &r);
    return r;
}

static void assert_text(struct cardea_str have, const char *want)
{
    if (have.len != strlen(want) || memcmp(have.ptr, want, have.len) != 0)
        fail_msg("%.*s, not %s", (int)have.len, have.ptr, want);
}

static void a_profile_may_be_unknown(void **state)
{
    struct cardea_decision d = {.code = CARDEA_STALE, .missing_scope = -1};
    struct cardea_refusal r = refuse(NULL, &d, NULL);
    assert_int_equal(r.status, 503);
    assert_int_equal(r.retry_after_sec, 1);
    assert_int_equal(r.challenge.len, 0);
    assert_text(r.media_type, "application/problem+json");
    assert_text(r.body, "{\"type\":\"/docs/errors/STALE\",\"title\":\"Service Unavailable\",\"status\":503,"
                        "\"detail\":\"Key data is older than allowed here.\",\"code\":\"STALE\","
                        "\"request_id\":\"req \\\"1\\\"\",\"errors\":[{\"location\":\"header/Authorization\","
                        "\"message\":\"Key data is older than allowed here.\",\"fix\":\"Try again shortly.\"}]}");
}

static void a_profile_has_its_own_words(void **state)
{
    struct rig rig;
    rig_begin(&rig);
    struct cardea_decision d = {.code = CARDEA_INSUFFICIENT_SCOPE, .missing_scope = 1};
    struct cardea_refusal r = refuse(&rig.profiles[0], &d, NULL);
    assert_int_equal(r.status, 403);
    assert_text(r.media_type, "application/json");
    assert_text(r.body, "{\"error\": \"Missing required scope: corpus:write\", \"code\": \"INSUFFICIENT_SCOPE\"}");
    assert_text(r.challenge, "Bearer realm=\"Acme\", error=\"insufficient_scope\", scope=\"corpus:write\"");
    d = (struct cardea_decision){.code = CARDEA_REVOKED, .missing_scope = -1};
    r = refuse(&rig.profiles[0], &d, "Elsewhere");
    assert_int_equal(r.code, CARDEA_NOT_FOUND); /* as any other key that is none */
    assert_text(r.challenge, "Bearer realm=\"Elsewhere\", error=\"invalid_token\"");
    r = refuse(&rig.profiles[1], &d, NULL);
    assert_text(r.challenge, "Bearer realm=\"cardea\", error=\"invalid_token\"");
    rig_end(&rig);
}

/* The longest that a profile may say, with a scope of the longest name in all of it: the default gives way to it. */
static void a_body_that_is_too_long_gives_way(void **state)
{
    static char body[4097];
    static char scope[65];
    memset(scope, 's', sizeof scope - 1);
    for (size_t i = 0; i + 7 < sizeof body; i += 7)
        memcpy(body + i, "{scope}", 7);
    const char *const scopes[] = {scope};
    struct cardea_denial denial = {CARDEA_INSUFFICIENT_SCOPE, 0, body, NULL};
    struct cardea_profile p = {
        .name = "long", .scopes = scopes, .scope_count = 1, .denials = &denial, .denial_count = 1};
    struct cardea_decision d = {.code = CARDEA_INSUFFICIENT_SCOPE, .missing_scope = 0};
    struct cardea_refusal r = refuse(&p, &d, NULL);
    assert_text(r.media_type, "application/problem+json");
    assert_true(r.body.len > 100 && r.body.ptr[r.body.len - 1] == '}');
}

static void content_is_no_matter_of_credentials(void **state)
{
    static const struct cardea_denial denial = {CARDEA_CONTENT_BLOCKED, 422, "{\"error\": \"{code}\"}", NULL};
    struct cardea_profile p = {.name = "own", .denials = &denial, .denial_count = 1};
    struct cardea_decision d = {.code = CARDEA_CONTENT_BLOCKED, .missing_scope = -1};
    struct cardea_refusal r = refuse(NULL, &d, NULL);
    assert_int_equal(r.status, 403);
    assert_int_equal(r.challenge.len, 0);
    assert_non_null(memmem(r.body.ptr, r.body.len, "\"location\":\"body\"", 17));
    r = refuse(&p, &d, NULL);
    assert_int_equal(r.status, 422);
    assert_text(r.body, "{\"error\": \"CONTENT_BLOCKED\"}");
    d.code = CARDEA_SCANNER_UNAVAILABLE;
    r = refuse(&p, &d, NULL);
    assert_int_equal(r.status, 503);
    assert_int_equal(r.retry_after_sec, 1);
    assert_int_equal(r.challenge.len, 0);
}

static void limits_are_told_in_five_headers(void **state)
{
    struct cardea_field f[CARDEA_RATE_FIELDS];
    struct cardea_decision d = {.limited = false};
    assert_int_equal(cardea_rate_fields(&d, f), 0);
    d = (struct cardea_decision){.limited = true,
                                 .rate = {.limit = UINT32_MAX, .window_ms = UINT32_MAX},
                                 .rate_remaining = UINT32_MAX,
                                 .rate_reset_ms = 1001};
    assert_int_equal(cardea_rate_fields(&d, f), CARDEA_RATE_FIELDS);
    assert_string_equal(f[0].name, "RateLimit-Policy");
    assert_string_equal(f[0].value, "\"key\";q=4294967295;w=4294968");
    assert_string_equal(f[1].value, "\"key\";r=4294967295;t=2");
    assert_string_equal(f[4].name, "RateLimit-Reset");
    assert_string_equal(f[4].value, "2");
}

static void names_that_could_be_taken_for_ours_are_claimed(void **state)
{
    static const char *const claimed[] = {"Cardea-Key-Id",
                                          "cardea-account",
                                          "CARDEA_USER",
                                          "Cardea.Agent",
                                          "cardea\xff"
                                          "kind",
                                          "Cardea_Scopes",
                                          "cArDeA-kEy_iD"};
    static const char *const free_names[] = {"Cardea",       "Cardea-Keys",   "Cardeaxkind",      "X-Cardea-User",
                                             "Cardea-User2", "Cache-Control", "Cardea-Signature", ""};
    for (size_t i = 0; i < sizeof claimed / sizeof *claimed; i++)
        assert_true(cardea_identity_is_claimed(S(claimed[i])));
    for (size_t i = 0; i < sizeof free_names / sizeof *free_names; i++)
        assert_false(cardea_identity_is_claimed(S(free_names[i])));
}

static void an_identity_is_the_keys(void **state)
{
    struct rig rig;
    char text[128];
    struct cardea_str values[CARDEA_IDENTITY_COUNT];
    rig_begin(&rig);
    const struct cardea_profile *p = &rig.profiles[0];
    struct cardea_decision d = {.code = CARDEA_VALID, .missing_scope = -1};
    assert_int_equal(cardea_identity_write(p, &d, NULL, 0, values), 0);
    d.key_id = 1;
    d.agent_id = 33;
    d.kind = RIG_SERVER;
    d.scopes.bits[0] = 3;
    size_t len = cardea_identity_write(p, &d, text, sizeof text, values);
    assert_text(values[CARDEA_IDENTITY_KEY_ID], "key_0000000000001");
    assert_text(values[CARDEA_IDENTITY_ACCOUNT], "");
    assert_text(values[CARDEA_IDENTITY_USER], "");
    assert_text(values[CARDEA_IDENTITY_AGENT], "agt_0000000000011");
    assert_text(values[CARDEA_IDENTITY_SCOPES], "corpus:read corpus:write");
    assert_text(values[CARDEA_IDENTITY_KIND], "server");
    assert_int_equal(len, 17 + 17 + 24 + 6);
    rig_end(&rig);
}

/* In room of every size: the same lengths, and no byte beyond. */
static void an_identity_fits_or_is_measured(void **state)
{
    struct rig rig;
    char whole[64], text[65];
    struct cardea_str values[CARDEA_IDENTITY_COUNT], measured[CARDEA_IDENTITY_COUNT];
    rig_begin(&rig);
    struct cardea_decision d = {
        .code = CARDEA_VALID, .key_id = UINT64_C(1) << 62, .account_id = 7, .missing_scope = -1};
    d.scopes.bits[0] = 3;
    size_t len = cardea_identity_write(&rig.profiles[0], &d, whole, sizeof whole, values);
    assert_in_range(len, 1, sizeof whole);
    for (size_t cap = 0; cap <= len; cap++) {
        memset(text, '#', sizeof text);
        assert_int_equal(cardea_identity_write(&rig.profiles[0], &d, text, cap, measured), len);
        for (int i = 0; i < CARDEA_IDENTITY_COUNT; i++)
            assert_int_equal(measured[i].len, values[i].len);
        assert_int_equal(text[cap], '#');
    }
    assert_memory_equal(text, whole, len);
    rig_end(&rig);
}

static void a_verdict_is_json(void **state)
{
    struct rig rig;
    char text[512];
    rig_begin(&rig);
    struct cardea_decision d = {.code = CARDEA_NOT_FOUND, .missing_scope = -1, .credits_remaining = -1};
    size_t len = cardea_verdict(&rig.profiles[0], &d, S("{}"), text, sizeof text);
    assert_text((struct cardea_str){text, len},
                "{\"valid\":false,\"code\":\"NOT_FOUND\",\"key_id\":null,\"account\":null,\"user\":null,\"agent\":null,"
                "\"kind\":null,\"scopes\":[],\"expires_at\":null,\"metadata\":null,\"remaining\":null,"
                "\"retry_after\":null}");
    d = (struct cardea_decision){.code = CARDEA_RATE_LIMITED,
                                 .missing_scope = -1,
                                 .key_id = 1,
                                 .account_id = 2,
                                 .scopes = {{5}},
                                 .expires_at = 1000000000,
                                 .limited = true,
                                 .credits_remaining = -1,
                                 .retry_after_ms = 1500};
    len = cardea_verdict(&rig.profiles[0], &d, S("{\"a\":1}"), text, sizeof text);
    assert_text((struct cardea_str){text, len},
                "{\"valid\":false,\"code\":\"RATE_LIMITED\",\"key_id\":\"key_0000000000001\","
                "\"account\":\"acc_0000000000002\",\"user\":null,\"agent\":null,\"kind\":\"token\","
                "\"scopes\":[\"corpus:read\",\"settings:read\"],\"expires_at\":\"2001-09-09T01:46:40Z\","
                "\"metadata\":{\"a\":1},\"remaining\":0,\"retry_after\":2}");
    assert_int_equal(cardea_verdict(&rig.profiles[0], &d, S("{\"a\":1}"), NULL, 0), len);
    rig_end(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_profile_may_be_unknown),
        cmocka_unit_test(a_profile_has_its_own_words),
        cmocka_unit_test(a_body_that_is_too_long_gives_way),
        cmocka_unit_test(content_is_no_matter_of_credentials),
        cmocka_unit_test(limits_are_told_in_five_headers),
        cmocka_unit_test(names_that_could_be_taken_for_ours_are_claimed),
        cmocka_unit_test(an_identity_is_the_keys),
        cmocka_unit_test(an_identity_fits_or_is_measured),
        cmocka_unit_test(a_verdict_is_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
