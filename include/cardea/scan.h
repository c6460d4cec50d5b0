/* cardea/scan.h - libcardea-scan: what a text holds that should not leave, or should not be believed.
 *
 * Rules that hold everywhere:
 *  - No pointer argument may be NULL unless its comment says so. Breaking that is a bug in the caller, not an error.
 *  - `struct x **out` hands over ownership: release it with the matching `_free`. A returned `const *` is borrowed.
 *  - On failure nothing is handed over and nothing has changed.
 *  - Nothing here logs, starts threads, reads files or environment variables, or keeps global state. Of the operating
 *    system only the monotonic clock is asked, and memory.
 *  - A scanner is immutable: any number of threads scan by it, each with a scratch of its own.
 *  - Text is counted bytes, never trusted to be UTF-8 or NUL-terminated.
 *  - Findings say what was seen, not what is to be done about it: that is the caller's policy. */
#ifndef CARDEA_SCAN_H
#define CARDEA_SCAN_H

#include <cardea/key_format.h>
#include <cardea/scan_types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct cardea_scanner;
struct cardea_scan_scratch;

/* "injection", "high", "medium", "folded", "finance", "punycode"; "unknown" for anything else. Static storage. */
CARDEA_API const char *cardea_scan_category_name(enum cardea_scan_category category);
CARDEA_API const char *cardea_scan_severity_name(enum cardea_scan_severity severity);
CARDEA_API const char *cardea_scan_sensitivity_name(enum cardea_scan_sensitivity sensitivity);
CARDEA_API const char *cardea_scan_view_name(enum cardea_scan_view view);
CARDEA_API const char *cardea_scan_signal_name(enum cardea_scan_signal signal);
CARDEA_API const char *cardea_scan_host_trait_name(enum cardea_scan_host_trait trait);
CARDEA_API bool cardea_scan_sensitivity_parse(struct cardea_str name, enum cardea_scan_sensitivity *out);

/* A rule pack beside those that are compiled in (docs/reference/rules.md); it takes the place of one of the same name.
 */
struct cardea_scan_pack {
    const char *file; /* for messages */
    struct cardea_str text;
};

/* A format of keys whose keys are secrets: that of a profile's kind. */
struct cardea_scan_key {
    const char *name; /* "animus-key": the rule is `secret.key.animus-key` */
    const struct cardea_key_format *format;
};

struct cardea_scan_options {
    bool without_builtin; /* only `packs` and `keys` */
    bool without_multi;   /* PCRE2 alone, as if there were no Hyperscan */
    /* Steps that a pattern may take from one place of a text; 0: 1,000,000. Less for patterns of strangers. */
    uint32_t match_limit;
    const struct cardea_scan_pack *packs;
    size_t pack_count;
    const struct cardea_scan_key *keys;
    size_t key_count;
    /* What cardea_scanner_cache() gave earlier, for these rules or others, or empty. When it fits, compiling (a second
     * or so) is spared; when not, it is not used. It is code as much as data: take it from nobody else. */
    struct cardea_str cache;
};

/* CARDEA_E_FORMAT: packs are wrong, or there is no rule at all; *mistakes has every mistake, `file:line:col: what`, one
 * a line, to be released with cardea_scan_text_free(). Else *mistakes is NULL. */
CARDEA_API enum cardea_err cardea_scanner_open(struct cardea_scanner **out, const struct cardea_scan_options *options,
                                               char **mistakes);
CARDEA_API void cardea_scanner_free(struct cardea_scanner *s);
CARDEA_API void cardea_scan_text_free(char *text);

struct cardea_scanner_info {
    size_t pack_count, rule_count, pattern_count;
    const char *engine;   /* "Hyperscan 5.4.0 2021-01-26", or "PCRE2" when that matches alone */
    const char *degraded; /* why PCRE2 matches alone though nobody asked for it; NULL when all is well */
    bool from_cache;
};
CARDEA_API void cardea_scanner_info(const struct cardea_scanner *s, struct cardea_scanner_info *out);

/* What to pass as `cache` next time, on this kind of machine. CARDEA_E_NOTFOUND when PCRE2 matches alone. Release it
 * with cardea_scan_text_free(). */
CARDEA_API enum cardea_err cardea_scanner_cache(const struct cardea_scanner *s, char **bytes, size_t *len);

struct cardea_scan_rule {
    const char *id, *title, *pack;
    enum cardea_scan_category category;
    enum cardea_scan_severity severity;
    enum cardea_scan_sensitivity sensitivity;
};
/* The rule of an index below rule_count. */
CARDEA_API struct cardea_scan_rule cardea_scanner_rule(const struct cardea_scanner *s, size_t index);

