#include "audit/record.h"

#include "base/base64.h"
#include "base/id.h"
#include "base/json_write.h"
#include "base/str.h"
#include "base/timefmt.h"

/* The line begins with these, so that whoever reads it needs no JSON to know whose it is and which. */
#define BEGIN_LOG   "{\"log\":\""
#define BEGIN_INDEX "\",\"index\":"

void record_time(char out[RECORD_TIME_LEN], int64_t at_ms)
{
    char *p = out + TIMEFMT_LEN - 2; /* the Z */
    timefmt_rfc3339(out, at_ms / 1000);
    *p++ = '.';
    *p++ = (char)('0' + at_ms / 100 % 10);
    *p++ = (char)('0' + at_ms / 10 % 10);
    *p++ = (char)('0' + at_ms % 10);
    *p++ = 'Z';
    *p = '\0';
}

/* Ids, times and numbers need no escaping, and are most of the line. */
static void add_plain(struct buf *b, const char *name, const char *value, size_t len)
{
    buf_add_cstr(b, name);
    buf_add_char(b, '"');
    buf_add(b, value, len);
    buf_add_char(b, '"');
}

static void add_id(struct buf *b, const char *name, const char *prefix, int64_t id)
{
    char text[ID_TEXT_MAX];
    if (id) {
        add_plain(b, name, text, id_format(text, prefix, id));
        return;
    }
    buf_add_cstr(b, name);
    buf_add(b, "null", 4);
}

static void add_text(struct buf *b, const char *name, struct cardea_str value)
{
    struct json_writer w;
    buf_add_cstr(b, name);
    jw_init(&w, b);
    jw_str(&w, value);
}

void record_write(struct buf *b, const char log[RECORD_LOG_LEN], const struct audit_record *r)
{
    char source[BASE64_TEXT_LEN(CARDEA_DIGEST_LEN)], time[RECORD_TIME_LEN];
    record_time(time, r->at_ms);
    buf_add(b, BEGIN_LOG, sizeof(BEGIN_LOG) - 1);
    buf_add(b, log, RECORD_LOG_LEN);
    buf_add(b, BEGIN_INDEX, sizeof(BEGIN_INDEX) - 1);
    buf_add_int(b, (int64_t)r->index);
    add_plain(b, ",\"time\":", time, RECORD_TIME_LEN - 1);
    add_text(b, ",\"action\":", r->action);
    add_text(b, ",\"actor\":", r->actor);
    add_id(b, ",\"actor_key\":", "key", r->actor_key);
    add_text(b, ",\"subject\":", r->subject);
    add_id(b, ",\"account\":", "acc", r->account_id);
    if (r->has_source)
        add_plain(b, ",\"source\":", source, base64_encode(r->source.bytes, CARDEA_DIGEST_LEN, source));
    else
        buf_add_cstr(b, ",\"source\":null");
    buf_add_cstr(b, ",\"detail\":");
    buf_add_str(b, r->detail);
    buf_add_char(b, '}');
}

bool record_hash(struct buf *scratch, const char log[RECORD_LOG_LEN], const struct audit_record *r,
                 struct cardea_digest *out)
{
    buf_clear(scratch);
    buf_add_char(scratch, '\0');
    record_write(scratch, log, r);
    if (scratch->failed)
        return false;
    tree_hash_leaf(scratch->ptr, scratch->len, out);
    return true;
}

void record_source(const uint8_t salt[RECORD_SALT_LEN], struct cardea_str address, struct cardea_digest *out)
{
    char text[RECORD_SALT_LEN + 64];
    size_t len = address.len < sizeof(text) - RECORD_SALT_LEN ? address.len : sizeof(text) - RECORD_SALT_LEN;
    memcpy(text, salt, RECORD_SALT_LEN);
    memcpy(text + RECORD_SALT_LEN, address.ptr, len);
    cardea_digest((struct cardea_str){text, RECORD_SALT_LEN + len}, out);
}

bool record_read(struct cardea_str line, struct cardea_str *log, uint64_t *index)
{
    const size_t at_log = sizeof(BEGIN_LOG) - 1, after_log = at_log + RECORD_LOG_LEN;
    size_t at = after_log + sizeof(BEGIN_INDEX) - 1, begin = at;
    if (line.len < at || memcmp(line.ptr, BEGIN_LOG, at_log) != 0 ||
        memcmp(line.ptr + after_log, BEGIN_INDEX, sizeof(BEGIN_INDEX) - 1) != 0)
        return false;
    *log = (struct cardea_str){line.ptr + at_log, RECORD_LOG_LEN};
    *index = 0;
    /* Eighteen digits are less than 2^63. */
    while (at < line.len && line.ptr[at] >= '0' && line.ptr[at] <= '9' && at - begin < 18)
        *index = *index * 10 + (uint64_t)(line.ptr[at++] - '0');
    return at > begin && at < line.len && line.ptr[at] == ',' && (line.ptr[begin] != '0' || at == begin + 1);
}
