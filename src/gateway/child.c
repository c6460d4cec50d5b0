#include "gateway/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define POLL_MS 10
#define TERM_MS 3000

/* Between fork and exec: async-signal-safe calls only. */
static void become(const char *const argv[], int out, pid_t parent)
{
    sigset_t none;
    int null = open("/dev/null", O_RDWR);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) /* it ended before we asked to be told */
        _exit(127);
    setpgid(0, 0);
    umask(0077);
    /* Keys pass through its memory too; nginx's workers ask the kernel to be dumped. */
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    /* Ours, and those that whoever started us ignored: a shell does so for what runs in the background. */
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
    dup2(null, STDIN_FILENO);
    if (out >= 0) {
        dup2(out, STDOUT_FILENO);
        dup2(out, STDERR_FILENO);
    }
    execv(argv[0], (char *const *)(uintptr_t)argv);
    _exit(127);
}

pid_t child_start(const char *const argv[], int out, struct cardea_why *why)
{
    pid_t parent = getpid(), pid = fork();
    if (pid == 0)
        become(argv, out, parent);
    if (pid > 0)
        setpgid(pid, pid); /* whoever of the two comes first: it is a group when we return */
    if (pid < 0)
        snprintf(why->text, sizeof(why->text), "%s cannot be started: %s", argv[0], strerror(errno));
    return pid;
}

int child_run(const char *const argv[], int out, struct cardea_why *why)
{
    int status;
    pid_t pid = child_start(argv, out, why);
    if (pid < 0)
        return -1;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool child_ended(pid_t pid)
{
    siginfo_t ended = {.si_pid = 0};
    if (waitid(P_PID, (id_t)pid, &ended, WEXITED | WNOHANG | WNOWAIT) != 0)
        return true; /* somebody has waited for it: its number may be another's by now */
    if (ended.si_pid == 0)
        return false;
    kill(-pid, SIGKILL); /* before it is waited for: until then the number is its own */
    waitpid(pid, NULL, 0);
    return true;
}

static bool ends_by(pid_t pid, int signal, int wait_ms)
{
    kill(pid, signal);
    for (int waited = 0; waited < wait_ms; waited += POLL_MS) {
        if (child_ended(pid))
            return true;
        nanosleep(&(struct timespec){.tv_nsec = POLL_MS * 1000000L}, NULL);
    }
    return false;
}

void child_stop(pid_t pid, int signal, int wait_ms)
{
    if (pid <= 0 || ends_by(pid, signal, wait_ms) || ends_by(pid, SIGTERM, TERM_MS))
        return;
    kill(-pid, SIGKILL);
    waitpid(pid, NULL, 0);
}
