#include "cli/output.h"

#include <errno.h>

#include "base/str.h"
#include "base/timefmt.h"

#define LABEL_WIDTH 18 /* "Old secret until:" and a space */

static void put_clean(struct cli *cli, struct cardea_str text)
{
    struct buf clean;
    buf_init(&clean, 1 << 16);
    table_clean(&clean, text);
    fprintf(cli->out, "%.*s", STR_ARG(buf_str(&clean)));
    buf_release(&clean);
}

void output_lines(struct cli *cli, struct cardea_str text)
{
    struct cardea_str line;
    if (text.len > 0 && text.ptr[text.len - 1] == '\n')
        text.len--;
    while (str_cut(&text, '\n', &line)) {
        put_clean(cli, line);
        fputc('\n', cli->out);
    }
}

const char *output_said(struct cli *cli, const char *what, const char *whom)
{
    return arena_printf(&cli->arena, "%s %s", what, whom).ptr;
}

int output_page(struct cli *cli, struct buf *page)
{
    bool whole = !page->failed;
    if (whole)
        fwrite(page->ptr, 1, page->len, cli->out);
    else
        cli_error(cli, "out of memory");
    buf_release(page);
    return whole ? CLI_OK : CLI_FAILURE;
}

void output_json(struct cli *cli, const json_t *json)
{
    if (!json)
        return;
    if (!cli->out_tty) {
        json_dumpf(json, cli->out, JSON_COMPACT);
        fputc('\n', cli->out);
        return;
    }
    /* 15 digits: a person reads 0.1, not how a double comes near it */
    char *text = json_dumps(json, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
    output_lines(cli, str_of(text));
    json_free_t release;
    json_get_alloc_funcs(NULL, &release);
    release(text);
}

void output_line(struct cli *cli, const char *text)
{
    fprintf(cli->out, "%s\n", text);
}

void output_field(struct cli *cli, const char *label, struct cardea_str value)
{
    if (cli->out_tty) {
        if (value.len == 0)
            return;
        int pad = LABEL_WIDTH - (int)strlen(label) - 1;
        fprintf(cli->out, "%s%s:%s%*s", cli->out_colour ? "\033[2m" : "", label, cli->out_colour ? "\033[0m" : "",
                pad > 1 ? pad : 1, "");
    } else {
        for (const char *p = label; *p; p++)
            fputc(*p == ' ' ? '_' : *p >= 'A' && *p <= 'Z' ? *p + 32 : *p, cli->out);
        fputc('\t', cli->out);
    }
    put_clean(cli, value);
    fputc('\n', cli->out);
}

void output_new_key(struct cli *cli, const json_t *key)
{
    const char *secret = json_string_value(json_object_get(key, "key"));
    if (cli->json) {
        output_json(cli, key);
        return;
    }
    if (cli->quiet) {
        output_line(cli, secret ? secret : "");
        return;
    }
    const char *bold = cli->out_colour ? "\033[1m" : "", *warn = cli->out_colour ? "\033[33m" : "",
               *end = cli->out_colour ? "\033[0m" : "";
    fputs("Name:   ", cli->out);
    put_clean(cli, output_text(cli, key, "name"));
    fputs("\nPrefix: ", cli->out);
    put_clean(cli, output_text(cli, key, "prefix"));
    fprintf(cli->out, "\nKey:    %s%s%s\n\n", bold, secret ? secret : "", end);
    fprintf(cli->out, "%s⚠ Save this key — it will not be shown again.%s\n", warn, end);
}

static void add_value(struct buf *b, const json_t *value)
{
    if (json_is_string(value))
        buf_add(b, json_string_value(value), json_string_length(value));
    else if (json_is_integer(value))
        buf_add_int(b, json_integer_value(value));
    else if (json_is_boolean(value))
        buf_add_cstr(b, json_is_true(value) ? "yes" : "no");
    else if (json_is_real(value))
        buf_printf(b, "%g", json_real_value(value));
}

struct cardea_str output_text(struct cli *cli, const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    struct buf b;
    buf_init(&b, 1 << 16);
    if (json_is_array(value)) {
        size_t i;
        const json_t *item;
        json_array_foreach(value, i, item)
        {
            if (i > 0)
                buf_add_char(&b, ',');
            add_value(&b, item);
        }
    } else {
        add_value(&b, value);
    }
    struct cardea_str text = arena_str(&cli->arena, buf_str(&b));
    buf_release(&b);
    return text;
}

const char *output_ago(struct arena *a, int64_t then, int64_t now)
{
    static const struct {
        int64_t sec;
        const char *name;
    } units[] = {{31557600, "year"}, {2629800, "month"}, {86400, "day"}, {3600, "hour"}, {60, "minute"}};
    int64_t distance = then > now ? then - now : now - then;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        int64_t n = distance / units[i].sec;
        if (n == 0)
            continue;
        const char *plural = n == 1 ? "" : "s";
        return then > now ? arena_printf(a, "in %lld %s%s", (long long)n, units[i].name, plural).ptr
                          : arena_printf(a, "%lld %s%s ago", (long long)n, units[i].name, plural).ptr;
    }
    return then > now ? "in under a minute" : "just now";
}

/* The day, with its distance from now when `ago`. */
static struct cardea_str human_time(struct cli *cli, const json_t *object, const char *name, const char *none, bool ago)
{
    struct cardea_str text = output_text(cli, object, name);
    int64_t when;
    if (!cli->out_tty)
        return text;
    if (text.len == 0)
        return str_of(none);
    if (!timefmt_parse(text, &when))
        return text;
    char day[TIMEFMT_LEN];
    timefmt_rfc3339(day, when);
    return ago ? arena_printf(&cli->arena, "%.10s (%s)", day, output_ago(&cli->arena, when, cli->now))
               : arena_printf(&cli->arena, "%.10s", day);
}

struct cardea_str output_time(struct cli *cli, const json_t *object, const char *name, const char *none)
{
    return human_time(cli, object, name, none, true);
}

struct cardea_str output_day(struct cli *cli, const json_t *object, const char *name, const char *none)
{
    return human_time(cli, object, name, none, false);
}

enum table_tone output_status_tone(struct cardea_str status)
{
    if (str_eq(status, STR("active")))
        return TABLE_GOOD;
    if (str_eq(status, STR("revoked")) || str_eq(status, STR("deleted")))
        return TABLE_DIM;
    return TABLE_WARN;
}

void output_table(struct cli *cli, struct table *t, const struct table_column *columns, size_t count)
{
    table_init(t, &cli->arena, cli->out, cli->out_tty, cli->out_colour, cli->width, columns, count);
}

int output_flush(struct cli *cli)
{
    errno = 0;
    if (fflush(cli->out) == 0 && !ferror(cli->out))
        return CLI_OK;
    if (errno == EPIPE)
        return CLI_OK;
    cli_error(cli, "cannot write the output: %s", strerror(errno ? errno : EIO));
    return CLI_FAILURE;
}
