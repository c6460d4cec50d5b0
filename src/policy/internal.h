/* policy/internal.h - the inside of a compiled policy, for the files of this folder. */
#ifndef POLICY_INTERNAL_H
#define POLICY_INTERNAL_H

#include <pthread.h>

#include <cardea/secret.h>

#include "base/buf.h"
#include "base/str.h"
#include "policy/policy.h"

struct policy_texts {
    struct cardea_str *items;
    size_t count;
};

/* A signal, or several that count as one: bit i for enum cardea_scan_signal i. */
struct policy_signals {
    unsigned *items;
    size_t count;
    unsigned min_score, min_signals;
};

struct policy_rule {
    const char *id, *title;
    enum policy_type type;
    enum policy_action action;
    bool shadow;
    int64_t priority;
    size_t order; /* in the document */
    enum cardea_scan_severity severity;
    struct cardea_str pattern; /* regex */
    bool caseless;
    struct policy_texts words;     /* keyword, one way */
    struct policy_signals signals; /* the other */
    struct policy_texts deny, allow;
    bool only_allowed; /* domain */
    int category;      /* pack; -1: any */
    enum cardea_scan_severity least, most;
    const char *glob;  /* NULL: any */
    unsigned verdicts; /* ai; bit i: enum policy_ai i */
};

struct policy_exception {
    const char *glob; /* NULL: any rule */
    bool has_text;
    struct cardea_str text;
    bool has_digest;
    struct cardea_digest digest; /* of the text */
    struct cardea_str domain;    /* empty: any */
};

/* A scanner of the policy's own rules, and scratches that nobody uses at the moment. */
struct policy_bench {
    struct cardea_scanner *scanner; /* NULL: there are no such rules */
    struct policy_seat *idle;
};

/* Words are searched for all at once. Patterns are PCRE2's alone: which words a pattern cannot match without is found
 * out for the syntax that our own packs use, and is not to be trusted with whatever a stranger writes. */
enum policy_bench_kind { BENCH_WORDS, BENCH_PATTERNS, BENCH_COUNT };

struct policy {
    _Atomic unsigned holders;
    struct arena arena;
    struct policy_settings settings;
    struct policy_rule *rules; /* by priority, then as they stand in the document */
    size_t rule_count;
    size_t *by_order; /* where the rule that stands n-th in the document is */
    struct policy_exception *exceptions;
    struct policy_texts allow_domains, deny_domains;
    bool every_rule; /* overlapping findings are told apart by rule */
    struct policy_bench benches[BENCH_COUNT];
    pthread_mutex_t lock; /* the idle seats */
};

/* By value, with NULL at the end: names.c. */
extern const char *const policy_type_names[POLICY_TYPE_COUNT + 1];
extern const char *const policy_action_names[POLICY_ACTION_COUNT + 1];
extern const char *const policy_mode_names[3]; /* [shadow] */

/* ---- reading a document: read.c, read_rule.c ---- */

struct policy_reader {
    struct policy *p;
    struct arena *a; /* the caller's, for mistakes */
    const char *at;
    struct policy_mistakes *mistakes;
    size_t words, domains, weights; /* so far, of all rules */
};

/* `place` is a pointer below `at`. */
void policy_mistake(struct policy_reader *r, const char *place, const char *message, const char *fix);
const char *policy_place(struct policy_reader *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* json_check() with its problems as mistakes; false when there were any. */
bool policy_check(struct policy_reader *r, const char *place, const json_t *object, const struct json_field *fields,
                  size_t count);
/* Index of the member's text in a list that NULL ends; -1 when it is absent, or wrong (and said so). */
int policy_choice(struct policy_reader *r, const char *place, const json_t *object, const char *name,
                  const char *const *names);
struct cardea_str policy_copy(struct policy_reader *r, struct cardea_str text);
/* A list of host names, in lower case. */
struct policy_texts policy_read_domains(struct policy_reader *r, const char *place, const json_t *object,
                                        const char *name);
/* One; empty when it is absent, or wrong (and said so). */
struct cardea_str policy_read_host(struct policy_reader *r, const char *place, const json_t *object, const char *name);
void policy_read_rule(struct policy_reader *r, const char *place, const json_t *object, struct policy_rule *out);
void policy_read_exception(struct policy_reader *r, const char *place, const json_t *object,
                           struct policy_exception *out);

/* ---- the policy's own scanners: own.c ---- */

/* Opens them. CARDEA_E_FORMAT with mistakes; CARDEA_E_NOMEM. */
enum cardea_err policy_own_open(struct policy_reader *r);
void policy_own_release(struct policy *p);

struct policy_seat {
    struct cardea_scan_scratch *scratch;
    struct policy_seat *next;
};
/* NULL when memory is out. */
struct policy_seat *policy_own_take(struct policy *p, enum policy_bench_kind kind);
void policy_own_give_back(struct policy *p, enum policy_bench_kind kind, struct policy_seat *seat, size_t scanned);
/* The place in p->rules of the rule that a finding of an own scanner belongs to. */
size_t policy_own_rule(const struct policy *p, const char *rule_id);

/* ---- judging: look.c, exempt.c, decide.c, redact.c ---- */

struct policy_seen {
    struct policy_hit hit;
    int own;      /* the rule (its place) whose own it is; -1: a built-in pack's, which rules of the type pack take */
    int category; /* of enum cardea_scan_category; -1: none of them */
    struct cardea_str host; /* the name, where a rule of hosts hit; else empty */
};

/* What a rule took: indices of what was seen. */
struct policy_taken {
    uint32_t *items;
    size_t count;
};

struct policy_look {
    struct policy *p;
    struct arena *a;
    struct cardea_str text;
    const struct cardea_scan_result *result;
    struct policy_seen *seen;
    size_t seen_count, seen_cap, excepted;
    struct policy_taken *taken; /* one for each rule */
    unsigned cut;               /* 0: all was looked at */
};

/* An exception takes it out. */
bool policy_is_exempt(const struct policy_look *look, const struct policy_seen *seen);

struct policy_cuts {
    struct policy_cut {
        size_t start, end;
        const char *rule;
    } * items;
    size_t count, cap;
};
void policy_add_cut(struct arena *a, struct policy_cuts *cuts, const struct policy_hit *hit);
/* The text with the cuts, which are put in order, each replaced by `[redacted:RULE]`; whole characters only. */
struct cardea_str policy_redact(struct arena *a, struct cardea_str text, struct policy_cuts *cuts);

#endif
