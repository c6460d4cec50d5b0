/* Counts by the hour: each use and refusal once, by its reason; and what of it looks odd. */
#include "service_rig.h"

#include <unistd.h>

#include "service/usage_hours.h"
#include "service/usage_report.h"

#define HOUR INT64_C(3600)
#define DAY  INT64_C(86400)

static int64_t account;
static struct store_key key;

static int setup(void **state)
{
    rig_setup(state);
    account = rig_account("shop", "acme");
    key = rig_key(account, 0, "plain", "first", "orders:read");
    return 0;
}

static void use(const char *name, int times)
{
    for (int i = 0; i < times; i++)
        assert_int_equal(rig_decide(name, "orders:read", CARDEA_ROLE_NONE, 1), CARDEA_VALID);
}

static void deny(const char *name, int times)
{
    for (int i = 0; i < times; i++)
        assert_int_equal(rig_decide(name, "stock:read", CARDEA_ROLE_NONE, 1), CARDEA_INSUFFICIENT_SCOPE);
}

static struct usage_report report;

static enum service_err ask(const char *by, const char *from, const char *to)
{
    struct usage_query in = {.by = str_of(by), .from = str_of(from), .to = str_of(to)};
    return service_usage_report(rig_call(), &in, &report);
}

static void assert_row(size_t i, int64_t hour, int64_t granted, int64_t refused)
{
    assert_true(i < report.count);
    assert_int_equal(report.rows[i].hour, hour);
    assert_int_equal(report.rows[i].granted, granted);
    assert_int_equal(report.rows[i].refused, refused);
}

static size_t told(const char *type)
{
    struct store_event events[10];
    struct store_event_filter f = {.account_id = account, .key_id = key.id, .type = str_of(type), .limit = 10};
    size_t count;
    int64_t next;
    assert_int_equal(store_event_list(rig.db, &rig.arena, &f, events, &count, &next), STORE_OK);
    return count;
}

static void hours_hold_what_was_counted_in_them(void **state)
{
    int64_t first = rig.now / HOUR;
    use("first", 3);
    deny("first", 2);
    rig_flush();
    use("first", 1);
    rig_flush();
    rig.now += HOUR;
    use("first", 5);
    rig_flush();
    rig.now += 2 * HOUR;
    deny("first", 1);
    rig_flush();
    assert_done(ask("hour", "", ""));
    assert_int_equal(report.count, 3);
    assert_row(0, first, 4, 2);
    assert_row(1, first + 1, 5, 0);
    assert_row(2, first + 3, 0, 1);
    assert_done(ask("day", "", ""));
    assert_int_equal(report.count, 1);
    assert_row(0, first / 24 * 24, 9, 3);
    assert_done(ask("hour", "2027-01-15T09:00:00Z", "2027-01-15T10:00:00Z"));
    assert_int_equal(report.count, 1);
    assert_row(0, first + 1, 5, 0);
}

static void reasons_are_told_apart(void **state)
{
    deny("first", 4);
    key.state = CARDEA_KEY_DISABLED;
    rig_key_update(&key);
    for (int i = 0; i < 3; i++)
        assert_int_equal(rig_decide("first", "orders:read", CARDEA_ROLE_NONE, 1), CARDEA_DISABLED);
    rig_flush();
    key.state = CARDEA_KEY_ACTIVE;
    rig_key_update(&key);
    use("first", 2);
    deny("first", 1);
    rig_flush();
    assert_done(ask("outcome,key", "", ""));
    assert_int_equal(report.count, 3);
    assert_string_equal(usage_outcome_name(report.rows[0].outcome), "granted");
    assert_row(0, 0, 2, 0);
    assert_string_equal(usage_outcome_name(report.rows[1].outcome), "DISABLED");
    assert_row(1, 0, 0, 3);
    assert_string_equal(usage_outcome_name(report.rows[2].outcome), "INSUFFICIENT_SCOPE");
    assert_row(2, 0, 0, 5);
    assert_int_equal(report.rows[0].key_id, key.id);
    assert_string_equal(usage_outcome_name(1), "other");
}

static void a_restart_counts_nothing_twice_and_loses_nothing(void **state)
{
    use("first", 2);
    deny("first", 2);
    rig_flush();
    deny("first", 3);
    rig_stop();
    rig_start();
    rig_flush();
    deny("first", 1);
    rig_flush();
    assert_done(ask("outcome", "", ""));
    assert_row(0, 0, 2, 0);
    assert_row(1, 0, 0, 6);
}

/* A reboot empties the runtime folder: counters begin again at zero. */
static void new_files_count_on(void **state)
{
    char path[128];
    deny("first", 5);
    rig_flush();
    rig_stop();
    snprintf(path, sizeof(path), "%s/activity.0", rig.runtime);
    assert_int_equal(unlink(path), 0);
    rig_start();
    deny("first", 2);
    rig_flush();
    deny("first", 9);
    rig_flush();
    assert_done(ask("outcome", "", ""));
    assert_int_equal(report.count, 1);
    assert_row(0, 0, 0, 16);
}

static void uses_while_nobody_flushed_are_of_their_hour(void **state)
{
    int64_t hour = rig.now / HOUR;
    use("first", 2);
    rig.now += 5 * HOUR;
    rig_flush();
    assert_done(ask("hour", "", ""));
    assert_int_equal(report.count, 1);
    assert_row(0, hour, 2, 0);
}

