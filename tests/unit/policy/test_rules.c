/* What rules do with what was found: which take it, in which order, and what comes of it. */
#include "rig.h"

#define DOC(rules) "{'rules':[" rules "]}"

static void packs_are_taken_by_category_severity_and_name(void **state)
{
    struct rig r;
    rig_open(&r, DOC("{'id':'names','type':'pack','rule':'secret.aws-*','action':'block','priority':1},"
                     "{'id':'kinds','type':'pack','category':'payload','min_severity':'medium','max_severity':'high','"
                     "action':'flag'}"));
    rig_text(&r, "one two three four");
    rig_finding(&r, "secret.aws-key", CARDEA_SCAN_SECRET, CARDEA_SCAN_INFO, "one");
    assert_int_equal(rig_judge(&r, POLICY_AI_NONE), CARDEA_SCAN_BLOCK);
    assert_true(rig_match(&r, "names")->decided);

    rig_text(&r, "one two three four");
    rig_finding(&r, "secret.gcp-key", CARDEA_SCAN_SECRET, CARDEA_SCAN_CRITICAL, "one");
    rig_finding(&r, "payload.a", CARDEA_SCAN_PAYLOAD, CARDEA_SCAN_LOW, "two");
    rig_finding(&r, "payload.b", CARDEA_SCAN_PAYLOAD, CARDEA_SCAN_CRITICAL, "three");
    assert_int_equal(rig_judge(&r, POLICY_AI_NONE), CARDEA_SCAN_ALLOW);
    assert_int_equal(r.o.match_count, 0);
    assert_int_equal(r.o.reason_count, 3); /* on record all the same */
    assert_null(r.o.reasons[0].rule);

    rig_finding(&r, "payload.c", CARDEA_SCAN_PAYLOAD, CARDEA_SCAN_HIGH, "four");
    assert_int_equal(rig_judge(&r, POLICY_AI_NONE), CARDEA_SCAN_FLAG);
    assert_int_equal(rig_match(&r, "kinds")->hit_count, 1);
    assert_string_equal(rig_match(&r, "kinds")->hits[0]->rule_id, "payload.c");
    rig_close(&r);
}

static void the_first_terminal_rule_wins_and_others_are_on_record(void **state)
{
    struct rig r;
    rig_open(&r, DOC("{'id':'late','type':'pack','action':'block','priority':30},"
                     "{'id':'first','type':'pack','category':'secret','action':'allow','priority':10},"
                     "{'id':'after','type':'pack','action':'flag','priority':20}"));
    rig_text(&r, "abc");
    rig_finding(&r, "secret.a", CARDEA_SCAN_SECRET, CARDEA_SCAN_HIGH, "abc");
    assert_int_equal(rig_judge(&r, POLICY_AI_NONE), CARDEA_SCAN_ALLOW);
    assert_int_equal(r.o.match_count, 3);
    assert_string_equal(r.o.matches[0].id, "first");
    assert_string_equal(r.o.matches[1].id, "after");
    assert_string_equal(r.o.matches[2].id, "late");
    assert_true(r.o.matches[0].decided && !r.o.matches[1].decided && !r.o.matches[2].decided);
    assert_string_equal(r.o.reasons[0].rule, "first");

    rig_text(&r, "abc");
    rig_finding(&r, "payload.a", CARDEA_SCAN_PAYLOAD, CARDEA_SCAN_LOW, "abc");
    assert_int_equal(rig_judge(&r, POLICY_AI_NONE), CARDEA_SCAN_BLOCK);
    rig_close(&r);
}

static void equal_priorities_keep_the_order_of_the_document(void **state)
{
    struct rig r;
    rig_open(&r, DOC("{'id':'a','type':'pack','action':'allow'},{'id':'b','type':'pack','action':'block'},"
                     "{'id':'c','type':'pack','action':'block','priority':101}"));
    rig_text(&r, "abc");
    rig_finding(&r, "x.y", CARDEA_SCAN_SECRET, CARDEA_SCAN_HIGH, "abc");
    assert_int_equal(rig_judge(&r, POLICY_AI_NONE), CARDEA_SCAN_ALLOW);
    assert_string_equal(r.o.matches[0].id, "a");
    rig_close(&r);
}

