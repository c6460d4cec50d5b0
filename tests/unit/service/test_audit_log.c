/* When the audit log signs: once a minute, when there is something new, and at the end. By a clock of the test's. */
#include "service_rig.h"

#include <unistd.h>

#include "service/audit_log.h"

static int setup(void **state)
{
    struct cardea_why why;
    rig_setup(state);
    assert_true(audit_log_start(&rig.svc, rig.deployment_id, NULL, &why));
    return 0;
}

static int teardown(void **state)
{
    audit_log_free(&rig.svc);
    return rig_teardown(state);
}

static struct store_checkpoint last(void)
{
    struct store_checkpoint row = {0};
    enum store_err err = store_checkpoint_last(rig.db, &rig.arena, &row);
    assert_true(err == STORE_OK || err == STORE_NOTFOUND);
    return row;
}

static enum store_err nothing(struct store_conn *db, void *arg)
{
    return STORE_OK;
}

/* A tick that has nothing to sign; whatever it asked of the writer is done. */
static void idle(void)
{
    int64_t size = last().size;
    audit_log_tick(&rig.svc);
    assert_int_equal(store_run(rig.svc.store, nothing, NULL), STORE_OK);
    assert_int_equal(last().size, size);
}

/* Ticks, at this very second, until so many records are signed. */
static void signs(int64_t size)
{
    for (int i = 0; i < 10000 && last().size != size; i++) {
        audit_log_tick(&rig.svc);
        usleep(1000);
    }
    struct store_checkpoint row = last();
    assert_int_equal(row.size, size);
    assert_int_equal(row.at_ms, rig.now * 1000);
}

static void once_a_minute_when_there_is_something_new(void **state)
{
    rig_account("shop", "one");
    signs(1);
    rig_account("shop", "two");
    rig_account("shop", "three");
    rig.now += AUDIT_CHECKPOINT_SEC - 1;
    idle();
    rig.now += 1;
    signs(3);
    rig.now += 10 * AUDIT_CHECKPOINT_SEC; /* and nothing happened */
    idle();
    rig_account("shop", "four");
    signs(4);
    rig_account("shop", "five");
    rig.now -= 3600; /* a clock that was put back keeps nobody waiting for an hour */
    signs(5);
    assert_int_equal(AUDIT_CHECKPOINT_SEC, 60); /* what docs/reference/audit.md promises */
}

static void at_the_end_whatever_the_time(void **state)
{
    rig_account("shop", "one");
    signs(1);
    rig_account("shop", "two");
    audit_log_close(&rig.svc);
    assert_int_equal(last().size, 2);
    audit_log_close(&rig.svc); /* again, and nothing is new */
    assert_int_equal(last().size, 2);
}

#define test(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(once_a_minute_when_there_is_something_new),
        test(at_the_end_whatever_the_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