static void months_are_the_calendars(void **state)
{
    use("first", 1);
    rig_flush();
    rig.now += 20 * DAY; /* 2027-02-04 */
    use("first", 2);
    rig_flush();
    assert_done(ask("month,key", "2027-01", "2027-03"));
    assert_int_equal(report.count, 2);
    assert_row(0, 1798761600 / HOUR, 1, 0); /* 2027-01-01 */
    assert_row(1, 1801440000 / HOUR, 2, 0); /* 2027-02-01 */
    assert_done(ask("month", "2027-02", "2027-03"));
    assert_int_equal(report.count, 1);
}

static void questions_that_make_no_sense_are_refused(void **state)
{
    assert_refused(ask("minute", "", ""), SERVICE_INVALID, "invalid_request");
    assert_refused(ask("hour,day", "", ""), SERVICE_INVALID, "invalid_request");
    assert_refused(ask("", "yesterday", ""), SERVICE_INVALID, "invalid_request");
    assert_refused(ask("", "2027-02", "2027-01"), SERVICE_INVALID, "invalid_request");
    assert_refused(ask("", "2027-13", ""), SERVICE_INVALID, "invalid_request");
    struct usage_query in = {.key = STR("key_nothing")};
    assert_int_equal(service_usage_report(rig_call(), &in, &report), SERVICE_INVALID);
    assert_done(ask("", "", ""));
    assert_int_equal(report.filter.to - report.filter.from, 30 * 24);
}

static void an_account_sees_its_own(void **state)
{
    int64_t other = rig_account("shop", "other"), user = rig_user("ada@example.com", (struct cardea_str){0});
    struct store_key theirs = rig_key(other, 0, "plain", "theirs", "orders:read");
    use("first", 1);
    use("theirs", 4);
    rig_flush();
    assert_done(ask("account", "", ""));
    assert_int_equal(report.count, 2);
    rig_as_user(account, user, CARDEA_ROLE_VIEWER);
    assert_done(ask("account,key", "", ""));
    assert_int_equal(report.count, 1);
    assert_int_equal(report.rows[0].key_id, key.id);
    struct usage_query in = {.key = rig_id("key", theirs.id)};
    assert_refused(service_usage_report(rig_call(), &in, &report), SERVICE_NOTFOUND, "not_found");
    in = (struct usage_query){.account = STR("other")};
    assert_refused(service_usage_report(rig_call(), &in, &report), SERVICE_FORBIDDEN, "forbidden");
}

static void use_after_a_long_time_is_told(void **state)
{
    use("first", 1);
    rig_flush();
    rig.now += 89 * DAY;
    use("first", 1);
    rig_flush();
    assert_int_equal(told("key.used_after_idle"), 0);
    rig.now += 90 * DAY;
    use("first", 1);
    rig_flush();
    use("first", 1);
    rig_flush();
    assert_int_equal(told("key.used_after_idle"), 1);
}

static void a_spike_of_refusals_is_told_once_a_day(void **state)
{
    deny("first", USAGE_SPIKE_MIN - 1);
    rig_flush();
    assert_int_equal(told("key.denial_spike"), 0);
    deny("first", 1);
    rig_flush();
    deny("first", 100);
    rig_flush();
    assert_int_equal(told("key.denial_spike"), 1);
    /* Two days later 50 an hour are no spike any more where the day before had 30 of them. */
    for (int hour = 0; hour < 24; hour++) {
        rig.now += HOUR + (hour == 0 ? DAY : 0);
        deny("first", 30);
        rig_flush();
    }
    rig.now += HOUR;
    deny("first", 100);
    rig_flush();
    assert_int_equal(told("key.denial_spike"), 1);
    deny("first", 200);
    rig_flush();
    assert_int_equal(told("key.denial_spike"), 2);
}

static bool more;
static enum store_err prune(struct store_conn *c, void *arg)
{
    return service_usage_prune(&rig.svc, c, rig.now, &more);
}

static void old_hours_go(void **state)
{
    use("first", 1);
    rig_flush();
    rig.now += 10 * DAY;
    use("first", 1);
    rig_flush();
    assert_int_equal(store_run(rig.svc.store, prune, NULL), STORE_OK); /* 0: for ever */
    assert_done(ask("hour", "", ""));
    assert_int_equal(report.count, 2);
    rig.svc.usage_keep_sec = 9 * DAY;
    assert_int_equal(store_run(rig.svc.store, prune, NULL), STORE_OK);
    assert_false(more);
    assert_done(ask("hour", "", ""));
    assert_int_equal(report.count, 1);
    struct store_key row;
    assert_int_equal(store_key_get(rig.db, &rig.arena, key.id, &row), STORE_OK);
    assert_int_equal(row.use_count, 2); /* sums stay */
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, rig_teardown)
    const struct CMUnitTest tests[] = {
        TEST(hours_hold_what_was_counted_in_them),
        TEST(reasons_are_told_apart),
        TEST(a_restart_counts_nothing_twice_and_loses_nothing),
        TEST(new_files_count_on),
        TEST(uses_while_nobody_flushed_are_of_their_hour),
        TEST(months_are_the_calendars),
        TEST(questions_that_make_no_sense_are_refused),
        TEST(an_account_sees_its_own),
        TEST(use_after_a_long_time_is_told),
        TEST(a_spike_of_refusals_is_told_once_a_day),
        TEST(old_hours_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
