/* From the store to what a verifier in another process would say. */
#include "service_rig.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

#define ANY CARDEA_ROLE_NONE

static int64_t account, user;
static struct store_key key;

static int setup(void **state)
{
    rig_setup(state);
    account = rig_account("shop", "acme");
    user = rig_user("ada@example.com", (struct cardea_str){0});
    rig_member(account, user, CARDEA_ROLE_MEMBER);
    key = rig_key(account, 0, "plain", "first", "orders:*");
    return 0;
}

static char *runtime_file(const char *name)
{
    return arena_cstr(&rig.arena, arena_printf(&rig.arena, "%s/%s", rig.runtime, name));
}

static struct cardea_writer_stats stats(void)
{
    struct cardea_writer_stats s;
    publisher_stats(rig.svc.publisher, &s);
    return s;
}

static void a_commit_is_in_force_when_it_returns(void **state)
{
    assert_int_equal(rig_decide("first", "orders:read", ANY, 0), CARDEA_VALID);
    assert_int_equal(rig_decision.key_id, key.id);
    assert_int_equal(rig_decision.account_id, account);
    assert_int_equal(rig_decide("first", "stock:read", ANY, 0), CARDEA_INSUFFICIENT_SCOPE);
    key.scopes = STR("stock:read");
    rig_key_update(&key);
    assert_int_equal(rig_decide("first", "stock:read", ANY, 0), CARDEA_VALID);
    assert_int_equal(rig_decide("first", "orders:read", ANY, 0), CARDEA_INSUFFICIENT_SCOPE);
    key.state = CARDEA_KEY_DISABLED;
    rig_key_update(&key);
    assert_int_equal(rig_decide("first", "", ANY, 0), CARDEA_DISABLED);
    key.state = CARDEA_KEY_ACTIVE;
    key.expires_at = rig.now + 1;
    rig_key_update(&key);
    assert_int_equal(rig_decide("first", "", ANY, 0), CARDEA_VALID);
    rig.now++;
    assert_int_equal(rig_decide("first", "", ANY, 0), CARDEA_EXPIRED);
    key.state = CARDEA_KEY_REVOKED;
    rig_key_update(&key);
    assert_int_equal(rig_decide("first", "", ANY, 0), CARDEA_REVOKED);
}

static void what_a_kind_grants_is_there_unasked(void **state)
{
    rig_key(account, 0, "fixed", "fixed", "");
    assert_int_equal(rig_decide("fixed", "stock:read", ANY, 0), CARDEA_VALID);
    assert_int_equal(rig_decide("fixed", "orders:read", ANY, 0), CARDEA_INSUFFICIENT_SCOPE);
}

static enum service_err patch_account(struct service_call *c, void *arg)
{
    struct account_patch patch = {.has_status = true, .status = *(enum store_account_status *)arg};
    struct store_account row;
    return service_account_patch(c, rig_id("acc", account), &patch, &row);
}

static enum service_err delete_account(struct service_call *c, void *arg)
{
    struct store_account row;
    return service_account_delete(c, rig_id("acc", account), &row);
}

static void an_account_stops_and_goes_with_its_keys(void **state)
{
    enum store_account_status status = STORE_ACCOUNT_SUSPENDED;
    assert_done(rig_run(patch_account, &status));
    assert_int_equal(rig_decide("first", "", ANY, 0), CARDEA_ACCOUNT_SUSPENDED);
    status = STORE_ACCOUNT_ACTIVE;
    assert_done(rig_run(patch_account, &status));
    assert_int_equal(rig_decide("first", "", ANY, 0), CARDEA_VALID);
    assert_done(rig_run(delete_account, NULL));
    assert_int_not_equal(rig_decide("first", "", ANY, 0), CARDEA_VALID);
    /* A key of a deleted account may still be written; that brings nothing back. */
    rig_key_update(&key);
    assert_int_not_equal(rig_decide("first", "", ANY, 0), CARDEA_VALID);
    assert_true(publisher_healthy(rig.svc.publisher));
    /* Nor does a rebuild, and the slug is free for another. */
    rig_stop();
    unlink(runtime_file("snapshot"));
    rig_start();
    assert_int_not_equal(rig_decide("first", "", ANY, 0), CARDEA_VALID);
    account = rig_account("shop", "acme");
    rig_key(account, 0, "plain", "second", "orders:read");
    assert_int_equal(rig_decide("second", "orders:read", ANY, 0), CARDEA_VALID);
    assert_int_not_equal(rig_decide("first", "", ANY, 0), CARDEA_VALID);
}

