/* Keys whose end comes near are told of once, whatever the clock, the daemon and the profile do meanwhile. */
#include "service_rig.h"

#include <stdatomic.h>

#include "base/timefmt.h"
#include "service/keys_internal.h"
#include "service/reminders.h"

#define DAY INT64_C(86400)

static const char quarterly[] = "name: shop\n"
                                "title: Shop\n"
                                "kinds:\n"
                                "  plain:\n"
                                "    flags: legacy\n"
                                "  new:\n"
                                "    format: \"shp_{secret:32}{check:6}\"\n"
                                "    rotate_every: 90d\n"
                                "    max_active: 3\n"
                                "default_kind: new\n"
                                "legacy_header: x-old-key\n";

static struct profile_set other;
static int64_t account;

static int setup(void **state)
{
    rig_setup(state);
    other = (struct profile_set){0};
    rig_load_profiles(&other, quarterly);
    atomic_store(&rig.svc.profiles, &other);
    service_reminders_open(&rig.svc);
    account = rig_account("shop", "acme");
    return 0;
}

static int teardown(void **state)
{
    int failed = rig_teardown(state);
    service_reminders_close(&rig.svc);
    profile_set_release(&other);
    return failed;
}

static void restart(void)
{
    rig_stop();
    service_reminders_close(&rig.svc);
    rig.now++; /* ids go up with it */
    rig_start();
    atomic_store(&rig.svc.profiles, &other);
    service_reminders_open(&rig.svc);
}

static enum store_err nothing(struct store_conn *c, void *arg)
{
    return STORE_OK;
}

/* As the timer does, and until it is done: slices queue one behind the other. */
static void tick(void)
{
    service_reminders_tick(&rig.svc);
    for (int i = 0; i < 8; i++)
        store_run(rig.svc.store, nothing, NULL);
}

static struct key_view view;
static struct cardea_secret secret;

static enum service_err create(struct service_call *c, void *arg)
{
    return service_key_create(c, arg, &view, &secret);
}

static enum service_err try_make(int64_t expires_at)
{
    char at[TIMEFMT_LEN];
    timefmt_rfc3339(at, expires_at);
    struct key_create in = {.account = rig_id("acc", account), .input = {.given = KEY_NAME, .name = STR("one")}};
    if (expires_at) {
        in.input.given |= KEY_EXPIRES;
        in.input.expires_at = arena_str(&rig.arena, str_of(at));
    }
    return rig_run(create, &in);
}

static int64_t make(int64_t expires_at)
{
    assert_done(try_make(expires_at));
    return view.row.id;
}

static struct store_event events[300];

static size_t told(const char *type, int64_t key_id)
{
    struct store_event_filter f = {.account_id = account, .key_id = key_id, .type = str_of(type), .limit = 300};
    size_t count;
    int64_t next;
    assert_int_equal(store_event_list(rig.db, &rig.arena, &f, events, &count, &next), STORE_OK);
    return count;
}

static bool says(size_t event, const char *text)
{
    return memmem(events[event].payload.ptr, events[event].payload.len, text, strlen(text)) != NULL;
}

static void each_step_is_an_event(void **state)
{
    int64_t key = make(rig.now + 30 * DAY), start = rig.now;
    tick();
    assert_int_equal(told("key.expiring", 0) + told("key.expired", 0) + told("key.rotation_due", 0), 0);
    rig.now = start + 16 * DAY;
    tick();
    tick();
    assert_int_equal(told("key.expiring", key), 1);
    assert_true(says(0, "\"days_left\":14") && says(0, "\"actor\":\"system\"") && says(0, "\"prefix\":\"shp_"));
    rig.now = start + 27 * DAY;
    tick();
    restart();
    tick();
    assert_int_equal(told("key.expiring", key), 2);
    assert_true(says(0, "\"days_left\":3"));
    rig.now = start + 30 * DAY - 1;
    tick();
    assert_int_equal(told("key.expiring", key), 3);
    assert_int_equal(told("key.expired", key), 0);
    rig.now = start + 30 * DAY;
    tick();
    rig.now = start + 20 * DAY; /* set back */
    tick();
    rig.now = start + 400 * DAY;
    tick();
    assert_int_equal(told("key.expiring", key), 3);
    assert_int_equal(told("key.expired", key), 1);
    assert_int_equal(told("key.rotation_due", key), 0);
    assert_int_equal(rig.svc.counters.events[event_type_find(STR("key.expired"))], 1);
}

