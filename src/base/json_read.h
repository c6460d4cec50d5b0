/* base/json_read.h - reads JSON strictly: one value, UTF-8, no NUL (even escaped), no duplicate member, bounded depth.
 *
 * Numbers: integers within 63 bits, reals within a double; anything beyond is refused. */
#ifndef BASE_JSON_READ_H
#define BASE_JSON_READ_H

#include <jansson.h>

#include "base/arena.h"

/* Where and why: `location` is a JSON pointer ("/scopes/0") or "line 3, column 7"; static or in the arena. */
struct json_problem {
    const char *location;
    const char *message;
    const char *fix;
    bool duplicate; /* json_read: a member stands twice */
    bool unknown;   /* json_check: a member that the table does not have */
};

#define JSON_DEPTH_MAX 64

/* NULL with `problem` filled, else a new reference. The caller bounds the size. No text in `problem` quotes the input.
 */
json_t *json_read(struct arena *a, struct cardea_str text, struct json_problem *problem);

/* One entry of a table that says which members an object may have. A time is a string in RFC 3339. */
enum json_want { JSON_WANT_STRING, JSON_WANT_INT, JSON_WANT_BOOL, JSON_WANT_ARRAY, JSON_WANT_OBJECT, JSON_WANT_TIME };
struct json_field {
    const char *name;
    enum json_want want;
    bool required, nullable;
    int64_t min, max; /* of the int, of a string's bytes, of an array's length; both 0: any */
};

/* Checks an object against the table: unknown members (with the nearest name as the fix), missing ones, wrong types,
 * bounds. Writes up to `cap` problems and returns how many there are (unknown members are counted up to `cap` only, or
 * a client could keep us busy); 0: all is well. Values are never repeated, names only in part when they are long. */
size_t json_check(struct arena *a, const json_t *object, const struct json_field *fields, size_t count,
                  struct json_problem *problems, size_t cap);

/* Getters for checked objects: the default when absent or null. Borrowed from the object. */
struct cardea_str json_get_str(const json_t *object, const char *name);
int64_t json_get_int(const json_t *object, const char *name, int64_t fallback);
bool json_get_bool(const json_t *object, const char *name, bool fallback);

#endif
