/* service/scanning.h - the daemon's scanner: opened beside everything else, exchanged at SIGHUP, lent to who scans.
 *
 * One thread of low priority opens it (seconds without a cache), so neither the start nor an event loop waits.
 * Until the first is there nobody gets one: whoever asks answers 503, never a verdict on a text that was not looked at.
 * A new set of profiles takes the old scanner's place once it is compiled; the old one goes with its last user. */
#ifndef SERVICE_SCANNING_H
#define SERVICE_SCANNING_H

#include <cardea/scan.h>

#include "service/service.h"

struct scanning;

struct scanning_options {
    /* A file of ours that keeps what was compiled, mode 0600; NULL: none. It is run as much as read: one that is not
     * ours alone, stale or damaged is not used, and written anew. */
    const char *cache;
    /* The same for the processes that read our snapshot, mode 0640; NULL: none. Whoever writes there could make keys
     * too, so they trust it as they trust that. */
    const char *shared;
    bool without_builtin; /* the formats of keys alone */
};

struct scanning *scanning_new(const struct scanning_options *options);
/* Opens a scanner for the formats of these profiles' keys, soon, on its thread. The set is not used after the call. */
void scanning_configure(struct scanning *s, const struct profile_set *profiles);
/* No seat may be taken. False: a scanner is being opened, which takes seconds and cannot be broken off. Then nothing
 * was freed, and the process must end by _exit(), beneath that thread. NULL is allowed. */
bool scanning_free(struct scanning *s);

enum scanning_state { SCANNING_READY, SCANNING_PREPARING, SCANNING_UNAVAILABLE };

/* A scanner and a scratch, for one thread, until given back; both stay what they are meanwhile. */
struct scanning_seat {
    const struct cardea_scanner *scanner;
    struct cardea_scan_scratch *scratch;
    struct edition *edition;
    struct scanning_seat *next;
};
/* Any thread. *out is NULL unless the state is SCANNING_READY. */
enum scanning_state scanning_take(struct scanning *s, struct scanning_seat **out);
/* `scanned`: the longest text that it was used for; what a large one needed is not kept. */
void scanning_give_back(struct scanning *s, struct scanning_seat *seat, size_t scanned);

/* An id for a scan. Any thread. */
int64_t scanning_new_id(struct scanning *s, struct service_call *c);

struct scanning_stats {
    enum scanning_state state;
    bool degraded; /* PCRE2 matches alone: slower, as right */
    bool outdated; /* the formats of the last reload are not in force: their scanner could not be opened */
    uint64_t verdicts[CARDEA_SCAN_BLOCK + 1], truncated, shadow, redacted, unscanned, bytes, elapsed_us;
};
/* A scan that is over. */
struct scanning_done {
    enum cardea_scan_verdict verdict;
    bool truncated;
    bool shadow;    /* rules in shadow had something to say */
    bool redacted;  /* only the redacted text may be handed on */
    bool unscanned; /* there was no scanner, and its policy lets pass */
    size_t bytes;
    int64_t elapsed_us;
};
void scanning_count(struct scanning *s, const struct scanning_done *done);
void scanning_stats(struct scanning *s, struct scanning_stats *out);

#endif
