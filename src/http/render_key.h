/* http/render_key.h - keys as JSON: one shape wherever a key is shown. */
#ifndef HTTP_RENDER_KEY_H
#define HTTP_RENDER_KEY_H

#include "http/call.h"
#include "service/keys.h"

/* One key as a JSON object. `secret` NULL: not shown. */
void render_key(struct json_writer *w, const struct key_view *view, const struct cardea_secret *secret);

/* The same without the braces, for replies that say more. */
void render_key_members(struct json_writer *w, const struct key_view *view, const struct cardea_secret *secret);

/* Replies of one key. */
void reply_key(struct call *c, int status, const struct key_view *view, const struct cardea_secret *secret);

/* {"data": [...], "next_cursor": ...}; `next` 0: the last page. */
void reply_keys(struct call *c, const struct key_view *views, size_t count, int64_t next);

#endif
