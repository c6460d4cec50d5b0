/* test_demands.c - what a server asks beside the profile's routes. */
#include "rig.h"

struct ask {
    const char *key, *method, *target, *scope, *account, *agent;
    uint64_t account_id, agent_id;
    bool look_only;
    enum cardea_code expected;
};

static enum cardea_code decide(struct cardea_reader *r, const struct rig *rig, const struct ask *a,
                               struct cardea_decision *d)
{
    struct cardea_secret secret;
    char header[CARDEA_KEY_MAX + 8] = "";
    if (a->key != NULL) {
        rig_key(rig, a->key, &secret);
        snprintf(header, sizeof header, "Bearer %.*s", (int)secret.len, secret.bytes);
    }
    struct cardea_request req = {.method = S(a->method),
                                 .target = S(a->target),
                                 .authorization = S(header),
                                 .account_id = a->account_id,
                                 .agent_id = a->agent_id,
                                 .look_only = a->look_only,
                                 .now = rig_time()};
    if (a->scope != NULL)
        req.scope = S(a->scope);
    if (a->account != NULL)
        req.account = S(a->account);
    if (a->agent != NULL)
        req.agent = S(a->agent);
    cardea_authorize(r, &req, d);
    return d->code;
}

#define CORPUS "/tenants/acme-co/corpus"

static const struct ask asks[] = {
    /* beside a route: both count */
    {"all", "GET", CORPUS, .scope = "admin", .expected = CARDEA_VALID},
    {"reader", "GET", CORPUS, .scope = "corpus:read", .expected = CARDEA_VALID},
    {"reader", "GET", CORPUS, .scope = "admin", .expected = CARDEA_INSUFFICIENT_SCOPE},
    {"none", "GET", CORPUS, .scope = "corpus:read", .expected = CARDEA_INSUFFICIENT_SCOPE},
    {"all", "GET", CORPUS, .scope = "no such scope", .expected = CARDEA_INSUFFICIENT_SCOPE},
    {"all", "GET", CORPUS, .account = "acme-co", .expected = CARDEA_VALID},
    {"all", "GET", CORPUS, .account = "globex", .expected = CARDEA_WRONG_ACCOUNT},
    {"all", "GET", "/tenants/globex/corpus", .account = "acme-co", .expected = CARDEA_WRONG_ACCOUNT},
    {"all", "GET", CORPUS, .account_id = 1, .expected = CARDEA_VALID},
    {"all", "GET", CORPUS, .account_id = 2, .expected = CARDEA_WRONG_ACCOUNT},
    {"root", "GET", CORPUS, .account = "globex", .expected = CARDEA_VALID},
    {"scout", "POST", "/agents/scout/messages", .agent = "scout", .expected = CARDEA_VALID},
    {"scout", "POST", "/agents/scout/messages", .agent = "rover", .expected = CARDEA_WRONG_AGENT},
    {"scout", "POST", "/agents/scout/messages", .agent_id = 22, .expected = CARDEA_WRONG_AGENT},
    {"all", "GET", CORPUS, .agent = "scout", .expected = CARDEA_VALID}, /* of no agent: of the whole account */
    {"revoked", "GET", CORPUS, .scope = "admin", .expected = CARDEA_REVOKED},
    /* a public route needs a key then */
    {NULL, "GET", "/health", .expected = CARDEA_VALID},
    {NULL, "GET", "/health", .scope = "admin", .expected = CARDEA_MISSING},
    {NULL, "GET", "/health", .account = "acme-co", .expected = CARDEA_MISSING},
    {NULL, "GET", "/health", .agent_id = 20, .expected = CARDEA_MISSING},
    {"reader", "GET", "/health", .scope = "admin", .expected = CARDEA_INSUFFICIENT_SCOPE},
    {"all", "GET", "/health", .scope = "admin", .expected = CARDEA_VALID},
    /* a scope stands in for a route; nothing else does */
    {"all", "GET", "/nowhere", .expected = CARDEA_NO_ROUTE},
    {"all", "GET", "/nowhere", .account = "acme-co", .expected = CARDEA_NO_ROUTE},
    {"all", "GET", "/nowhere", .agent = "scout", .expected = CARDEA_NO_ROUTE},
    {"all", "PATCH", "/nowhere", .scope = "admin", .expected = CARDEA_VALID},
    {"reader", "GET", "/nowhere", .scope = "admin", .expected = CARDEA_INSUFFICIENT_SCOPE},
    {NULL, "GET", "/nowhere", .scope = "admin", .expected = CARDEA_MISSING},
    {"sleepy", "GET", "/nowhere", .scope = "admin", .expected = CARDEA_ACCOUNT_SUSPENDED},
    {"all", "GET", "/now//here", .scope = "admin", .expected = CARDEA_NO_ROUTE},
    {"all", "GET", "/a%2fb", .scope = "admin", .expected = CARDEA_NO_ROUTE},
    {"all", "BREW", "/nowhere", .scope = "admin", .expected = CARDEA_NO_ROUTE},
};

