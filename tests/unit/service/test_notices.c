/* Refusals on their way home: each recorded once, the worst first, none lost for a store that fails or a restart. */
#include "service_rig.h"

#include "store/audit.h"

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/notices_map.h"
#include "service/notices.h"

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

/* As the timer does, and until it is done: what is queued behind it ends after it. */
static void take(void)
{
    service_notices_take(&rig.svc);
    store_run(rig.svc.store, nothing, NULL);
}

static void deny(const char *name)
{
    assert_int_equal(rig_decide(name, "stock:read", CARDEA_ROLE_NONE, 1), CARDEA_INSUFFICIENT_SCOPE);
}

static void tell(int64_t key_id, enum cardea_code code)
{
    struct cardea_notice n = {.unix_sec = rig.now, .key_id = (uint64_t)key_id, .code = code, .has_ip = true};
    static const uint8_t ip[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 7};
    memcpy(n.ip, ip, sizeof(ip));
    notices_append(&ring, rig.runtime, &n, cardea_time_now().boot_ns);
}

static struct store_event events[200];

static size_t told(const char *type, int64_t key_id)
{
    struct store_event_filter f = {.account_id = account, .key_id = key_id, .type = str_of(type), .limit = 200};
    size_t count;
    int64_t next;
    assert_int_equal(store_event_list(rig.db, &rig.arena, &f, events, &count, &next), STORE_OK);
    return count;
}

static void assert_stats(uint64_t recorded, uint64_t coalesced, uint64_t lost)
{
    struct notices_stats s;
    service_notices_stats(&rig.svc, &s);
    assert_int_equal(s.recorded, recorded);
    assert_int_equal(s.coalesced, coalesced);
    assert_int_equal(s.lost, lost);
}

static bool has(struct cardea_str payload, const char *text)
{
    return memmem(payload.ptr, payload.len, text, strlen(text)) != NULL;
}

static void a_refusal_becomes_an_event(void **state)
{
    int64_t audits, audits_after;
    assert_int_equal(store_audit_count(rig.db, &audits), STORE_OK);
    take();
    assert_int_equal(told("", key.id), 0);
    deny("first");
    take();
    assert_int_equal(told("key.denied", key.id), 1);
    assert_int_equal(events[0].account_id, account);
    assert_true(has(events[0].payload, "\"code\":\"INSUFFICIENT_SCOPE\"") &&
                has(events[0].payload, "\"address\":null") && has(events[0].payload, "\"denial_count\":1") &&
                has(events[0].payload, "\"actor\":\"system\""));
    tell(key.id, CARDEA_CLIENT_SIDE);
    take();
    assert_int_equal(told("key.exposed", key.id), 1);
    assert_true(has(events[0].payload, "\"address\":\"192.0.2.7\"") && has(events[0].payload, "browser"));
    assert_int_equal(store_audit_count(rig.db, &audits_after), STORE_OK);
    assert_int_equal(audits_after, audits + 2);
    assert_stats(2, 0, 0);
}

static void the_same_once_a_minute(void **state)
{
    struct store_key second = rig_key(account, 0, "plain", "second", "orders:read");
    for (int i = 0; i < 3; i++)
        tell(key.id, CARDEA_EXPIRED); /* by three processes, say */
    take();
    assert_stats(1, 2, 0);
    rig.now += NOTICES_QUIET_SEC - 1;
    tell(key.id, CARDEA_EXPIRED);
    tell(key.id, CARDEA_IP_DENIED); /* another reason, another key */
    tell(second.id, CARDEA_EXPIRED);
    take();
    assert_stats(3, 3, 0);
    rig.now += 1;
    tell(key.id, CARDEA_EXPIRED);
    take();
    assert_stats(4, 3, 0);
    assert_int_equal(told("key.denied", key.id), 3);
    assert_int_equal(told("key.denied", second.id), 1);
}

static void the_exposed_come_first(void **state)
{
    static int64_t ids[NOTICES_RECORD_MAX + 50];
    char name[24];
    size_t count = sizeof(ids) / sizeof(*ids);
    for (size_t i = 0; i < count; i++) {
        snprintf(name, sizeof(name), "key-%zu", i);
        ids[i] = rig_key(account, 0, "plain", name, "orders:read").id;
    }
    for (size_t i = 0; i < count; i++)
        tell(ids[i], CARDEA_REVOKED);
    for (size_t i = 0; i < 5; i++)
        tell(ids[i], CARDEA_CLIENT_SIDE);
    take();
    assert_stats(NOTICES_RECORD_MAX, 0, 55);
    assert_int_equal(told("key.exposed", 0), 5);
    assert_int_equal(told("key.denied", 0), NOTICES_RECORD_MAX - 5);
    take();
    assert_stats(NOTICES_RECORD_MAX, 0, 55);
}

static void more_than_the_ring_holds(void **state)
{
    for (unsigned i = 0; i < CARDEA_NOTICES + 500; i++)
        tell(key.id, CARDEA_REVOKED);
    tell(key.id, CARDEA_DISABLED);
    for (unsigned i = 0; i <= CARDEA_NOTICES / NOTICES_READ_MAX; i++)
        take(); /* so much at a time */
    assert_stats(2, CARDEA_NOTICES - 2, 501);
}

static void what_nobody_decided(void **state)
{
    tell(12345, CARDEA_REVOKED);
    tell(key.id + 1, CARDEA_CLIENT_SIDE);
    take();
    assert_stats(0, 0, 2);
    assert_int_equal(told("key.exposed", 0) + told("key.denied", 0), 0);
}

static void once_for_all_lives(void **state)
{
    tell(key.id, CARDEA_REVOKED);
    take();
    assert_int_equal(told("key.denied", key.id), 1);
    restart();
    take();
    assert_int_equal(told("key.denied", key.id), 1);
    tell(key.id, CARDEA_EXPIRED); /* and nobody takes it */
    restart();
    take();
    assert_int_equal(told("key.denied", key.id), 2);
    /* what was in a ring that is gone is gone; the new one is read from its beginning */
    char path[128];
    snprintf(path, sizeof(path), "%s/notices", rig.runtime);
    tell(key.id, CARDEA_DISABLED);
    assert_int_equal(unlink(path), 0);
    restart();
    tell(key.id, CARDEA_IP_DENIED);
    take();
    assert_int_equal(told("key.denied", key.id), 3);
    assert_true(has(events[0].payload, "IP_DENIED"));
}

/* The disk is full for a while: the same is recorded when it no longer is, and once. */
static void a_store_that_fails(void **state)
{
    struct rlimit before, none;
    tell(key.id, CARDEA_REVOKED);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    none = (struct rlimit){.rlim_cur = 4096, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    take();
    take();
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(told("key.denied", key.id), 0);
    assert_stats(0, 0, 0);
    for (int i = 0; i < 500 && told("key.denied", key.id) == 0; i++) {
        take();
        usleep(20000);
    }
    assert_int_equal(told("key.denied", key.id), 1);
    assert_stats(1, 0, 0);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(a_refusal_becomes_an_event), CASE(the_same_once_a_minute), CASE(the_exposed_come_first),
        CASE(more_than_the_ring_holds),   CASE(what_nobody_decided),    CASE(once_for_all_lives),
        CASE(a_store_that_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
