#include "service/publisher_fill.h"

#include "base/id.h"
#include "base/log.h"
#include "base/str.h"
#include "service/publisher_entry.h"
#include "service/usage.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* Rows read at once while filling all: a few hundred kilobytes of arena. */
#define FILL_PAGE 256
/* A profile that lost a scope may make a million rows odd: the first ones name the trouble, a sum ends it. */
#define ODD_ROWS_LOGGED 8

/* A pass over the store: whence, whereto, and what failed. */
struct fill {
    struct publisher_target *t;
    struct store_conn *c;
    struct arena *arena; /* cleared between pages */
    struct cardea_why *why;
    /* Filling all: the profile index of every account, ascending by id. */
    struct known_account {
        int64_t id;
        int profile;
    } * accounts;
    size_t account_count, account_cap;
    /* Filling what was touched: the account that was put last, since keys that are made together mostly share one. */
    struct known_account last;
    /* Which keys this pass puts: where accounts were touched, those that have ended wait until their successors are
     * current. */
    enum { KEYS_ALL, KEYS_LIVE, KEYS_ENDED } keys;
};

static bool put_failed(struct fill *f, const char *what, enum cardea_err err)
{
    const char *reason = err == CARDEA_E_IO      ? strerror(errno)
                         : err == CARDEA_E_FULL  ? "a documented maximum is reached"
                         : err == CARDEA_E_NOMEM ? "out of memory"
                                                 : "the snapshot refuses it";
    if (err == CARDEA_E_INVALID && f->t->everything) {
        if (f->t->odd_rows++ < ODD_ROWS_LOGGED)
            log_error("%s: %s; it is left out, and unknown to readers", what, reason);
        return true;
    }
    f->t->refused = f->t->refused || err == CARDEA_E_INVALID;
    snprintf(f->why->text, sizeof(f->why->text), "%s: %s", what, reason);
    return false;
}

static bool read_failed(struct fill *f, const char *what)
{
    snprintf(f->why->text, sizeof(f->why->text), "%s cannot be read: %s", what, store_error_text(f->c));
    return false;
}

/* ---- accounts, members, agents ---- */

/* Sets *profile to the account's index in the set, or -1 when the profile is not loaded: the account and its keys are
 * then left out, and unknown to readers. */
static bool put_account(struct fill *f, const struct store_account *row, int *profile)
{
    *profile = profile_set_index(f->t->profiles, row->profile);
    if (*profile < 0) {
        if (f->t->odd_rows++ < ODD_ROWS_LOGGED)
            log_warn("account %.*s/%.*s is not served: its profile is not loaded", STR_ARG(row->profile),
                     STR_ARG(row->slug));
        return true;
    }
    struct cardea_account_entry entry = {
        .id = (uint64_t)row->id,
        .profile = (uint16_t)*profile,
        .slug = row->slug,
        .suspended = row->status == STORE_ACCOUNT_SUSPENDED,
        .deleted = row->status == STORE_ACCOUNT_DELETED,
    };
    enum cardea_err err = cardea_writer_put_account(f->t->writer, &entry);
    return err == CARDEA_OK || put_failed(f, "an account cannot be published", err);
}

/* Reads and puts one account. *profile is -1 also for one that is not there. */
static bool fill_account(struct fill *f, int64_t id, int *profile)
{
    struct store_account row;
    *profile = -1;
    enum store_err err = store_account_get(f->c, f->arena, id, &row);
    if (err == STORE_NOTFOUND)
        return true;
    if (err != STORE_OK)
        return read_failed(f, "an account");
    return put_account(f, &row, profile);
}

/* A member of an account that is not published (its profile is not loaded) has nowhere to stand, and needs none. */
static bool put_member(struct fill *f, int64_t account_id, int64_t user_id, enum cardea_role role)
{
    struct cardea_member_entry entry = {(uint64_t)account_id, (uint64_t)user_id, role};
    enum cardea_err err = cardea_writer_put_member(f->t->writer, &entry);
    return err == CARDEA_OK || err == CARDEA_E_NOTFOUND || put_failed(f, "a membership cannot be published", err);
}

static bool user_disabled(struct fill *f, int64_t id, bool *disabled)
{
    struct store_user user;
    enum store_err err = store_user_get(f->c, f->arena, id, &user);
    *disabled = err == STORE_NOTFOUND || (err == STORE_OK && user.disabled);
    return err == STORE_OK || err == STORE_NOTFOUND || read_failed(f, "a user");
}

