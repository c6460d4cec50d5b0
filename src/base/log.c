#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/str.h"
#include "base/timefmt.h"

/* Longer messages are cut: one write of at most PIPE_BUF (4096) bytes is never mixed with another thread's. */
#define MESSAGE_MAX    960
#define LINE_MAX_BYTES 4096

static _Atomic int current_level = LOG_INFO;
static const char *const names[] = {"error", "warn", "info", "debug"};

void log_set_level(enum log_level level)
{
    atomic_store_explicit(&current_level, (int)level, memory_order_relaxed);
}

bool log_level_parse(struct cardea_str name, enum log_level *out)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (str_eq(name, str_of(names[i]))) {
            *out = (enum log_level)i;
            return true;
        }
    }
    return false;
}

/* Quotes, backslashes, control characters (C1 too: terminals obey them) and what is not UTF-8 come out as escapes. */
static size_t escape(char *out, struct cardea_str text)
{
    size_t len = 0;
    for (size_t i = 0; i < text.len;) {
        unsigned char c = (unsigned char)text.ptr[i];
        size_t step = str_utf8_step(text, i);
        bool c1 = step == 2 && c == 0xc2 && (unsigned char)text.ptr[i + 1] < 0xa0;
        if (c == '"' || c == '\\') {
            out[len++] = '\\';
            out[len++] = (char)c;
        } else if (step == 0 || c < 0x20 || c == 0x7f || c1) {
            static const char hex[] = "0123456789abcdef";
            memcpy(out + len, "\\x", 2);
            out[len + 2] = hex[c >> 4];
            out[len + 3] = hex[c & 15];
            len += 4;
            step = 1;
        } else {
            memcpy(out + len, text.ptr + i, step);
            len += step;
        }
        i += step ? step : 1;
    }
    return len;
}

void log_msg(enum log_level level, const char *fmt, ...)
{
    if ((int)level > atomic_load_explicit(&current_level, memory_order_relaxed))
        return;
    int saved = errno;
    char message[MESSAGE_MAX + 1], line[LINE_MAX_BYTES], when[TIMEFMT_LEN];
    va_list args;
    va_start(args, fmt);
    int wanted = vsnprintf(message, sizeof(message), fmt, args);
    va_end(args);
    size_t len = wanted < 0 ? 0 : wanted > MESSAGE_MAX ? MESSAGE_MAX : (size_t)wanted;

    timefmt_rfc3339(when, (int64_t)time(NULL));
    size_t at = (size_t)snprintf(line, sizeof(line), "%s level=%s msg=\"", when, names[level]);
    at += escape(line + at, (struct cardea_str){message, len}); /* at most 4 bytes for each of 960 */
    if (wanted > MESSAGE_MAX) {
        memcpy(line + at, "...", 3);
        at += 3;
    }
    memcpy(line + at, "\"\n", 2);
    at += 2;
    for (size_t done = 0; done < at;) {
        ssize_t n = write(STDERR_FILENO, line + done, at - done);
        if (n < 0 && errno != EINTR)
            break;
        done += n > 0 ? (size_t)n : 0;
    }
    errno = saved;
}
