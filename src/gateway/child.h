/* gateway/child.h - programs that we start and that end with us. */
#ifndef GATEWAY_CHILD_H
#define GATEWAY_CHILD_H

#include <cardea/types.h>
#include <sys/types.h>

/* Starts `argv`, whose first is a path, with standard input from /dev/null, no signal blocked or ignored, files for its
 * owner alone, and in a process group of its own: what a terminal sends to us reaches it through us. The kernel ends it
 * when this thread ends. `out` >= 0: where its standard output and error go. -1 with the reason. */
pid_t child_start(const char *const argv[], int out, struct cardea_why *why);
/* Runs it to its end. Its exit status; -1 when a signal or a failure ended it. */
int child_run(const char *const argv[], int out, struct cardea_why *why);
/* `signal`; SIGTERM when it is still there after `wait_ms`; SIGKILL for what then is left of its group. */
void child_stop(pid_t pid, int signal, int wait_ms);
/* Whether it has ended; then it is gone for good, with all that was left of its group. */
bool child_ended(pid_t pid);

#endif