static void what_was_flagged_before_it_was_allowed_stays_flagged(void **state)
{
    struct rig r;
    rig_open(&r, DOC("{'id':'f','type':'pack','action':'flag','priority':1},{'id':'a','type':'pack','action':'allow','"
                     "priority':2},"
                     "{'id':'b','type':'pack','action':'block','priority':3}"));
    rig_text(&r, "abc");
    rig_finding(&r, "x.y", CARDEA_SCAN_SECRET, CARDEA_SCAN_HIGH, "abc");
    assert_int_equal(rig_judge(&r, POLICY_AI_NONE), CARDEA_SCAN_FLAG);
    assert_int_equal(r.o.delivery, POLICY_DELIVER_TEXT);
    rig_close(&r);
}

static void rules_in_shadow_change_nothing_and_are_told(void **state)
{
    struct rig r;
    rig_open(&r, DOC("{'id':'s','type':'pack','action':'block','mode':'shadow','priority':1},"
                     "{'id':'r','type':'pack','action':'redact','mode':'shadow','priority':2},"
                     "{'id':'f','type':'pack','category':'secret','action':'flag','priority':3}"));
    rig_text(&r, "abc def");
    rig_finding(&r, "payload.a", CARDEA_SCAN_PAYLOAD, CARDEA_SCAN_CRITICAL, "abc");
    assert_int_equal(rig_judge(&r, POLICY_AI_NONE), CARDEA_SCAN_ALLOW);
    assert_int_equal(r.o.shadow_count, 2);
    assert_int_equal(r.o.reason_count, 1);
    assert_true(r.o.reasons[0].shadow);
    assert_string_equal(r.o.reasons[0].rule, "s");
    assert_int_equal(r.o.delivery, POLICY_DELIVER_TEXT);
    rig_redacted(&r, NULL);

    rig_finding(&r, "secret.a", CARDEA_SCAN_SECRET, CARDEA_SCAN_LOW, "def"); /* taken by both kinds: told twice */
    assert_int_equal(rig_judge(&r, POLICY_AI_NONE), CARDEA_SCAN_FLAG);
    assert_int_equal(r.o.reason_count, 3);
    assert_string_equal(r.o.reasons[1].rule, "f");
    assert_false(r.o.reasons[1].shadow);
    assert_true(r.o.reasons[2].shadow && r.o.reasons[2].hit == r.o.reasons[1].hit);
    rig_close(&r);
}

static void what_is_redacted_may_leave_without_it(void **state)
{
    struct rig r;
    rig_open(&r, DOC("{'id':'r','type':'pack','category':'personal','action':'redact'},"
                     "{'id':'b','type':'pack','category':'payload','action':'block'},"
                     "{'id':'f','type':'pack','category':'hidden','action':'flag'}"));
    rig_text(&r, "call 0123 now key=XYZ end");
    rig_finding(&r, "personal.phone", CARDEA_SCAN_PERSONAL, CARDEA_SCAN_LOW, "0123");
    rig_finding(&r, "secret.a", CARDEA_SCAN_SECRET, CARDEA_SCAN_LOW, "XYZ");
    assert_int_equal(rig_judge(&r, POLICY_AI_NONE), CARDEA_SCAN_ALLOW);
    assert_int_equal(r.o.delivery, POLICY_DELIVER_REDACTED);
    rig_redacted(&r, "call [redacted:personal.phone] now key=XYZ end");

    rig_finding(&r, "hidden.a", CARDEA_SCAN_HIDDEN, CARDEA_SCAN_LOW, "now"); /* flagged: secrets go from it too */
    assert_int_equal(rig_judge(&r, POLICY_AI_NONE), CARDEA_SCAN_FLAG);
    assert_int_equal(r.o.delivery, POLICY_DELIVER_REDACTED);
    rig_redacted(&r, "call [redacted:personal.phone] now key=[redacted:secret.a] end");

    rig_finding(&r, "payload.a", CARDEA_SCAN_PAYLOAD, CARDEA_SCAN_LOW, "end");
    assert_int_equal(rig_judge(&r, POLICY_AI_NONE), CARDEA_SCAN_BLOCK);
    assert_int_equal(r.o.delivery, POLICY_DELIVER_NOTHING);
    rig_close(&r);
}

static void a_redaction_after_the_end_of_the_matter_does_nothing(void **state)
{
    struct rig r;
    rig_open(&r, DOC("{'id':'a','type':'pack','action':'allow','priority':1},{'id':'r','type':'pack','action':'redact',"
                     "'priority':2}"));
    rig_text(&r, "abc");
    rig_finding(&r, "x.y", CARDEA_SCAN_PAYLOAD, CARDEA_SCAN_LOW, "abc");
    assert_int_equal(rig_judge(&r, POLICY_AI_NONE), CARDEA_SCAN_ALLOW);
    assert_int_equal(r.o.delivery, POLICY_DELIVER_TEXT);
    assert_non_null(rig_match(&r, "r"));
    rig_redacted(&r, NULL);
    rig_close(&r);
}

