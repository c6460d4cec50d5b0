#include "cli/interrupt.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

/* A signal handler has to reach them. */
static const struct termios *volatile terminal;
static const char *volatile file;
static const char *volatile words;
static volatile sig_atomic_t line_shown;
static sigset_t before_hold;

static void write_err(const char *text)
{
    if (write(STDERR_FILENO, text, strlen(text)) < 0)
        return; /* nobody is left to tell */
}

static void on_signal(int number)
{
    if (terminal)
        tcsetattr(STDIN_FILENO, TCSANOW, terminal);
    if (file)
        unlink(file);
    if (line_shown)
        write_err("\r\033[K");
    if (words)
        write_err(words);
    _exit(128 + number);
}

void interrupt_catch(void)
{
    const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = on_signal};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        sigaction(numbers[i], &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

void interrupt_restore(const struct termios *settings)
{
    terminal = settings;
}

void interrupt_remove(const char *path)
{
    file = path;
}

void interrupt_clear_line(bool shown)
{
    line_shown = shown;
}

void interrupt_say(const char *line)
{
    words = line;
}

void interrupt_hold(void)
{
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before_hold);
}

void interrupt_release(void)
{
    sigprocmask(SIG_SETMASK, &before_hold, NULL);
}