/* For one thread and one scanner. */
CARDEA_API enum cardea_err cardea_scan_scratch_new(struct cardea_scan_scratch **out, const struct cardea_scanner *s);
CARDEA_API void cardea_scan_scratch_free(struct cardea_scan_scratch *scratch);

/* 0 takes the default. What a limit cuts off was not looked at, and the result says so. */
struct cardea_scan_limits {
    size_t bytes_max;    /* of the text that are looked at; 16 MiB, at most 1 GiB */
    size_t findings_max; /* 256 */
    size_t hosts_max;    /* 256 */
    size_t decoded_max;  /* encoded runs that are decoded; 4096 */
    uint32_t time_ms;    /* 2000; looked at between steps of at most a few milliseconds each */
};

struct cardea_scan_params {
    enum cardea_scan_sensitivity sensitivity;
    struct cardea_scan_limits limits;
    /* Domains (lower case, punycode) whose hosts, and those beneath, are never findings, or always: `domain.denied`.
     * Denial wins. */
    const struct cardea_str *allow_domains, *deny_domains;
    size_t allow_domain_count, deny_domain_count;
    /* Of hits of one category in one place only the strongest is a finding, since they tell of the same thing. With
     * this, each rule has its own: for who treats each rule otherwise. */
    bool every_rule;
};

struct cardea_scan_span {
    size_t start, end; /* bytes of the text as it came */
};

struct cardea_scan_finding {
    const char *rule_id, *title;
    enum cardea_scan_category category;
    enum cardea_scan_severity severity;
    enum cardea_scan_sensitivity sensitivity;
    enum cardea_scan_view view; /* in which reading it was found */
    struct cardea_scan_span span;
    struct cardea_scan_span redact; /* what to take out: the secret within an assignment */
};

struct cardea_scan_host {
    struct cardea_str name; /* lower case, punycode */
    unsigned traits;        /* bit i: enum cardea_scan_host_trait i */
    struct cardea_scan_span span;
};

enum cardea_scan_cut {
    CARDEA_SCAN_CUT_BYTES = 1u << 0,    /* the text was longer than bytes_max */
    CARDEA_SCAN_CUT_FINDINGS = 1u << 1, /* there is more to be found */
    CARDEA_SCAN_CUT_HOSTS = 1u << 2,
    CARDEA_SCAN_CUT_VIEWS = 1u << 3,   /* a reading was not made whole: too many runs, or too much memory */
    CARDEA_SCAN_CUT_TIME = 1u << 4,    /* time was up */
    CARDEA_SCAN_CUT_PATTERN = 1u << 5, /* a pattern gave up at its limit of steps */
};

/* Borrowed from the scratch until its next scan. */
struct cardea_scan_result {
    const struct cardea_scan_finding *findings; /* by place */
    size_t finding_count;
    const struct cardea_scan_host *hosts;
    size_t host_count;
    uint8_t signals[CARDEA_SCAN_SIGNAL_COUNT]; /* strongest score of each signal; 0: none */
    unsigned score;                            /* sum of the signals of fraud */
    unsigned signal_count;                     /* how many of those there are */
    bool truncated;                            /* not all was looked at: absence of findings proves nothing */
    unsigned cut;                              /* of enum cardea_scan_cut: why */
    unsigned views; /* bit i: enum cardea_scan_view i was read and differed from what came before */
};

/* CARDEA_E_NOMEM, or CARDEA_E_INVALID when a parameter is out of its range. */
CARDEA_API enum cardea_err cardea_scan(const struct cardea_scanner *s, struct cardea_scan_scratch *scratch,
                                       struct cardea_str text, const struct cardea_scan_params *params,
                                       struct cardea_scan_result *out);

enum cardea_scan_verdict { CARDEA_SCAN_ALLOW, CARDEA_SCAN_FLAG, CARDEA_SCAN_BLOCK };

/* What the default policy says, where nobody has another: a finding of high or critical severity blocks, one of medium
 * severity flags, and so does a result that is truncated. */
CARDEA_API enum cardea_scan_verdict cardea_scan_verdict(const struct cardea_scan_result *result);

/* The host is the domain or beneath it, at a label's border; both in lower case. */
CARDEA_API bool cardea_scan_host_under(struct cardea_str host, struct cardea_str domain);

#ifdef __cplusplus
}
#endif
#endif
