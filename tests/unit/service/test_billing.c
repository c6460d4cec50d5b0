/* What a month cost, and balances that are filled up again: each time once, whatever the clock and the daemon do. */
#include "service_rig.h"

#include <pthread.h>
#include <semaphore.h>

#include "service/billing.h"
#include "service/usage.h"

#define DAY INT64_C(86400)

static int64_t account;
static struct store_key key;
static struct billing_line line;

static int setup(void **state)
{
    rig_setup(state);
    account = rig_account("shop", "acme");
    key = rig_key(account, 0, "plain", "first", "orders:read");
    return 0;
}

static enum service_err change(struct service_call *c, void *arg)
{
    return service_billing_change(c, rig_id("key", key.id), arg, &line);
}

static enum service_err set(int64_t credits, bool monthly)
{
    struct billing_change in = {.has_refill = true, .refill_credits = credits, .monthly = monthly};
    return rig_run(change, &in);
}

static bool more;
static enum store_err refill(struct store_conn *c, void *arg)
{
    return service_billing_refill(&rig.svc, c, &more);
}

static void tick(void)
{
    assert_int_equal(store_run(rig.svc.store, refill, NULL), STORE_OK);
    assert_false(more);
}

/* Until it is refused. */
static int draw_all(const char *name)
{
    for (int n = 0;; n++) {
        enum cardea_code code = rig_decide(name, "orders:read", CARDEA_ROLE_NONE, 1);
        if (code != CARDEA_VALID) {
            assert_int_equal(code, CARDEA_CREDITS_EXHAUSTED);
            return n;
        }
    }
}

static size_t told(void)
{
    struct store_event events[10];
    struct store_event_filter f = {.account_id = account, .key_id = key.id, .type = STR("key.updated"), .limit = 10};
    size_t count;
    int64_t next;
    assert_int_equal(store_event_list(rig.db, &rig.arena, &f, events, &count, &next), STORE_OK);
    return count;
}

static void the_next_time_is_the_calendars(void **state)
{
    assert_int_equal(billing_next_refill(0, false), DAY);
    assert_int_equal(billing_next_refill(DAY - 1, false), DAY);
    assert_int_equal(billing_next_refill(DAY, false), 2 * DAY);
    assert_int_equal(billing_next_refill(1800000000, true), 1801440000); /* 2027-01-15: 2027-02-01 */
    assert_int_equal(billing_next_refill(1801440000, true), 1803859200); /* 2027-02-01: 2027-03-01 */
    assert_int_equal(billing_next_refill(1798761599, true), 1798761600); /* 2026-12-31T23:59:59Z: 2027-01-01 */
}

static void a_balance_is_filled_up_each_day(void **state)
{
    assert_done(set(3, false));
    assert_int_equal(line.key.credits, 3);
    assert_int_equal(line.refill.next_at, 1800057600); /* 2027-01-16 */
    assert_int_equal(draw_all("first"), 3);
    rig.now = 1800057599;
    tick();
    assert_int_equal(draw_all("first"), 0);
    rig.now = 1800057600;
    tick();
    assert_int_equal(draw_all("first"), 3);
    tick();
    assert_int_equal(told(), 2); /* that it was set, and filled up once */
    rig.now -= 5;                /* set back */
    tick();
    assert_int_equal(draw_all("first"), 0);
    rig.now += 10 * DAY; /* the daemon was away: one day's, not ten */
    rig_flush();
    rig_stop();
    rig_start();
    tick();
    tick();
    assert_int_equal(draw_all("first"), 3);
    rig_flush();
}

static void what_is_left_does_not_pile_up(void **state)
{
    assert_done(set(5, true));
    for (int month = 0; month < 3; month++) {
        assert_int_equal(rig_decide("first", "orders:read", CARDEA_ROLE_NONE, 1), CARDEA_VALID);
        rig.now += 31 * DAY;
        tick();
    }
    assert_int_equal(draw_all("first"), 5);
}

static void a_refill_ends_when_it_is_told_to_and_with_its_key(void **state)
{
    struct store_refill r;
    assert_done(set(2, false));
    assert_int_equal(draw_all("first"), 2);
    assert_done(set(0, false));
    assert_int_equal(line.refill.credits, 0);
    rig.now += 2 * DAY;
    tick();
    assert_int_equal(draw_all("first"), 0);
    assert_done(set(2, false));
    assert_int_equal(store_key_get(rig.db, &rig.arena, key.id, &key), STORE_OK);
    key.state = CARDEA_KEY_REVOKED;
    rig_key_update(&key);
    rig.now += 2 * DAY;
    tick();
    assert_int_equal(store_refill_get(rig.db, key.id, &r), STORE_NOTFOUND);
}

/* A successor draws on the balance of the key that it was rotated from, whose refill goes on. */
static void a_successors_balance_is_filled_up_too(void **state)
{
    struct store_key next = rig_key(account, 0, "plain", "second", "orders:read");
    struct store_refill r;
    assert_done(set(4, false));
    assert_int_equal(store_key_get(rig.db, &rig.arena, key.id, &key), STORE_OK);
    next.credits_of = key.id;
    next.rotated_from = key.id;
    rig_key_update(&next);
    key.state = CARDEA_KEY_REVOKED;
    key.rotated_to = next.id;
    rig_key_update(&key);
    assert_int_equal(draw_all("second"), 4);
    rig.now += DAY;
    tick();
    assert_int_equal(draw_all("second"), 4);
    next.state = CARDEA_KEY_REVOKED;
    rig_key_update(&next);
    rig.now += DAY;
    tick();
    assert_int_equal(store_refill_get(rig.db, key.id, &r), STORE_NOTFOUND);
}