static enum service_err patch_user(struct service_call *c, void *arg)
{
    struct user_patch patch = {.has_disabled = true, .disabled = *(bool *)arg};
    struct store_user row;
    return service_user_patch(c, rig_id("usr", user), &patch, &row);
}

static enum service_err erase_user(struct service_call *c, void *arg)
{
    return service_user_erase(c, rig_id("usr", user));
}

/* Makes `name` the account's current key, as the keys' use case does. */
static enum service_err make_current(struct service_call *c, void *arg)
{
    struct store_account row;
    assert_int_equal(store_account_get(c->db, c->arena, account, &row), STORE_OK);
    row.current_key = *(int64_t *)arg;
    return store_account_update(c->db, &row) == STORE_OK ? SERVICE_OK
                                                         : service_fail(c, SERVICE_CONFLICT, "conflict", "no");
}

static void a_role_is_what_it_is_now(void **state)
{
    int64_t other = rig_account("shop", "other");
    struct store_key follows = rig_key(account, user, "single", "follows", "");
    assert_done(rig_run(make_current, &follows.id));
    rig_member(other, user, CARDEA_ROLE_OWNER);
    assert_int_equal(rig_decide("follows", "", CARDEA_ROLE_MEMBER, 0), CARDEA_VALID);
    assert_int_equal(rig_decide("follows", "", CARDEA_ROLE_ADMIN, 0), CARDEA_INSUFFICIENT_ROLE);
    rig_member(account, user, CARDEA_ROLE_ADMIN);
    assert_int_equal(rig_decide("follows", "", CARDEA_ROLE_ADMIN, 0), CARDEA_VALID);
    bool disabled = true;
    assert_done(rig_run(patch_user, &disabled));
    assert_int_not_equal(rig_decide("follows", "", CARDEA_ROLE_VIEWER, 0), CARDEA_VALID);
    /* Made a member of something while disabled: still nobody. */
    rig_member(account, user, CARDEA_ROLE_OWNER);
    assert_int_not_equal(rig_decide("follows", "", CARDEA_ROLE_VIEWER, 0), CARDEA_VALID);
    disabled = false;
    assert_done(rig_run(patch_user, &disabled));
    assert_int_equal(rig_decide("follows", "", CARDEA_ROLE_OWNER, 0), CARDEA_VALID);
    rig_member(account, user, CARDEA_ROLE_NONE);
    assert_int_not_equal(rig_decide("follows", "", CARDEA_ROLE_VIEWER, 0), CARDEA_VALID);
    rig_member(account, user, CARDEA_ROLE_OWNER);
    assert_int_equal(rig_decide("follows", "", CARDEA_ROLE_OWNER, 0), CARDEA_VALID);
    assert_done(rig_run(erase_user, NULL));
    assert_int_not_equal(rig_decide("follows", "", CARDEA_ROLE_VIEWER, 0), CARDEA_VALID);
}

