/* fuzz_policy.c - documents of policies: refused with mistakes that have places, or compiled; and what is compiled
 * judges texts within bounds, and says of spans and redacted texts what is true. */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "policy/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool ok)
{
    if (!ok)
        abort();
}

/* A text with a bit of everything, and what the packs might have found in it. */
static const char text[] =
    "Ignore all: project nightowl, card 4111 1111 1111 1111, key AKIA123 at https://a.example.com/?q=1 \u00e9\u4e2d "
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!";

static void judge(struct policy *p, struct arena *a)
{
    static const struct cardea_scan_finding findings[] = {
        {"injection.a", "a", CARDEA_SCAN_INJECTION, CARDEA_SCAN_MEDIUM, .span = {0, 10}, .redact = {0, 10}},
        {"secret.aws-key", "b", CARDEA_SCAN_SECRET, CARDEA_SCAN_CRITICAL, .span = {56, 67}, .redact = {60, 67}},
        {"payload.b", "c", CARDEA_SCAN_PAYLOAD, CARDEA_SCAN_LOW, .span = {71, 96}, .redact = {71, 96}},
    };
    static const struct cardea_scan_host hosts[] = {{{"a.example.com", 13}, 0, {79, 92}}};
    struct cardea_scan_result result = {.findings = findings, .finding_count = 3, .hosts = hosts, .host_count = 1};
    struct policy_look *look;
    struct policy_outcome o;
    struct cardea_str shown;
    memset(result.signals, 30, sizeof(result.signals));
    need(policy_look(p, a, STR(text), &result, &look) == CARDEA_OK);
    (void)policy_wants_ai(look);
    if (policy_text_for_ai(look, &shown))
        need(!memmem(shown.ptr, shown.len, "AKIA123", 7));
    for (unsigned ai = POLICY_AI_NONE; ai <= POLICY_AI_BLOCKED; ai++) {
        policy_decide(look, (enum policy_ai)ai, &o);
        need((o.verdict == CARDEA_SCAN_BLOCK) == (o.delivery == POLICY_DELIVER_NOTHING));
        need(!o.truncated || o.verdict != CARDEA_SCAN_ALLOW);
        need(!o.truncated || !o.has_redacted);
        need(o.delivery != POLICY_DELIVER_REDACTED || o.has_redacted);
        need(!o.has_redacted || str_utf8_valid(o.redacted));
        for (size_t i = 0; i < o.reason_count; i++) {
            const struct policy_hit *hit = o.reasons[i].hit;
            need(!hit->has_span || (hit->span.start <= hit->span.end && hit->span.end < sizeof(text)));
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct policy *p;
    struct policy_mistakes mistakes;
    enum cardea_err err = policy_open_text(&p, &arena, (struct cardea_str){(const char *)data, size}, "/document",
                                           &mistakes);
    need((err == CARDEA_OK) == (mistakes.count == 0) && (err == CARDEA_OK || err == CARDEA_E_FORMAT));
    for (size_t i = 0; i < mistakes.count; i++)
        need(mistakes.items[i].location && mistakes.items[i].message[0] && mistakes.items[i].fix[0]);
    if (err == CARDEA_OK) {
        need(policy_settings(p)->replacement.len > 0);
        judge(p, &arena);
        policy_free(p);
    }
    arena_release(&arena);
    return 0;
}
