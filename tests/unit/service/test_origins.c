/* Networks of keys: the first is no news, others are told once, and forgotten when they are long unused. */
#include "service_rig.h"

#include "core/notices_map.h"
#include "service/networks.h"
#include "service/notices.h"
#include "service/origins.h"
#include "store/origins.h"

#define DAY INT64_C(86400)

static int64_t account;
static struct store_key key;
static struct notices_map ring; /* as a verifier has it */

static void open_ring(void)
{
    struct cardea_why why = {""};
    if (!service_notices_open(&rig.svc, rig.db, 0660, &why))
        fail_msg("%s", why.text);
}

static int setup(void **state)
{
    rig_setup(state);
    open_ring();
    account = rig_account("shop", "acme");
    key = rig_key(account, 0, "plain", "first", "orders:read");
    return 0;
}

static int teardown(void **state)
{
    notices_map_release(&ring);
    int failed = rig_teardown(state);
    service_notices_close(&rig.svc);
    return failed;
}

static void restart(void)
{
    notices_map_release(&ring);
    rig_stop();
    service_notices_close(&rig.svc);
    rig.now++; /* ids go up with it */
    rig_start();
    open_ring();
}

static enum store_err nothing(struct store_conn *c, void *arg)
{
    return STORE_OK;
}

static void take(void)
{
    service_notices_take(&rig.svc);
    store_run(rig.svc.store, nothing, NULL);
}

static void tell_of(int64_t key_id, const char *address)
{
    struct cardea_notice n = {.unix_sec = rig.now, .key_id = (uint64_t)key_id, .code = CARDEA_VALID, .has_ip = true};
    assert_true(network_parse_address(str_of(address), n.ip));
    assert_true(notices_append(&ring, rig.runtime, &n, cardea_time_now().boot_ns));
}

/* An hour later, so that no event is held back. */
static void seen(const char *address)
{
    rig.now += 3600;
    tell_of(key.id, address);
    take();
}

static struct store_event events[200];

static size_t told(void)
{
    struct store_event_filter f = {.account_id = account, .type = STR("key.new_network"), .limit = 200};
    size_t count;
    int64_t next;
    assert_int_equal(store_event_list(rig.db, &rig.arena, &f, events, &count, &next), STORE_OK);
    return count;
}

static bool has(struct cardea_str payload, const char *text)
{
    return memmem(payload.ptr, payload.len, text, strlen(text)) != NULL;
}

static int64_t known(int64_t key_id)
{
    int64_t count;
    assert_int_equal(store_origin_count(rig.db, key_id, &count), STORE_OK);
    return count;
}

static void the_first_is_no_news(void **state)
{
    seen("203.0.113.7");
    seen("203.0.113.200");
    assert_int_equal(told(), 0);
    seen("198.51.100.1");
    assert_int_equal(told(), 1);
    assert_true(has(events[0].payload, "\"address\":\"198.51.100.0/24\""));
    assert_true(has(events[0].payload, "\"known_networks\":1"));
    assert_int_equal(events[0].key_id, key.id);
    seen("2001:db8:7:1::9");
    assert_int_equal(told(), 2);
    assert_true(has(events[0].payload, "\"address\":\"2001:db8:7::/48\""));
    seen("2001:db8:7:ffff::1");
    seen("198.51.100.2");
    seen("203.0.113.1");
    assert_int_equal(told(), 2);
    assert_int_equal(known(key.id), 3);
}

/* A key that wanders tells of one; all are known. */
static void once_an_hour_for_a_key(void **state)
{
    int64_t other = rig_key(account, 0, "plain", "other", "orders:read").id;
    seen("10.0.0.1");
    tell_of(key.id, "10.0.1.1");
    tell_of(key.id, "10.0.2.1");
    tell_of(other, "10.0.1.1");
    tell_of(other, "10.0.2.1");
    take();
    assert_int_equal(told(), 2);
    assert_int_equal(known(key.id), 3);
    seen("10.0.2.1");
    assert_int_equal(told(), 2);
    seen("10.0.3.1");
    assert_int_equal(told(), 3);
}

