/* service/usage.h - carries what readers counted (activity slots) into the store: last used, counts, credits.
 *
 * A round reads the blocks that were touched, and hands the differences to the writer in units of USAGE_UNIT_ROWS. The
 * row holds the slot's counts as of its last flush, so a difference is exact across restarts, and nothing is counted
 * twice when a round is repeated; a slot below what the row holds was made anew, and counts from zero. */
#ifndef SERVICE_USAGE_H
#define SERVICE_USAGE_H

#include "service/service.h"

#define USAGE_UNIT_ROWS            500
#define USAGE_WRITER_SHARE_PERCENT 20 /* of the writer's time, at most */

/* Makes the activity files that the store's keys need. Where one is gone (a reboot empties /run), its slots will count
 * from zero, so the rows forget the counts of the old ones: before the file is there, so that a crash between only
 * means to do it again. `*remade`: credits must be granted anew in every slot, by filling a new snapshot; then call
 * service_usage_prepared(), without which the next start says so again. Before readers can draw on the new slots:
 * publisher_open() calls both. Not from the writer thread. */
bool service_usage_prepare(struct service *svc, struct store_conn *c, bool *remade, struct cardea_why *why);
bool service_usage_prepared(struct service *svc, struct cardea_why *why);

/* Sets svc->usage, which one thread flushes; it opens a reader's connection of its own. */
bool service_usage_open(struct service *svc, struct cardea_why *why);
/* Each second, always from the same thread. Returns at once; a round that finds the last one unfinished does nothing.
 */
void service_usage_flush(struct service *svc);
/* Flushes what is left and waits for it (a clean stop), then frees. From the flushing thread or after it has ended,
 * while the store still runs. */
void service_usage_close(struct service *svc);

struct usage_stats {
    uint64_t rounds, skipped, rows, failures;
    uint64_t quiet; /* looks that found nothing to carry */
};
void service_usage_stats(const struct service *svc, struct usage_stats *out); /* any thread */

/* What readers may draw in all from the slot of this key, now: what was drawn by the last flush and what remained then.
 */
int64_t service_usage_granted(const struct store_key *key, const struct cardea_activity_slot *slot);
/* What was drawn from it since the last flush. */
int64_t service_usage_drawn(const struct store_key *key, const struct cardea_activity_slot *slot);

#endif
