/* service/publisher_fill.h - puts what stands in the store into a snapshot's writer: what was touched, or all of it. */
#ifndef SERVICE_PUBLISHER_FILL_H
#define SERVICE_PUBLISHER_FILL_H

#include "service/service.h"

struct publisher_target {
    struct cardea_writer *writer;
    struct cardea_activity *activity;
    const struct profile_set *profiles; /* those that the writer was opened with */
    uint64_t odd_rows;                  /* said less than they hold, in the pass that runs: the first few are logged */
    bool everything;                    /* that pass fills all: a row that the writer will not have is left out */
    bool refused; /* the writer would not have what was touched: it holds something else under that id or digest */
};

/* Re-reads each entity and puts it: accounts, members, agents, then keys, then which key is current. Idempotent. Leaves
 * the writer's position alone. On failure `why` is one line and some of it may have been put. */
bool publisher_fill_touched(struct publisher_target *t, struct store_conn *c, const struct store_touch *touched,
                            size_t count, struct cardea_why *why);
bool publisher_fill_everything(struct publisher_target *t, struct store_conn *c, struct cardea_why *why);

#endif
