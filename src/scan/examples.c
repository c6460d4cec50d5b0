#include "scan/examples.h"

#include <string.h>

#include "base/str.h"
#include "scan/scanner.h"

#define SHOWN 160

struct run {
    const struct cardea_scanner *s;
    struct cardea_scan_scratch *scratch;
    struct buf *report;
    struct scan_examples *out;
};

static enum cardea_err run_texts(struct run *r, size_t rule, const struct scan_texts *texts, bool wanted)
{
    const struct cardea_scan_params params = {.sensitivity = CARDEA_SCAN_AT_HIGH};
    for (size_t i = 0; i < texts->count; i++) {
        struct cardea_scan_result result;
        enum cardea_err err = cardea_scan(r->s, r->scratch, texts->items[i], &params, &result);
        if (err != CARDEA_OK)
            return err;
        bool found = (r->scratch->seen[rule / 64] >> rule % 64 & 1) != 0;
        r->out->run++;
        if (found == wanted)
            continue;
        r->out->failed++;
        const struct cardea_str text = texts->items[i];
        buf_printf(r->report, "%s: %s: %.*s%s\n", r->s->rules.rules[rule].rule->id,
                   wanted ? "does not find" : "should leave alone", (int)(text.len > SHOWN ? SHOWN : text.len),
                   text.ptr, text.len > SHOWN ? "..." : "");
    }
    return CARDEA_OK;
}

enum cardea_err scan_examples_run(const struct cardea_scanner *s, const char *pack, struct buf *report,
                                  struct scan_examples *out)
{
    struct run r = {.s = s, .report = report, .out = out};
    *out = (struct scan_examples){0};
    enum cardea_err err = cardea_scan_scratch_new(&r.scratch, s);
    for (size_t i = 0; i < s->rules.rule_count && err == CARDEA_OK; i++) {
        const struct ruleset_rule *rule = &s->rules.rules[i];
        if (pack && strcmp(rule->pack, pack) != 0)
            continue;
        err = run_texts(&r, i, &rule->rule->match, true);
        if (err == CARDEA_OK)
            err = run_texts(&r, i, &rule->rule->no_match, false);
    }
    cardea_scan_scratch_free(r.scratch);
    return err;
}