static void cuts_are_put_in_order_and_take_whole_characters(void **state)
{
    struct rig r;
    rig_open(&r, DOC("{'id':'r','type':'pack','action':'redact'}"));
    rig_text(&r, "0123456789abcdef");
    rig_finding(&r, "d", CARDEA_SCAN_SECRET, CARDEA_SCAN_LOW, "9abcdef");
    rig_finding(&r, "b", CARDEA_SCAN_SECRET, CARDEA_SCAN_LOW, "45678");
    rig_finding(&r, "a", CARDEA_SCAN_SECRET, CARDEA_SCAN_LOW, "2345");
    rig_judge(&r, POLICY_AI_NONE);
    rig_redacted(&r, "01[redacted:a][redacted:d]");
    rig_text(&r, "a\xc3\xa9\xc3\xa9z");
    rig_finding(&r, "a", CARDEA_SCAN_SECRET, CARDEA_SCAN_LOW, "\xa9\xc3");
    rig_judge(&r, POLICY_AI_NONE);
    rig_redacted(&r, "a[redacted:a]z");
    rig_close(&r);
}

static void what_was_not_looked_at_is_never_allowed(void **state)
{
    struct rig r;
    rig_open(&r, DOC("{'id':'a','type':'pack','category':'secret','action':'allow','priority':1},{'id':'r','type':'"
                     "pack','category':'personal','action':'redact','priority':0}"));
    rig_text(&r, "abc def");
    rig_finding(&r, "secret.a", CARDEA_SCAN_SECRET, CARDEA_SCAN_LOW, "abc");
    r.result.truncated = true;
    r.result.cut = CARDEA_SCAN_CUT_TIME;
    assert_int_equal(rig_judge(&r, POLICY_AI_NONE), CARDEA_SCAN_FLAG);
    assert_true(r.o.truncated && r.o.cut == CARDEA_SCAN_CUT_TIME);
    rig_redacted(&r, NULL);

    rig_finding(&r, "personal.a", CARDEA_SCAN_PERSONAL, CARDEA_SCAN_LOW, "def"); /* must go, and more may be there */
    assert_int_equal(rig_judge(&r, POLICY_AI_NONE), CARDEA_SCAN_BLOCK);
    assert_int_equal(r.o.delivery, POLICY_DELIVER_NOTHING);
    bool told = false;
    for (size_t i = 0; i < r.o.reason_count; i++)
        told |= strcmp(r.o.reasons[i].hit->code, "REDACTION_INCOMPLETE") == 0;
    assert_true(told);
    rig_close(&r);
}

static void hosts_are_denied_and_allowed_by_the_more_exact_name(void **state)
{
    struct rig r;
    rig_open(&r, DOC("{'id':'h','type':'domain','deny':['evil.com','*.Bad.Example.','zip'],'allow':['ok.evil.com'],'"
                     "action':'block'}"));
    static const struct {
        const char *host;
        bool denied;
    } cases[] = {{"evil.com", true},     {"a.evil.com", true},     {"notevil.com", false}, {"evil.com.example", false},
                 {"ok.evil.com", false}, {"x.ok.evil.com", false}, {"bad.example", true},  {"x.bad.example", true},
                 {"file.zip", true},     {"zip.example", false}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        rig_text(&r, cases[i].host);
        rig_host(&r, cases[i].host);
        if ((rig_judge(&r, POLICY_AI_NONE) == CARDEA_SCAN_BLOCK) != cases[i].denied)
            fail_msg("%s", cases[i].host);
    }
    rig_text(&r, "see evil.com");
    rig_host(&r, "evil.com");
    rig_judge(&r, POLICY_AI_NONE);
    assert_string_equal(r.o.reasons[0].hit->code, "POLICY_DOMAIN");
    assert_int_equal(r.o.reasons[0].hit->span.start, 4);
    rig_close(&r);
}

static void only_allowed_hosts(void **state)
{
    struct rig r;
    rig_open(&r, DOC("{'id':'h','type':'domain','allow':['example.com'],'only_allowed':true,'action':'block'}"));
    rig_text(&r, "docs.example.com");
    rig_host(&r, "docs.example.com");
    assert_int_equal(rig_judge(&r, POLICY_AI_NONE), CARDEA_SCAN_ALLOW);
    rig_text(&r, "docs.example.com other.org");
    rig_host(&r, "docs.example.com");
    rig_host(&r, "other.org");
    assert_int_equal(rig_judge(&r, POLICY_AI_NONE), CARDEA_SCAN_BLOCK);
    assert_int_equal(rig_match(&r, "h")->hit_count, 1);
    assert_int_equal(rig_plain(&r, "no host"), CARDEA_SCAN_ALLOW);
    rig_close(&r);
}

