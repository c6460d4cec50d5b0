#include "cli/progress.h"

#include <sys/ioctl.h>

#include "base/buf.h"
#include "base/str.h"
#include "cli/interrupt.h"
#include "cli/table.h"

#define SHOW_AFTER_MS   500
#define REDRAW_MS       100
#define BAR_MAX         40
#define BAR_MIN         8
#define LABEL_MAX       24
#define COLUMNS_ASSUMED 80

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

const char *progress_bytes(struct arena *a, int64_t n)
{
    static const char *const units[] = {"KB", "MB", "GB", "TB", "PB"};
    double value = (double)n;
    size_t unit = 0;
    if (n < 1000)
        return arena_printf(a, "%lld B", (long long)n).ptr;
    for (value /= 1000; value >= 999.95 && unit + 1 < sizeof(units) / sizeof(units[0]); unit++)
        value /= 1000;
    return arena_printf(a, "%.1f %s", value, units[unit]).ptr;
}

static const char *seconds_text(struct arena *a, int64_t sec)
{
    if (sec < 60)
        return arena_printf(a, "%lld s", (long long)sec).ptr;
    if (sec < 3600)
        return arena_printf(a, "%lld min %lld s", (long long)sec / 60, (long long)sec % 60).ptr;
    return arena_printf(a, "%lld h %lld min", (long long)sec / 3600, (long long)sec / 60 % 60).ptr;
}

/* What stands after the bar; ASCII. */
static const char *numbers(struct arena *a, int64_t got, int64_t total, int64_t elapsed_ms)
{
    if (got == 0)
        return arena_printf(a, "waiting for %s", seconds_text(a, elapsed_ms / 1000)).ptr;
    int64_t rate = elapsed_ms > 0 ? (int64_t)((double)got * 1000 / (double)elapsed_ms) : 0;
    const char *speed = arena_printf(a, "%s/s", progress_bytes(a, rate)).ptr;
    if (total < got || total <= 0)
        return arena_printf(a, "%s  %s", progress_bytes(a, got), speed).ptr;
    const char *left = rate > 0 ? seconds_text(a, (total - got) / rate) : "-";
    return arena_printf(a, "%3d%%  %s of %s  %s  %s left", (int)((double)got * 100 / (double)total),
                        progress_bytes(a, got), progress_bytes(a, total), speed, left)
        .ptr;
}

/* At most LABEL_MAX characters of it, the end cut off. */
static size_t add_label(struct buf *line, const char *label)
{
    struct cardea_str text = str_of(label);
    struct buf clean;
    buf_init(&clean, 4096);
    table_clean(&clean, text);
    text = buf_str(&clean);
    bool cut = table_text_width(text) > LABEL_MAX;
    while (text.len > 0 && table_text_width(text) + cut > LABEL_MAX) {
        text.len--;
        while (text.len > 0 && !str_utf8_valid(text))
            text.len--;
    }
    buf_add_str(line, text);
    buf_add_cstr(line, cut ? "…" : "");
    size_t width = table_text_width(text) + cut;
    buf_release(&clean);
    return width;
}

static void add_bar(struct buf *line, size_t width, size_t full, bool colour)
{
    buf_add_cstr(line, colour ? "\033[32m" : "");
    for (size_t i = 0; i < width; i++)
        buf_add_cstr(line, i < full ? "█" : "░");
    buf_add_cstr(line, colour ? "\033[0m  " : "  ");
}

const char *progress_line(struct arena *a, const char *label, int64_t got, int64_t total, int64_t elapsed_ms,
                          unsigned width, bool colour)
{
    const char *tail = numbers(a, got, total, elapsed_ms);
    struct buf line;
    buf_init(&line, 8192);
    size_t used = add_label(&line, label) + 2, tail_len = strlen(tail), room = width > 1 ? width - 1 : 0;
    if (used + tail_len > room) {
        buf_clear(&line);
        buf_add(&line, tail, tail_len < room ? tail_len : room);
    } else {
        buf_add_cstr(&line, "  ");
        size_t bar = room - used - tail_len;
        bar = bar > BAR_MAX + 2 ? BAR_MAX : bar > 2 ? bar - 2 : 0;
        if (got > 0 && total >= got && bar >= BAR_MIN)
            add_bar(&line, bar, (size_t)((double)bar * (double)got / (double)total), colour);
        buf_add_cstr(&line, tail);
    }
    const char *text = arena_cstr(a, buf_str(&line));
    buf_release(&line);
    return text;
}

static unsigned columns(struct cli *cli)
{
    struct winsize size;
    return ioctl(fileno(cli->err), TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : COLUMNS_ASSUMED;
}

void progress_start(struct progress *p, struct cli *cli, const char *label)
{
    const char *term = getenv("TERM");
    *p = (struct progress){.cli = cli, .label = label, .started_ms = now_ms()};
    /* a terminal that cannot go back to the line's beginning would fill with bars */
    p->on = cli->err_tty && !cli->quiet && term && *term && strcmp(term, "dumb") != 0;
}

void progress_tick(struct progress *p, int64_t got, int64_t total)
{
    int64_t now = p->on ? now_ms() : 0;
    if (!p->on || now - p->started_ms < SHOW_AFTER_MS || (p->shown && now - p->drawn_ms < REDRAW_MS))
        return;
    struct arena a = {0};
    const char *line = progress_line(&a, p->label, got, total, now - p->started_ms, columns(p->cli),
                                     p->cli->err_colour);
    const char *text = arena_printf(&a, "\r\033[K%s", line).ptr;
    interrupt_clear_line(true);
    p->shown = true;
    p->drawn_ms = now;
    fputs(text, p->cli->err);
    fflush(p->cli->err);
    arena_release(&a);
}

void progress_end(struct progress *p)
{
    if (p->shown) {
        fputs("\r\033[K", p->cli->err);
        fflush(p->cli->err);
    }
    interrupt_clear_line(false);
    p->shown = false;
}