static void one_store_replaces_the_previous_key(void **state)
{
    struct store_key one = rig_key(account, user, "single", "one", "");
    assert_done(rig_run(make_current, &one.id));
    assert_int_equal(rig_decide("one", "", CARDEA_ROLE_MEMBER, 0), CARDEA_VALID);
    struct store_key two = rig_key(account, user, "single", "two", "");
    assert_done(rig_run(make_current, &two.id));
    assert_int_not_equal(rig_decide("one", "", ANY, 0), CARDEA_VALID);
    assert_int_equal(rig_decide("two", "", CARDEA_ROLE_MEMBER, 0), CARDEA_VALID);
    rig_stop();
    unlink(runtime_file("snapshot"));
    rig_start();
    assert_int_not_equal(rig_decide("one", "", ANY, 0), CARDEA_VALID);
    assert_int_equal(rig_decide("two", "", CARDEA_ROLE_MEMBER, 0), CARDEA_VALID);
}

/* A key whose maker never was a member (the root key made it in their name). */
static void a_stranger_s_key_has_no_role(void **state)
{
    int64_t stranger = rig_user("eve@example.com", (struct cardea_str){0});
    struct store_key follows = rig_key(account, stranger, "single", "stranger", "");
    assert_done(rig_run(make_current, &follows.id));
    assert_true(publisher_healthy(rig.svc.publisher));
    assert_int_not_equal(rig_decide("stranger", "", CARDEA_ROLE_VIEWER, 0), CARDEA_VALID);
    rig_key(account, stranger, "plain", "plain", "orders:read");
    assert_int_equal(rig_decide("plain", "orders:read", ANY, 0), CARDEA_VALID);
    rig_stop();
    unlink(runtime_file("snapshot"));
    rig_start();
    assert_int_equal(rig_decide("plain", "orders:read", ANY, 0), CARDEA_VALID);
    assert_int_not_equal(rig_decide("stranger", "", CARDEA_ROLE_VIEWER, 0), CARDEA_VALID);
}

static void a_restart_adopts_the_file(void **state)
{
    uint64_t generation = stats().generation;
    rig_stop();
    rig_start();
    assert_int_equal(stats().generation, generation);
    assert_int_equal(rig_decide("first", "orders:read", ANY, 0), CARDEA_VALID);
}

/* Commits that were never published: the process died in between. */
static void a_restart_catches_up(void **state)
{
    struct publisher *p = rig.svc.publisher;
    uint64_t generation = stats().generation;
    rig.svc.publisher = NULL;
    key.state = CARDEA_KEY_REVOKED;
    rig_key_update(&key);
    rig_key(account, 0, "plain", "later", "orders:read");
    assert_int_equal(rig_decide("first", "", ANY, 0), CARDEA_VALID);
    assert_int_equal(rig_decide("later", "", ANY, 0), CARDEA_NOT_FOUND);
    rig.svc.publisher = p;
    rig_stop();
    rig_start();
    assert_int_equal(stats().generation, generation);
    assert_int_equal(rig_decide("first", "", ANY, 0), CARDEA_REVOKED);
    assert_int_equal(rig_decide("later", "orders:read", ANY, 0), CARDEA_VALID);
}

/* The same without a restart: the next commit shows the gap. */
static void a_gap_is_filled_by_the_next_commit(void **state)
{
    struct publisher *p = rig.svc.publisher;
    rig.svc.publisher = NULL;
    key.state = CARDEA_KEY_REVOKED;
    rig_key_update(&key);
    rig.svc.publisher = p;
    rig_key(account, 0, "plain", "later", "orders:read");
    assert_int_equal(rig_decide("first", "", ANY, 0), CARDEA_REVOKED);
}

static void a_missing_or_foreign_file_is_made_anew(void **state)
{
    char *path = runtime_file("snapshot");
    for (int foreign = 0; foreign < 2; foreign++) {
        rig_stop();
        unlink(path);
        if (foreign) {
            FILE *f = fopen(path, "w");
            fputs("not a snapshot", f);
            fclose(f);
        }
        rig_start();
        assert_int_equal(rig_decide("first", "orders:read", ANY, 0), CARDEA_VALID);
        assert_int_equal(stats().keys, 1);
    }
}