static void denied_domains_are_blocked_by_a_rule_of_their_own(void **state)
{
    struct rig r;
    struct cardea_scan_params params;
    rig_open(&r, "{'deny_domains':['evil.com'],'allow_domains':['good.com','Fine.org'],'rules':[{'id':'a','type':'pack'"
                 ",'action':'allow','priority':0}]}");
    policy_scan_params(r.policy, NULL, &params);
    assert_int_equal(params.deny_domain_count, 1);
    assert_int_equal(params.allow_domain_count, 2);
    assert_true(str_eq(params.allow_domains[1], STR("fine.org")));
    rig_text(&r, "evil.com");
    rig_finding(&r, "domain.denied", CARDEA_SCAN_DOMAIN, CARDEA_SCAN_HIGH, "evil.com");
    assert_int_equal(rig_judge(&r, POLICY_AI_NONE), CARDEA_SCAN_BLOCK);
    assert_string_equal(r.o.matches[0].id, "deny_domains");
    rig_close(&r);
}

static void signals_count_together(void **state)
{
    struct rig r;
    rig_open(&r, DOC("{'id':'s','type':'keyword','signals':['finance','attachment','social_engineering'],'min_signals':"
                     "2,'min_score':40,'action':'block'}"));
    rig_text(&r, "text");
    r.result.signals[CARDEA_SCAN_FINANCE] = 90;
    assert_int_equal(rig_judge(&r, POLICY_AI_NONE), CARDEA_SCAN_ALLOW); /* one alone */
    r.result.signals[CARDEA_SCAN_LINK] = 90;
    assert_int_equal(rig_judge(&r, POLICY_AI_NONE), CARDEA_SCAN_ALLOW); /* not asked for */
    r.result.signals[CARDEA_SCAN_FINANCE] = 20;
    r.result.signals[CARDEA_SCAN_URGENCY] = 10;
    r.result.signals[CARDEA_SCAN_SECRECY] = 15; /* with urgency, one signal: the stronger counts */
    assert_int_equal(rig_judge(&r, POLICY_AI_NONE), CARDEA_SCAN_ALLOW);
    r.result.signals[CARDEA_SCAN_SECRECY] = 20;
    assert_int_equal(rig_judge(&r, POLICY_AI_NONE), CARDEA_SCAN_BLOCK);
    assert_false(r.o.reasons[0].hit->has_span);
    assert_string_equal(r.o.reasons[0].hit->code, "FRAUD_SIGNS");
    rig_close(&r);
}

static void the_ai_is_asked_where_its_answer_matters(void **state)
{
    static const struct {
        const char *document;
        bool hit, wants;
    } cases[] = {
        {DOC("{'id':'b','type':'pack','action':'block'}"), false, false},
        {DOC("{'id':'x','type':'ai','verdicts':['BLOCKED'],'action':'block'}"), false, true},
        {DOC("{'id':'x','type':'ai','verdicts':['BLOCKED'],'action':'block','mode':'shadow'}"), true, true},
        /* a block is certain, before or after */
        {DOC("{'id':'b','type':'pack','action':'block'},{'id':'x','type':'ai','verdicts':['BLOCKED'],'action':'block'"
             "}"),
         true, false},
        {DOC("{'id':'x','type':'ai','verdicts':['BLOCKED'],'action':'block'},{'id':'b','type':'pack','action':'block'"
             "}"),
         true, false},
        {DOC("{'id':'b','type':'pack','action':'block'},{'id':'x','type':'ai','verdicts':['BLOCKED'],'action':'block'"
             "}"),
         false, true},
        {DOC("{'id':'b','type':'pack','action':'block','mode':'shadow'},{'id':'x','type':'ai','verdicts':['BLOCKED'],'"
             "action':'block'}"),
         true, true},
        /* it may save the text */
        {DOC("{'id':'x','type':'ai','verdicts':['SAFE'],'action':'allow'},{'id':'b','type':'pack','action':'block'}"),
         true, true},
        /* it comes too late for what is allowed */
        {DOC("{'id':'a','type':'pack','action':'allow'},{'id':'x','type':'ai','verdicts':['BLOCKED'],'action':'block'"
             "}"),
         true, false},
        {DOC("{'id':'x','type':'ai','verdicts':['BLOCKED'],'action':'block'},{'id':'a','type':'pack','action':'allow'"
             "}"),
         true, true},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rig r;
        rig_open(&r, cases[i].document);
        rig_text(&r, "abc");
        if (cases[i].hit)
            rig_finding(&r, "x.y", CARDEA_SCAN_PAYLOAD, CARDEA_SCAN_HIGH, "abc");
        rig_look(&r);
        if (policy_wants_ai(r.look) != cases[i].wants)
            fail_msg("case %zu", i);
        rig_close(&r);
    }
}

