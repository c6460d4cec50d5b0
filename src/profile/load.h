/* profile/load.h - what the set needs to know of a profile beyond the profile. */
#ifndef PROFILE_LOAD_H
#define PROFILE_LOAD_H

#include "base/yaml_tree.h"
#include "profile/profile.h"

/* The profile comes first: who has one of ours has its places too. */
struct profile_source {
    struct profile profile;
    const struct yaml_node *hosts; /* or NULL */
    const struct yaml_node *docs_hosts;
    const struct yaml_node *cli_name;
};

/* NULL after a report. */
const struct profile_source *profile_read(struct arena *a, const char *file, struct cardea_str text,
                                          struct diags *diags);

struct profile_builtin {
    const char *file;
    const char *text;
    size_t len;
};

/* Made from profiles/ by tools/embed.py, in the order of the files' names. */
extern const struct profile_builtin profile_builtins[];
extern const size_t profile_builtin_count;

#endif
