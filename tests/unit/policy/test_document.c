/* What is wrong with a document: every mistake by its place, none of the values repeated. */
#include "rig.h"

#define RULE(more) "{'rules':[{'id':'a','action':'flag'," more "}]}"

static const struct {
    const char *document, *place, *says;
} bad[] = {
    {"", "line 1, column 1", "ends before"},
    {"[]", "/document", "not a JSON object"},
    {"{}", "/document/rules", "missing"},
    {"{'rules':{}}", "/document/rules", "wrong type"},
    {"{'rules':[],'rules':[]}", "line 1, column 19", "twice"},
    {"{'rules':[],'sensitivity':'huge'}", "/document/sensitivity", "none of those"},
    {"{'rules':[],'fail_open':'yes'}", "/document/fail_open", "wrong type"},
    {"{'rules':[],'rulez':[]}", "/document/rulez", "not known"},
    {"{'rules':[],'replacement':7}", "/document/replacement", "wrong type"},
    {"{'rules':[],'allow_domains':['a_b.com','exa mple.com']}", "/document/allow_domains/1", "no host name"},
    {"{'rules':[],'deny_domains':[7]}", "/document/deny_domains/0", "no host name"},
    {"{'rules':[],'deny_domains':['m\xc3\xbcnchen.de']}", "/document/deny_domains/0", "no host name"},
    {"{'rules':[7]}", "/document/rules/0", "not a JSON object"},
    {"{'rules':[{'id':'a','action':'flag'}]}", "/document/rules/0/type", "no type"},
    {"{'rules':[{'id':'a','action':'flag','type':'magic'}]}", "/document/rules/0/type", "none of those"},
    {"{'rules':[{'type':'pack','action':'flag'}]}", "/document/rules/0/id", "missing"},
    {"{'rules':[{'id':'a b','type':'pack','action':'flag'}]}", "/document/rules/0/id", "other characters"},
    {"{'rules':[{'id':'a','type':'pack'}]}", "/document/rules/0/action", "missing"},
    {"{'rules':[{'id':'a','type':'pack','action':'destroy'}]}", "/document/rules/0/action", "none of those"},
    {RULE("'type':'pack','mode':'test'"), "/document/rules/0/mode", "none of those"},
    {RULE("'type':'pack','priority':-1"), "/document/rules/0/priority", "too small"},
    {RULE("'type':'pack','priority':1000001"), "/document/rules/0/priority", "too large"},
    {RULE("'type':'pack','priority':1.5"), "/document/rules/0/priority", "wrong type"},
    {RULE("'type':'pack','category':'spam'"), "/document/rules/0/category", "none of those"},
    {RULE("'type':'pack','min_severity':'high','max_severity':'low'"), "/document/rules/0/max_severity", "below"},
    {RULE("'type':'pack','rule':'secret.[a]'"), "/document/rules/0/rule", "no pattern of rule ids"},
    {RULE("'type':'pack','pattern':'a'"), "/document/rules/0/pattern", "not known"},
    {RULE("'type':'regex'"), "/document/rules/0/pattern", "missing"},
    {RULE("'type':'regex','pattern':''"), "/document/rules/0/pattern", "too small"},
    {RULE("'type':'regex','pattern':'(abc'"), "/document/rules/0/pattern", "missing closing parenthesis"},
    {RULE("'type':'keyword'"), "/document/rules/0/words", "either"},
    {RULE("'type':'keyword','words':['a'],'signals':['finance']"), "/document/rules/0/words", "either"},
    {RULE("'type':'keyword','words':[]"), "/document/rules/0/words", "too small"},
    {RULE("'type':'keyword','words':['ok',' padded']"), "/document/rules/0/words/1", "no word"},
    {RULE("'type':'keyword','words':['a'],'min_score':3"), "/document/rules/0/min_score", "not weighed"},
    {RULE("'type':'keyword','signals':['love']"), "/document/rules/0/signals/0", "no such signal"},
    {RULE("'type':'keyword','signals':['request','model']"), "/document/rules/0/signals/1", "no such signal"},
    {RULE("'type':'keyword','signals':['urgency','social_engineering']"), "/document/rules/0/signals/1", "twice"},
    {RULE("'type':'keyword','signals':['urgency'],'min_signals':2"), "/document/rules/0/min_signals", "fewer"},
    {"{'rules':[{'id':'a','type':'keyword','signals':['urgency'],'action':'block'}]}", "/document/rules/0/min_signals",
     "alone"},
    {"{'rules':[{'id':'a','type':'keyword','signals':['urgency'],'action':'redact'}]}", "/document/rules/0/action",
     "no place"},
    {RULE("'type':'domain','allow':['a.com']"), "/document/rules/0/deny", "names no host"},
    {RULE("'type':'ai'"), "/document/rules/0/verdicts", "missing"},
    {RULE("'type':'ai','verdicts':['MAYBE']"), "/document/rules/0/verdicts/0", "none of those"},
    {"{'rules':[{'id':'a','type':'ai','verdicts':['SAFE'],'action':'redact'}]}", "/document/rules/0/action",
     "no place"},
    {"{'rules':[{'id':'a','type':'pack','action':'flag'},{'id':'a','type':'pack','action':'flag'}]}",
     "/document/rules/1/id", "Another rule"},
    {"{'rules':[],'exceptions':[{}]}", "/document/exceptions/0", "take out everything"},
    {"{'rules':[],'exceptions':[{'reason':'why'}]}", "/document/exceptions/0", "take out everything"},
    {"{'rules':[],'exceptions':[{'rule':'a b'}]}", "/document/exceptions/0/rule", "no pattern of rule ids"},
    {"{'rules':[],'exceptions':[{'domain':'a..b'}]}", "/document/exceptions/0/domain", "no host name"},
    {"{'rules':[],'exceptions':[7]}", "/document/exceptions/0", "not a JSON object"},
};