static bool fill_member(struct fill *f, int64_t account_id, int64_t user_id)
{
    struct store_member row;
    bool disabled = false;
    enum store_err err = store_member_get(f->c, account_id, user_id, &row);
    if (err != STORE_OK && err != STORE_NOTFOUND)
        return read_failed(f, "a membership");
    if (err == STORE_NOTFOUND)
        row.role = CARDEA_ROLE_NONE;
    else if (!user_disabled(f, user_id, &disabled))
        return false;
    return put_member(f, account_id, user_id, disabled ? CARDEA_ROLE_NONE : row.role);
}

/* A user was disabled or enabled: the role in each account. */
static bool fill_user(struct fill *f, int64_t user_id)
{
    bool disabled;
    if (!user_disabled(f, user_id, &disabled))
        return false;
    for (size_t cap = FILL_PAGE;; cap *= 4) {
        size_t count = 0;
        struct store_member *rows = arena_array(f->arena, cap, sizeof(*rows));
        if (store_member_of_user(f->c, f->arena, user_id, cap, rows, &count) != STORE_OK)
            return read_failed(f, "a user's memberships");
        if (count == cap)
            continue;
        for (size_t i = 0; i < count; i++)
            if (!put_member(f, rows[i].account_id, user_id, disabled ? CARDEA_ROLE_NONE : rows[i].role))
                return false;
        return true;
    }
}

static bool put_agent(struct fill *f, const struct store_agent *row)
{
    struct cardea_agent_entry entry = {(uint64_t)row->account_id, (uint64_t)row->id, row->slug, row->disabled};
    enum cardea_err err = cardea_writer_put_agent(f->t->writer, &entry);
    return err == CARDEA_OK || err == CARDEA_E_NOTFOUND || put_failed(f, "an agent cannot be published", err);
}

static bool fill_agent(struct fill *f, int64_t id)
{
    struct store_agent row;
    enum store_err err = store_agent_get(f->c, f->arena, id, &row);
    if (err == STORE_NOTFOUND)
        return true;
    return err == STORE_OK ? put_agent(f, &row) : read_failed(f, "an agent");
}

/* ---- keys ---- */

static void log_odd(struct fill *f, const struct store_key *row, unsigned odd)
{
    char id[ID_TEXT_MAX];
    if (f->t->odd_rows++ >= ODD_ROWS_LOGGED)
        return;
    id_format(id, "key", row->id);
    if (odd & PUBLISHER_ODD_SCOPE)
        log_warn("%s has a scope that its profile does not know: published without it", id);
    if (odd & PUBLISHER_ODD_KIND)
        log_warn("%s is of a kind that its profile does not know (%.*s): published as disabled", id,
                 STR_ARG(row->kind));
    if (odd & PUBLISHER_ODD_NETWORK)
        log_warn("%s has an allow-list that cannot be read: published as disabled", id);
    if (odd & PUBLISHER_ODD_LIMIT)
        log_warn("%s has a rate limit without a window: published as disabled", id);
}

/* The slot must be there, with the credits that are left, before any reader can find the key. */
static bool prepare_slot(struct fill *f, const struct store_key *row)
{
    struct cardea_activity_slot slot;
    enum cardea_err err = cardea_activity_reserve(f->t->activity, row->ordinal);
    if (err != CARDEA_OK)
        return put_failed(f, "an activity file cannot be made", err);
    if (row->credits < 0)
        return true;
    err = cardea_activity_read(f->t->activity, row->ordinal, 1, &slot);
    if (err == CARDEA_OK)
        err = cardea_activity_grant_credits(f->t->activity, row->ordinal, service_usage_granted(row, &slot));
    return err == CARDEA_OK || put_failed(f, "a key's credits cannot be published", err);
}

/* Whose slot a key draws on that shares a balance. A balance that is gone leaves the key its own empty slot. */
static bool find_balance(struct fill *f, const struct store_key *row, struct cardea_key_entry *entry)
{
    struct store_key owner;
    if (row->credits_of == 0)
        return true;
    enum store_err err = store_key_get(f->c, f->arena, row->credits_of, &owner);
    if (err == STORE_OK)
        entry->credits_ordinal = owner.ordinal;
    return err == STORE_OK || err == STORE_NOTFOUND || read_failed(f, "a key");
}

static bool put_key(struct fill *f, const struct store_key *row, int profile)
{
    struct cardea_network networks[CARDEA_NETWORKS_MAX];
    struct cardea_key_entry entry;
    if (profile < 0)
        return true;
    unsigned odd = publisher_key_entry(row, f->t->profiles->items[profile], networks, &entry);
    if (odd)
        log_odd(f, row, odd);
    if (!find_balance(f, row, &entry) || !prepare_slot(f, row))
        return false;
    enum cardea_err err = cardea_writer_put_key(f->t->writer, &entry);
    if (err == CARDEA_E_NOTFOUND) {
        /* Whoever made it was never a member (or the root key made it for them), or its agent was left out: nobody's
         * role. */
        if (row->user_id && !fill_member(f, row->account_id, row->user_id))
            return false;
        if (row->agent_id && !fill_agent(f, row->agent_id))
            return false;
        err = cardea_writer_put_key(f->t->writer, &entry);
    }
    return err == CARDEA_OK || put_failed(f, "a key cannot be published", err);
}

