#include "cli/browser.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"
#include "cli/credentials.h"

static bool is_set(const char *name)
{
    const char *value = getenv(name);
    return value && *value;
}

bool browser_can_open(const char *url)
{
    if (!str_starts(str_of(url), STR("http://")) && !str_starts(str_of(url), STR("https://")))
        return false;
    for (const char *p = url; *p; p++)
        if (*p <= ' ' || *p >= 0x7f || strchr("\"'`\\<>|;$", *p))
            return false;
    return true;
}

/* In the grandchild: what it says and reads is not ours, nor is our key its own. */
static void become_browser(struct cli *cli, const char *url)
{
    const char *key_env = cli_credentials_key_env(cli), *own = getenv("BROWSER");
    int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (nowhere >= 0)
        for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
            dup2(nowhere, fd);
    if (key_env)
        unsetenv(key_env);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    setsid();
    execlp("xdg-open", "xdg-open", url, (char *)NULL);
    /* without xdg-open: BROWSER, when it is one program */
    if (own && *own && !strpbrk(own, " :%"))
        execlp(own, own, url, (char *)NULL);
    _exit(127);
}

void browser_open(struct cli *cli, const char *url)
{
    bool somebody = cli->in_tty && cli->out_tty;
    bool somewhere = is_set("BROWSER") || is_set("DISPLAY") || is_set("WAYLAND_DISPLAY");
    if (!somebody || !somewhere || !browser_can_open(url))
        return;
    fflush(cli->err);
    fflush(cli->out);
    pid_t child = fork();
    if (child == 0) {
        /* a child of nobody: no zombie stays while we wait for the person */
        if (fork() == 0)
            become_browser(cli, url);
        _exit(0);
    }
    if (child > 0)
        waitpid(child, NULL, 0);
}
