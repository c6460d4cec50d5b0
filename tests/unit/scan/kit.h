/* What tests of the scanner share: a scanner of rules given as text, one scan, and questions about its result. */
#ifndef SCAN_KIT_H
#define SCAN_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include <cardea/scan.h>

#include "base/str.h"

struct kit {
    struct cardea_scanner *s;
    struct cardea_scan_scratch *scratch;
    struct cardea_scan_params params;
    struct cardea_scan_result r;
};

/* `rules`: the entries of a pack's `rules`, in YAML. */
static inline void kit_open(struct kit *k, const char *rules, bool without_multi)
{
    char *text, *mistakes;
    assert_true(asprintf(&text, "pack: test\ntitle: Test\nrules:\n%s", rules) > 0);
    struct cardea_scan_pack pack = {"test.yaml", str_of(text)};
    struct cardea_scan_options options = {
        .without_builtin = true, .without_multi = without_multi, .packs = &pack, .pack_count = 1};
    *k = (struct kit){.params = {.sensitivity = CARDEA_SCAN_AT_HIGH}};
    if (cardea_scanner_open(&k->s, &options, &mistakes) != CARDEA_OK)
        fail_msg("%s", mistakes ? mistakes : "no memory");
    assert_int_equal(cardea_scan_scratch_new(&k->scratch, k->s), CARDEA_OK);
    free(text);
}

static inline void kit_close(struct kit *k)
{
    cardea_scan_scratch_free(k->scratch);
    cardea_scanner_free(k->s);
}

static inline const struct cardea_scan_result *kit_scan(struct kit *k, struct cardea_str text)
{
    assert_int_equal(cardea_scan(k->s, k->scratch, text, &k->params, &k->r), CARDEA_OK);
    return &k->r;
}

/* The finding of a rule; NULL: there is none. */
static inline const struct cardea_scan_finding *kit_finding(const struct kit *k, const char *rule)
{
    for (size_t i = 0; i < k->r.finding_count; i++)
        if (strcmp(k->r.findings[i].rule_id, rule) == 0)
            return &k->r.findings[i];
    return NULL;
}

/* The rule finds exactly `what` of `text` in the reading `view`. */
static inline void kit_finds(struct kit *k, const char *rule, const char *text, enum cardea_scan_view view,
                             const char *what)
{
    kit_scan(k, str_of(text));
    const struct cardea_scan_finding *f = kit_finding(k, rule);
    if (!f)
        fail_msg("%s finds nothing in: %s", rule, text);
    if (f->span.end - f->span.start != strlen(what) || memcmp(text + f->span.start, what, strlen(what)) != 0)
        fail_msg("%s finds `%.*s`, not `%s`", rule, (int)(f->span.end - f->span.start), text + f->span.start, what);
    assert_int_equal(f->view, view);
}

static inline void kit_leaves(struct kit *k, const char *rule, const char *text)
{
    kit_scan(k, str_of(text));
    if (kit_finding(k, rule))
        fail_msg("%s finds something in: %s", rule, text);
}

#endif
