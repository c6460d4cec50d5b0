/* The policy's own patterns and words: in which readings they are found, where, and that none hides another. */
#include "rig.h"

#include <pthread.h>

#define DOC(rules) "{'rules':[" rules "]}"

static void a_pattern_with_its_place_and_value(void **state)
{
    struct rig r;
    rig_open(
        &r,
        DOC("{'id':'no-cards','type':'regex','pattern':'card (?<value>[0-9]{4})','action':'redact','title':'A card'}"));
    assert_int_equal(rig_plain(&r, "my card 1234 ends"), CARDEA_SCAN_ALLOW);
    const struct policy_hit *hit = r.o.reasons[0].hit;
    assert_string_equal(hit->rule_id, "no-cards");
    assert_string_equal(hit->code, "POLICY_PATTERN");
    assert_string_equal(hit->title, "A card");
    assert_int_equal(hit->span.start, 3);
    assert_int_equal(hit->span.end, 12);
    rig_redacted(&r, "my card [redacted:no-cards] ends");
    rig_close(&r);
}

static void in_all_readings(void **state)
{
    static const char *const texts[] = {"project nightowl",
                                        "PROJECT NightOwl",
                                        "p r o j e c t   n i g h t o w l",
                                        "project n\u200bight\u200bowl",
                                        "\uff50\uff52\uff4f\uff4a\uff45\uff43\uff54 nightowl",
                                        "proj3ct n1ght0wl",
                                        "cHJvamVjdCBuaWdodG93bA==",
                                        "%70roject nightowl",
                                        "project n\u0456ghtowl"};
    struct rig r;
    rig_open(&r, DOC("{'id':'w','type':'keyword','words':['project nightowl'],'action':'block'},"
                     "{'id':'p','type':'regex','pattern':'project\\\\s+nightowl','caseless':true,'action':'flag','mode'"
                     ":'shadow'}"));
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (rig_plain(&r, texts[i]) != CARDEA_SCAN_BLOCK || !rig_match(&r, "p"))
            fail_msg("%s", texts[i]);
        assert_true(r.o.reasons[0].hit->span.end <= strlen(texts[i]));
    }
    assert_int_equal(rig_plain(&r, "projects nightowls"), CARDEA_SCAN_ALLOW);
    rig_close(&r);
}

static void overlapping_rules_are_told_apart(void **state)
{
    struct rig r;
    rig_open(&r, DOC("{'id':'long','type':'regex','pattern':'secret project','action':'flag','severity':'critical'},"
                     "{'id':'short','type':'regex','pattern':'project','action':'block','severity':'info'},"
                     "{'id':'word','type':'keyword','words':['project'],'action':'flag','mode':'shadow'},"
                     "{'id':'words','type':'keyword','words':['secret project'],'action':'flag','mode':'shadow'}"));
    assert_int_equal(rig_plain(&r, "the secret project"), CARDEA_SCAN_BLOCK);
    assert_int_equal(r.o.match_count, 4);
    rig_close(&r);
}

static void what_yaml_would_read_otherwise(void **state)
{
    struct rig r;
    rig_open(
        &r,
        "{'rules':[{'id':'a','type':'regex','pattern':'\\\"\\\\\\\\\\u2028\\u0085x: {#}','action':'block'},"
        "{'id':'b','type':'keyword','words':['a: b','# c','\\ud83d\\ude00 ok','\\u00fcber','- {d}'],'action':'block'},"
        "{'id':'c','type':'regex','pattern':'\\u007f\\ufeff[\\u4e00-\\u4e10]+z','action':'block'}]}");
    assert_int_equal(rig_plain(&r, "see # c there"), CARDEA_SCAN_BLOCK);
    assert_int_equal(rig_plain(&r, "see a: b there"), CARDEA_SCAN_BLOCK);
    assert_int_equal(rig_plain(&r, "see \U0001F600 ok there"), CARDEA_SCAN_BLOCK);
    assert_int_equal(rig_plain(&r, "see \u00dcber there"), CARDEA_SCAN_BLOCK);
    assert_int_equal(rig_plain(&r, "see \x7f\ufeff\u4e01\u4e02z there"), CARDEA_SCAN_BLOCK);
    assert_int_equal(rig_plain(&r, "see nothing there"), CARDEA_SCAN_ALLOW);
    rig_close(&r);
}

