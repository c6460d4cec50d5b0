/* scan/pattern.h - one regular expression as PCRE2 sees it: the truth about what matches, and where. */
#ifndef SCAN_PATTERN_H
#define SCAN_PATTERN_H

#include <cardea/types.h>

struct scan_pattern;
struct scan_matcher;

/* Whether `source` compiles with these flags (of enum fields_flag) and matches nothing empty. */
bool scan_pattern_try(struct cardea_str source, unsigned flags, struct cardea_why *why);

/* NULL when it does not compile or memory is out. Immutable: any number of threads may match by it. */
struct scan_pattern *scan_pattern_new(struct cardea_str source, unsigned flags);
void scan_pattern_free(struct scan_pattern *p);

/* What one thread needs to match: room for captures, a stack, a limit of steps. */
struct scan_matcher *scan_matcher_new(uint32_t match_limit);
void scan_matcher_free(struct scan_matcher *m);

struct scan_match {
    size_t start, end;             /* the whole match */
    size_t value_start, value_end; /* capture 1 or `value`; the whole match where there is none */
};

enum scan_matched { SCAN_NO_MATCH, SCAN_MATCH, SCAN_MATCH_GAVE_UP };

/* The first match that begins in [from, last]. SCAN_MATCH_GAVE_UP: the limit was reached. */
enum scan_matched scan_pattern_match(const struct scan_pattern *p, struct scan_matcher *m, struct cardea_str text,
                                     size_t from, size_t last, struct scan_match *out);

#endif