static void demands_add_to_what_routes_ask(void **state)
{
    struct rig rig;
    struct cardea_decision d;
    rig_begin(&rig);
    rig_write(&rig);
    rig_fill(&rig);
    struct cardea_reader *r = rig_reader(&rig);
    for (size_t i = 0; i < sizeof asks / sizeof *asks; i++) {
        enum cardea_code code = decide(r, &rig, &asks[i], &d);
        if (code != asks[i].expected)
            fail_msg("row %zu (%s %s): %s, not %s", i, asks[i].method, asks[i].target, cardea_code_name(code),
                     cardea_code_name(asks[i].expected));
    }
    cardea_reader_free(r);
    rig_end(&rig);
}

static void a_look_draws_nothing(void **state)
{
    const struct ask draw = {"both", "GET", CORPUS};
    const struct ask look = {"both", "GET", CORPUS, .look_only = true};
    const struct ask refused = {"both", "GET", CORPUS, .scope = "admin", .look_only = true};
    struct cardea_decision d;
    struct rig rig;
    rig_begin(&rig);
    rig_write(&rig);
    rig_record(&rig);
    rig_fill(&rig);
    struct cardea_reader *r = rig_reader(&rig);
    struct cardea_key_entry e;
    rig_entry(&rig, "both", &e);
    assert_int_equal(cardea_activity_grant_credits(rig.activity, e.ordinal, 100), CARDEA_OK);
    assert_int_equal(decide(r, &rig, &draw, &d), CARDEA_VALID);
    assert_int_equal(d.rate_remaining, 2);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(decide(r, &rig, &look, &d), CARDEA_VALID);
        assert_int_equal(d.rate_remaining, 2);
        assert_int_equal(d.credits_remaining, 99);
        assert_int_equal(decide(r, &rig, &refused, &d), CARDEA_INSUFFICIENT_SCOPE);
        assert_int_equal(d.rate_remaining, 2); /* what is left is told on refusals too */
    }
    struct cardea_activity_slot slot;
    assert_int_equal(cardea_activity_read(rig.activity, e.ordinal, 1, &slot), CARDEA_OK);
    assert_int_equal(slot.uses, 1);
    assert_int_equal(slot.denials, 0);
    assert_int_equal(decide(r, &rig, &draw, &d), CARDEA_VALID);
    assert_int_equal(decide(r, &rig, &draw, &d), CARDEA_VALID);
    assert_int_equal(decide(r, &rig, &draw, &d), CARDEA_RATE_LIMITED);
    assert_int_equal(decide(r, &rig, &look, &d), CARDEA_VALID); /* it was granted before */
    cardea_reader_free(r);
    rig_end(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(demands_add_to_what_routes_ask),
        cmocka_unit_test(a_look_draws_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
