/* scan/multi.h - many words at once: which of them stand in a text, and where. The thin wrapper around Hyperscan, or
 * Vectorscan where there is no Hyperscan: the same interface.
 *
 * Words alone, no expressions: 14,000 of them take 2 KB of mail 10 us and 0.3 s to compile, where expressions took 50
 * us and 2 s. PCRE2 has the last word on everything. */
#ifndef SCAN_MULTI_H
#define SCAN_MULTI_H

#include <cardea/types.h>

#include "base/buf.h"

struct multi;
struct multi_scratch;

struct multi_word {
    struct cardea_str text; /* not empty */
    bool caseless;          /* letters of ASCII match in either case */
};

enum multi_made { MULTI_OK, MULTI_ABSENT, MULTI_NOMEM };

/* Whether the library gives right answers on this machine: Debian's Vectorscan 5.4.9 does not on CPUs with AVX-512. */
bool multi_self_check(struct cardea_why *why);

/* Immutable: any number of threads may scan by it, each with a scratch. */
enum multi_made multi_compile(struct multi **out, const struct multi_word *words, size_t count);
/* From and to bytes, to spare the compilation; false when they are of another machine or version. `bytes` must be what
 * multi_write wrote: nothing else may be passed. */
bool multi_write(const struct multi *m, struct buf *out);
bool multi_read(struct multi **out, struct cardea_str bytes);
void multi_free(struct multi *m);

struct multi_scratch *multi_scratch_new(const struct multi *m);
void multi_scratch_free(struct multi_scratch *s);

/* Called for each place where a word stands, with its end; in the order of ends. */
typedef void (*multi_found_fn)(void *arg, unsigned word, size_t end);
/* False when the text could not be scanned. */
bool multi_scan(const struct multi *m, struct multi_scratch *s, struct cardea_str text, multi_found_fn found,
                void *arg);

/* "Hyperscan 5.4.0 2021-01-26"; NULL where there is none. */
const char *multi_version(void);

#endif
