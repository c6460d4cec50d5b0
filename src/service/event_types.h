/* service/event_types.h - the events that an endpoint may be told of, and how it names them.
 *
 * A pattern is a type, the beginning of some with `.*`, or `*`. What is recorded but not in the table (log-ins, drafts)
 * goes to nobody; lists show it. */
#ifndef SERVICE_EVENT_TYPES_H
#define SERVICE_EVENT_TYPES_H

#include <cardea/types.h>

struct event_type {
    const char *name; /* "key.created" */
    const char *help; /* one sentence */
};
extern const struct event_type event_types[];
extern const size_t event_type_count;
#define EVENT_TYPES_MAX 64
size_t event_type_find(struct cardea_str name); /* its place; event_type_count: it is none of them */

/* Goes to the endpoint that is tested, whatever it asked for, and to no other. */
#define EVENT_TYPE_TEST "webhook.test"

/* Whether a pattern stands for any type at all. */
bool event_pattern_known(struct cardea_str pattern);
/* The nearest type to what was meant; NULL: none is near. */
const char *event_pattern_nearest(struct cardea_str pattern);
/* Whether anything of this type is ever recorded; the nearest one that is, NULL: none is near. */
bool event_type_recorded(struct cardea_str type);
const char *event_type_recorded_nearest(struct cardea_str type);
/* `patterns` are space-separated. */
bool event_patterns_match(struct cardea_str patterns, struct cardea_str type);

#endif
