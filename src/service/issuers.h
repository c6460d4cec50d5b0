/* service/issuers.h - the issuers that are trusted beside ourselves, each with its keys as they were last had.
 *
 * Each issuer has a thread that fetches: no event loop and no writer ever waits for somebody else's server. A key set
 * is never changed, only replaced; whoever checks a token holds the set that it began with. When a fetch fails, the
 * keys that there are go on serving. */
#ifndef SERVICE_ISSUERS_H
#define SERVICE_ISSUERS_H

#include "service/issuer_claims.h"
#include "service/issuer_fetch.h"

#define ISSUERS_WAIT_MS 2000 /* the most that a token with an unknown kid waits for the fetch that it caused */

struct issuers;

struct issuers_options {
    issuer_fetch_fn fetch;
    void *fetch_arg;
    int64_t (*now_ms)(void *arg); /* never goes back */
    void *now_arg;
    bool no_threads; /* issuers_step() is what fetches: for tests */
};

/* The daemon's: issuer_fetch(), CLOCK_BOOTTIME, threads. */
struct issuers_options issuers_defaults(void);

struct issuers *issuers_new(const struct issuers_options *options);
/* Waits for fetches that run. NULL is allowed. */
void issuers_free(struct issuers *s);

/* From now on these. Whose `issuer` and source stay the same keeps its keys. `list` must outlive `s`. */
void issuers_configure(struct issuers *s, const struct issuer_list *list);
bool issuers_has(struct issuers *s, struct cardea_str issuer);

enum issuers_verdict {
    ISSUERS_GOOD,
    ISSUERS_BAD,         /* the log, at level debug, says why */
    ISSUERS_KEYS_COMING, /* no key of this name yet, but a fetch is on its way: issuers_wait(), then check again */
    ISSUERS_NO_KEYS,     /* its keys were never had */
};

/* Fills `out` when it is good; for KEYS_COMING what issuers_wait() needs. After a wait `waited` is true, and
 * KEYS_COMING comes no more. Any thread; never waits. */
enum issuers_verdict issuers_check(struct issuers *s, struct arena *a, struct cardea_str token, int64_t now,
                                   bool waited, struct issuer_claims *out);
/* Until the fetch has ended that issuers_check() spoke of, at most ISSUERS_WAIT_MS. */
void issuers_wait(struct issuers *s, const struct issuer_claims *claims);

/* Without threads: runs the fetches that are due. */
void issuers_step(struct issuers *s);

/* For /metrics: calls `each` for every issuer. */
struct issuer_stats {
    const char *name;
    uint64_t fetches[ISSUER_OUTCOMES];
    int64_t age_ms; /* since the keys were last had; -1: never */
    size_t keys;    /* that can be used */
};
void issuers_stats(struct issuers *s, void (*each)(void *arg, const struct issuer_stats *stats), void *arg);

#endif
