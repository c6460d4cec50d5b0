#include "service_rig.h"

#include <ftw.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

struct rig rig;
struct cardea_decision rig_decision;

/* Legacy kinds, whose keys are any text, so that tests can name them; one for each rule that the snapshot knows. */
const char rig_shop_yaml[] = "name: shop\n"
                             "title: Shop\n"
                             "hosts: [shop.localhost]\n"
                             "scopes: {orders:read: a, orders:write: b, stock:read: c}\n"
                             "kinds:\n"
                             "  plain:\n"
                             "    flags: legacy\n"
                             "  fixed:\n"
                             "    flags: legacy\n"
                             "    scopes: {granted: [stock:read], selectable: false}\n"
                             "  single:\n"
                             "    flags: [legacy, replaces_previous, follows_role]\n"
                             "    scopes: {selectable: false}\n"
                             "  new:\n"
                             "    format: \"shp_{secret:32}{check:6}\"\n"
                             "default_kind: new\n"
                             "legacy_header: x-old-key\n"
                             "routes:\n"
                             "  - {methods: GET, path: /orders, scope: orders:read}\n";

static int64_t rig_clock(void *arg)
{
    return rig.now * 1000;
}

static void must(bool ok, const struct cardea_why *why)
{
    if (!ok)
        fail_msg("%s", why->text);
}

void rig_load_profiles(struct profile_set *set, const char *yaml)
{
    struct buf errors;
    char dir[96], path[128];
    snprintf(dir, sizeof(dir), "%s/profiles", rig.dir);
    snprintf(path, sizeof(path), "%s/shop.yaml", dir);
    assert_true(file_make_dirs(dir, 0700));
    assert_true(file_write_atomic(path, 0600, str_of(yaml)));
    buf_init(&errors, 65536);
    if (!profile_set_load(set, dir, &errors))
        fail_msg("profiles: %s", errors.ptr ? errors.ptr : "");
    buf_release(&errors);
}

void rig_reread(void)
{
    struct cardea_why why;
    char path[128];
    snprintf(path, sizeof(path), "%s/snapshot", rig.runtime);
    struct cardea_reader_options options = {.path = path, .activity_dir = rig.runtime};
    cardea_reader_free(rig.reader);
    must(cardea_reader_open(&rig.reader, &options, &why) == CARDEA_OK, &why);
}

void rig_start(void)
{
    struct cardea_why why = {{0}};
    struct service *svc = &rig.svc;
    char url[128];
    *svc = (struct service){.now_ms = rig_clock, .random = cardea_random_system, .runtime_dir = rig.runtime};
    atomic_store(&svc->profiles, &rig.profiles);
    snprintf(url, sizeof(url), "sqlite:%s/store.db", rig.dir);
    struct store_options options = {.url = url, .publish = publisher_apply, .publish_arg = svc};
    must(bootstrap_master_key(svc, rig.dir, NULL, &why), &why);
    must(store_open(&svc->store, &options, &why) == STORE_OK, &why);
    must(bootstrap_identity(svc, rig.deployment_id, &why), &why);
    must(store_reader_open(svc->store, &rig.db, &why) == STORE_OK, &why);
    assert_int_equal(cardea_activity_open(&svc->activity, rig.runtime, 0660), CARDEA_OK);
    must(publisher_open(&svc->publisher, svc, rig.db, &why), &why);
    must(service_usage_open(svc, &why), &why);
    rig_reread();
}

void rig_stop(void)
{
    service_usage_close(&rig.svc);
    store_reader_free(rig.db);
    store_free(rig.svc.store);
    publisher_free(rig.svc.publisher);
    cardea_activity_free(rig.svc.activity);
    bootstrap_release(&rig.svc);
    cardea_reader_free(rig.reader);
    rig.reader = NULL;
}

int rig_setup(void **state)
{
    rig = (struct rig){.now = RIG_START};
    snprintf(rig.dir, sizeof(rig.dir), "/tmp/cardea-service-XXXXXX");
    assert_non_null(mkdtemp(rig.dir));
    snprintf(rig.runtime, sizeof(rig.runtime), "%s/run", rig.dir);
    assert_int_equal(mkdir(rig.runtime, 0700), 0);
    rig_load_profiles(&rig.profiles, rig_shop_yaml);
    rig_as_root();
    rig_start();
    return 0;
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *at)
{
    return remove(path);
}