static void each_mistake_has_its_place(void **state)
{
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct rig r;
        bool found = false;
        if (rig_try(&r, bad[i].document) != CARDEA_E_FORMAT)
            fail_msg("taken: %s", bad[i].document);
        for (size_t k = 0; k < r.mistakes.count; k++) {
            const struct json_problem *m = &r.mistakes.items[k];
            assert_true(m->message[0] && m->fix[0]);
            found |= strcmp(m->location, bad[i].place) == 0 && strstr(m->message, bad[i].says) != NULL;
        }
        if (!found)
            fail_msg("%s: %s %s", bad[i].document, r.mistakes.items[0].location, r.mistakes.items[0].message);
        arena_release(&r.arena);
    }
}

/* What is taken is what the advice names; what the scanner weighs as signs of a jailbreak is not. */
static void signals_are_those_of_fraud(void **state)
{
    for (unsigned i = 0; i < CARDEA_SCAN_SIGNAL_COUNT; i++) {
        struct rig r;
        char document[256];
        const char *name = cardea_scan_signal_name((enum cardea_scan_signal)i);
        enum cardea_err wanted = i <= CARDEA_SCAN_REQUEST ? CARDEA_OK : CARDEA_E_FORMAT;
        snprintf(document, sizeof(document), RULE("'type':'keyword','signals':['%s','none']"), name);
        assert_int_equal(rig_try(&r, document), CARDEA_E_FORMAT);
        if (wanted == CARDEA_OK)
            assert_non_null(strstr(r.mistakes.items[0].fix, name));
        arena_release(&r.arena);
        snprintf(document, sizeof(document), RULE("'type':'keyword','signals':['%s']"), name);
        if (rig_try(&r, document) != wanted)
            fail_msg("%s", name);
        policy_free(r.policy);
        arena_release(&r.arena);
    }
}

static void all_mistakes_at_once(void **state)
{
    struct rig r;
    assert_int_equal(rig_try(&r, "{'sensitivity':'x','rules':[{'id':'a','type':'regex','pattern':'(a','action':'flag'},"
                                 "{'id':'b','type':'pack','action':'y'},"
                                 "{'id':'c','type':'regex','pattern':'b*','action':'flag'}],'exceptions':[{}]}"),
                     CARDEA_E_FORMAT);
    assert_int_equal(r.mistakes.count, 5);
    arena_release(&r.arena);
}

