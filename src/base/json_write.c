#include "base/json_write.h"

#include <stdlib.h>

#include "base/id.h"
#include "base/str.h"
#include "base/timefmt.h"

#define NESTING_MAX 16

void jw_init(struct json_writer *w, struct buf *out)
{
    *w = (struct json_writer){.out = out};
}

/* Before each value: a comma unless it is the first of its container or follows its name. */
static void separate(struct json_writer *w)
{
    if (w->after_name) {
        w->after_name = false;
        return;
    }
    uint32_t bit = 1u << w->depth;
    if (w->depth && (w->has_member & bit))
        buf_add_char(w->out, ',');
    w->has_member |= bit;
}

static void begin(struct json_writer *w, char open)
{
    separate(w);
    if (w->depth >= NESTING_MAX)
        abort();
    buf_add_char(w->out, open);
    w->depth++;
    w->has_member &= ~(1u << w->depth);
}

static void end(struct json_writer *w, char close)
{
    if (w->depth == 0 || w->after_name)
        abort();
    w->depth--;
    buf_add_char(w->out, close);
}

void jw_object_begin(struct json_writer *w)
{
    begin(w, '{');
}

void jw_object_end(struct json_writer *w)
{
    end(w, '}');
}

void jw_array_begin(struct json_writer *w)
{
    begin(w, '[');
}

void jw_array_end(struct json_writer *w)
{
    end(w, ']');
}

void jw_name(struct json_writer *w, const char *name)
{
    separate(w);
    buf_add_char(w->out, '"');
    buf_add_cstr(w->out, name);
    buf_add(w->out, "\":", 2);
    w->after_name = true;
}

/* Writes what s[at] needs and returns the bytes it took. */
static size_t add_escaped(struct buf *out, struct cardea_str s, size_t at)
{
    static const char hex[] = "0123456789abcdef";
    unsigned char c = (unsigned char)s.ptr[at];
    if (c >= 0x80) {
        size_t step = str_utf8_step(s, at);
        if (step)
            buf_add(out, s.ptr + at, step);
        else
            buf_add_cstr(out, "\xef\xbf\xbd");
        return step ? step : 1;
    }
    const char *name = strchr("\"\"\\\\\bb\ff\nn\rr\tt", c);
    if (c && name) {
        char pair[2] = {'\\', name[1]};
        buf_add(out, pair, 2);
    } else {
        char code[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
        buf_add(out, code, 6);
    }
    return 1;
}

void jw_str(struct json_writer *w, struct cardea_str s)
{
    separate(w);
    buf_add_char(w->out, '"');
    size_t plain = 0;
    for (size_t at = 0; at < s.len;) {
        unsigned char c = (unsigned char)s.ptr[at];
        if (c >= 0x20 && c < 0x80 && c != '"' && c != '\\') {
            at++;
            continue;
        }
        buf_add(w->out, s.ptr + plain, at - plain);
        at += add_escaped(w->out, s, at);
        plain = at;
    }
    buf_add(w->out, s.ptr ? s.ptr + plain : "", s.len - plain);
    buf_add_char(w->out, '"');
}

void jw_int(struct json_writer *w, int64_t v)
{
    separate(w);
    buf_add_int(w->out, v);
}

void jw_bool(struct json_writer *w, bool v)
{
    separate(w);
    buf_add_cstr(w->out, v ? "true" : "false");
}

void jw_null(struct json_writer *w)
{
    separate(w);
    buf_add_cstr(w->out, "null");
}

void jw_raw(struct json_writer *w, struct cardea_str json)
{
    separate(w);
    buf_add_str(w->out, json);
}

void jw_member_str(struct json_writer *w, const char *name, struct cardea_str s)
{
    jw_name(w, name);
    jw_str(w, s);
}

void jw_member_str_or_null(struct json_writer *w, const char *name, struct cardea_str s)
{
    jw_name(w, name);
    if (s.len)
        jw_str(w, s);
    else
        jw_null(w);
}

void jw_member_int(struct json_writer *w, const char *name, int64_t v)
{
    jw_name(w, name);
    jw_int(w, v);
}

void jw_member_bool(struct json_writer *w, const char *name, bool v)
{
    jw_name(w, name);
    jw_bool(w, v);
}

void jw_member_time(struct json_writer *w, const char *name, int64_t unix_sec)
{
    char text[TIMEFMT_LEN];
    jw_name(w, name);
    if (unix_sec == 0) {
        jw_null(w);
        return;
    }
    timefmt_rfc3339(text, unix_sec);
    jw_str(w, (struct cardea_str){text, TIMEFMT_LEN - 1});
}

void jw_member_id(struct json_writer *w, const char *name, const char *prefix, int64_t id)
{
    char text[ID_TEXT_MAX];
    jw_name(w, name);
    if (id == 0) {
        jw_null(w);
        return;
    }
    jw_str(w, (struct cardea_str){text, id_format(text, prefix, id)});
}
