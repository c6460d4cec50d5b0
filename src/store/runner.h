/* store/runner.h - the writer thread: a bounded queue of units of work, committed in groups. */
#ifndef STORE_RUNNER_H
#define STORE_RUNNER_H

#include "store/backend.h"

struct runner;

/* Starts the thread. `writer` stays the caller's: it is closed after runner_free. Of the options, what is to be called
 * is used. False when the system gives no thread. */
bool runner_start(struct runner **out, struct store_conn *writer, const struct store_options *options);
/* Runs what is queued, then joins the thread. NULL is allowed. */
void runner_free(struct runner *r);

/* False when the queue is full or the runner is stopping. */
bool runner_submit(struct runner *r, store_work_fn work, store_done_fn done, void *arg);
bool runner_submit_checked(struct runner *r, store_work_fn work, store_done_fn done, void *arg);
/* Waits for room in the queue, then for the unit. */
enum store_err runner_run(struct runner *r, store_work_fn work, void *arg);

#endif
