/* One key takes another's place, seen from a verifier that looks all the time. */
#include "service_rig.h"

#include <pthread.h>
#include <stdatomic.h>

#define HEIRS 400

static int64_t account, user;

static int setup(void **state)
{
    rig_setup(state);
    account = rig_account("shop", "acme");
    user = rig_user("ada@example.com", (struct cardea_str){0});
    rig_member(account, user, CARDEA_ROLE_MEMBER);
    return 0;
}

static enum service_err make_current(struct service_call *c, int64_t key_id)
{
    struct store_account row;
    if (store_account_get(c->db, c->arena, account, &row) != STORE_OK)
        return service_fail(c, SERVICE_CONFLICT, "conflict", "no");
    row.current_key = key_id;
    return store_account_update(c->db, &row) == STORE_OK ? SERVICE_OK
                                                         : service_fail(c, SERVICE_CONFLICT, "conflict", "no");
}

static atomic_int heirs_begun; /* 0: the watcher ends */
static struct store_key heir;

static struct cardea_str heir_secret(char text[32], int i)
{
    return (struct cardea_str){text, (size_t)snprintf(text, 32, "heir-%d-secret", i)};
}

/* The new key, the account's switch to it, the end of the one before: one commit, as the keys' use case makes it. */
static enum service_err put_heir(struct service_call *c, void *arg)
{
    char text[32];
    struct store_key previous = heir;
    heir = (struct store_key){.id = service_new_id(c),
                              .account_id = account,
                              .user_id = user,
                              .kind = STR("single"),
                              .name = STR("heir"),
                              .state = CARDEA_KEY_ACTIVE,
                              .credits = -1};
    cardea_digest(heir_secret(text, *(int *)arg), &heir.digest);
    if (store_key_insert(c->db, &heir) != STORE_OK || make_current(c, heir.id) != SERVICE_OK)
        return service_fail(c, SERVICE_CONFLICT, "conflict", "no");
    previous.state = CARDEA_KEY_REVOKED;
    if (previous.id && store_key_update(c->db, &previous) != STORE_OK)
        return service_fail(c, SERVICE_CONFLICT, "conflict", "no");
    return SERVICE_OK;
}

/* Follows the chain: where one key has ended, its heir must be valid already, unless that has ended too. Whoever gets
 * past the newest that can be there has seen a moment without any. */
static void *watch_heirs(void *arg)
{
    struct cardea_reader *reader;
    struct cardea_why why;
    char path[128], text[32];
    snprintf(path, sizeof(path), "%s/snapshot", rig.runtime);
    struct cardea_reader_options options = {.path = path};
    struct cardea_check check = {.profile = CARDEA_ANY_PROFILE, .legacy = true, .now = {.unix_sec = rig.now}};
    if (cardea_reader_open(&reader, &options, &why) != CARDEA_OK)
        return NULL;
    for (int at = 1, begun; (begun = atomic_load(&heirs_begun)) != 0;) {
        struct cardea_decision now;
        check.key = heir_secret(text, at);
        check.now.boot_ns = cardea_time_now().boot_ns;
        cardea_verify(reader, &check, &now);
        if (now.code == CARDEA_VALID)
            continue;
        begun = atomic_load(&heirs_begun);
        if (at >= begun && begun != 0) {
            *(int *)arg = at;
            break;
        }
        at++;
    }
    cardea_reader_free(reader);
    return arg;
}

static void one_store_replaces_without_a_gap(void **state)
{
    int i = 1, gap = 0;
    void *seen;
    pthread_t thread;
    heir = (struct store_key){0};
    assert_done(rig_run(put_heir, &i));
    atomic_store(&heirs_begun, i);
    assert_int_equal(pthread_create(&thread, NULL, watch_heirs, &gap), 0);
    for (i = 2; i <= HEIRS; i++) {
        atomic_store(&heirs_begun, i);
        assert_done(rig_run(put_heir, &i));
    }
    atomic_store(&heirs_begun, 0);
    pthread_join(thread, &seen);
    assert_non_null(seen);
    assert_int_equal(gap, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_store_replaces_without_a_gap, setup, rig_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
