/* http/metrics.h - counters, one shard a loop so that the hot path takes no lock and shares no cache line. */
#ifndef HTTP_METRICS_H
#define HTTP_METRICS_H

#include <cardea/types.h>

#include "base/buf.h"

#define METRICS_OPERATIONS_MAX 258 /* the router's, and the two below */
#define METRICS_SHARDS_MAX     64
#define METRICS_BUCKETS        14

struct metrics_shard;
struct app;

struct metrics {
    struct metrics_shard *shards[METRICS_SHARDS_MAX];
    unsigned shard_count;
};

/* What is asked where no route is: numbers above the router's. */
#define METRICS_UNMATCHED    256
#define METRICS_PROFILE_HOST 257

/* One shard a loop; before the loops start. */
struct metrics_shard *metrics_shard_new(struct metrics *m);
void metrics_release(struct metrics *m);

/* The owning thread only. */
void metrics_request(struct metrics_shard *s, unsigned operation, int status, int64_t elapsed_ns);
void metrics_decision(struct metrics_shard *s, enum cardea_code code);

/* Prometheus text format, version 0.0.4. Any thread. */
void metrics_render(const struct app *app, struct buf *out);

#endif
