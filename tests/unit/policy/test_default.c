/* The built-in policy without an AI says what cardea_scan_verdict() says, of whatever a scan may have found. */
#include "rig.h"

static uint64_t state_of_random = 42;

static unsigned below(unsigned n)
{
    state_of_random = state_of_random * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(state_of_random >> 33) % n;
}

static void same_verdicts(void **state)
{
    static const char *const words[] = {"alpha", "beta", "gamma", "delta", "epsilon"};
    unsigned seen[CARDEA_SCAN_BLOCK + 1] = {0};
    struct rig r;
    rig_open(&r, "{'rules':[]}");
    policy_free(r.policy);
    assert_int_equal(policy_open_text(&r.policy, &r.arena, policy_default_document(), "", &r.mistakes), CARDEA_OK);
    for (int i = 0; i < 20000; i++) {
        rig_text(&r, "alpha beta gamma delta epsilon");
        for (unsigned n = below(5); n > 0; n--)
            rig_finding(&r, "some.rule", (enum cardea_scan_category)below(CARDEA_SCAN_CATEGORY_COUNT),
                        (enum cardea_scan_severity)below(below(2) ? 3 : CARDEA_SCAN_SEVERITY_COUNT), words[below(5)]);
        for (unsigned n = below(3); n > 0; n--)
            rig_host(&r, words[below(5)]);
        for (unsigned s = 0; s < CARDEA_SCAN_SIGNAL_COUNT; s++)
            r.result.signals[s] = (uint8_t)below(3);
        r.result.cut = below(4) ? 0 : 1u << below(6);
        r.result.truncated = r.result.cut != 0;
        enum cardea_scan_verdict wanted = cardea_scan_verdict(&r.result);
        assert_int_equal(rig_judge(&r, POLICY_AI_NONE), wanted);
        assert_int_equal(r.o.reason_count, r.result.finding_count);
        assert_int_equal(r.o.delivery, wanted == CARDEA_SCAN_BLOCK ? POLICY_DELIVER_NOTHING : POLICY_DELIVER_TEXT);
        seen[wanted]++;
        arena_clear(&r.arena);
    }
    assert_true(seen[CARDEA_SCAN_ALLOW] > 1000 && seen[CARDEA_SCAN_FLAG] > 1000 && seen[CARDEA_SCAN_BLOCK] > 1000);
    rig_close(&r);
}

static void asks_the_ai_of_clean_texts_too(void **state)
{
    struct rig r;
    rig_open(&r, "{'rules':[]}");
    policy_free(r.policy);
    assert_int_equal(policy_open_text(&r.policy, &r.arena, policy_default_document(), "", &r.mistakes), CARDEA_OK);
    rig_text(&r, "abc");
    rig_look(&r);
    assert_true(policy_wants_ai(r.look));
    policy_decide(r.look, POLICY_AI_BLOCKED, &r.o);
    assert_int_equal(r.o.verdict, CARDEA_SCAN_BLOCK);
    policy_decide(r.look, POLICY_AI_SUSPICIOUS, &r.o);
    assert_int_equal(r.o.verdict, CARDEA_SCAN_FLAG);
    rig_finding(&r, "x.y", CARDEA_SCAN_SECRET, CARDEA_SCAN_HIGH, "abc");
    rig_look(&r);
    assert_false(policy_wants_ai(r.look));
    rig_close(&r);
}

static void its_settings(void **state)
{
    struct rig r;
    struct cardea_scan_params params;
    enum cardea_scan_sensitivity high = CARDEA_SCAN_AT_HIGH;
    rig_open(&r, "{'rules':[]}");
    policy_free(r.policy);
    assert_int_equal(policy_open_text(&r.policy, &r.arena, policy_default_document(), "", &r.mistakes), CARDEA_OK);
    const struct policy_settings *s = policy_settings(r.policy);
    assert_true(!s->fail_open && !s->keep_content && s->has_ai && s->replacement.len > 0 && s->rule_count == 4);
    policy_scan_params(r.policy, NULL, &params);
    assert_int_equal(params.sensitivity, CARDEA_SCAN_AT_MEDIUM);
    assert_false(params.every_rule);
    policy_scan_params(r.policy, &high, &params);
    assert_int_equal(params.sensitivity, CARDEA_SCAN_AT_HIGH);
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(same_verdicts),
                                       cmocka_unit_test(asks_the_ai_of_clean_texts_too),
                                       cmocka_unit_test(its_settings)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