static enum service_err add_many(struct service_call *c, void *arg)
{
    int from = *(int *)arg;
    for (int i = from; i < from + 500; i++) {
        struct cardea_str name = arena_printf(&rig.arena, "many-%d", i);
        struct store_key row = {
            .id = service_new_id(c),
            .account_id = account,
            .kind = STR("plain"),
            .name = name,
            .scopes = i % 2 ? STR("orders:read") : STR("*"),
            .state = CARDEA_KEY_ACTIVE,
            .credits = -1,
        };
        cardea_digest(arena_printf(&rig.arena, "%.*s-secret", STR_ARG(name)), &row.digest);
        if (store_key_insert(c->db, &row) != STORE_OK)
            return service_fail(c, SERVICE_CONFLICT, "conflict", "no");
    }
    return SERVICE_OK;
}

static void assert_many(int count)
{
    for (int i = 0; i < count; i += 7) {
        char name[32];
        snprintf(name, sizeof(name), "many-%d", i);
        assert_int_equal(rig_decide(name, "orders:read", ANY, 0), CARDEA_VALID);
        assert_int_equal(rig_decide(name, "stock:read", ANY, 0), i % 2 ? CARDEA_INSUFFICIENT_SCOPE : CARDEA_VALID);
    }
}

static void many_keys_grow_the_file_and_are_rebuilt(void **state)
{
    for (int from = 0; from < 4000; from += 500)
        assert_done(rig_run(add_many, &from));
    assert_true(publisher_healthy(rig.svc.publisher));
    assert_many(4000);
    rig_stop();
    unlink(runtime_file("snapshot"));
    rig_start();
    assert_int_equal(stats().keys, 4001);
    assert_many(4000);
}

/* Something in the way of the larger file: what is committed cannot be put into force. */
static void a_full_snapshot_is_said_and_mended(void **state)
{
    char *obstacle = runtime_file("snapshot.tmp");
    assert_int_equal(mkdir(obstacle, 0700), 0);
    int made = 0;
    while (publisher_healthy(rig.svc.publisher) && made < 100000) {
        assert_done(rig_run(add_many, &made));
        made += 500;
    }
    assert_false(publisher_healthy(rig.svc.publisher));
    char last[32];
    snprintf(last, sizeof(last), "many-%d", made - 1);
    assert_int_equal(rig_decide(last, "", ANY, 0), CARDEA_NOT_FOUND);
    /* Before it is mended: neither the beat nor another commit makes it well, and what fits is in force all the same.
     */
    publisher_heartbeat(rig.svc.publisher, cardea_time_now());
    assert_false(publisher_healthy(rig.svc.publisher));
    rmdir(obstacle);
    publisher_heartbeat(rig.svc.publisher, cardea_time_now());
    assert_true(publisher_healthy(rig.svc.publisher));
    assert_int_equal(rig_decide(last, "", ANY, 0), CARDEA_VALID);
    assert_many(made);
}

/* Seconds that the clock gains or loses, and what is logged of it. */
static void a_clock_that_goes_back_is_told_once(void **state)
{
    static const struct {
        int by;
        const char *says;
    } beats[] = {
        {0, ""}, {-1, ""}, {1, ""}, {-60, "the clock is 61 s behind"}, {-61, ""}, {-1, ""}, {2, "shows the time"},
        {3, ""}};
    struct cardea_time now = cardea_time_now();
    int kept = dup(STDERR_FILENO);
    now.unix_sec += 10; /* past what real beats have set */
    for (size_t i = 0; i < sizeof(beats) / sizeof(beats[0]); i++) {
        char said[1024] = "";
        FILE *log = tmpfile();
        assert_non_null(log);
        dup2(fileno(log), STDERR_FILENO);
        publisher_heartbeat(rig.svc.publisher, (struct cardea_time){now.unix_sec + beats[i].by, now.boot_ns});
        dup2(kept, STDERR_FILENO);
        rewind(log);
        assert_true(fread(said, 1, sizeof(said) - 1, log) < sizeof(said) - 1);
        fclose(log);
        if (*beats[i].says ? !strstr(said, beats[i].says) : *said)
            fail_msg("beat %zu: \"%s\"", i, said);
    }
    close(kept);
}

