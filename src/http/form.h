/* http/form.h - application/x-www-form-urlencoded, read strictly: what a browser's form or a program sends in the body.
 *
 * Refused rather than guessed at: a name that stands twice, an escape that is none, a NUL, what is not UTF-8. */
#ifndef HTTP_FORM_H
#define HTTP_FORM_H

#include "base/arena.h"

#define FORM_FIELDS_MAX 16
#define FORM_BODY_MAX   (32u << 10)

struct form_field {
    struct cardea_str name, value; /* decoded */
};

struct form {
    struct form_field items[FORM_FIELDS_MAX];
    size_t count;
};

/* NULL when it is well, else what is wrong, for people; *out is then empty. Texts live in `a`. */
const char *form_read(struct arena *a, struct cardea_str body, struct form *out);

/* Empty, with ptr NULL, when the form has no such field. */
struct cardea_str form_get(const struct form *f, const char *name);

/* Whether a Content-Type is this one, whatever its parameters. */
bool form_is_type(struct cardea_str content_type);

#endif
