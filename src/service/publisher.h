/* service/publisher.h - from the store to the snapshot: the one path, for a commit just made and for catching up.
 *
 * When the snapshot cannot take a change (its disk is full, say), the change is already committed: the store cannot
 * take it back, and readers do not see it yet. The publisher then is unhealthy: it says so once in the log, each
 * heartbeat tries again from the store, and until one succeeds nothing may be acknowledged. Whoever answers for a unit
 * of work asks publisher_healthy() in its store_done_fn, after STORE_OK, and answers 503 `store_unavailable` when it is
 * false: "kept, but not in force yet". /readyz fails meanwhile. */
#ifndef SERVICE_PUBLISHER_H
#define SERVICE_PUBLISHER_H

#include "service/service.h"

struct publisher;

/* Opens the snapshot of `svc->runtime_dir` for writing: adopts it and applies what the feed holds beyond it, or
 * rebuilds it from the store. `c` is a reader's connection of this thread, which is not the writer's. One line in `why`
 * on failure. */
bool publisher_open(struct publisher **out, struct service *svc, struct store_conn *c, struct cardea_why *why);
/* After the store is closed, which publishes what it still holds. NULL is allowed. */
void publisher_free(struct publisher *p);

/* True while readers see all that was committed. Any thread; `p` NULL: false. */
bool publisher_healthy(const struct publisher *p);

/* A store_publish_fn; arg is the struct service. Writer thread. Before publisher_open() it does nothing. */
void publisher_apply(void *arg, struct store_conn *c, const struct store_touch *touched, size_t count);

/* Each second, from the writer thread (a unit of work that changes nothing). Freshness; and repairs, when unhealthy. */
void publisher_heartbeat(struct publisher *p, struct cardea_time now);
/* Writes a new snapshot under changed profiles (SIGHUP), from what the store has committed. Writer thread. On success
 * the caller sets svc->profiles; on failure the old profiles go on (or the publisher is unhealthy, and tries each
 * heartbeat). */
bool publisher_rebuild(struct publisher *p, const struct profile_set *profiles, struct cardea_why *why);
void publisher_stats(const struct publisher *p, struct cardea_writer_stats *out); /* any thread */

#endif
