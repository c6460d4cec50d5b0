/* What counts as an answer, and what does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <stdio.h>

#include "base/str.h"
#include "judge/verdict.h"

#define WRAP(content)  "{\"choices\":[{\"message\":{\"role\":\"assistant\",\"content\":" content "}}]}"
#define SAID(inner)    WRAP("\"{" inner "}\"")
#define M(name, value) "\\\"" name "\\\":\\\"" value "\\\""
#define GOOD           M("verdict", "SAFE") "," M("reason", "fine") "," M("canary", "c0ffee")

static void expect(const char *body, enum verdict_result want)
{
    struct judge_answer a = {0};
    enum verdict_result got = verdict_read(str_of(body), "c0ffee", &a);
    if (got != want)
        fail_msg("%s: %d, not %d", body, got, want);
}

static void takes_what_was_asked_for(void **state)
{
    static const struct {
        const char *word;
        enum judge_verdict verdict;
    } words[] = {{"SAFE", JUDGE_SAFE}, {"SUSPICIOUS", JUDGE_SUSPICIOUS}, {"BLOCKED", JUDGE_BLOCKED}};
    for (size_t i = 0; i < 3; i++) {
        char body[512];
        struct judge_answer a = {0};
        snprintf(body, sizeof(body), SAID(M("canary", "c0ffee") "," M("reason", "a reason") "," M("verdict", "%s")),
                 words[i].word);
        assert_int_equal(verdict_read(str_of(body), "c0ffee", &a), VERDICT_GIVEN);
        assert_int_equal(a.verdict, words[i].verdict);
        assert_string_equal(a.reason, "a reason");
    }
    /* Servers add members around it. */
    expect("{\"id\":\"x\",\"usage\":{\"total_tokens\":9,\"cost\":0.1},\"choices\":[{\"index\":0,\"logprobs\":null,"
           "\"finish_reason\":\"stop\",\"message\":{\"refusal\":null,\"content\":\"{" GOOD "}\"}}]}",
           VERDICT_GIVEN);
}

static void takes_no_other_words(void **state)
{
    static const char *const bodies[] = {
        WRAP("\"SAFE\""),
        WRAP("\"The message is SAFE.\""),
        WRAP("\"\""),
        WRAP("null"),
        WRAP("[{\"type\":\"text\",\"text\":\"SAFE\"}]"),
        WRAP("\"```json\\n{" GOOD "}\\n```\""),
        WRAP("\"{" GOOD "} and so on\""),
        WRAP("\"[{" GOOD "}]\""),
        SAID(M("verdict", "safe") "," M("reason", "r") "," M("canary", "c0ffee")),
        SAID(M("verdict", "SAFE ") "," M("reason", "r") "," M("canary", "c0ffee")),
        SAID(M("verdict", "ALLOW") "," M("reason", "r") "," M("canary", "c0ffee")),
        SAID("\\\"verdict\\\":0," M("reason", "r") "," M("canary", "c0ffee")),
        SAID(M("verdict", "SAFE") "," M("reason", "r")),
        SAID(M("verdict", "SAFE") "," M("canary", "c0ffee")),
        SAID(M("reason", "r") "," M("canary", "c0ffee")),
        SAID(M("verdict", "SAFE") ",\\\"reason\\\":null," M("canary", "c0ffee")),
        SAID(M("verdict", "SAFE") "," M("reason", "r") "," M("canary", "C0FFEE")),
        SAID(M("verdict", "SAFE") "," M("reason", "r") "," M("canary", "c0ffe")),
        SAID(M("verdict", "SAFE") "," M("reason", "r") "," M("canary", "c0ffee0")),
        SAID(M("verdict", "SAFE") "," M("reason", "r") "," M("canary", "")),
        SAID(GOOD "," M("verdict", "BLOCKED")),
        SAID(GOOD "," M("confidence", "high")),
        SAID(GOOD ",") /* cut short */,
        "{\"choices\":[{\"message\":{}}]}",
        "{\"choices\":[{\"message\":{\"content\":null,\"refusal\":\"I cannot\"}}]}",
    };
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
        expect(bodies[i], VERDICT_BAD);
}

static void tells_another_protocol(void **state)
{
    static const char *const bodies[] = {"",
                                         "SAFE",
                                         "<!DOCTYPE html><html><body>SAFE</body></html>",
                                         "{",
                                         "[]",
                                         "null",
                                         "{\"error\":{\"message\":\"quota\"}}",
                                         "{\"choices\":[]}",
                                         "{\"choices\":{}}",
                                         "{\"choices\":[{\"text\":\"SAFE\"}]}",
                                         "{\"choices\":[{\"message\":\"SAFE\"}]}",
                                         "{\"choices\":[{\"message\":{\"content\":\"{" GOOD "}\"}},{}]}",
                                         "{\"choices\":[{\"message\":{\"content\":\"{" GOOD "}\"}}]",
                                         SAID(GOOD) "x"};
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
        expect(bodies[i], VERDICT_FOREIGN);
}

static void cleans_the_reason(void **state)
{
    struct judge_answer a = {0};
    const char *body = SAID(M("verdict", "BLOCKED") "," M(
        "reason", "\\\\u001b[31mred\\\\u001b[0m\\\\nnext \\\\u202eltr") "," M("canary", "c0ffee"));
    assert_int_equal(verdict_read(str_of(body), "c0ffee", &a), VERDICT_GIVEN);
    assert_string_equal(a.reason, "[31mred [0m next ltr");
    char longest[4096];
    snprintf(longest, sizeof(longest), SAID(M("verdict", "SAFE") "," M("reason", "%02000d") "," M("canary", "c0ffee")),
             7);
    assert_int_equal(verdict_read(str_of(longest), "c0ffee", &a), VERDICT_GIVEN);
    assert_int_equal(strlen(a.reason), JUDGE_REASON_MAX - 1);
    assert_string_equal(a.reason + strlen(a.reason) - 4, "0...");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_what_was_asked_for),
        cmocka_unit_test(takes_no_other_words),
        cmocka_unit_test(tells_another_protocol),
        cmocka_unit_test(cleans_the_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
