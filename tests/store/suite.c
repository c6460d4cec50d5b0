/* Runs the suite on the store that argv[1] or CARDEA_STORE_URL names (it must be empty), else on SQLite in a folder of
 * its own. */
#include "suite.h"

#include <dirent.h>
#include <stdatomic.h>
#include <unistd.h>

struct suite suite;

static void on_publish(void *arg, struct store_conn *c, const struct store_touch *touched, size_t count)
{
    (void)arg;
    if (suite.publish) {
        suite.publish(suite.publish_arg, c, touched, count);
    }
}

void suite_open(void)
{
    struct cardea_why why = {""};
    struct store_options options = {.url = suite.url, .publish = on_publish};
    if (store_open(&suite.store, &options, &why) != STORE_OK ||
        store_reader_open(suite.store, &suite.reader, &why) != STORE_OK) {
        fail_msg("%s", why.text);
    }
}

void suite_close(void)
{
    store_reader_free(suite.reader);
    store_free(suite.store);
    arena_release(&suite.arena);
}

int64_t suite_id(void)
{
    static _Atomic int64_t last = 1000;
    return atomic_fetch_add(&last, 1) + 1;
}

struct cardea_str suite_slug(void)
{
    return arena_printf(&suite.arena, "slug-%lld", (long long)suite_id());
}

UNIT(insert_account, const struct store_account, store_account_insert(c, row))
UNIT(insert_user, const struct store_user, store_user_insert(c, row))

int64_t suite_account(void)
{
    struct store_account row = {
        .id = suite_id(), .profile = STR("cardea"), .slug = suite_slug(), .name = STR("Acme"), .created_at = SUITE_NOW};
    assert_ok(run(insert_account, &row));
    return row.id;
}

int64_t suite_user(void)
{
    struct store_user row = {.id = suite_id(), .created_at = SUITE_NOW, .name = STR("Ada")};
    row.email = arena_printf(&suite.arena, "ada%lld@example.org", (long long)row.id);
    assert_ok(run(insert_user, &row));
    return row.id;
}

struct store_key suite_key(int64_t account_id)
{
    struct store_key row = {.id = suite_id(),
                            .account_id = account_id,
                            .kind = STR("key"),
                            .name = STR("ci"),
                            .prefix = STR("crd_abcd"),
                            .scopes = STR("keys:read"),
                            .state = CARDEA_KEY_ACTIVE,
                            .created_at = SUITE_NOW,
                            .credits = -1};
    memcpy(row.digest.bytes, &row.id, sizeof row.id);
    return row;
}

int64_t suite_position(void)
{
    int64_t position = -1;
    assert_ok(store_feed_position(suite.reader, &position));
    return position;
}

static int open_suite(void **state)
{
    (void)state;
    suite_open();
    return 0;
}

static int close_suite(void **state)
{
    (void)state;
    suite_close();
    return 0;
}

static void remove_folder(const char *path)
{
    char name[512];
    DIR *dir = opendir(path);
    struct dirent *e;
    while (dir && (e = readdir(dir))) {
        snprintf(name, sizeof name, "%s/%s", path, e->d_name);
        unlink(name);
    }
    if (dir) {
        closedir(dir);
    }
    rmdir(path);
}

int main(int argc, char **argv)
{
    char folder[] = "/tmp/cardea-store-XXXXXX", url[64] = "";
    suite.url = argc > 1 ? argv[1] : getenv("CARDEA_STORE_URL");
    if (!suite.url) {
        if (!mkdtemp(folder)) {
            perror(folder);
            return 1;
        }
        snprintf(url, sizeof url, "sqlite:%s/cardea.db", folder);
        suite.url = url;
    }
    const struct {
        const struct CMUnitTest *tests;
        size_t count;
    } parts[] = {{suite_row_tests, suite_row_test_count},         {suite_login_tests, suite_login_test_count},
                 {suite_key_tests, suite_key_test_count},         {suite_event_tests, suite_event_test_count},
                 {suite_message_tests, suite_message_test_count}, {suite_reminder_tests, suite_reminder_test_count},
                 {suite_policy_tests, suite_policy_test_count},   {suite_group_tests, suite_group_test_count},
                 {suite_audit_tests, suite_audit_test_count},     {suite_webhook_tests, suite_webhook_test_count}};
    size_t total = 0, filled = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        total += parts[i].count;
    }
    struct CMUnitTest *tests = calloc(total, sizeof *tests);
    if (!tests) {
        return 1;
    }
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        memcpy(tests + filled, parts[i].tests, parts[i].count * sizeof *tests);
        filled += parts[i].count;
    }
    int failed = _cmocka_run_group_tests("store", tests, total, open_suite, close_suite);
    free(tests);
    if (url[0]) {
        remove_folder(folder);
    }
    return failed;
}