static void other_profiles_publish_other_meanings(void **state)
{
    struct profile_set next = {0}, old = rig.profiles;
    struct cardea_why why;
    static const char yaml[] = "name: shop\n"
                               "title: Shop\n"
                               "hosts: [shop.localhost]\n"
                               "scopes: {stock:read: c, orders:read: a}\n"
                               "kinds:\n"
                               "  plain:\n"
                               "    flags: legacy\n"
                               "  new:\n"
                               "    format: \"shp_{secret:32}{check:6}\"\n"
                               "default_kind: new\n"
                               "legacy_header: x-old-key\n"
                               "routes:\n"
                               "  - {methods: GET, path: /orders, scope: orders:read}\n";
    rig_key(account, 0, "plain", "wide", "orders:write orders:read");
    rig_key(account, 0, "fixed", "fixed", "");
    rig_load_profiles(&next, yaml);
    assert_true(publisher_rebuild(rig.svc.publisher, &next, &why));
    atomic_store(&rig.svc.profiles, &next);
    assert_true(publisher_healthy(rig.svc.publisher));
    /* The reader of before finds its way by itself. */
    assert_int_equal(rig_decide("first", "orders:read", ANY, 0), CARDEA_VALID);
    assert_int_equal(rig_decide("wide", "orders:read", ANY, 0), CARDEA_VALID);
    assert_int_equal(rig_decide("wide", "orders:write", ANY, 0), CARDEA_INSUFFICIENT_SCOPE);
    assert_int_equal(rig_decide("fixed", "", ANY, 0), CARDEA_DISABLED); /* of a kind that is no more */
    key.state = CARDEA_KEY_REVOKED;
    rig_key_update(&key);
    assert_int_equal(rig_decide("first", "", ANY, 0), CARDEA_REVOKED);
    rig.profiles = next;
    profile_set_release(&old);
}

/* A verifier in a thread of its own, all through the rebuilds. */
static _Atomic bool rebuilding;

static void *verify_all_along(void *arg)
{
    struct cardea_why why;
    enum cardea_code *seen = arg;
    struct cardea_reader *reader;
    struct cardea_reader_options options = {.path = runtime_file("snapshot"), .activity_dir = rig.runtime};
    struct cardea_check check = {.key = STR("first-secret"),
                                 .profile = CARDEA_ANY_PROFILE,
                                 .scope = STR("orders:read"),
                                 .legacy = true,
                                 .now = {.unix_sec = rig.now}};
    if (cardea_reader_open(&reader, &options, &why) != CARDEA_OK)
        return NULL;
    while (atomic_load(&rebuilding)) {
        struct cardea_decision decision;
        check.now.boot_ns = cardea_time_now().boot_ns;
        cardea_verify(reader, &check, &decision);
        if (decision.code != CARDEA_VALID)
            *seen = decision.code;
    }
    cardea_reader_free(reader);
    return seen;
}

static void a_rebuild_is_never_seen_half_done(void **state)
{
    struct profile_set next = {0}, *sets[] = {&next, &rig.profiles};
    struct cardea_why why;
    enum cardea_code seen = CARDEA_VALID;
    void *ran;
    pthread_t thread;
    for (int from = 0; from < 2000; from += 500)
        assert_done(rig_run(add_many, &from));
    char *yaml = arena_cstr(&rig.arena, arena_printf(&rig.arena, "%srealm: another\n", rig_shop_yaml));
    rig_load_profiles(&next, yaml);
    atomic_store(&rebuilding, true);
    assert_int_equal(pthread_create(&thread, NULL, verify_all_along, &seen), 0);
    for (int i = 0; i < 20; i++)
        assert_true(publisher_rebuild(rig.svc.publisher, sets[i % 2], &why));
    atomic_store(&rebuilding, false);
    pthread_join(thread, &ran);
    assert_ptr_equal(ran, &seen);
    assert_int_equal(seen, CARDEA_VALID);
    profile_set_release(&next);
}

