/* What tests of policies share: a policy from a document, a text with what a scan found in it, and what is decided. */
#ifndef POLICY_RIG_H
#define POLICY_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "policy/policy.h"

#define RIG_MAX 16

struct rig {
    struct arena arena;
    struct policy *policy;
    struct policy_mistakes mistakes;
    const char *text;
    struct cardea_scan_finding findings[RIG_MAX];
    struct cardea_scan_host hosts[RIG_MAX];
    struct cardea_scan_result result;
    struct policy_look *look;
    struct policy_outcome o;
};

/* Rules and what else is in the document are JSON written with ' in place of ", to be read in C. */
static inline struct cardea_str rig_json(struct rig *r, const char *quoted)
{
    char *text = arena_cstr(&r->arena, str_of(quoted));
    for (char *c = text; *c; c++)
        if (*c == '\'')
            *c = '"';
    return str_of(text);
}

static inline enum cardea_err rig_try(struct rig *r, const char *document)
{
    *r = (struct rig){.arena = {0}};
    return policy_open_text(&r->policy, &r->arena, rig_json(r, document), "/document", &r->mistakes);
}

static inline void rig_open(struct rig *r, const char *document)
{
    enum cardea_err err = rig_try(r, document);
    if (err != CARDEA_OK)
        fail_msg("%d: %s: %s %s", err, r->mistakes.items[0].location, r->mistakes.items[0].message,
                 r->mistakes.items[0].fix);
}

static inline void rig_close(struct rig *r)
{
    policy_free(r->policy);
    arena_release(&r->arena);
}

static inline struct cardea_scan_span rig_span(const struct rig *r, const char *what)
{
    const char *at = strstr(r->text, what);
    if (!at)
        fail_msg("`%s` is not in: %s", what, r->text);
    size_t start = (size_t)(at - r->text);
    return (struct cardea_scan_span){start, start + strlen(what)};
}

/* Begins anew: a text in which nothing was found yet. */
static inline void rig_text(struct rig *r, const char *text)
{
    r->text = text;
    r->result = (struct cardea_scan_result){.findings = r->findings, .hosts = r->hosts};
}

static inline void rig_finding(struct rig *r, const char *rule, enum cardea_scan_category category,
                               enum cardea_scan_severity severity, const char *what)
{
    struct cardea_scan_span span = rig_span(r, what);
    r->findings[r->result.finding_count++] = (struct cardea_scan_finding){
        .rule_id = rule, .title = rule, .category = category, .severity = severity, .span = span, .redact = span};
}

static inline void rig_host(struct rig *r, const char *name)
{
    r->hosts[r->result.host_count++] = (struct cardea_scan_host){.name = str_of(name), .span = rig_span(r, name)};
}

static inline void rig_look(struct rig *r)
{
    assert_int_equal(policy_look(r->policy, &r->arena, str_of(r->text), &r->result, &r->look), CARDEA_OK);
}

static inline enum cardea_scan_verdict rig_judge(struct rig *r, enum policy_ai ai)
{
    rig_look(r);
    policy_decide(r->look, ai, &r->o);
    return r->o.verdict;
}

/* A text in which the packs found nothing, without an AI. */
static inline enum cardea_scan_verdict rig_plain(struct rig *r, const char *text)
{
    rig_text(r, text);
    return rig_judge(r, POLICY_AI_NONE);
}

static inline const struct policy_match *rig_match(const struct rig *r, const char *id)
{
    for (size_t i = 0; i < r->o.match_count; i++)
        if (strcmp(r->o.matches[i].id, id) == 0)
            return &r->o.matches[i];
    return NULL;
}

static inline void rig_redacted(const struct rig *r, const char *wanted)
{
    assert_int_equal(r->o.has_redacted, wanted != NULL);
    if (wanted && !str_eq(r->o.redacted, str_of(wanted)))
        fail_msg("`%.*s`, not `%s`", STR_ARG(r->o.redacted), wanted);
}

#endif
