/* base/thread.h - threads that work beside the event loops, and waits that no clock change lengthens. */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* SIGTERM, SIGINT and SIGHUP stay the main thread's. `out` NULL: nobody will join it. False: there is no room for one.
 */
bool thread_start(pthread_t *out, void *(*body)(void *arg), void *arg);

/* For pthread_cond_timedwait() until a time of thread_in_ms(): both by the monotonic clock. */
void thread_cond_init(pthread_cond_t *cond);
struct timespec thread_in_ms(int64_t ms);

#endif
