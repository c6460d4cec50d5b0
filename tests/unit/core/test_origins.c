/* test_origins.c - networks that a key is used from: told when the key's slot does not know them, by whichever reader,
 * at most once a second, and again after some days; a slot that somebody has written anything into. */
#include "rig.h"

#include <pthread.h>
#include <unistd.h>

#include "core/activity_map.h"
#include "core/notices_map.h"
#include "core/origin.h"

#define SECOND UINT64_C(1000000000)
#define PART   (INT64_C(1) << ORIGIN_PART_SHIFT)

struct world {
    struct rig rig;
    struct cardea_notices *ring;
    struct cardea_reader *reader;
    struct cardea_time now;
    uint64_t position;
    struct cardea_notice told[200];
};

static struct cardea_reader *reader(const struct world *w, bool later)
{
    struct cardea_reader *r;
    struct cardea_why why = {""};
    struct cardea_reader_options o = {.path = w->rig.path, .activity_dir = w->rig.dir, .count_later = later};
    if (cardea_reader_open(&r, &o, &why) != CARDEA_OK)
        fail_msg("%s", why.text);
    return r;
}

static void begin(struct world *w, bool with_ring)
{
    *w = (struct world){.now = rig_time()};
    rig_begin(&w->rig);
    rig_write(&w->rig);
    rig_fill(&w->rig);
    rig_record(&w->rig);
    if (with_ring)
        assert_int_equal(cardea_notices_create(&w->ring, w->rig.dir, 0660, 77), CARDEA_OK);
    w->reader = reader(w, false);
}

static void end(struct world *w)
{
    cardea_reader_free(w->reader);
    cardea_notices_free(w->ring);
    rig_end(&w->rig);
}

/* 203.0.`net`.`host` */
static void address(uint8_t ip[16], unsigned net, unsigned host)
{
    memset(ip, 0, 16);
    ip[10] = ip[11] = 0xff;
    ip[12] = 203;
    ip[14] = (uint8_t)net;
    ip[15] = (uint8_t)host;
}

static void use_from(struct world *w, const char *name, const uint8_t ip[16], uint32_t cost)
{
    struct cardea_secret key;
    struct cardea_decision d;
    rig_key(&w->rig, name, &key);
    struct cardea_check check = {.key = cardea_secret_reveal(&key), .ip = ip, .cost = cost, .now = w->now};
    cardea_verify(w->reader, &check, &d);
    assert_int_equal(d.code, CARDEA_VALID);
}

/* A second later. */
static void use(struct world *w, const char *name, unsigned net, unsigned host)
{
    uint8_t ip[16];
    w->now.boot_ns += SECOND;
    address(ip, net, host);
    use_from(w, name, ip, 1);
}

static size_t told(struct world *w)
{
    size_t count;
    uint64_t lost;
    assert_int_equal(cardea_notices_read(w->ring, &w->position, w->told, 200, &count, &lost), CARDEA_OK);
    assert_int_equal(lost, 0);
    return count;
}

static void assert_told(struct world *w, const char *name, unsigned net)
{
    struct cardea_key_entry e;
    uint8_t ip[16];
    assert_int_equal(told(w), 1);
    rig_entry(&w->rig, name, &e);
    address(ip, net, 0);
    assert_int_equal(w->told[0].code, CARDEA_VALID);
    assert_int_equal(w->told[0].key_id, e.id);
    assert_int_equal(w->told[0].unix_sec, w->now.unix_sec);
    assert_true(w->told[0].has_ip);
    assert_memory_equal(w->told[0].ip, ip, sizeof ip);
}

static void networks_of_addresses(void **state)
{
    static const uint8_t a[16] = {0x20, 1, 0xd, 0xb8, 0, 7, 1, 2, 3}, b[16] = {0x20, 1, 0xd, 0xb8, 0, 7},
                         c[16] = {0x20, 1, 0xd, 0xb8, 0, 8}, none[16] = {0};
    uint8_t ip[16], out[16], first[16];
    assert_true(origin_of(a) == origin_of(b));
    assert_true(origin_of(a) != origin_of(c));
    origin_address(origin_of(a), out);
    assert_memory_equal(out, b, sizeof out);
    assert_true(origin_of(none) != 0);
    for (unsigned net = 0; net < 256; net++) {
        address(ip, net, 77);
        address(first, net, 0);
        origin_address(origin_of(ip), out);
        assert_memory_equal(out, first, sizeof out);
        assert_true(origin_of(ip) == origin_of(first));
        assert_true(origin_of(ip) != 0);
    }
}