static void a_restart_tells_nothing_twice_and_forgets_nothing(void **state)
{
    seen("10.0.0.1");
    rig.now += 3600;
    tell_of(key.id, "10.0.1.1");
    restart(); /* told of while the daemon is away */
    take();
    assert_int_equal(told(), 1);
    restart();
    take();
    seen("10.0.1.9");
    seen("10.0.0.9");
    assert_int_equal(told(), 1);
}

static void a_key_has_so_many(void **state)
{
    for (int i = 0; i < 2 * ORIGINS_OF_KEY; i++) {
        char address[32];
        snprintf(address, sizeof(address), "10.1.%d.1", i);
        seen(address);
        assert_int_equal(known(key.id), i < ORIGINS_OF_KEY ? i + 1 : ORIGINS_OF_KEY);
    }
    size_t before = told();
    assert_int_equal(before, 2 * ORIGINS_OF_KEY - 1);
    seen("10.1.32.1"); /* the oldest that is known */
    assert_int_equal(told(), before);
    rig.now += DAY;
    seen("10.1.31.1"); /* was forgotten */
    assert_int_equal(told(), before + 1);
}

static bool more;
static enum store_err prune(struct store_conn *c, void *arg)
{
    return service_origins_prune(c, rig.now, &more);
}

static void long_unused_ones_go(void **state)
{
    seen("10.0.0.1");
    seen("10.0.1.1");
    for (int i = 0; i < 16; i++) {
        rig.now += 6 * DAY; /* as readers tell again of what is in use */
        seen("10.0.0.1");
    }
    assert_int_equal(store_run(rig.svc.store, prune, NULL), STORE_OK);
    assert_false(more);
    assert_int_equal(known(key.id), 1);
    seen("10.0.0.1");
    assert_int_equal(told(), 1);
    seen("10.0.1.1");
    assert_int_equal(told(), 2);
}

/* None is left out: readers do not tell again for days. */
static void many_at_once_take_several_rounds(void **state)
{
    for (int i = 0; i < NOTICES_ORIGINS_MAX_ROUND + 40; i++) {
        char address[32];
        snprintf(address, sizeof(address), "10.%d.%d.1", i / 200, i % 200);
        tell_of(key.id, address);
    }
    tell_of(key.id, "192.0.2.1");
    take();
    take();
    take();
    struct store_origin last;
    static const uint8_t network[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 0};
    assert_int_equal(store_origin_get(rig.db, key.id, network, &last), STORE_OK);
    struct notices_stats s;
    service_notices_stats(&rig.svc, &s);
    assert_int_equal(s.lost, 0);
    assert_int_equal(told(), 1);
}

/* Whoever verifies may write the ring. */
static void what_no_decision_told(void **state)
{
    struct cardea_notice n = {.unix_sec = INT64_MAX / 2, .key_id = 12345, .code = CARDEA_VALID, .has_ip = true};
    tell_of(987654321, "10.0.0.1"); /* no such key */
    assert_true(notices_append(&ring, rig.runtime, &n, cardea_time_now().boot_ns));
    n.has_ip = false;
    n.unix_sec = rig.now;
    n.key_id = (uint64_t)key.id;
    assert_true(notices_append(&ring, rig.runtime, &n, cardea_time_now().boot_ns));
    rig.now += DAY;
    take();
    take();
    assert_int_equal(told(), 0);
    assert_int_equal(known(key.id), 0);
    seen("10.0.0.1");
    n = (struct cardea_notice){
        .unix_sec = rig.now + 1000 * DAY, .key_id = (uint64_t)key.id, .code = CARDEA_VALID, .has_ip = true};
    assert_true(network_parse_address(STR("10.0.1.77"), n.ip));
    assert_true(notices_append(&ring, rig.runtime, &n, cardea_time_now().boot_ns));
    take();
    static const uint8_t network[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 1, 0};
    struct store_origin row;
    assert_int_equal(store_origin_get(rig.db, key.id, network, &row), STORE_OK);
    assert_int_equal(row.last_at, rig.now); /* not from the future */
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(the_first_is_no_news),
        TEST(once_an_hour_for_a_key),
        TEST(a_restart_tells_nothing_twice_and_forgets_nothing),
        TEST(a_key_has_so_many),
        TEST(long_unused_ones_go),
        TEST(many_at_once_take_several_rounds),
        TEST(what_no_decision_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