/* As many rules as are allowed of one kind, written by `one` with the number in it twice. */
static enum cardea_err with_rules(struct rig *r, size_t count, const char *one)
{
    struct buf b;
    *r = (struct rig){.arena = {0}};
    buf_init(&b, (size_t)4 << 20);
    buf_add_cstr(&b, "{\"rules\":[");
    for (size_t i = 0; i < count; i++)
        buf_printf(&b, "%s{\"id\":\"r%zu\",\"action\":\"flag\",%s}", i ? "," : "", i, one);
    buf_add_cstr(&b, "]}");
    enum cardea_err err = policy_open_text(&r->policy, &r->arena, buf_str(&b), "", &r->mistakes);
    buf_release(&b);
    return err;
}

static void bounds_of_a_document(void **state)
{
    struct rig r;
    assert_int_equal(with_rules(&r, POLICY_RULES_MAX, "\"type\":\"pack\""), CARDEA_OK);
    rig_close(&r);
    assert_int_equal(with_rules(&r, POLICY_RULES_MAX + 1, "\"type\":\"pack\""), CARDEA_E_FORMAT);
    assert_string_equal(r.mistakes.items[0].location, "/rules");
    arena_release(&r.arena);
    /* together too complex: each pattern is not */
    assert_int_equal(with_rules(&r, 20, "\"type\":\"regex\",\"pattern\":\"(?:[a-z]{80}){50}\""), CARDEA_E_FORMAT);
    assert_int_equal(r.mistakes.count, 1);
    assert_string_equal(r.mistakes.items[0].location, "/rules/16/pattern");
    arena_release(&r.arena);
    assert_int_equal(with_rules(&r, 12, "\"type\":\"regex\",\"pattern\":\"(?:[a-z]{80}){50}\""), CARDEA_OK);
    rig_close(&r);
}

static void a_document_that_is_too_large(void **state)
{
    struct rig r = {.arena = {0}};
    char *text = malloc(POLICY_DOCUMENT_MAX + 1);
    memset(text, ' ', POLICY_DOCUMENT_MAX + 1);
    memcpy(text, "{\"rules\":[]}", 12);
    assert_int_equal(
        policy_open_text(&r.policy, &r.arena, (struct cardea_str){text, POLICY_DOCUMENT_MAX}, "", &r.mistakes),
        CARDEA_OK);
    policy_free(r.policy);
    assert_int_equal(
        policy_open_text(&r.policy, &r.arena, (struct cardea_str){text, POLICY_DOCUMENT_MAX + 1}, "", &r.mistakes),
        CARDEA_E_FORMAT);
    assert_non_null(strstr(r.mistakes.items[0].message, "256 KiB"));
    arena_release(&r.arena);
    free(text);
}

static void settings(void **state)
{
    struct rig r;
    rig_open(&r, "{'sensitivity':'high','fail_open':true,'keep_content':true,'replacement':' Not sent. "
                 "','rules':[{'id':'a','type':'ai','verdicts':['SAFE'],'action':'flag'}],"
                 "'exceptions':[{'rule':'a'},{'domain':'b.com'}]}");
    const struct policy_settings *s = policy_settings(r.policy);
    assert_int_equal(s->sensitivity, CARDEA_SCAN_AT_HIGH);
    assert_true(s->fail_open && s->keep_content && s->has_ai);
    assert_true(str_eq(s->replacement, STR("Not sent.")));
    assert_int_equal(s->rule_count, 1);
    assert_int_equal(s->exception_count, 2);
    struct policy *again = policy_hold(r.policy);
    policy_free(again);
    assert_int_equal(policy_settings(r.policy)->rule_count, 1);
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_mistake_has_its_place),   cmocka_unit_test(signals_are_those_of_fraud),
        cmocka_unit_test(all_mistakes_at_once),         cmocka_unit_test(bounds_of_a_document),
        cmocka_unit_test(a_document_that_is_too_large), cmocka_unit_test(settings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
