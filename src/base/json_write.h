/* base/json_write.h - writes JSON into a buf: the hot replies. Commas are its business, nesting up to 16. */
#ifndef BASE_JSON_WRITE_H
#define BASE_JSON_WRITE_H

#include "base/buf.h"

struct json_writer {
    struct buf *out;
    uint32_t depth;
    uint32_t has_member; /* bit per depth */
    bool after_name;
};

void jw_init(struct json_writer *w, struct buf *out);
void jw_object_begin(struct json_writer *w);
void jw_object_end(struct json_writer *w);
void jw_array_begin(struct json_writer *w);
void jw_array_end(struct json_writer *w);
void jw_name(struct json_writer *w, const char *name);   /* a literal that needs no escaping */
void jw_str(struct json_writer *w, struct cardea_str s); /* escaped; invalid UTF-8 becomes U+FFFD */
void jw_int(struct json_writer *w, int64_t v);
void jw_bool(struct json_writer *w, bool v);
void jw_null(struct json_writer *w);
void jw_raw(struct json_writer *w, struct cardea_str json); /* already JSON */
/* Name and value in one. An empty str with `_or_null` writes null, as does time 0. */
void jw_member_str(struct json_writer *w, const char *name, struct cardea_str s);
void jw_member_str_or_null(struct json_writer *w, const char *name, struct cardea_str s);
void jw_member_int(struct json_writer *w, const char *name, int64_t v);
void jw_member_bool(struct json_writer *w, const char *name, bool v);
void jw_member_time(struct json_writer *w, const char *name, int64_t unix_sec);             /* RFC 3339 or null */
void jw_member_id(struct json_writer *w, const char *name, const char *prefix, int64_t id); /* id 0: null */

#endif
