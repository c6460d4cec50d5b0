/* Texts that a policy says to keep: sealed, for one account, for a month. */
#include "service_rig.h"

#include "service/kept.h"

#include <fcntl.h>
#include <unistd.h>

#define DB    "store.db"
#define PLAIN "the wire goes to account 4711 at dawn"

static enum service_err put_unit(struct service_call *c, void *arg)
{
    return service_kept_put(c, arg);
}

static struct kept keep(int64_t account, int64_t scan, struct cardea_str text)
{
    struct kept what = {.scan_id = scan, .account_id = account, .policy_id = 5, .version = 2, .text = text};
    assert_done(rig_run(put_unit, &what));
    return what;
}

static bool opens(int64_t account, int64_t scan, const char *expected)
{
    struct cardea_str text;
    bool found = service_kept_get(rig_call(), account, scan, &text);
    assert_true(!found || str_eq(text, str_of(expected)));
    return found;
}

/* Whether a file of the rig's folder holds these bytes. */
static bool stands_in(const char *name, const char *bytes)
{
    char path[160];
    snprintf(path, sizeof(path), "%s/%s", rig.dir, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    off_t len = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
    char *all = malloc((size_t)len + 1);
    bool found = fd >= 0 && pread(fd, all, (size_t)len, 0) == len && memmem(all, (size_t)len, bytes, strlen(bytes));
    free(all);
    if (fd >= 0)
        close(fd);
    return found;
}

static void test_sealed(void **state)
{
    (void)state;
    int64_t account = rig_account("shop", "acme"), other = rig_account("shop", "other");
    keep(account, 100, STR(PLAIN));
    assert_true(opens(account, 100, PLAIN));
    assert_false(opens(other, 100, PLAIN));
    assert_false(opens(account, 101, PLAIN));
    assert_true(stands_in(DB, "acme") || stands_in(DB "-wal", "acme"));
    assert_false(stands_in(DB, "4711 at dawn") || stands_in(DB "-wal", "4711 at dawn"));
}

static enum store_err move_unit(struct store_conn *c, void *arg)
{
    struct store_kept_content *row = arg;
    return store_content_insert(c, row);
}

/* Sealed bytes under another name, of another account, or changed, do not open. */
static void test_bound_to_its_name(void **state)
{
    (void)state;
    int64_t account = rig_account("shop", "acme"), other = rig_account("shop", "other");
    struct store_kept_content row;
    keep(account, 100, STR(PLAIN));
    assert_int_equal(store_content_get(rig.db, &rig.arena, 100, &row), STORE_OK);
    row.scan_id = 101;
    assert_int_equal(store_run(rig.svc.store, move_unit, &row), STORE_OK);
    assert_false(opens(account, 101, PLAIN));
    row.account_id = other;
    row.scan_id = 102;
    assert_int_equal(store_run(rig.svc.store, move_unit, &row), STORE_OK);
    assert_false(opens(other, 102, PLAIN));
}

static void test_what_is_not_kept(void **state)
{
    (void)state;
    int64_t account = rig_account("shop", "acme");
    char *large = calloc(1, KEPT_TEXT_MAX + 1);
    memset(large, 'a', KEPT_TEXT_MAX + 1);
    keep(account, 100, (struct cardea_str){large, KEPT_TEXT_MAX});
    keep(account, 101, (struct cardea_str){large, KEPT_TEXT_MAX + 1});
    keep(0, 102, STR(PLAIN)); /* nobody's */
    struct cardea_str text;
    assert_true(service_kept_get(rig_call(), account, 100, &text));
    assert_int_equal(text.len, KEPT_TEXT_MAX);
    assert_false(opens(account, 101, ""));
    assert_false(opens(0, 102, PLAIN));
    free(large);
}

static enum store_err prune_unit(struct store_conn *c, void *arg)
{
    return service_kept_prune(c, rig.now, arg);
}

static void test_a_month(void **state)
{
    (void)state;
    int64_t account = rig_account("shop", "acme");
    bool more = true;
    for (int i = 0; i < 201; i++)
        keep(account, 100 + i, STR(PLAIN));
    rig.now += KEPT_SEC - 1;
    assert_true(opens(account, 100, PLAIN));
    rig.now += 1;
    assert_false(opens(account, 100, PLAIN)); /* whether it was removed already or not */
    struct store_kept_content row;
    rig.now += 1;
    assert_int_equal(store_run(rig.svc.store, prune_unit, &more), STORE_OK);
    assert_true(more);
    assert_int_equal(store_run(rig.svc.store, prune_unit, &more), STORE_OK);
    assert_false(more);
    assert_int_equal(store_content_get(rig.db, &rig.arena, 300, &row), STORE_NOTFOUND);
}

static enum service_err delete_unit(struct service_call *c, void *arg)
{
    struct store_account out;
    return service_account_delete(c, STR("shop/acme"), &out);
}

static void test_goes_with_the_account(void **state)
{
    (void)state;
    int64_t account = rig_account("shop", "acme");
    struct store_kept_content row;
    keep(account, 100, STR(PLAIN));
    rig_as_root();
    assert_done(rig_run(delete_unit, NULL));
    assert_int_equal(store_content_get(rig.db, &rig.arena, 100, &row), STORE_NOTFOUND);
}

#define in_rig(f) cmocka_unit_test_setup_teardown(f, rig_setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_rig(test_sealed),  in_rig(test_bound_to_its_name),     in_rig(test_what_is_not_kept),
        in_rig(test_a_month), in_rig(test_goes_with_the_account),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
