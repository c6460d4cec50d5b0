/* cardea/notices.h - what readers tell the daemon at once: that a known key was refused, and from where; or granted to
 * a network that it was not used from lately.
 *
 * DIR/notices is a ring of CARDEA_NOTICES lines of 64 bytes. Readers append to it, at most once a second for each key
 * and code (the activity file remembers), and on the path of a grant seldom: a key's slot knows its last networks, four
 * for some days, and a reader tells of at most 64 a second. Whoever falls behind loses the oldest. Every
 * verifier may write the file, so the daemon reads it without mapping it, and trusts no number in it. */
#ifndef CARDEA_NOTICES_H
#define CARDEA_NOTICES_H

#include <cardea/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CARDEA_NOTICES 8192u /* lines in the ring: half a MiB */

struct cardea_notice {
    uint64_t number; /* its place since the ring was made */
    int64_t unix_sec;
    uint64_t key_id;       /* never 0 */
    enum cardea_code code; /* CARDEA_VALID: granted to a network that the key was not used from lately */
    uint16_t profile;      /* index, as the reader that decided has them */
    bool has_ip;
    uint8_t ip[16]; /* the client's, IPv4 as ::ffff:a.b.c.d; with CARDEA_VALID the first of its network */
};

/* The daemon's side. One thread at a time. */
struct cardea_notices;

/* The ring of this id. CARDEA_E_NOTFOUND when there is none: no file, another ring, or one that was cut short. */
CARDEA_API enum cardea_err cardea_notices_open(struct cardea_notices **out, const char *dir, uint64_t id);
/* An empty ring in place of whatever is there; readers move on to it within a second. `id` is not 0, and new. */
CARDEA_API enum cardea_err cardea_notices_create(struct cardea_notices **out, const char *dir, unsigned mode,
                                                 uint64_t id);
CARDEA_API void cardea_notices_free(struct cardea_notices *n);

/* Copies up to `max` notices from `*position` on, oldest first, moves the position behind what was looked at, and sets
 * `*lost` to how many of those there are no more, or make no sense. A line that a reader has reserved and not yet
 * filled is waited for until the next call: leave some time between calls. */
CARDEA_API enum cardea_err cardea_notices_read(struct cardea_notices *n, uint64_t *position, struct cardea_notice *out,
                                               size_t max, size_t *count, uint64_t *lost);

#ifdef __cplusplus
}
#endif
#endif
