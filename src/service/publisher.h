/* service/publisher.h - from the store to the snapshot: the one path, for a commit just made and for catching up. */
#ifndef SERVICE_PUBLISHER_H
#define SERVICE_PUBLISHER_H

#include "service/service.h"

struct publisher;

/* Opens the snapshot of `svc->runtime_dir` for writing: adopts it and applies what the feed holds beyond it, or rebuilds it
 * from the store. `c` is a reader's connection of this thread. One line in `why` on failure. */
bool publisher_open(struct publisher **out, struct service *svc, struct store_conn *c, struct cardea_why *why);
void publisher_free(struct publisher *p);

/* A store_publish_fn; arg is the struct service. Writer thread. */
void publisher_apply(void *arg, struct store_conn *c, const struct store_touch *touched, size_t count);

/* Each second, from the writer thread. */
void publisher_heartbeat(struct publisher *p, struct cardea_time now);
/* Writes a new snapshot under changed profiles (SIGHUP), from the store. */
bool publisher_rebuild(struct publisher *p, struct store_conn *c, struct cardea_why *why);
void publisher_stats(const struct publisher *p, struct cardea_writer_stats *out); /* any thread */

#endif
