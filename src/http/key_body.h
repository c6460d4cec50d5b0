/* http/key_body.h - request bodies about keys, from JSON to what the use cases take.
 *
 * Types, unknown members and sizes are checked here, rules there. False: the problems stand in c->svc, for
 * call_refuse(). Text is borrowed from c->json or stands in the call's arena. */
#ifndef HTTP_KEY_BODY_H
#define HTTP_KEY_BODY_H

#include "http/call.h"
#include "service/keys.h"

struct key_import_body {
    struct cardea_str account, kind;
    struct key_import *items;
    size_t count;
};

bool key_body_create(struct call *c, struct key_create *out);
bool key_body_update(struct call *c, struct key_input *out);
bool key_body_rotate(struct call *c, int64_t *overlap_sec);
bool key_body_import(struct call *c, struct key_import_body *out);
/* `reason` by the body or, when it is not there, the query. */
bool key_body_reason(struct call *c, struct cardea_str *reason);

/* json_check() of `object`, which stands at `at` ("" or "/keys/3"), with its problems in c->svc. */
bool key_body_check(struct call *c, const json_t *object, const char *at, const struct json_field *fields,
                    size_t count);

/* The member `name`, an array of strings; its own type is checked already. */
bool key_body_strings(struct call *c, const json_t *object, const char *at, const char *name,
                      const struct cardea_str **out, size_t *count);

#endif
