/* core/route_table.h - a profile's routes, compiled: one hash look-up a segment, however many routes there are. */
#ifndef CORE_ROUTE_TABLE_H
#define CORE_ROUTE_TABLE_H

#include <cardea/profile.h>

/* Longest path and most segments that are looked at; beyond them there is no route. */
#define ROUTE_PATH_MAX     8192
#define ROUTE_SEGMENTS_MAX 128
#define ROUTE_DEPTH_MAX    32 /* segments of a pattern */

struct route_table;

struct route_path {
    unsigned count;
    struct cardea_str segments[ROUTE_SEGMENTS_MAX];
};

#define ROUTE_NONE UINT32_MAX

struct route_match {
    uint32_t route;           /* index in the profile, or ROUTE_NONE */
    struct cardea_str tenant; /* ptr NULL: the pattern captures none */
    struct cardea_str agent;
};

/* CARDEA_E_FORMAT with the mistake in `why`. `p` must outlive the table. */
enum cardea_err route_table_compile(struct route_table **out, const struct cardea_profile *p, struct cardea_why *why);
void route_table_free(struct route_table *t);

/* `method` is one bit of enum cardea_method. */
void route_table_match(const struct route_table *t, uint32_t method, const struct route_path *path,
                       struct route_match *out);

#endif
