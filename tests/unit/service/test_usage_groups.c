/* Grants by the group of their route: each once, under the group's name, whatever becomes of the profile. */
#include "service_rig.h"

#include <fcntl.h>
#include <unistd.h>

#include "core/activity_map.h"
#include "service/usage_groups.h"
#include "service/usage_report.h"

static int64_t account;
static struct store_key key;
static struct profile_set sets[20];
static size_t set_count;

static const char *const words[] = {"orders", "stock",  "files",   "notes", "mails", "users", "tags", "jobs", "logs",
                                    "runs",   "charts", "reports", "hooks", "forms", "pages", "maps", "plans"};
#define WORDS (sizeof(words) / sizeof(words[0]))

/* The rig's shop, with a route for each of these words. */
static void load(struct profile_set *set, const size_t *which, size_t count)
{
    struct buf yaml;
    buf_init(&yaml, 1 << 16);
    buf_add_cstr(&yaml, rig_shop_yaml);
    for (size_t i = 0; i < count; i++)
        if (which[i] > 0) /* /orders is there */
            buf_printf(&yaml, "  - {methods: GET, path: /v1/%s/**, any_key: true}\n", words[which[i]]);
    buf_add_char(&yaml, '\0');
    rig_load_profiles(set, yaml.ptr);
    buf_release(&yaml);
}

/* As a reload does it. */
static void reload(const size_t *which, size_t count)
{
    struct cardea_why why = {""};
    struct profile_set *next = &sets[set_count++];
    load(next, which, count);
    if (!usage_groups_assign(&rig.svc, next, &why) || !publisher_rebuild(rig.svc.publisher, next, &why))
        fail_msg("%s", why.text);
    atomic_store(&rig.svc.profiles, next);
}

static const size_t first[] = {1, 2};

static int setup(void **state)
{
    rig_setup(state);
    reload(first, 2);
    account = rig_account("shop", "acme");
    key = rig_key(account, 0, "plain", "first", "orders:read");
    return 0;
}

static int teardown(void **state)
{
    int failed = rig_teardown(state);
    while (set_count > 0)
        profile_set_release(&sets[--set_count]);
    return failed;
}

static void start(void)
{
    profile_set_release(&rig.profiles);
    load(&rig.profiles, first, 2);
    rig_start();
}

static enum cardea_code get(const char *name, const char *path, bool look_only)
{
    struct cardea_str secret = arena_printf(&rig.arena, "%s-secret", name);
    struct cardea_request request = {.profile = cardea_reader_profile_named(rig.reader, STR("shop")),
                                     .method = STR("GET"),
                                     .target = str_of(path),
                                     .legacy = secret,
                                     .legacy_count = 1,
                                     .look_only = look_only,
                                     .now = {.unix_sec = rig.now, .boot_ns = cardea_time_now().boot_ns}};
    struct cardea_decision d;
    cardea_authorize(rig.reader, &request, &d);
    return d.code;
}

static void use(const char *path, int times)
{
    for (int i = 0; i < times; i++)
        assert_int_equal(get("first", path, false), CARDEA_VALID);
}

static void verify(int times)
{
    for (int i = 0; i < times; i++)
        assert_int_equal(rig_decide("first", "", CARDEA_ROLE_NONE, 1), CARDEA_VALID);
}

static struct usage_report report;

/* "orders 3, stock 1"; what has no group as "-". */
static void assert_groups(const char *wanted)
{
    struct usage_query in = {.by = STR("route_group")};
    struct buf got;
    rig_flush();
    assert_done(service_usage_report(rig_call(), &in, &report));
    buf_init(&got, 4096);
    for (size_t i = 0; i < report.count; i++)
        buf_printf(&got, "%s%.*s %lld", i ? ", " : "",
                   STR_ARG(report.rows[i].group.len ? report.rows[i].group : STR("-")),
                   (long long)report.rows[i].granted);
    buf_add_char(&got, '\0');
    assert_string_equal(got.ptr, wanted);
    buf_release(&got);
}

static void grants_are_counted_by_their_routes_group(void **state)
{
    use("/orders", 3);
    use("/v1/stock/1", 2);
    verify(4);
    assert_int_equal(get("first", "/orders", true), CARDEA_VALID);
    assert_int_equal(get("first", "/nowhere", false), CARDEA_NO_ROUTE);
    assert_groups("- 4, orders 3, stock 2");
    use("/v1/stock", 1);
    assert_groups("- 4, orders 3, stock 3");
    /* a key of another account of the same product, and a key that is refused */
    struct store_key other = rig_key(rig_account("shop", "other"), 0, "plain", "other", "stock:read");
    assert_int_equal(get("other", "/v1/files/7", false), CARDEA_VALID);
    assert_int_equal(get("other", "/orders", false), CARDEA_INSUFFICIENT_SCOPE);
    assert_groups("- 4, files 1, orders 3, stock 3");
    struct usage_query in = {.by = STR("route_group,outcome"), .key = rig_id("key", other.id)};
    assert_done(service_usage_report(rig_call(), &in, &report));
    assert_int_equal(report.count, 2);
    assert_int_equal(report.rows[0].granted, 1);
    assert_int_equal(report.rows[1].refused, 1);
    assert_int_equal(report.rows[1].group.len, 0);
}

static void many_readers_count_together(void **state)
{
    struct cardea_reader *mine = rig.reader;
    use("/orders", 1);
    rig.reader = NULL;
    rig_reread(); /* as another process */
    use("/orders", 2);
    use("/v1/files", 1);
    cardea_reader_free(mine);
    assert_groups("files 1, orders 3");
}

