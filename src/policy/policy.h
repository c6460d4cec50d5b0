/* policy/policy.h - what an operator says about texts: rules over what was found, from a JSON document to a verdict.
 *
 * A document is compiled once, off the event loops, into an immutable `struct policy`; any number of threads judge by
 * it at once. Judging a text takes three steps, since between them others have their say:
 *
 *     policy_scan_params(p, NULL, &params);              how the built-in packs are to look
 *     cardea_scan(..., &params, &result);
 *     policy_look(p, arena, text, &result, &look);       the policy's own patterns, and all rules but those of the AI
 *     ai = policy_wants_ai(look) ? ask : POLICY_AI_NONE;
 *     policy_decide(look, ai, &outcome);
 *
 * No I/O, no clock but the scanner's, no globals. */
#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

#include <cardea/scan.h>

#include "base/buf.h"
#include "base/json_read.h"

/* Bounds of a document: what keeps compiling it, and judging by it, cheap. */
#define POLICY_DOCUMENT_MAX   ((size_t)256 * 1024)
#define POLICY_RULES_MAX      200
#define POLICY_EXCEPTIONS_MAX 500
#define POLICY_PATTERN_MAX    2048  /* bytes of one */
#define POLICY_WORDS_MAX      2000  /* of all rules */
#define POLICY_DOMAINS_MAX    2000  /* of all lists */
#define POLICY_WEIGHT_MAX     4096  /* of one pattern: its characters, repetitions written out (policy/weight.h) */
#define POLICY_WEIGHTS_MAX    65536 /* of all patterns */

struct policy;

enum policy_type { POLICY_REGEX, POLICY_KEYWORD, POLICY_DOMAIN, POLICY_PACK, POLICY_AI, POLICY_TYPE_COUNT };
enum policy_action { POLICY_ALLOW, POLICY_FLAG, POLICY_BLOCK, POLICY_REDACT, POLICY_ACTION_COUNT };

/* "regex", "redact", "shadow". Static storage. */
const char *policy_type_name(enum policy_type type);
const char *policy_action_name(enum policy_action action);
const char *policy_mode_name(bool shadow);
/* "allow", "flag", "block". Static storage. */
const char *policy_verdict_name(enum cardea_scan_verdict verdict);

/* ---- from a document to a policy ---- */

#define POLICY_MISTAKES_MAX 16

/* What is wrong with a document: the first so many of all mistakes, in the arena. Places are JSON pointers. No message
 * repeats a value. */
struct policy_mistakes {
    struct json_problem items[POLICY_MISTAKES_MAX];
    size_t count; /* of items */
};

/* Takes milliseconds, with hundreds of rules up to a second: on a worker, never on an event loop. `at` is put before
 * each place ("/document"; "" for none). CARDEA_E_FORMAT with the mistakes; CARDEA_E_NOMEM. The document may be dropped
 * afterwards. */
enum cardea_err policy_open(struct policy **out, struct arena *a, const json_t *document, const char *at,
                            struct policy_mistakes *mistakes);
/* The same from a text that is JSON (or is not: then that is the mistake). */
enum cardea_err policy_open_text(struct policy **out, struct arena *a, struct cardea_str document, const char *at,
                                 struct policy_mistakes *mistakes);
/* One more who holds it, each of whom ends with policy_free(). Any thread. */
struct policy *policy_hold(struct policy *p);
void policy_free(struct policy *p); /* NULL is allowed */

/* The document of the built-in default policy, version 0: it says what cardea_scan_verdict() says, and asks the AI. */
struct cardea_str policy_default_document(void);

/* The document's own words; texts live as long as the policy. */
struct policy_settings {
    enum cardea_scan_sensitivity sensitivity;
    bool fail_open;    /* a text that could not be scanned is flagged, not refused */
    bool keep_content; /* what was flagged or blocked is to be kept, sealed */
    /* For the sender, in place of what was blocked; never empty. */
    struct cardea_str replacement;
    size_t rule_count, exception_count;
    bool has_ai; /* a rule of the type ai, shadow or not */
};
const struct policy_settings *policy_settings(const struct policy *p);