static int64_t drawn_this_month(void)
{
    struct billing_statement s;
    rig_flush();
    assert_done(service_billing_statement(rig_call(), STR("acme"), STR(""), &s));
    return s.credits;
}

/* A new balance begins where the counts stand, which were not all carried into the store. */
static void what_was_drawn_before_a_refill_is_billed(void **state)
{
    assert_done(set(3, false));
    assert_int_equal(draw_all("first"), 3);
    rig.now += DAY;
    tick();
    assert_int_equal(draw_all("first"), 3);
    assert_done(set(2, false));
    assert_int_equal(draw_all("first"), 2);
    assert_int_equal(drawn_this_month(), 8);
    assert_int_equal(line.key.credits, 2);
}

/* ---- counts that were read before the balance was set, and are written after ---- */

static sem_t begun, may_go_on;

static enum service_err change_in_between(struct service_call *c, void *arg)
{
    sem_post(&begun);
    sem_wait(&may_go_on);
    return change(c, arg);
}

static void *change_slowly(void *arg)
{
    return rig_run(change_in_between, arg) == SERVICE_OK ? arg : NULL;
}

static void draw(int times)
{
    for (int i = 0; i < times; i++)
        assert_int_equal(rig_decide("first", "orders:read", CARDEA_ROLE_NONE, 1), CARDEA_VALID);
}

static void counts_that_a_change_overtakes_are_not_counted_again(void **state)
{
    struct billing_change to_hundred = {.has_credits = true, .credits = 100};
    pthread_t thread;
    void *changed;
    assert_done(set(50, false));
    draw(7);
    assert_int_equal(drawn_this_month(), 7);
    sem_init(&begun, 0, 0);
    sem_init(&may_go_on, 0, 0);
    assert_int_equal(pthread_create(&thread, NULL, change_slowly, &to_hundred), 0);
    sem_wait(&begun);
    draw(2);
    service_usage_flush(&rig.svc); /* it waits behind the change */
    draw(3);
    sem_post(&may_go_on);
    pthread_join(thread, &changed);
    assert_ptr_equal(changed, &to_hundred);
    assert_int_equal(drawn_this_month(), 12);
    assert_int_equal(store_key_get(rig.db, &rig.arena, key.id, &key), STORE_OK);
    assert_int_equal(key.use_count, 12);
    assert_int_equal(key.credits, 100);
}

static void a_statement_is_of_one_month(void **state)
{
    struct billing_statement s;
    assert_done(set(10, true));
    for (int i = 0; i < 3; i++)
        rig_decide("first", "orders:read", CARDEA_ROLE_NONE, 1);
    rig_decide("first", "stock:read", CARDEA_ROLE_NONE, 1);
    rig_flush();
    rig.now += 20 * DAY; /* 2027-02-04 */
    rig_decide("first", "orders:read", CARDEA_ROLE_NONE, 1);
    rig_flush();
    assert_done(service_billing_statement(rig_call(), STR("acme"), STR("2027-01"), &s));
    assert_string_equal(s.month, "2027-01");
    assert_true(s.from == 1798761600 && s.to == 1801440000);
    assert_true(s.count == 1 && s.granted == 3 && s.refused == 1 && s.credits == 3);
    assert_int_equal(s.lines[0].key.id, key.id);
    assert_int_equal(s.lines[0].key.credits, 6);
    assert_int_equal(s.lines[0].refill.credits, 10);
    assert_done(service_billing_statement(rig_call(), STR("acme"), STR(""), &s));
    assert_string_equal(s.month, "2027-02");
    assert_int_equal(s.granted, 1);
    assert_done(service_billing_statement(rig_call(), STR("acme"), STR("2020-12"), &s));
    assert_int_equal(s.count, 0);
    assert_refused(service_billing_statement(rig_call(), STR("acme"), STR("2027-13"), &s), SERVICE_INVALID,
                   "invalid_request");
    assert_refused(service_billing_statement(rig_call(), STR("acme"), STR("2027"), &s), SERVICE_INVALID,
                   "invalid_request");
    int64_t user = rig_user("ada@example.com", (struct cardea_str){0});
    rig_as_user(account, user, CARDEA_ROLE_MEMBER);
    assert_refused(service_billing_statement(rig_call(), STR(""), STR(""), &s), SERVICE_FORBIDDEN, "forbidden");
    rig_as_user(account, user, CARDEA_ROLE_ADMIN);
    assert_done(service_billing_statement(rig_call(), STR(""), STR(""), &s));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, rig_teardown)
    const struct CMUnitTest tests[] = {
        TEST(the_next_time_is_the_calendars),
        TEST(a_balance_is_filled_up_each_day),
        TEST(what_is_left_does_not_pile_up),
        TEST(a_refill_ends_when_it_is_told_to_and_with_its_key),
        TEST(a_successors_balance_is_filled_up_too),
        TEST(a_statement_is_of_one_month),
        TEST(what_was_drawn_before_a_refill_is_billed),
        TEST(counts_that_a_change_overtakes_are_not_counted_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