static void the_ai_is_one_voice_among_the_rules(void **state)
{
    struct rig r;
    rig_open(&r, DOC("{'id':'x','type':'ai','verdicts':['BLOCKED'],'action':'block'},{'id':'y','type':'ai','verdicts':["
                     "'SUSPICIOUS','BLOCKED'],'action':'flag','mode':'shadow'},"
                     "{'id':'z','type':'ai','verdicts':['SUSPICIOUS'],'action':'flag'}"));
    static const enum cardea_scan_verdict verdicts[] = {[POLICY_AI_NONE] = CARDEA_SCAN_ALLOW,
                                                        [POLICY_AI_SAFE] = CARDEA_SCAN_ALLOW,
                                                        [POLICY_AI_SUSPICIOUS] = CARDEA_SCAN_FLAG,
                                                        [POLICY_AI_BLOCKED] = CARDEA_SCAN_BLOCK};
    static const size_t matches[] = {0, 0, 2, 2};
    rig_text(&r, "text");
    rig_look(&r);
    for (unsigned ai = POLICY_AI_NONE; ai <= POLICY_AI_BLOCKED; ai++) {
        policy_decide(r.look, (enum policy_ai)ai, &r.o);
        assert_int_equal(r.o.verdict, verdicts[ai]);
        assert_int_equal(r.o.match_count, matches[ai]);
    }
    assert_string_equal(r.o.reasons[0].hit->code, "AI_BLOCKED");
    assert_string_equal(r.o.reasons[0].hit->category, "ai");
    rig_close(&r);
}

static void what_the_ai_sees_has_no_secrets(void **state)
{
    struct rig r;
    struct cardea_str shown;
    rig_open(&r, "{'rules':[{'id':'x','type':'ai','verdicts':['BLOCKED'],'action':'block'},{'id':'w','type':'keyword','"
                 "words':['project owl'],'action':'redact'}],"
                 "'exceptions':[{'rule':'secret.*'}]}");
    rig_text(&r, "key XYZ, Project Owl, +1 555");
    rig_finding(&r, "secret.a", CARDEA_SCAN_SECRET, CARDEA_SCAN_LOW, "XYZ");
    rig_finding(&r, "personal.a", CARDEA_SCAN_PERSONAL, CARDEA_SCAN_LOW, "+1 555");
    rig_look(&r);
    assert_true(policy_text_for_ai(r.look, &shown));
    assert_true(str_eq(shown, STR("key [redacted:secret.a], [redacted:w], [redacted:personal.a]")));
    r.result.cut = CARDEA_SCAN_CUT_BYTES;
    r.result.truncated = true;
    rig_look(&r);
    assert_false(policy_text_for_ai(r.look, &shown));
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packs_are_taken_by_category_severity_and_name),
        cmocka_unit_test(the_first_terminal_rule_wins_and_others_are_on_record),
        cmocka_unit_test(equal_priorities_keep_the_order_of_the_document),
        cmocka_unit_test(what_was_flagged_before_it_was_allowed_stays_flagged),
        cmocka_unit_test(rules_in_shadow_change_nothing_and_are_told),
        cmocka_unit_test(what_is_redacted_may_leave_without_it),
        cmocka_unit_test(a_redaction_after_the_end_of_the_matter_does_nothing),
        cmocka_unit_test(cuts_are_put_in_order_and_take_whole_characters),
        cmocka_unit_test(what_was_not_looked_at_is_never_allowed),
        cmocka_unit_test(hosts_are_denied_and_allowed_by_the_more_exact_name),
        cmocka_unit_test(only_allowed_hosts),
        cmocka_unit_test(denied_domains_are_blocked_by_a_rule_of_their_own),
        cmocka_unit_test(signals_count_together),
        cmocka_unit_test(the_ai_is_asked_where_its_answer_matters),
        cmocka_unit_test(the_ai_is_one_voice_among_the_rules),
        cmocka_unit_test(what_the_ai_sees_has_no_secrets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
