/* gateway/child.h - programs that we start and that end with us. */
#ifndef GATEWAY_CHILD_H
#define GATEWAY_CHILD_H

#include <cardea/types.h>
#include <sys/types.h>

/* Starts `argv`, whose first is a path, with standard input from /dev/null and no signal blocked or ignored. The kernel
 * ends it when this thread ends. `out` >= 0: where its standard output and error go. -1 with the reason. */
pid_t child_start(const char *const argv[], int out, struct cardea_why *why);
/* Runs it to its end. Its exit status; -1 when a signal or a failure ended it. */
int child_run(const char *const argv[], int out, struct cardea_why *why);
/* `signal`, then SIGKILL when it is still there after `wait_ms`. */
void child_stop(pid_t pid, int signal, int wait_ms);
/* Whether it has ended; then it is gone for good. */
bool child_ended(pid_t pid);

#endif
