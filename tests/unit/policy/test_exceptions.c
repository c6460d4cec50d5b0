/* What exceptions take out before rules see it, and what they leave. */
#include "rig.h"

#define RULES                                                                                                     \
    "'rules':[{'id':'all','type':'pack','action':'block'},{'id':'own','type':'regex','pattern':'ticket-[0-9]+','" \
    "action':'block'},{'id':'hosts','type':'domain','deny':['evil.com'],'action':'block'}]"

static void open_with(struct rig *r, const char *exceptions)
{
    char document[2000];
    snprintf(document, sizeof(document), "{" RULES ",'exceptions':[%s]}", exceptions);
    rig_open(r, document);
}

static void by_rule(void **state)
{
    struct rig r;
    open_with(&r, "{'rule':'secret.generic.*','reason':'our test keys'}");
    rig_text(&r, "abc def");
    rig_finding(&r, "secret.generic.x", CARDEA_SCAN_SECRET, CARDEA_SCAN_HIGH, "abc");
    assert_int_equal(rig_judge(&r, POLICY_AI_NONE), CARDEA_SCAN_ALLOW);
    assert_int_equal(r.o.excepted, 1);
    assert_int_equal(r.o.reason_count, 0);
    rig_finding(&r, "secret.generic", CARDEA_SCAN_SECRET, CARDEA_SCAN_HIGH, "def");
    assert_int_equal(rig_judge(&r, POLICY_AI_NONE), CARDEA_SCAN_BLOCK);
    assert_int_equal(r.o.excepted, 1);
    rig_close(&r);
}

static void by_text_and_its_digest(void **state)
{
    struct rig r;
    /* SHA-256 of "def" */
    open_with(&r, "{'text':'abc'},{'text':'cb8379ac2098aa165029e3938a51da0bcecfc008fd6795f401178647f96c5b34'},"
                  "{'rule':'secret.b','text':'ghi'}");
    rig_text(&r, "abc def ghi jkl");
    rig_finding(&r, "secret.a", CARDEA_SCAN_SECRET, CARDEA_SCAN_HIGH, "abc");
    rig_finding(&r, "secret.a", CARDEA_SCAN_SECRET, CARDEA_SCAN_HIGH, "def");
    rig_finding(&r, "secret.b", CARDEA_SCAN_SECRET, CARDEA_SCAN_HIGH, "ghi");
    assert_int_equal(rig_judge(&r, POLICY_AI_NONE), CARDEA_SCAN_ALLOW);
    assert_int_equal(r.o.excepted, 3);
    rig_finding(&r, "secret.a", CARDEA_SCAN_SECRET, CARDEA_SCAN_HIGH, "ghi"); /* both must hold */
    assert_int_equal(rig_judge(&r, POLICY_AI_NONE), CARDEA_SCAN_BLOCK);
    r.result.finding_count = 0;
    rig_finding(&r, "secret.a", CARDEA_SCAN_SECRET, CARDEA_SCAN_HIGH, "abc d"); /* not within a longer one */
    assert_int_equal(rig_judge(&r, POLICY_AI_NONE), CARDEA_SCAN_BLOCK);
    rig_close(&r);
}

static void by_domain(void **state)
{
    struct rig r;
    open_with(&r, "{'domain':'good.com'},{'rule':'payload.*','domain':'good.com'},{'domain':'ok.evil.com'}");
    rig_text(&r, "![x](https://a.good.com/?q=SECRET) evil.com ok.evil.com notgood.com");
    rig_host(&r, "a.good.com");
    rig_finding(&r, "host.odd", CARDEA_SCAN_DOMAIN, CARDEA_SCAN_HIGH, "a.good.com");
    rig_finding(&r, "payload.exfil", CARDEA_SCAN_PAYLOAD, CARDEA_SCAN_HIGH, "![x](https://a.good.com/?q=SECRET)");
    assert_int_equal(rig_judge(&r, POLICY_AI_NONE), CARDEA_SCAN_ALLOW);
    assert_int_equal(r.o.excepted, 2);
    /* a domain alone does not excuse what else is in a link to it */
    rig_finding(&r, "secret.a", CARDEA_SCAN_SECRET, CARDEA_SCAN_HIGH, "https://a.good.com/?q=SECRET");
    assert_int_equal(rig_judge(&r, POLICY_AI_NONE), CARDEA_SCAN_BLOCK);
    r.result.finding_count = 0;
    /* nor another host beside it */
    rig_host(&r, "notgood.com");
    rig_finding(&r, "payload.exfil", CARDEA_SCAN_PAYLOAD, CARDEA_SCAN_HIGH, r.text);
    assert_int_equal(rig_judge(&r, POLICY_AI_NONE), CARDEA_SCAN_BLOCK);
    r.result.finding_count = r.result.host_count = 0;
    rig_host(&r, "ok.evil.com"); /* the policy's own rule of hosts */
    assert_int_equal(rig_judge(&r, POLICY_AI_NONE), CARDEA_SCAN_ALLOW);
    assert_int_equal(r.o.excepted, 1);
    rig_close(&r);
}

static void of_own_rules(void **state)
{
    struct rig r;
    open_with(&r, "{'rule':'own','text':'ticket-7'}");
    assert_int_equal(rig_plain(&r, "see ticket-7"), CARDEA_SCAN_ALLOW);
    assert_int_equal(r.o.excepted, 1);
    assert_int_equal(rig_plain(&r, "see ticket-7 and ticket-8"), CARDEA_SCAN_BLOCK);
    rig_close(&r);
}

static void with_exceptions_all_findings_are_asked_for(void **state)
{
    struct rig r;
    struct cardea_scan_params params;
    open_with(&r, "{'rule':'a'}");
    policy_scan_params(r.policy, NULL, &params);
    assert_true(params.every_rule);
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(by_rule), cmocka_unit_test(by_text_and_its_digest),
                                       cmocka_unit_test(by_domain), cmocka_unit_test(of_own_rules),
                                       cmocka_unit_test(with_exceptions_all_findings_are_asked_for)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
