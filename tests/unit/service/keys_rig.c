#include "keys_rig.h"

#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/id.h"
#include "service/accounts.h"
#include "service/bootstrap.h"
#include "service/publisher.h"

struct rig rig;
struct key_view rig_view;
struct cardea_secret rig_key;
static struct cardea_reader *reader;

/* One kind for each rule. */
static const char shop_yaml[] =
    "name: shop\n"
    "title: Shop\n"
    "hosts: [shop.localhost]\n"
    "scopes: {orders:read: a, orders:write: b, stock:read: c, keys:manage: d}\n"
    "kinds:\n"
    "  plain:\n"
    "    format: \"shp_{secret:32}{check:6}\"\n"
    "    scopes: {required: true}\n"
    "    max_active: 3\n"
    "  narrow:\n"
    "    format: \"shn_{secret:32}{check:6}\"\n"
    "    scopes: {allowed: [\"orders:*\"]}\n"
    "  fixed:\n"
    "    format: \"shf_{secret:32}{check:6}\"\n"
    "    scopes: {granted: [stock:read], selectable: false}\n"
    "  short:\n"
    "    format: \"shs_{secret:32}{check:6}\"\n"
    "    default_ttl: 1h\n"
    "    max_ttl: 24h\n"
    "    overlap: 10m\n"
    "  agent:\n"
    "    format: \"sha_{secret:32}{check:6}\"\n"
    "    flags: agent_bound\n"
    "  single:\n"
    "    format: \"sh1_{secret:32}{check:6}\"\n"
    "    flags: [replaces_previous, follows_role]\n"
    "    scopes: {selectable: false}\n"
    "  old:\n"
    "    flags: legacy\n"
    "  rooted:\n"
    "    format: \"shr_{secret:32}{check:6}\"\n"
    "    root_only: true\n"
    "default_kind: plain\n"
    "legacy_header: x-old-key\n"
    "routes:\n"
    "  - {methods: GET, path: /orders, scope: orders:read}\n"
    "  - {methods: POST, path: /orders, scope: orders:write}\n"
    "  - {methods: GET, path: /open, public: true}\n"
    "management:\n"
    "  base: /keys\n"
    "  by_session: true\n"
    "  by_key: true\n"
    "  actions: [create, update, revoke, show]\n"
    "  scopes: {list: keys:manage, create: keys:manage, update: keys:manage, revoke: keys:manage}\n"
    "  agents: {base: /agents, by_session: true, by_key: true, read: orders:read, write: keys:manage}\n";

static int64_t rig_clock(void *arg)
{
    return rig.now * 1000;
}

static void fail_why(const char *what, const struct cardea_why *why)
{
    fail_msg("%s: %s", what, why->text);
}

static void load_profiles(void)
{
    struct buf errors;
    char dir[96], path[128];
    snprintf(dir, sizeof(dir), "%s/profiles", rig.dir);
    snprintf(path, sizeof(path), "%s/shop.yaml", dir);
    assert_true(file_make_dirs(dir, 0700));
    assert_true(file_write_atomic(path, 0600, STR(shop_yaml)));
    buf_init(&errors, 65536);
    if (!profile_set_load(&rig.profiles, dir, &errors))
        fail_msg("profiles: %s", errors.ptr ? errors.ptr : "");
    buf_release(&errors);
    rig.svc.profiles = &rig.profiles;
}

int rig_open(void **state)
{
    struct cardea_why why = {{0}};
    char url[128], snapshot[128];
    uint8_t deployment[16];
    snprintf(rig.dir, sizeof(rig.dir), "/tmp/cardea-keys-XXXXXX");
    assert_non_null(mkdtemp(rig.dir));
    snprintf(rig.runtime, sizeof(rig.runtime), "%s/run", rig.dir);
    assert_int_equal(mkdir(rig.runtime, 0700), 0);
    rig.now = RIG_START;
    rig.svc.now_ms = rig_clock;
    rig.svc.random = cardea_random_system;
    rig.svc.runtime_dir = rig.runtime;
    rig.svc.session_ttl_sec = 86400;
    load_profiles();
    snprintf(url, sizeof(url), "sqlite:%s/store.db", rig.dir);
    struct store_options options = {.url = url, .publish = publisher_apply, .publish_arg = &rig.svc};
    if (store_open(&rig.svc.store, &options, &why) != STORE_OK)
        fail_why("store", &why);
    if (store_reader_open(rig.svc.store, &rig.db, &why) != STORE_OK)
        fail_why("reader", &why);
    assert_int_equal(cardea_activity_open(&rig.svc.activity, rig.runtime, 0660), CARDEA_OK);
    if (!bootstrap_master_key(&rig.svc, rig.dir, NULL, &why) || !bootstrap_identity(&rig.svc, deployment, &why))
        fail_why("bootstrap", &why);
    if (!publisher_open(&rig.svc.publisher, &rig.svc, rig.db, &why))
        fail_why("publisher", &why);
    snprintf(snapshot, sizeof(snapshot), "%s/snapshot", rig.runtime);
    struct cardea_reader_options reading = {.path = arena_cstr(&rig.arena, str_of(snapshot)),
                                            .activity_dir = rig.runtime};
    if (cardea_reader_open(&reader, &reading, &why) != CARDEA_OK)
        fail_why("snapshot", &why);
    rig_as_root();
    return 0;
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *at)
{
    return remove(path);
}