static void syntax_that_pieces_of_a_pattern_would_get_wrong(void **state)
{
    static const struct {
        const char *pattern, *text;
    } cases[] = {
        {"(?i)alpha.*beta", "ALPHA and BETA"},
        {"alpha (?i)BETA", "alpha beta"},
        {"alpha(?i:beta).{0,30}gamma", "alphaBeTa and gamma"},
        {"(?x) al pha # comment", "alpha"},
        {"(a)?(?(1)b|cdef)", "cdef"},
        {"alpha(?!beta)gamma", "alphagamma"},
        {"(alpha|beta) \\\\1", "beta beta"},
        {"(?<=x)alpha\\\\Kbeta", "xalphabeta"},
        {"^alpha$", "alpha"},
        {"(?m)^alpha$", "one\nalpha\ntwo"},
        {"\\\\x{61}lpha", "alpha"},
        {"[[:alpha:]]{5}\\\\d", "alpha1"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rig r;
        char document[400];
        snprintf(document, sizeof(document), DOC("{'id':'a','type':'regex','pattern':'%s','action':'block'}"),
                 cases[i].pattern);
        rig_open(&r, document);
        if (rig_plain(&r, cases[i].text) != CARDEA_SCAN_BLOCK)
            fail_msg("%s", cases[i].pattern);
        rig_close(&r);
    }
}

static void many_rules(void **state)
{
    struct rig r = {.arena = {0}};
    struct buf b;
    buf_init(&b, (size_t)1 << 20);
    buf_add_cstr(&b, "{\"rules\":[");
    for (unsigned i = 0; i < POLICY_RULES_MAX; i++)
        buf_printf(&b, "%s{\"id\":\"r%u\",\"priority\":%u,\"action\":\"flag\",%s%u%s}", i ? "," : "", i, 1000 - i,
                   i % 2 ? "\"type\":\"regex\",\"pattern\":\"number " : "\"type\":\"keyword\",\"words\":[\"number ", i,
                   i % 2 ? "\\\\b\"" : "\"]");
    buf_add_cstr(&b, "]}");
    assert_int_equal(policy_open_text(&r.policy, &r.arena, buf_str(&b), "", &r.mistakes), CARDEA_OK);
    buf_release(&b);
    for (unsigned i = 0; i < POLICY_RULES_MAX; i++) {
        char text[40], id[8];
        snprintf(text, sizeof(text), "it is number %u.", i);
        snprintf(id, sizeof(id), "r%u", i);
        assert_int_equal(rig_plain(&r, text), CARDEA_SCAN_FLAG);
        assert_int_equal(r.o.match_count, 1);
        assert_string_equal(r.o.matches[0].id, id);
    }
    rig_close(&r);
}

struct worker {
    struct policy *policy;
    bool wrong;
};

static void *judge_often(void *arg)
{
    struct worker *w = arg;
    for (int i = 0; i < 300; i++) {
        struct rig r = {.policy = policy_hold(w->policy)};
        w->wrong |= rig_plain(&r, i % 2 ? "the word owl and 1234" : "nothing") !=
                    (i % 2 ? CARDEA_SCAN_BLOCK : CARDEA_SCAN_ALLOW);
        rig_close(&r);
    }
    return NULL;
}

static void many_threads_by_one_policy(void **state)
{
    struct rig r;
    struct worker workers[8];
    pthread_t threads[8];
    rig_open(&r, DOC("{'id':'w','type':'keyword','words':['owl'],'action':'flag'},{'id':'p','type':'regex','pattern':'["
                     "0-9]{4}','action':'block'}"));
    for (int i = 0; i < 8; i++) {
        workers[i] = (struct worker){.policy = r.policy};
        assert_int_equal(pthread_create(&threads[i], NULL, judge_often, &workers[i]), 0);
    }
    for (int i = 0; i < 8; i++) {
        pthread_join(threads[i], NULL);
        assert_false(workers[i].wrong);
    }
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pattern_with_its_place_and_value),
        cmocka_unit_test(in_all_readings),
        cmocka_unit_test(overlapping_rules_are_told_apart),
        cmocka_unit_test(what_yaml_would_read_otherwise),
        cmocka_unit_test(syntax_that_pieces_of_a_pattern_would_get_wrong),
        cmocka_unit_test(many_rules),
        cmocka_unit_test(many_threads_by_one_policy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
