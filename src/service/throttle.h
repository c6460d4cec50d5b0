/* service/throttle.h - how often a log-in may fail: a fixed table in memory, so that guessing costs us nothing.
 *
 * Who is counted is the pair of e-mail and source: one who guesses at another's password does not lock the owner out.
 */
#ifndef SERVICE_THROTTLE_H
#define SERVICE_THROTTLE_H

#include <cardea/cardea.h>

#define THROTTLE_FAILURES   10
#define THROTTLE_WINDOW_SEC 900
#define THROTTLE_SLOTS      4096 /* 32 bytes each */

struct throttle;

/* NULL: no memory, or no randomness (which keeps others from choosing whom they share a slot with). */
struct throttle *throttle_new(cardea_random_fn random, void *random_arg);
void throttle_free(struct throttle *t);

/* Counts an attempt as failed until throttle_passed() says otherwise, so that many at once are counted too. Seconds to
 * wait, when there were THROTTLE_FAILURES within THROTTLE_WINDOW_SEC; 0: go on. Any thread. */
int throttle_attempt(struct throttle *t, struct cardea_str email, struct cardea_str source, int64_t now);
/* A right password: what failed before is forgotten. */
void throttle_passed(struct throttle *t, struct cardea_str email, struct cardea_str source);

#endif