static void an_unloaded_profile_s_accounts_rest(void **state)
{
    struct profile_set next = {0}, old = rig.profiles;
    struct cardea_why why;
    struct buf errors;
    buf_init(&errors, 65536);
    assert_true(profile_set_builtin(&next, &errors));
    buf_release(&errors);
    assert_true(publisher_rebuild(rig.svc.publisher, &next, &why));
    atomic_store(&rig.svc.profiles, &next);
    assert_int_not_equal(rig_decide("first", "", ANY, 0), CARDEA_VALID);
    /* Changes to what rests disturb nobody. */
    rig_member(account, user, CARDEA_ROLE_OWNER);
    rig_key_update(&key);
    assert_true(publisher_healthy(rig.svc.publisher));
    assert_true(publisher_rebuild(rig.svc.publisher, &old, &why));
    atomic_store(&rig.svc.profiles, &rig.profiles);
    assert_int_equal(rig_decide("first", "orders:read", ANY, 0), CARDEA_VALID);
    profile_set_release(&next);
}

/* Rows that the snapshot cannot say as they are grant nothing by it. */
static void a_row_that_cannot_be_said_is_disabled(void **state)
{
    key.ip_allow = STR("10.0.0.0/8 nonsense");
    rig_key_update(&key);
    assert_int_equal(rig_decide("first", "", ANY, 0), CARDEA_DISABLED);
    key.ip_allow = STR("10.0.0.0/8");
    rig_key_update(&key);
    assert_int_equal(rig_decide("first", "", ANY, 0), CARDEA_IP_DENIED);
    key.ip_allow = STR("");
    key.rate = (struct cardea_rate){.limit = 5, .window_ms = 0};
    rig_key_update(&key);
    assert_int_equal(rig_decide("first", "", ANY, 0), CARDEA_DISABLED);
    key.state = CARDEA_KEY_REVOKED;
    rig_key_update(&key);
    assert_int_equal(rig_decide("first", "", ANY, 0), CARDEA_REVOKED);
    assert_true(publisher_healthy(rig.svc.publisher));
}

static void credits_survive_lost_activity_files(void **state)
{
    key.credits = 10;
    rig_key_update(&key);
    for (int i = 0; i < 4; i++)
        assert_int_equal(rig_decide("first", "", ANY, 1), CARDEA_VALID);
    assert_int_equal(rig_decision.credits_remaining, 6);
    rig_stop(); /* flushes */
    unlink(runtime_file("activity.0"));
    unlink(runtime_file("snapshot"));
    rig_start();
    for (int i = 0; i < 6; i++)
        assert_int_equal(rig_decide("first", "", ANY, 1), CARDEA_VALID);
    assert_int_equal(rig_decide("first", "", ANY, 1), CARDEA_CREDITS_EXHAUSTED);
    struct store_key row;
    rig_stop();
    rig_start();
    assert_int_equal(store_key_get(rig.db, &rig.arena, key.id, &row), STORE_OK);
    assert_int_equal(row.credits, 0);
    assert_int_equal(row.use_count, 10);
    assert_int_equal(rig_decide("first", "", ANY, 1), CARDEA_CREDITS_EXHAUSTED);
}