static void a_word_knows_the_last_four(void **state)
{
    for (uint32_t ordinal = 0; ordinal < 3000; ordinal++) {
        uint64_t word = 0;
        int64_t sec = 1700000000 + ordinal * 977;
        for (uint64_t net = 1; net <= 6; net++) {
            assert_false(origin_is_known(word, net << 40 | net, ordinal, sec));
            word = origin_add(word, net << 40 | net, ordinal, sec);
            assert_true(origin_is_known(word, net << 40 | net, ordinal, sec));
        }
        for (uint64_t net = 1; net <= 6; net++)
            assert_int_equal(origin_is_known(word, net << 40 | net, ordinal, sec), net > 2);
        assert_false(origin_is_known(word, UINT64_C(6) << 40 | 6, ordinal, sec + PART));
        assert_true((origin_add(word, 1, ordinal, sec + PART) >> (ORIGIN_PART_BITS + ORIGIN_MARK_BITS)) == 0);
    }
}

/* Few networks are taken for another, as marks of 15 bits promise; those of neighbours no more than others. */
static void marks_are_spread(void **state)
{
    unsigned same = 0;
    for (uint32_t ordinal = 0; ordinal < 64; ordinal++)
        for (unsigned net = 1; net < 4096; net++) {
            uint8_t ip[16] = {[10] = 0xff, [11] = 0xff, [12] = 10, [13] = (uint8_t)(net >> 8), [14] = (uint8_t)net};
            uint8_t home[16] = {[10] = 0xff, [11] = 0xff, [12] = 10};
            same += origin_mark(origin_of(ip), ordinal, 3) == origin_mark(origin_of(home), ordinal, 3);
        }
    assert_true(same < 64 * 4096 / 32768 * 4);
}

static void a_network_is_told_when_it_comes(void **state)
{
    struct world w;
    begin(&w, true);
    use(&w, "all", 1, 1);
    assert_told(&w, "all", 1);
    use(&w, "all", 1, 1);
    use(&w, "all", 1, 200); /* another of the same network */
    assert_int_equal(told(&w), 0);
    use(&w, "all", 2, 1);
    assert_told(&w, "all", 2);
    use(&w, "reader", 2, 1); /* each key has its own */
    assert_told(&w, "reader", 2);
    use(&w, "all", 3, 1);
    use(&w, "all", 4, 1);
    assert_int_equal(told(&w), 2);
    for (unsigned i = 0; i < 50; i++)
        use(&w, "all", 1 + i % 4, i);
    assert_int_equal(told(&w), 0);
    /* neither a look nor an address that nobody knows, nor a refusal */
    uint8_t ip[16];
    address(ip, 9, 1);
    w.now.boot_ns += SECOND;
    use_from(&w, "all", ip, 0);
    use_from(&w, "all", NULL, 1);
    assert_int_equal(told(&w), 0);
    end(&w);
}

static void whichever_reader_it_is(void **state)
{
    struct world w;
    begin(&w, true);
    struct cardea_reader *first = w.reader;
    w.reader = reader(&w, true); /* as a gateway's worker */
    use(&w, "all", 1, 1);
    assert_int_equal(told(&w), 0); /* not yet */
    cardea_reader_flush(w.reader);
    assert_told(&w, "all", 1);
    use(&w, "all", 1, 1);
    use(&w, "limited", 1, 1);
    cardea_reader_free(w.reader);
    assert_told(&w, "limited", 1); /* where a limit is drawn from, there is no waiting */
    w.reader = first;
    use(&w, "all", 1, 2);
    assert_int_equal(told(&w), 0);
    end(&w);
}

static void at_most_once_a_second_for_a_key(void **state)
{
    struct world w;
    uint8_t ip[16];
    begin(&w, true);
    for (unsigned i = 0; i < 1000; i++) {
        address(ip, i % 200, 1);
        use_from(&w, "all", ip, 1);
    }
    assert_int_equal(told(&w), 1);
    /* What was not told is told when it comes again. */
    for (unsigned i = 0; i < 3; i++)
        use(&w, "all", 1 + i, 1);
    assert_int_equal(told(&w), 3);
    end(&w);
}