static void a_counter_stays_with_its_group(void **state)
{
    static const size_t others[] = {5, 2, 6};
    use("/v1/stock", 2);
    use("/v1/files", 5);
    reload(others, 3); /* stock is gone, files stands elsewhere */
    use("/v1/files", 1);
    use("/v1/users", 1);
    assert_groups("files 6, stock 2, users 1");
    static const size_t again[] = {1, 2};
    reload(again, 2);
    use("/v1/stock", 1);
    assert_groups("files 6, stock 3, users 1");
}

/* More names than counters, one after the other. */
static void counters_are_given_on(void **state)
{
    int64_t uses = 0;
    for (size_t i = 1; i < WORDS; i++) {
        char path[64];
        reload(&i, 1);
        snprintf(path, sizeof(path), "/v1/%s", words[i]);
        use(path, (int)i);
        use("/orders", 1);
        uses += (int64_t)i + 1;
        rig_flush();
    }
    struct usage_query in = {.by = STR("route_group")};
    assert_done(service_usage_report(rig_call(), &in, &report));
    assert_int_equal(report.count, WORDS);
    for (size_t i = 0; i < report.count; i++) {
        size_t word = 0;
        while (!str_eq(report.rows[i].group, str_of(words[word])))
            assert_true(++word < WORDS);
        assert_int_equal(report.rows[i].granted, word ? word : WORDS - 1);
        uses -= report.rows[i].granted;
    }
    assert_int_equal(uses, 0);
}

static void a_profile_has_fifteen(void **state)
{
    size_t all[WORDS];
    for (size_t i = 0; i < WORDS; i++)
        all[i] = i;
    reload(all, WORDS);
    use("/v1/pages", 1);
    use("/v1/maps", 2); /* the sixteenth */
    assert_groups("- 2, pages 1");
}

static void a_restart_counts_nothing_twice_and_loses_nothing(void **state)
{
    use("/orders", 2);
    verify(1);
    rig_flush();
    use("/orders", 3);
    struct usage *u = rig.svc.usage;
    rig.svc.usage = NULL; /* it dies between two flushes */
    use("/v1/stock", 4);
    rig.svc.usage = u;
    rig_stop();
    start();
    assert_groups("- 1, orders 5, stock 4");
    use("/v1/stock", 1);
    assert_groups("- 1, orders 5, stock 5");
}

/* A reboot empties the runtime folder: counters begin again at zero. */
static void new_files_count_on(void **state)
{
    char path[128];
    use("/orders", 5);
    use("/v1/stock", 1);
    rig_flush();
    rig_stop();
    snprintf(path, sizeof(path), "%s/activity.0", rig.runtime);
    assert_int_equal(unlink(path), 0);
    start();
    use("/orders", 9);
    verify(1);
    assert_groups("- 1, orders 14, stock 1");
}

static int activity_file(void)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/activity.0", rig.runtime);
    int fd = open(path, O_RDWR);
    assert_true(fd >= 0);
    return fd;
}

static void write_counter(int group, uint32_t value)
{
    off_t at = (off_t)(ACTIVITY_REFUSALS_LEN + key.ordinal * sizeof(struct activity_groups)) + group * 4;
    int fd = activity_file();
    assert_int_equal(pwrite(fd, &value, sizeof(value), at), sizeof(value));
    close(fd);
}

/* Its group is counted, it itself not yet; counters go round. */
static void a_grant_that_is_being_counted_comes_with_the_next(void **state)
{
    use("/orders", 1);
    rig_flush();
    write_counter(1, 4); /* three of them */
    verify(1);
    assert_groups("orders 2");
    verify(2);
    assert_groups("orders 4");
    verify(1);
    assert_groups("- 1, orders 4");
}

static void absurd_numbers_break_nothing(void **state)
{
    use("/orders", 2);
    rig_flush();
    write_counter(1, 0); /* back */
    write_counter(2, UINT32_MAX);
    write_counter(3, 1u << 31);
    write_counter(0, 77);
    write_counter(15, 5); /* nobody's */
    verify(3);
    assert_groups("- 3, orders 2");
    use("/orders", 2);
    use("/v1/stock", 1);
    assert_groups("- 3, orders 4, stock 1");
    /* far ahead: what it takes is what was used, and then it is itself again */
    write_counter(2, 1u << 30);
    verify(2);
    use("/v1/stock", 1);
    assert_groups("- 3, orders 4, stock 4");
    verify(1);
    assert_groups("- 4, orders 4, stock 4");
}

static void a_file_that_is_cut_short_is_counted_without(void **state)
{
    use("/orders", 2);
    rig_flush();
    int fd = activity_file();
    assert_int_equal(ftruncate(fd, (off_t)ACTIVITY_REFUSALS_LEN), 0);
    close(fd);
    rig_reread();
    use("/orders", 3);
    assert_groups("- 3, orders 2");
    rig_stop();
    start();
    use("/orders", 1); /* its counter has gone back */
    assert_groups("- 4, orders 2");
    use("/orders", 1);
    assert_groups("- 4, orders 3");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(grants_are_counted_by_their_routes_group),
        TEST(many_readers_count_together),
        TEST(a_counter_stays_with_its_group),
        TEST(counters_are_given_on),
        TEST(a_profile_has_fifteen),
        TEST(a_restart_counts_nothing_twice_and_loses_nothing),
        TEST(new_files_count_on),
        TEST(a_grant_that_is_being_counted_comes_with_the_next),
        TEST(absurd_numbers_break_nothing),
        TEST(a_file_that_is_cut_short_is_counted_without),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