/* The snapshot stays, the activity files go; and the process dies before it has made a new snapshot. */
static void credits_survive_lost_activity_files_beside_a_snapshot(void **state)
{
    key.credits = 10;
    rig_key_update(&key);
    assert_int_equal(rig_decide("first", "", ANY, 4), CARDEA_VALID);
    rig_stop();
    unlink(runtime_file("activity.0"));
    rig_start();
    assert_int_equal(rig_decide("first", "", ANY, 1), CARDEA_VALID);
    assert_int_equal(rig_decision.credits_remaining, 5);
    rig_stop();
    unlink(runtime_file("activity.0"));
    struct cardea_why why;
    bool remade = false;
    uint64_t generation;
    for (int crash = 0; crash < 2; crash++) {
        struct store_options options = {
            .url = arena_cstr(&rig.arena, arena_printf(&rig.arena, "sqlite:%s/store.db", rig.dir))};
        assert_int_equal(store_open(&rig.svc.store, &options, &why), STORE_OK);
        assert_int_equal(store_reader_open(rig.svc.store, &rig.db, &why), STORE_OK);
        assert_int_equal(cardea_activity_open(&rig.svc.activity, rig.runtime, 0660), CARDEA_OK);
        assert_true(service_usage_prepare(&rig.svc, rig.db, &remade, &why));
        assert_true(remade);
        store_reader_free(rig.db);
        store_free(rig.svc.store);
        cardea_activity_free(rig.svc.activity);
    }
    rig_start();
    assert_int_equal(rig_decide("first", "", ANY, 0), CARDEA_VALID);
    assert_int_equal(rig_decision.credits_remaining, 5);
    generation = stats().generation;
    rig_stop();
    rig_start();
    assert_int_equal(stats().generation, generation);
}

/* A snapshot that has seen commits which the store, put back from a copy, has not. */
static void a_restored_store_is_followed(void **state)
{
    char *command = arena_cstr(&rig.arena, arena_printf(&rig.arena, "cp -r %s/store.db* %s/copy/", rig.dir, rig.dir));
    char *back = arena_cstr(&rig.arena,
                            arena_printf(&rig.arena, "rm %s/store.db*; cp %s/copy/* %s/", rig.dir, rig.dir, rig.dir));
    mkdir(arena_cstr(&rig.arena, arena_printf(&rig.arena, "%s/copy", rig.dir)), 0700);
    rig_stop();
    assert_int_equal(system(command), 0);
    rig_start();
    rig_key(account, 0, "plain", "phantom", "orders:read");
    assert_int_equal(rig_decide("phantom", "", ANY, 0), CARDEA_VALID);
    rig_stop();
    assert_int_equal(system(back), 0);
    rig_start();
    assert_int_equal(rig_decide("phantom", "", ANY, 0), CARDEA_NOT_FOUND);
    assert_int_equal(rig_decide("first", "orders:read", ANY, 0), CARDEA_VALID);
}

static void a_second_writer_is_refused(void **state)
{
    struct publisher *second = NULL;
    struct cardea_why why = {{0}};
    assert_false(publisher_open(&second, &rig.svc, rig.db, &why));
    assert_null(second);
    assert_string_not_equal(why.text, "");
}

#define test(function) cmocka_unit_test_setup_teardown(function, setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(a_commit_is_in_force_when_it_returns),
        test(what_a_kind_grants_is_there_unasked),
        test(an_account_stops_and_goes_with_its_keys),
        test(a_role_is_what_it_is_now),
        test(one_store_replaces_the_previous_key),
        test(a_stranger_s_key_has_no_role),
        test(a_restart_adopts_the_file),
        test(a_restart_catches_up),
        test(a_gap_is_filled_by_the_next_commit),
        test(a_missing_or_foreign_file_is_made_anew),
        test(many_keys_grow_the_file_and_are_rebuilt),
        test(a_full_snapshot_is_said_and_mended),
        test(a_clock_that_goes_back_is_told_once),
        test(other_profiles_publish_other_meanings),
        test(a_rebuild_is_never_seen_half_done),
        test(an_unloaded_profile_s_accounts_rest),
        test(a_row_that_cannot_be_said_is_disabled),
        test(credits_survive_lost_activity_files),
        test(credits_survive_lost_activity_files_beside_a_snapshot),
        test(a_restored_store_is_followed),
        test(a_second_writer_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
