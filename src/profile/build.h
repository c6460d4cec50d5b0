/* profile/build.h - from a file's words to a profile: what the schema cannot say, namely how the parts fit together. */
#ifndef PROFILE_BUILD_H
#define PROFILE_BUILD_H

#include "profile/fields.h"
#include "profile/profile.h"

struct build {
    struct arena *arena;
    struct diags *diags;
    const struct fields_profile *from;
    struct profile *out;
};

/* Each reports its mistakes and goes on; the result counts only when there are none. In this order: scopes first. */
void build_scopes(struct build *b);
void build_kinds(struct build *b);
void build_routes(struct build *b);
void build_groups(struct build *b, struct cardea_route *routes); /* of build_routes() */
void build_denials(struct build *b);
void build_management(struct build *b);
void build_places(struct build *b); /* upstream, webhooks, dashboard, documentation */
void build_cli(struct build *b);

/* Shared. */
const char *build_text(const struct yaml_node *node); /* NULL for NULL */
void build_mistake(struct build *b, const struct yaml_node *at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Index of the scope that `node` names; -1 for NULL, or after a report. */
int build_scope(struct build *b, const struct yaml_node *node);
/* Index of the kind that `node` names, or -1 after a report. */
int build_kind(struct build *b, const struct yaml_node *node);

#endif
