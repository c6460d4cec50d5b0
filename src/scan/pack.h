/* scan/pack.h - a rule pack as it is used: what the schema cannot say is checked, what was left out is filled in. */
#ifndef SCAN_PACK_H
#define SCAN_PACK_H

#include <cardea/scan_types.h>

#include "base/diag.h"
#include "scan/fields.h"

struct scan_texts {
    const struct cardea_str *items;
    size_t count;
};

/* What a rule looks for. */
enum scan_rule_kind { SCAN_BY_PATTERN, SCAN_BY_WORDS, SCAN_BY_DOMAIN, SCAN_BY_LOOKALIKE, SCAN_BY_HOST };

struct scan_rule {
    const char *id, *title;
    enum cardea_scan_category category;
    enum cardea_scan_severity severity;
    enum cardea_scan_sensitivity sensitivity; /* the least at which it counts */
    enum scan_rule_kind kind;
    struct scan_texts seeks; /* patterns, words or domains */
    unsigned hosts;          /* bit i: enum cardea_scan_host_trait i */
    unsigned flags;          /* of enum fields_flag */
    unsigned views;          /* bit i: enum cardea_scan_view i */
    int entropy_milli;       /* thousandths of a bit; 0: any */
    unsigned needs;          /* of enum fields_need */
    struct scan_texts stop_words, allow;
    int checksum;    /* of enum fields_checksum; -1: none */
    uint32_t within; /* bytes around a hit, when one of these is not empty */
    struct scan_texts require, forbid;
    struct scan_texts mentions, reports; /* of its pack: words of whoever speaks of what it finds */
    int signal;                          /* of enum cardea_scan_signal; -1: no keyword */
    int score;
    struct scan_texts match, no_match; /* examples */
    uint32_t line, col;                /* where it stands */
};

struct scan_pack {
    const char *name, *title, *file;
    const struct scan_rule *rules;
    size_t count;
};

struct scan_pack_builtin {
    const char *file;
    const char *text;
    size_t len;
};

/* One pack from text; everything in `a`. NULL after a report. With `try_patterns` each is compiled once, to name what
 * is wrong with it; for packs that a test has seen that would be time lost. */
const struct scan_pack *scan_pack_read(struct arena *a, const char *file, struct cardea_str text, bool try_patterns,
                                       struct diags *diags);

/* Made from rules/ by tools/embed.py, in the order of the files' names. */
extern const struct scan_pack_builtin scan_pack_builtins[];
extern const size_t scan_pack_builtin_count;
/* The manual of rule packs, in Markdown: docs/reference/rules.md. */
void scan_pack_docs(struct buf *out);

#endif