static bool fill_key(struct fill *f, int64_t id)
{
    struct store_key row;
    int profile = -1;
    enum store_err err = store_key_get(f->c, f->arena, id, &row);
    if (err == STORE_NOTFOUND)
        return true;
    if (err != STORE_OK)
        return read_failed(f, "a key");
    if (f->keys != KEYS_ALL && (f->keys == KEYS_ENDED) != (row.state == CARDEA_KEY_REVOKED))
        return true;
    if (f->last.id != row.account_id) {
        if (!fill_account(f, row.account_id, &profile))
            return false;
        f->last = (struct known_account){row.account_id, profile};
    }
    return put_key(f, &row, f->last.profile);
}

/* Where a kind replaces the previous key: one store switches, after the new key was put. */
static bool put_current(struct fill *f, int64_t account_id, int64_t key_id)
{
    if (key_id == 0)
        return true;
    enum cardea_err err = cardea_writer_set_current(f->t->writer, (uint64_t)account_id, (uint64_t)key_id);
    return err == CARDEA_OK || put_failed(f, "an account's current key cannot be published", err);
}

static bool fill_current(struct fill *f, int64_t account_id)
{
    struct store_account row;
    enum store_err err = store_account_get(f->c, f->arena, account_id, &row);
    if (err == STORE_NOTFOUND || (err == STORE_OK && profile_set_index(f->t->profiles, row.profile) < 0))
        return true;
    return err == STORE_OK ? put_current(f, account_id, row.current_key) : read_failed(f, "an account");
}

/* ---- what was touched ---- */

static bool fill_one(struct fill *f, const struct store_touch *touch)
{
    int profile;
    switch (touch->entity) {
    case STORE_ACCOUNT:
        return fill_account(f, touch->id, &profile);
    case STORE_MEMBER:
        return fill_member(f, touch->id, touch->other_id);
    case STORE_USER:
        return fill_user(f, touch->id);
    case STORE_AGENT:
        return fill_agent(f, touch->id);
    case STORE_KEY:
        return fill_key(f, touch->id);
    }
    return true;
}

static void pass_end(struct fill *f)
{
    if (f->t->odd_rows > ODD_ROWS_LOGGED)
        log_warn("%llu accounts and keys in all are not served as their rows say", (unsigned long long)f->t->odd_rows);
    arena_release(f->arena);
}

/* Whatever of this kind was touched. */
static bool fill_pass(struct fill *f, const struct store_touch *touched, size_t count, enum store_entity entity)
{
    for (size_t i = 0; i < count; i++) {
        if (touched[i].entity != entity)
            continue;
        if (!fill_one(f, &touched[i]))
            return false;
        arena_clear(f->arena);
    }
    return true;
}

/* Once the keys that take over stand there: the switch to them, then the end of those before. In another order a reader
 * could find that an account has no valid key. */
static bool fill_successions(struct fill *f, const struct store_touch *touched, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (touched[i].entity != STORE_ACCOUNT)
            continue;
        if (!fill_current(f, touched[i].id))
            return false;
        arena_clear(f->arena);
    }
    f->keys = KEYS_ENDED;
    return fill_pass(f, touched, count, STORE_KEY);
}

bool publisher_fill_touched(struct publisher_target *t, struct store_conn *c, const struct store_touch *touched,
                            size_t count, struct cardea_why *why)
{
    static const enum store_entity order[] = {STORE_ACCOUNT, STORE_MEMBER, STORE_USER, STORE_AGENT, STORE_KEY};
    struct arena arena = {0};
    struct fill f = {.t = t, .c = c, .arena = &arena, .why = why};
    bool ok = true;
    t->odd_rows = 0;
    t->everything = t->refused = false;
    for (size_t i = 0; i < count; i++)
        if (touched[i].entity == STORE_ACCOUNT)
            f.keys = KEYS_LIVE;
    for (size_t pass = 0; ok && pass < sizeof(order) / sizeof(order[0]); pass++)
        ok = fill_pass(&f, touched, count, order[pass]);
    if (ok && f.keys == KEYS_LIVE)
        ok = fill_successions(&f, touched, count);
    pass_end(&f);
    return ok;
}

/* ---- everything ---- */

