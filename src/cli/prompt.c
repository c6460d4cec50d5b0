#include "cli/prompt.h"

#include <errno.h>
#include <termios.h>
#include <unistd.h>

#include "base/str.h"
#include "cli/interrupt.h"

/* As it was; an interrupt brings it back too. */
static struct termios saved_terminal;
static bool echo_is_off;

static void echo_off(void)
{
    if (tcgetattr(STDIN_FILENO, &saved_terminal) != 0)
        return;
    struct termios quiet = saved_terminal;
    quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
    echo_is_off = true;
    interrupt_restore(&saved_terminal);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
}

static void echo_on(void)
{
    if (echo_is_off)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &saved_terminal);
    interrupt_restore(NULL);
    echo_is_off = false;
}

/* Byte by byte: nothing of a secret stays in stdio's buffer. False at the end of input or when the line is too long. */
static bool read_line(struct cli_secret *out)
{
    cli_secret_wipe(out);
    for (;;) {
        char c;
        ssize_t n = read(STDIN_FILENO, &c, 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return out->len > 0;
        if (c == '\n')
            break;
        if (out->len == sizeof(out->bytes))
            return false;
        out->bytes[out->len++] = c;
    }
    if (out->len > 0 && out->bytes[out->len - 1] == '\r')
        out->bytes[--out->len] = '\0';
    return true;
}

bool prompt_confirm(struct cli *cli, const char *question)
{
    struct cli_secret answer = {0};
    fflush(cli->out);
    fprintf(cli->err, "%s [y/N] ", question);
    fflush(cli->err);
    if (!read_line(&answer))
        fputc('\n', cli->err);
    struct cardea_str text = str_trim(cli_secret_reveal(&answer));
    return str_eq_nocase(text, STR("y")) || str_eq_nocase(text, STR("yes"));
}

int prompt_loss(struct cli *cli, const char *would, const char *question, const char *nothing)
{
    if (cli->yes)
        return CLI_OK;
    if (!cli->in_tty || !cli->err_tty) {
        cli_error(cli, "%s; add --yes", would);
        return CLI_USAGE;
    }
    if (prompt_confirm(cli, question))
        return CLI_OK;
    cli_note(cli, "%s", nothing);
    return CLI_FAILURE;
}

static bool ask_hidden(struct cli *cli, const char *question, struct cli_secret *out)
{
    echo_off(); /* before anybody can start to type */
    fprintf(cli->err, "%s: ", question);
    fflush(cli->err);
    bool got = read_line(out);
    echo_on();
    fputc('\n', cli->err);
    return got && out->len > 0;
}

bool prompt_password(struct cli *cli, const char *question, struct cli_secret *out)
{
    bool got;
    if (cli->in_tty) {
        struct cli_secret again = {0};
        got = ask_hidden(cli, question, out);
        if (got &&
            (!ask_hidden(cli, "Once more", &again) || !str_eq(cli_secret_reveal(out), cli_secret_reveal(&again)))) {
            cli_secret_wipe(&again);
            cli_error(cli, "the two passwords differ");
            return false;
        }
        cli_secret_wipe(&again);
    } else {
        got = read_line(out) && out->len > 0;
    }
    if (!got)
        cli_error(cli, "no password was given");
    return got;
}

static bool tidy_token(struct cli_secret *out)
{
    struct cli_secret line = *out;
    bool usable = cli_secret_set(out, cli_secret_reveal(&line));
    cli_secret_wipe(&line);
    return usable;
}

bool prompt_token(struct cli *cli, const char *question, struct cli_secret *out)
{
    return ask_hidden(cli, question, out) && tidy_token(out);
}

bool prompt_read_token(struct cli_secret *out)
{
    return read_line(out) && tidy_token(out);
}