/* ---- judging ---- */

/* What the AI said of a text; POLICY_AI_NONE: it was not asked, or gave no answer. */
enum policy_ai { POLICY_AI_NONE, POLICY_AI_SAFE, POLICY_AI_SUSPICIOUS, POLICY_AI_BLOCKED };

/* One thing that stood in the text, or was said of it. */
struct policy_hit {
    const char *code;     /* "SECRET", "POLICY_PATTERN": stable, docs/reference/reason-codes.md */
    const char *rule_id;  /* of the pack's rule that found it; of the policy's where that found it itself */
    const char *category; /* of the finding; "policy" for patterns and words of the policy, "ai" */
    const char *title;
    enum cardea_scan_severity severity;
    bool has_span; /* signals and the AI speak of the text as a whole */
    struct cardea_scan_span span, redact;
};

/* A hit as one rule of the policy took it: an entry of `reasons`. */
struct policy_reason {
    const struct policy_hit *hit;
    /* Of the first rule, by priority, that acts on it. NULL: no rule does; it is on record all the same. */
    const char *rule;
    enum policy_action action; /* with a rule */
    bool shadow;               /* that rule only watches */
};

/* A rule that had hits. One that stands behind the terminal rule is on record, but did nothing. */
struct policy_match {
    const char *id, *title;
    enum policy_type type;
    enum policy_action action;
    bool shadow;
    bool decided; /* it is the terminal one that ended the matter */
    const struct policy_hit *const *hits;
    size_t hit_count;
};

/* What may be handed on. */
enum policy_delivery { POLICY_DELIVER_TEXT, POLICY_DELIVER_REDACTED, POLICY_DELIVER_NOTHING };
/* "text", "redacted_text", "nothing". Static storage. */
const char *policy_delivery_name(enum policy_delivery delivery);

/* All in the arena, and what is borrowed from the result that policy_look() was given. */
struct policy_outcome {
    enum cardea_scan_verdict verdict;
    enum policy_delivery delivery;
    const struct policy_match *matches; /* all rules that had hits, by priority; shadow ones too */
    size_t match_count, shadow_count;   /* shadow_count: of those matches */
    const struct policy_reason *reasons;
    size_t reason_count;
    size_t excepted; /* findings that exceptions took out */
    bool truncated;  /* not all was looked at: then the verdict is never to allow */
    unsigned cut;    /* of enum cardea_scan_cut: why; by the packs, and by the policy's own rules */
    /* The text with what is not to leave replaced by `[redacted:RULE]`: what rules with the action redact took, and of
     * a text that is not simply allowed also secrets and personal numbers. */
    bool has_redacted;
    struct cardea_str redacted;
};

/* How the built-in packs are to look for this policy. `sensitivity` takes the place of the policy's; NULL: that one.
 * Limits are the caller's. What *out points to lives as long as the policy. */
void policy_scan_params(const struct policy *p, const enum cardea_scan_sensitivity *sensitivity,
                        struct cardea_scan_params *out);

struct policy_look;

/* Policy, `result` and `text` must live until the outcome was used. CARDEA_E_NOMEM: nothing was judged. */
enum cardea_err policy_look(struct policy *p, struct arena *a, struct cardea_str text,
                            const struct cardea_scan_result *result, struct policy_look **out);
/* An AI's answer could matter: there is a rule for it, and no rule before it has ended the matter. */
bool policy_wants_ai(const struct policy_look *look);
/* The text as it may be shown to an AI: without secrets and personal numbers. False: the scan was truncated, so that
 * nobody knows what else is in it. */
bool policy_text_for_ai(struct policy_look *look, struct cardea_str *out);
/* May be asked more than once. */
void policy_decide(struct policy_look *look, enum policy_ai ai, struct policy_outcome *out);

/* "SECRET": the reason code of what a built-in rule of this category found. Stable. Static storage. */
const char *policy_code(enum cardea_scan_category category);

/* docs/reference/reason-codes.md. */
enum cardea_err policy_reason_docs(struct buf *out);

#endif