int rig_close(void **state)
{
    cardea_secret_wipe(&rig_key);
    cardea_reader_free(reader);
    store_reader_free(rig.db);
    store_free(rig.svc.store);
    publisher_free(rig.svc.publisher);
    cardea_activity_free(rig.svc.activity);
    bootstrap_release(&rig.svc);
    profile_set_release(&rig.profiles);
    arena_release(&rig.arena);
    return nftw(rig.dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

/* ---- units ---- */

struct unit {
    rig_fn fn;
    void *arg;
    enum service_err err;
};

static enum store_err run_unit(struct store_conn *db, void *arg)
{
    struct unit *u = arg;
    rig.call = (struct service_call){
        .svc = &rig.svc,
        .profiles = rig.svc.profiles,
        .db = db,
        .arena = &rig.arena,
        .actor = rig.actor,
        .now = rig.now,
        .now_ms = rig.now * 1000,
    };
    u->err = u->fn(&rig.call, u->arg);
    return u->err == SERVICE_OK ? STORE_OK : STORE_CONFLICT;
}

enum service_err rig_run(rig_fn fn, void *arg)
{
    struct unit u = {.fn = fn, .arg = arg};
    enum store_err err = store_run(rig.svc.store, run_unit, &u);
    if (u.err == SERVICE_OK && err != STORE_OK)
        fail_msg("the store did not keep what was done: %d", (int)err);
    return u.err;
}

static void explain(const char *file, int line, enum service_err err, const char *wanted)
{
    fprintf(stderr, "%s:%d: got %d (%s: %s), wanted %s\n", file, line, (int)err, rig.call.code ? rig.call.code : "",
            rig.call.message ? rig.call.message : "", wanted);
    for (size_t i = 0; i < rig.call.problem_count; i++)
        fprintf(stderr, "  %s: %s %s\n", rig.call.problems[i].location, rig.call.problems[i].message,
                rig.call.problems[i].fix);
}

void rig_assert_ok(enum service_err err, const char *file, int line)
{
    if (err == SERVICE_OK)
        return;
    explain(file, line, err, "success");
    _fail(file, line);
}

void rig_assert_refused(enum service_err err, enum service_err expected, const char *code, const char *file, int line)
{
    if (err == expected && rig.call.code && strcmp(rig.call.code, code) == 0)
        return;
    explain(file, line, err, code);
    _fail(file, line);
}

/* ---- who and what there is ---- */

void rig_as_root(void)
{
    rig.actor = (struct actor){.kind = ACTOR_ROOT, .key_id = 1, .profile = -1};
}

static int profile_of(int64_t account_id)
{
    struct store_account account;
    assert_int_equal(store_account_get(rig.db, &rig.arena, account_id, &account), STORE_OK);
    return profile_set_index(&rig.profiles, account.profile);
}

void rig_as_user(int64_t account_id, int64_t user_id, enum cardea_role role)
{
    rig.actor = (struct actor){.kind = ACTOR_USER,
                               .account_id = account_id,
                               .user_id = user_id,
                               .role = role,
                               .profile = profile_of(account_id)};
}

void rig_as_key(const struct key_view *key)
{
    int profile = profile_of(key->row.account_id);
    const struct profile *p = rig.profiles.items[profile];
    rig.actor = (struct actor){
        .kind = ACTOR_KEY, .account_id = key->row.account_id, .key_id = key->row.id, .profile = profile};
    key_scopes_effective(p, cardea_profile_kind(&p->core, key->row.kind), key->row.scopes, &rig.actor.scopes);
}

struct cardea_str rig_slug(void)
{
    static unsigned count;
    return arena_printf(&rig.arena, "acct-%u", ++count);
}

struct cardea_str rig_id(const char *prefix, int64_t id)
{
    char text[ID_TEXT_MAX];
    size_t len = id_format(text, prefix, id);
    return arena_str(&rig.arena, (struct cardea_str){text, len});
}

static enum service_err make_account(struct service_call *c, void *arg)
{
    struct store_account *account = arg;
    return service_account_create(c, account->profile, rig_slug(), STR("An account"), account);
}

int64_t rig_account(const char *profile)
{
    struct actor before = rig.actor;
    struct store_account account = {.profile = str_of(profile)};
    rig_as_root();
    assert_done(rig_run(make_account, &account));
    rig.actor = before;
    return account.id;
}

static enum service_err make_user(struct service_call *c, void *arg)
{
    struct store_member *member = arg;
    struct cardea_str slug = rig_slug();
    struct store_user user = {.id = service_new_id(c), .created_at = c->now, .name = slug};
    user.email = arena_printf(c->arena, "%.*s@example.com", STR_ARG(slug));
    member->user_id = user.id;
    member->created_at = c->now;
    if (store_user_insert(c->db, &user) != STORE_OK || store_member_put(c->db, member) != STORE_OK)
        return service_fail(c, SERVICE_UNAVAILABLE, "store_unavailable", "%s", store_error_text(c->db));
    return SERVICE_OK;
}

int64_t rig_user(int64_t account_id, enum cardea_role role)
{
    struct store_member member = {.account_id = account_id, .role = role};
    assert_done(rig_run(make_user, &member));
    return member.user_id;
}

static enum service_err make_agent(struct service_call *c, void *arg)
{
    struct store_agent *agent = arg;
    agent->id = service_new_id(c);
    agent->slug = agent->name = rig_slug();
    agent->created_at = c->now;
    return store_agent_insert(c->db, agent) == STORE_OK ? SERVICE_OK : SERVICE_UNAVAILABLE;
}

int64_t rig_agent(int64_t account_id)
{
    struct store_agent agent = {.account_id = account_id};
    assert_done(rig_run(make_agent, &agent));
    return agent.id;
}

/* ---- the use cases ---- */

struct key_create rig_asked(int64_t account_id, const char *name, const char *scope)
{
    struct cardea_str *scopes = arena_array(&rig.arena, 1, sizeof(*scopes));
    *scopes = str_of(scope);
    return (struct key_create){
        .account = account_id ? rig_id("acc", account_id) : STR(""),
        .input = {.given = KEY_NAME | (scope ? KEY_SCOPES : 0),
                  .name = str_of(name),
                  .scopes = scopes,
                  .scope_count = scope != NULL},
    };
}

static enum service_err do_create(struct service_call *c, void *arg)
{
    return service_key_create(c, arg, &rig_view, &rig_key);
}

enum service_err rig_create(const struct key_create *in)
{
    struct key_create copy = *in;
    return rig_run(do_create, &copy);
}

struct key_view rig_made(int64_t account_id, const char *scope)
{
    struct actor before = rig.actor;
    struct key_create in = rig_asked(account_id, "made", scope);
    rig_as_root();
    assert_done(rig_create(&in));
    rig.actor = before;
    return rig_view;
}

struct change {
    int64_t id, overlap_sec;
    const struct key_input *in;
    struct cardea_str reason;
};

static enum service_err do_update(struct service_call *c, void *arg)
{
    const struct change *change = arg;
    return service_key_update(c, change->id, change->in, &rig_view);
}

enum service_err rig_update(int64_t id, const struct key_input *in)
{
    return rig_run(do_update, &(struct change){.id = id, .in = in});
}

static enum service_err do_revoke(struct service_call *c, void *arg)
{
    const struct change *change = arg;
    return service_key_revoke(c, change->id, change->reason, &rig_view);
}

enum service_err rig_revoke(int64_t id, const char *reason)
{
    return rig_run(do_revoke, &(struct change){.id = id, .reason = str_of(reason)});
}

static enum service_err do_rotate(struct service_call *c, void *arg)
{
    const struct change *change = arg;
    return service_key_rotate(c, change->id, change->overlap_sec, &rig_view, &rig_key);
}

enum service_err rig_rotate(int64_t id, int64_t overlap_sec)
{
    return rig_run(do_rotate, &(struct change){.id = id, .overlap_sec = overlap_sec});
}

static enum service_err do_get(struct service_call *c, void *arg)
{
    return service_key_get(c, *(const int64_t *)arg, &rig_view);
}

enum service_err rig_get(int64_t id)
{
    return rig_run(do_get, &id);
}

struct import_arg {
    struct cardea_str account, kind;
    const struct key_import *items;
    size_t count;
    struct key_view *out;
};

static enum service_err do_import(struct service_call *c, void *arg)
{
    const struct import_arg *a = arg;
    return service_key_import(c, a->account, a->kind, a->items, a->count, a->out);
}

enum service_err rig_import(int64_t account_id, const char *kind, const struct key_import *items, size_t count,
                            struct key_view *out)
{
    return rig_run(do_import, &(struct import_arg){rig_id("acc", account_id), str_of(kind), items, count, out});
}

enum cardea_code rig_verify(const struct cardea_secret *key, const char *scope, uint32_t cost)
{
    struct cardea_decision d;
    struct cardea_check check = {
        .key = cardea_secret_reveal(key),
        .profile = CARDEA_ANY_PROFILE,
        .scope = str_of(scope),
        .cost = cost,
        .now = {.unix_sec = rig.now, .boot_ns = cardea_time_now().boot_ns},
    };
    cardea_verify(reader, &check, &d);
    return d.code;
}