static bool fill_members(struct fill *f, int64_t account_id)
{
    struct arena arena = {0};
    struct store_member *rows = arena_array(&arena, FILL_PAGE, sizeof(*rows));
    int64_t after = 0;
    size_t count = 0;
    bool ok = true;
    do {
        if (store_member_of_account(f->c, f->arena, account_id, after, FILL_PAGE, rows, &count) != STORE_OK)
            ok = read_failed(f, "an account's members");
        for (size_t i = 0; ok && i < count; i++) {
            bool disabled;
            ok = user_disabled(f, rows[i].user_id, &disabled) &&
                 put_member(f, account_id, rows[i].user_id, disabled ? CARDEA_ROLE_NONE : rows[i].role);
            after = rows[i].user_id;
        }
        arena_clear(f->arena);
    } while (ok && count == FILL_PAGE);
    arena_release(&arena);
    return ok;
}

static bool fill_agents(struct fill *f, int64_t account_id)
{
    struct arena arena = {0};
    struct store_agent *rows = arena_array(&arena, FILL_PAGE, sizeof(*rows));
    int64_t after = 0;
    size_t count = 0;
    bool ok = true;
    do {
        if (store_agent_list(f->c, f->arena, account_id, after, FILL_PAGE, rows, &count) != STORE_OK)
            ok = read_failed(f, "an account's agents");
        for (size_t i = 0; ok && i < count; i++) {
            ok = put_agent(f, &rows[i]);
            after = rows[i].id;
        }
        arena_clear(f->arena);
    } while (ok && count == FILL_PAGE);
    arena_release(&arena);
    return ok;
}

static bool remember_account(struct fill *f, int64_t id, int profile)
{
    if (f->account_count == f->account_cap) {
        size_t cap = f->account_cap ? 2 * f->account_cap : 1024;
        struct known_account *grown = reallocarray(f->accounts, cap, sizeof(*grown));
        if (!grown)
            return put_failed(f, "the accounts cannot be published", CARDEA_E_NOMEM);
        f->accounts = grown;
        f->account_cap = cap;
    }
    f->accounts[f->account_count++] = (struct known_account){id, profile};
    return true;
}

typedef bool (*account_fn)(struct fill *f, const struct store_account *row);

/* Calls `each` for every account that is not deleted, ascending by id. Clears the arena of the pass along the way. */
static bool each_account(struct fill *f, account_fn each)
{
    struct arena page = {0};
    int64_t after = 0;
    size_t count = 0;
    bool ok = true;
    do {
        struct store_account *rows = arena_array(&page, FILL_PAGE, sizeof(*rows));
        struct cardea_str any = {NULL, 0};
        if (store_account_list(f->c, &page, any, 0, after, FILL_PAGE, rows, &count) != STORE_OK)
            ok = read_failed(f, "the accounts");
        for (size_t i = 0; ok && i < count; i++) {
            ok = each(f, &rows[i]);
            after = rows[i].id;
        }
        arena_clear(&page);
    } while (ok && count == FILL_PAGE);
    arena_release(&page);
    return ok;
}

static bool everything_of_account(struct fill *f, const struct store_account *row)
{
    int profile;
    return put_account(f, row, &profile) && remember_account(f, row->id, profile) &&
           (profile < 0 || (fill_members(f, row->id) && fill_agents(f, row->id)));
}

static bool current_of_account(struct fill *f, const struct store_account *row)
{
    return profile_set_index(f->t->profiles, row->profile) < 0 || put_current(f, row->id, row->current_key);
}

static int known_profile(const struct fill *f, int64_t account_id)
{
    size_t low = 0, high = f->account_count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (f->accounts[mid].id < account_id)
            low = mid + 1;
        else
            high = mid;
    }
    return low < f->account_count && f->accounts[low].id == account_id ? f->accounts[low].profile : -1;
}

/* Keys of deleted accounts are left out: to readers they are unknown, as they are where the account's entry says so. */
static enum store_err everything_key(void *arg, const struct store_key *row)
{
    struct fill *f = arg;
    bool ok = put_key(f, row, known_profile(f, row->account_id));
    arena_clear(f->arena);
    return ok ? STORE_OK : STORE_UNAVAILABLE;
}

bool publisher_fill_everything(struct publisher_target *t, struct store_conn *c, struct cardea_why *why)
{
    struct arena arena = {0};
    struct fill f = {.t = t, .c = c, .arena = &arena, .why = why};
    t->odd_rows = 0;
    t->everything = true;
    why->text[0] = 0;
    bool ok = each_account(&f, everything_of_account);
    if (ok && store_key_each(c, everything_key, &f) != STORE_OK)
        ok = why->text[0] ? false : read_failed(&f, "the keys");
    ok = ok && each_account(&f, current_of_account);
    free(f.accounts);
    pass_end(&f);
    return ok;
}
