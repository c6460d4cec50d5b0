/* scan/multi.h - all patterns at once: which of them may match a text. The thin wrapper around Hyperscan, or Vectorscan
 * where there is no Hyperscan: the same interface.
 *
 * It may say too much, never too little: PCRE2 has the last word. Debian's Vectorscan 5.4.9 does say too little on CPUs
 * with AVX-512; multi_self_check finds that. */
#ifndef SCAN_MULTI_H
#define SCAN_MULTI_H

#include <cardea/types.h>

#include "base/buf.h"

struct multi;
struct multi_scratch;

struct multi_pattern {
    struct cardea_str source;
    unsigned flags; /* of enum fields_flag */
};

enum multi_made { MULTI_OK, MULTI_ABSENT, MULTI_BAD_PATTERN, MULTI_NOMEM };

/* Whether the library gives right answers on this machine to questions that are known to have been answered wrongly. */
bool multi_self_check(struct cardea_why *why);

/* Immutable: any number of threads may scan by it, each with a scratch. MULTI_BAD_PATTERN: `which` is the one that it
 * cannot take, and `why` says the reason. */
enum multi_made multi_compile(struct multi **out, const struct multi_pattern *patterns, size_t count, size_t *which,
                              struct cardea_why *why);
/* From and to bytes, to spare the compilation; false when they are of another machine or version. `bytes` must be what
 * multi_write wrote: nothing else may be passed. */
bool multi_write(const struct multi *m, struct buf *out);
bool multi_read(struct multi **out, struct cardea_str bytes);
void multi_free(struct multi *m);

struct multi_scratch *multi_scratch_new(const struct multi *m);
void multi_scratch_free(struct multi_scratch *s);

/* Called once for each pattern that may match, with where its first match ends. */
typedef void (*multi_found_fn)(void *arg, unsigned pattern, size_t end);
/* False when the text could not be scanned. */
bool multi_scan(const struct multi *m, struct multi_scratch *s, struct cardea_str text, multi_found_fn found,
                void *arg);

/* "Hyperscan 5.4.0 2021-01-26"; NULL where there is none. */
const char *multi_version(void);

#endif