static void a_rotation_is_due_until_it_is_done(void **state)
{
    int64_t key = make(0), start = rig.now;
    tick();
    rig.now = start + 76 * DAY;
    tick();
    assert_int_equal(told("key.rotation_due", key), 1);
    assert_true(says(0, "\"rotation_due_at\":\"2027-04-15T08:00:00Z\",\"days_left\":14"));
    struct service_call *c = rig_call();
    assert_done(service_key_get(c, key, &view));
    assert_int_equal(view.reminder, KEY_REMINDER_ROTATION);
    rig.now = start + 90 * DAY;
    tick();
    assert_int_equal(told("key.rotation_due", key), 2);
    assert_true(says(0, "\"days_left\":0"));
    rig.now = start + 1000 * DAY;
    tick();
    assert_int_equal(told("key.rotation_due", key), 2);
}

static enum service_err rotate(struct service_call *c, void *arg)
{
    return service_key_rotate(c, *(const int64_t *)arg, 5 * DAY, &view, &secret);
}

static void a_rotated_key_is_told_to_end_and_not_to_be_rotated(void **state)
{
    int64_t key = make(0), start = rig.now;
    rig.now = start + 70 * DAY;
    assert_done(rig_run(rotate, &key));
    rig.now = start + 74 * DAY;
    tick();
    assert_int_equal(told("key.rotation_due", key), 0);
    assert_int_equal(told("key.expiring", key), 1);
    assert_true(says(0, "\"days_left\":1") && says(0, "\"rotated_to\":\"key_"));
    rig.now = start + 100 * DAY;
    tick();
    assert_int_equal(told("key.expired", key), 1);
    rig.now = start + 160 * DAY;
    tick();
    assert_int_equal(told("key.rotation_due", 0), 1); /* the successor's */
}

static enum service_err revoke(struct service_call *c, void *arg)
{
    return service_key_revoke(c, *(const int64_t *)arg, STR(""), &view);
}

static bool enable_to;
static enum service_err enable(struct service_call *c, void *arg)
{
    struct key_input in = {.given = KEY_ENABLED, .enabled = enable_to};
    return service_key_update(c, *(const int64_t *)arg, &in, &view);
}

static void what_does_not_work_is_not_told_of(void **state)
{
    int64_t revoked = make(rig.now + 30 * DAY), disabled = make(rig.now + 30 * DAY), start = rig.now;
    assert_done(rig_run(revoke, &revoked));
    assert_done(rig_run(enable, &disabled));
    rig.now = start + 27 * DAY;
    tick();
    assert_int_equal(told("key.expiring", 0), 0);
    enable_to = true;
    assert_done(rig_run(enable, &disabled));
    tick();
    assert_int_equal(told("key.expiring", disabled), 1);
    assert_true(says(0, "\"days_left\":3"));
    struct store_reminder r;
    assert_int_equal(store_reminder_get(rig.db, revoked, &r), STORE_NOTFOUND);
}

/* Rows of a store from before there were reminders: nothing was planned for them. */
static void older_keys_are_found_once(void **state)
{
    struct store_key gone = rig_key(account, 0, "new", "gone", ""), soon = rig_key(account, 0, "new", "soon", "");
    gone.expires_at = rig.now + DAY;
    soon.expires_at = rig.now + 20 * DAY;
    rig_key_update(&gone);
    rig_key_update(&soon);
    rig.now += 18 * DAY;
    tick();
    tick();
    assert_int_equal(told("key.expiring", soon.id), 1);
    assert_true(says(0, "\"days_left\":3"));
    assert_int_equal(told("key.expired", 0), 0); /* over long before anybody could tell */
    restart();
    tick();
    assert_int_equal(told("key.expiring", 0), 1);
}