int rig_teardown(void **state)
{
    rig_stop();
    profile_set_release(&rig.profiles);
    arena_release(&rig.arena);
    return nftw(rig.dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

/* ---- calls ---- */

static struct service_call make_call(struct store_conn *db)
{
    return (struct service_call){
        .svc = &rig.svc,
        .profiles = atomic_load(&rig.svc.profiles),
        .db = db,
        .arena = &rig.arena,
        .actor = rig.actor,
        .source_ip = rig.source,
        .now = rig.now,
        .now_ms = rig.now * 1000,
    };
}

struct service_call *rig_call(void)
{
    rig.call = make_call(rig.db);
    return &rig.call;
}

struct unit {
    rig_fn fn;
    void *arg;
};

static enum store_err unit_work(struct store_conn *db, void *arg)
{
    struct unit *u = arg;
    rig.call = make_call(db);
    return u->fn(&rig.call, u->arg) == SERVICE_OK || rig.call.stands ? STORE_OK : STORE_CONFLICT;
}

enum service_err rig_run(rig_fn fn, void *arg)
{
    struct unit u = {fn, arg};
    enum store_err err = store_run(rig.svc.store, unit_work, &u);
    if (rig.call.err == SERVICE_OK)
        assert_int_equal(err, STORE_OK);
    return rig.call.err;
}

void rig_as_root(void)
{
    rig.actor = (struct actor){.kind = ACTOR_ROOT, .profile = -1};
}

void rig_as_user(int64_t account_id, int64_t user_id, enum cardea_role role)
{
    rig.actor = (struct actor){.kind = ACTOR_USER, .account_id = account_id, .user_id = user_id, .role = role};
}

struct cardea_str rig_id(const char *prefix, int64_t id)
{
    char text[ID_TEXT_MAX];
    id_format(text, prefix, id);
    return arena_str(&rig.arena, str_of(text));
}

/* ---- rows ---- */

static enum service_err insert_account(struct service_call *c, void *arg)
{
    struct store_account *row = arg;
    return service_account_create(c, row->profile, row->slug, row->slug, row);
}

int64_t rig_account(const char *profile, const char *slug)
{
    struct store_account row = {.profile = str_of(profile), .slug = str_of(slug)};
    struct actor asked = rig.actor;
    rig_as_root();
    assert_done(rig_run(insert_account, &row));
    rig.actor = asked;
    return row.id;
}

static enum service_err insert_user(struct service_call *c, void *arg)
{
    struct store_user *row = arg;
    return service_user_create(c, row->email, (struct cardea_str){NULL, 0}, row->password_hash, row);
}

int64_t rig_user(const char *email, struct cardea_str password_hash)
{
    struct store_user row = {.email = str_of(email), .password_hash = password_hash};
    struct actor asked = rig.actor;
    rig_as_root();
    assert_done(rig_run(insert_user, &row));
    rig.actor = asked;
    return row.id;
}

static enum service_err put_member(struct service_call *c, void *arg)
{
    struct store_member *row = arg;
    return store_member_put(c->db, row) == STORE_OK ? SERVICE_OK : service_fail(c, SERVICE_CONFLICT, "conflict", "no");
}

void rig_member(int64_t account_id, int64_t user_id, enum cardea_role role)
{
    struct store_member row = {account_id, user_id, role, rig.now};
    assert_done(rig_run(put_member, &row));
}

static struct cardea_str secret_of(const char *name)
{
    return arena_printf(&rig.arena, "%s-secret", name);
}

static enum service_err insert_key(struct service_call *c, void *arg)
{
    struct store_key *row = arg;
    row->id = service_new_id(c);
    enum store_err err = store_key_insert(c->db, row);
    return err == STORE_OK ? SERVICE_OK : service_store_error(c, err);
}

struct store_key rig_key(int64_t account_id, int64_t user_id, const char *kind, const char *name, const char *scopes)
{
    struct store_key row = {
        .account_id = account_id,
        .user_id = user_id,
        .kind = str_of(kind),
        .name = str_of(name),
        .scopes = str_of(scopes),
        .state = CARDEA_KEY_ACTIVE,
        .created_at = rig.now,
        .credits = -1,
    };
    cardea_digest(secret_of(name), &row.digest);
    assert_done(rig_run(insert_key, &row));
    return row;
}

static enum service_err update_key(struct service_call *c, void *arg)
{
    const struct store_key *row = arg;
    enum store_err err = store_key_update(c->db, row);
    return err == STORE_OK ? SERVICE_OK : service_store_error(c, err);
}

void rig_key_update(const struct store_key *row)
{
    struct store_key copy = *row;
    assert_done(rig_run(update_key, &copy));
}

enum cardea_code rig_decide(const char *name, const char *scope, enum cardea_role min_role, uint32_t cost)
{
    struct cardea_check check = {
        .key = secret_of(name),
        .profile = CARDEA_ANY_PROFILE,
        .scope = str_of(scope),
        .min_role = min_role,
        .cost = cost,
        .legacy = true,
        .now = {.unix_sec = rig.now, .boot_ns = cardea_time_now().boot_ns},
    };
    cardea_verify(rig.reader, &check, &rig_decision);
    return rig_decision.code;
}

static uint64_t quiet_looks(void)
{
    struct usage_stats s;
    service_usage_stats(&rig.svc, &s);
    return s.quiet;
}

void rig_flush(void)
{
    uint64_t quiet = quiet_looks();
    for (int i = 0; i < 5000 && quiet_looks() == quiet; i++) {
        service_usage_flush(&rig.svc);
        usleep(2000);
    }
    assert_int_not_equal(quiet_looks(), quiet);
}

bool rig_take_root(void *arg, const struct cardea_secret *root, struct cardea_why *why)
{
    const bool *taken = arg;
    assert_true(root->len > 0);
    if (taken && !*taken)
        snprintf(why->text, sizeof(why->text), "nobody takes it");
    return !taken || *taken;
}