/* So that networks never drown refusals. */
static void a_reader_tells_of_so_many_in_a_second(void **state)
{
    struct world w;
    struct notices_map m = {.look_ns = 0};
    uint8_t ip[16];
    begin(&w, true);
    struct activity_map a = {.dir = strdup(w.rig.dir)};
    address(ip, 1, 1);
    for (uint32_t i = 0; i < 2 * NOTICES_ORIGINS_MAX; i++) {
        struct activity_grant grant = {.ordinal = i, .key_id = i + 1, .origin = origin_of(ip)};
        assert_non_null(activity_find(&a, i, w.now.boot_ns));
        assert_true(activity_granted(&a, &grant, w.now.unix_sec));
        notices_origin(&m, &a, &grant, w.now);
        assert_int_equal(activity_granted(&a, &grant, w.now.unix_sec), i >= NOTICES_ORIGINS_MAX);
    }
    assert_int_equal(told(&w), NOTICES_ORIGINS_MAX);
    w.now.boot_ns += SECOND;
    struct activity_grant last = {.ordinal = 100, .key_id = 101, .origin = origin_of(ip)};
    notices_origin(&m, &a, &last, w.now);
    assert_int_equal(told(&w), 1);
    activity_map_release(&a);
    notices_map_release(&m);
    end(&w);
}

static void after_days_it_is_told_again(void **state)
{
    struct world w;
    begin(&w, true);
    use(&w, "all", 1, 1);
    assert_int_equal(told(&w), 1);
    size_t again = 0;
    for (int day = 0; day < 60; day++) {
        w.now.unix_sec += 86400;
        use(&w, "all", 1, 1);
        again += told(&w);
    }
    assert_in_range(again, 9, 11); /* each 6.07 days */
    end(&w);
}

static void a_ring_that_is_not_there_yet(void **state)
{
    struct world w;
    begin(&w, false);
    use(&w, "all", 1, 1);
    assert_int_equal(cardea_notices_create(&w.ring, w.rig.dir, 0660, 77), CARDEA_OK);
    use(&w, "all", 1, 1);
    assert_told(&w, "all", 1);
    end(&w);
}

static void whatever_stands_in_the_slot(void **state)
{
    struct world w;
    struct cardea_activity_slot slot;
    char path[128];
    begin(&w, true);
    struct activity_map a = {.dir = strdup(w.rig.dir)};
    struct activity_line *line = activity_find(&a, 103, w.now.boot_ns); /* of "all" */
    assert_non_null(line);
    uint64_t words[] = {0, UINT64_MAX, 1, UINT64_C(1) << 63, UINT64_C(0x5555555555555555)};
    for (unsigned i = 0; i < sizeof words / sizeof *words; i++) {
        line->origins = words[i];
        use(&w, "all", 10 + i, 1);
        assert_told(&w, "all", 10 + i);
        use(&w, "all", 10 + i, 1);
        assert_int_equal(told(&w), 0);
    }
    *activity_told(&a, 103) = UINT64_MAX;
    use(&w, "all", 20, 1);
    assert_told(&w, "all", 20);
    activity_map_release(&a);
    cardea_reader_free(w.reader);
    /* A file that lost its end: nobody can tell how often it was told, so it is not; uses are counted. */
    assert_true(activity_path(path, sizeof path, w.rig.dir, 0));
    assert_int_equal(truncate(path, ACTIVITY_SLOTS_LEN), 0);
    w.reader = reader(&w, false);
    use(&w, "all", 21, 1);
    assert_int_equal(told(&w), 0);
    assert_int_equal(cardea_activity_read(w.rig.activity, 103, 1, &slot), CARDEA_OK);
    assert_int_equal(slot.uses, 12);
    end(&w);
}

/* ---- many at once ---- */

#define THREADS 4

static void *wander(void *arg)
{
    struct world mine = *(struct world *)arg;
    uint8_t ip[16];
    mine.reader = reader(&mine, false);
    for (unsigned i = 0; i < 4000; i++) {
        address(ip, i % 7, 1);
        use_from(&mine, "all", ip, 1);
    }
    cardea_reader_free(mine.reader);
    return NULL;
}

static void in_threads(void **state)
{
    struct world w;
    pthread_t threads[THREADS];
    struct cardea_activity_slot slot;
    begin(&w, true);
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, wander, &w), 0);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(told(&w), 1); /* the second is the same for all */
    assert_int_equal(cardea_activity_read(w.rig.activity, 103, 1, &slot), CARDEA_OK);
    assert_int_equal(slot.uses, THREADS * 4000);
    end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(networks_of_addresses),
        cmocka_unit_test(a_word_knows_the_last_four),
        cmocka_unit_test(marks_are_spread),
        cmocka_unit_test(a_network_is_told_when_it_comes),
        cmocka_unit_test(whichever_reader_it_is),
        cmocka_unit_test(at_most_once_a_second_for_a_key),
        cmocka_unit_test(a_reader_tells_of_so_many_in_a_second),
        cmocka_unit_test(after_days_it_is_told_again),
        cmocka_unit_test(a_ring_that_is_not_there_yet),
        cmocka_unit_test(whatever_stands_in_the_slot),
        cmocka_unit_test(in_threads),
    };
    return cmocka_run_group_tests_name("origins", tests, NULL, NULL);
}