static void another_policy_counts_for_all_keys(void **state)
{
    int64_t key = make(0), start = rig.now;
    tick();
    rig.now = start + 40 * DAY;
    tick();
    assert_int_equal(told("key.rotation_due", 0), 0);
    char monthly[sizeof(quarterly)];
    memcpy(monthly, quarterly, sizeof(quarterly));
    memcpy(strstr(monthly, "90d"), "30d", 3);
    static struct profile_set later;
    later = (struct profile_set){0};
    rig_load_profiles(&later, monthly);
    atomic_store(&rig.svc.profiles, &later);
    tick();
    tick();
    assert_int_equal(told("key.rotation_due", key), 1);
    assert_true(says(0, "\"days_left\":0"));
    atomic_store(&rig.svc.profiles, &other);
    profile_set_release(&later);
    tick();
    rig.now = start + 76 * DAY;
    tick();
    assert_int_equal(told("key.rotation_due", key), 2);
}

/* More than one slice, in one tick: none twice, none left out. */
static void many_at_once(void **state)
{
    for (int i = 0; i < 250; i++) {
        char name[16];
        snprintf(name, sizeof(name), "key-%d", i);
        struct store_key row = rig_key(account, 0, "plain", name, "");
        row.expires_at = rig.now + 15 * DAY;
        rig_key_update(&row);
    }
    tick();
    rig.now += DAY;
    tick();
    assert_int_equal(told("key.expiring", 0), 250);
    tick();
    assert_int_equal(told("key.expiring", 0), 250);
}

static void a_refusal_by_the_limit_is_told_once_an_hour(void **state)
{
    for (int i = 0; i < 3; i++)
        make(0);
    for (int i = 0; i < 3; i++)
        assert_refused(try_make(0), SERVICE_LIMIT, "key_limit_reached");
    assert_int_equal(told("key.limit_reached", 0), 1);
    assert_true(says(0, "\"data\":{\"kind\":\"new\",\"limit\":\"keys\",\"max_active\":3}") &&
                says(0, "\"actor\":\"root\""));
    assert_int_equal(told("key.created", 0), 3);
    rig.now += LIMIT_TOLD_SEC - 1;
    assert_refused(try_make(0), SERVICE_LIMIT, "key_limit_reached");
    assert_int_equal(told("key.limit_reached", 0), 1);
    rig.now++;
    restart();
    assert_refused(try_make(0), SERVICE_LIMIT, "key_limit_reached");
    assert_int_equal(told("key.limit_reached", 0), 2);
}

static enum store_err prune(struct store_conn *c, void *arg)
{
    return service_told_prune(c, rig.now);
}

static void what_was_told_is_forgotten_after_a_week(void **state)
{
    int64_t at;
    for (int i = 0; i < 4; i++)
        try_make(0);
    assert_int_equal(store_told_get(rig.db, account, STR("key.limit_reached new"), &at), STORE_OK);
    assert_int_equal(at, rig.now);
    rig.now += TOLD_KEPT_SEC;
    store_run(rig.svc.store, prune, NULL);
    assert_int_equal(store_told_get(rig.db, account, STR("key.limit_reached new"), &at), STORE_OK);
    rig.now++;
    store_run(rig.svc.store, prune, NULL);
    assert_int_equal(store_told_get(rig.db, account, STR("key.limit_reached new"), &at), STORE_NOTFOUND);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(each_step_is_an_event),
        TEST(a_rotation_is_due_until_it_is_done),
        TEST(a_rotated_key_is_told_to_end_and_not_to_be_rotated),
        TEST(what_does_not_work_is_not_told_of),
        TEST(older_keys_are_found_once),
        TEST(another_policy_counts_for_all_keys),
        TEST(many_at_once),
        TEST(a_refusal_by_the_limit_is_told_once_an_hour),
        TEST(what_was_told_is_forgotten_after_a_week),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
