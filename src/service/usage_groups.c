#include "service/usage_groups.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"

/* Grants are counted in their group before they are counted at all, so a group may be ahead by as many as are being
 * decided at a moment. What is farther ahead was written by a verifier gone mad. */
#define AHEAD_MAX (INT32_C(1) << 20)

/* ---- which counter is whose ---- */

struct assign {
    const struct profile_set *profiles;
};

static bool has_group(const struct profile *p, struct cardea_str name)
{
    for (size_t i = 0; i < p->route_group_count; i++)
        if (str_eq(name, str_of(p->route_groups[i])))
            return true;
    return false;
}

static const struct store_route_group *find(const struct store_route_group *rows, size_t count, struct cardea_str name)
{
    for (size_t i = 0; i < count; i++)
        if (str_eq(rows[i].name, name))
            return &rows[i];
    return NULL;
}

/* A free counter, else that of a group which is gone. There are as many as a profile has groups at most. */
static enum store_err place(struct store_conn *c, const struct profile *p, struct cardea_str name,
                            struct store_route_group *rows, size_t *count)
{
    struct cardea_str profile = str_of(p->core.name);
    struct store_route_group *by_number[CARDEA_ROUTE_GROUPS_MAX + 1] = {NULL};
    for (size_t i = 0; i < *count; i++)
        by_number[rows[i].number] = &rows[i];
    int number = 1;
    while (number < CARDEA_ROUTE_GROUPS_MAX && by_number[number])
        number++;
    if (by_number[number]) {
        for (number = 1; number < CARDEA_ROUTE_GROUPS_MAX && has_group(p, by_number[number]->name);)
            number++;
        enum store_err err = store_route_group_put(c, profile, by_number[number]->name, 0);
        if (err != STORE_OK)
            return err;
        by_number[number]->name = name;
    } else {
        rows[(*count)++] = (struct store_route_group){.number = number, .name = name};
    }
    return store_route_group_put(c, profile, name, number);
}

static enum store_err assign_profile(struct store_conn *c, struct arena *a, const struct profile *p)
{
    struct store_route_group rows[CARDEA_ROUTE_GROUPS_MAX];
    size_t count;
    enum store_err err = store_route_group_list(c, a, str_of(p->core.name), rows, &count);
    for (size_t i = 0; err == STORE_OK && i < p->route_group_count; i++) {
        struct cardea_str name = str_of(p->route_groups[i]);
        if (!find(rows, count, name))
            err = place(c, p, name, rows, &count);
    }
    return err;
}

static enum store_err assign_unit(struct store_conn *c, void *arg)
{
    const struct assign *in = arg;
    struct arena arena = {0};
    enum store_err err = STORE_OK;
    for (size_t i = 0; err == STORE_OK && i < in->profiles->count; i++)
        err = assign_profile(c, &arena, in->profiles->items[i]);
    arena_release(&arena);
    return err;
}

bool usage_groups_assign(struct service *svc, const struct profile_set *profiles, struct cardea_why *why)
{
    struct assign in = {profiles};
    if (store_run(svc->store, assign_unit, &in) == STORE_OK)
        return true;
    snprintf(why->text, sizeof(why->text), "the groups of routes cannot be written to the store");
    return false;
}

enum store_err usage_groups_number(struct store_conn *c, struct arena *a, const struct profile *p,
                                   struct cardea_profile *out)
{
    struct store_route_group rows[CARDEA_ROUTE_GROUPS_MAX];
    size_t count;
    enum store_err err = store_route_group_list(c, a, str_of(p->core.name), rows, &count);
    *out = p->core;
    if (err != STORE_OK || p->core.route_count == 0)
        return err;
    struct cardea_route *routes = arena_array(a, p->core.route_count, sizeof(*routes));
    memcpy(routes, p->core.routes, p->core.route_count * sizeof(*routes));
    for (size_t i = 0; i < p->core.route_count; i++) {
        const struct store_route_group *row = NULL;
        if (routes[i].group)
            row = find(rows, count, str_of(p->route_groups[routes[i].group - 1]));
        routes[i].group = row ? (uint8_t)row->number : 0;
    }
    out->routes = routes;
    return STORE_OK;
}

/* ---- what was counted ---- */

/* How many of `left` are this counter's; `*before` moves on to what is known of it then. */
static int64_t take(uint32_t *before, uint32_t now, int64_t left)
{
    int32_t ahead = (int32_t)(now - *before); /* counters begin again after 2^32 */
    int64_t taken = ahead < 0 ? 0 : ahead < left ? ahead : left;
    *before += (uint32_t)taken;
    if (ahead < 0 || ahead - taken > AHEAD_MAX)
        *before = now;
    return taken;
}

static enum store_err add_group(struct service_call *c, const struct store_key *key, int64_t hour, int number,
                                int64_t count)
{
    struct store_usage_hour row = {
        .account_id = key->account_id, .key_id = key->id, .hour = hour, .outcome = STORE_USAGE_GRANTED, .count = count};
    enum store_err err = store_route_group_id(c->db, key->account_id, number, &row.route_group);
    return err == STORE_OK || err == STORE_NOTFOUND ? usage_hours_put(c, &row) : err;
}

enum store_err usage_groups_add(struct service_call *c, const struct store_key *key, int64_t hour,
                                const struct usage_seen *seen, int64_t *uses)
{
    uint32_t known[CARDEA_ACTIVITY_GROUPS] = {0}, before[CARDEA_ACTIVITY_GROUPS];
    enum store_err err = seen->anew ? STORE_OK : store_usage_groups_seen_get(c->db, key->ordinal, known);
    memcpy(before, known, sizeof(before));
    for (int i = 1; err == STORE_OK && i < CARDEA_ACTIVITY_GROUPS; i++) {
        int64_t count = take(&known[i], seen->groups[i], *uses);
        *uses -= count;
        if (count)
            err = add_group(c, key, hour, i, count);
    }
    if (err == STORE_OK && (seen->anew || memcmp(before, known, sizeof(known)) != 0))
        err = store_usage_groups_seen_put(c->db, key->ordinal, known);
    return err;
}
