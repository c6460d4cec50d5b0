/* test_activity.c - what readers report and the daemon reads; files that somebody tampered with. */
#include "rig.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/activity_map.h"

#define FAR (3 * CARDEA_ACTIVITY_SEGMENT + 17)

static bool granted(struct activity_map *m, uint32_t ordinal, uint8_t group, int64_t unix_sec)
{
    struct activity_grant grant = {.ordinal = ordinal, .group = group};
    return activity_granted(m, &grant, unix_sec);
}

static void segments_are_made_when_reserved(void **state)
{
    struct rig rig;
    struct stat st;
    char path[128];
    struct cardea_activity_slot slots[3];
    uint8_t flags[CARDEA_ACTIVITY_BLOCKS];
    rig_begin(&rig);
    assert_int_equal(cardea_activity_open(&rig.activity, "/nonexistent", 0660), CARDEA_E_IO);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(cardea_activity_open(&rig.activity, rig.dir, 0660), CARDEA_OK);
    memset(slots, 0xff, sizeof slots);
    assert_int_equal(cardea_activity_read(rig.activity, FAR, 3, slots), CARDEA_OK);
    assert_int_equal(slots[2].uses, 0);
    assert_int_equal(cardea_activity_take_dirty(rig.activity, 3, flags), CARDEA_E_NOTFOUND);
    assert_int_equal(cardea_activity_grant_credits(rig.activity, FAR, 1), CARDEA_E_NOTFOUND);
    assert_int_equal(cardea_activity_reserve(rig.activity, FAR), CARDEA_OK);
    assert_int_equal(cardea_activity_reserve(rig.activity, FAR), CARDEA_OK);
    assert_int_equal(cardea_activity_grant_credits(rig.activity, FAR, -1), CARDEA_E_INVALID);
    assert_true(activity_path(path, sizeof path, rig.dir, 3));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0660);
    assert_int_equal(st.st_size, ACTIVITY_FILE_LEN);
    assert_true(st.st_blocks * 512 < 100000); /* sparse */
    assert_int_equal(cardea_activity_read(rig.activity, UINT32_MAX - 1, 3, slots), CARDEA_E_INVALID);
    rig_end(&rig);
}

static void counts_cross_over(void **state)
{
    struct rig rig;
    struct cardea_activity_slot s;
    uint8_t flags[CARDEA_ACTIVITY_BLOCKS];
    rig_begin(&rig);
    rig_record(&rig);
    assert_int_equal(cardea_activity_reserve(rig.activity, FAR), CARDEA_OK);
    struct activity_map m = {.dir = strdup(rig.dir)};
    assert_non_null(activity_find(&m, FAR, 1));
    granted(&m, FAR, 0, 100);
    granted(&m, FAR, 0, 90); /* an older clock does not turn it back */
    activity_denied(&m, FAR, CARDEA_REVOKED);
    assert_int_equal(cardea_activity_take_dirty(rig.activity, 3, flags), CARDEA_OK);
    for (unsigned i = 0; i < CARDEA_ACTIVITY_BLOCKS; i++)
        assert_int_equal(flags[i], i == 0);
    assert_int_equal(cardea_activity_take_dirty(rig.activity, 3, flags), CARDEA_OK);
    assert_int_equal(flags[0], 0);
    granted(&m, FAR + 2 * CARDEA_ACTIVITY_BLOCK, 0, 100);
    assert_int_equal(cardea_activity_take_dirty(rig.activity, 3, flags), CARDEA_OK);
    assert_int_equal(flags[2], 1);
    assert_int_equal(cardea_activity_read(rig.activity, FAR, 1, &s), CARDEA_OK);
    assert_int_equal(s.last_used, 100);
    assert_int_equal(s.uses, 2);
    assert_int_equal(s.denials, 1);
    activity_map_release(&m);
    /* a daemon that starts again finds what was there, and keeps it */
    cardea_activity_free(rig.activity);
    assert_int_equal(cardea_activity_open(&rig.activity, rig.dir, 0660), CARDEA_OK);
    assert_int_equal(cardea_activity_reserve(rig.activity, FAR), CARDEA_OK);
    assert_int_equal(cardea_activity_read(rig.activity, FAR, 1, &s), CARDEA_OK);
    assert_int_equal(s.uses, 2);
    rig_end(&rig);
}

static void refusals_are_counted_by_their_code(void **state)
{
    struct rig rig;
    uint32_t counts[CARDEA_ACTIVITY_REFUSALS];
    char path[128];
    rig_begin(&rig);
    rig_record(&rig);
    struct activity_map m = {.dir = strdup(rig.dir)};
    assert_int_equal(cardea_activity_reserve(rig.activity, 7), CARDEA_OK);
    assert_non_null(activity_find(&m, 7, 1));
    activity_denied(&m, 7, CARDEA_EXPIRED);
    activity_denied(&m, 7, CARDEA_RATE_LIMITED);
    activity_denied(&m, 7, CARDEA_RATE_LIMITED);
    activity_denied(&m, 7, CARDEA_STALE); /* has no counter of its own */
    granted(&m, 7, 0, 5);
    assert_int_equal(cardea_activity_read_refusals(rig.activity, 7, counts), CARDEA_OK);
    assert_int_equal(counts[cardea_activity_refusal(CARDEA_EXPIRED)], 1);
    assert_int_equal(counts[cardea_activity_refusal(CARDEA_RATE_LIMITED)], 2);
    assert_int_equal(counts[0], 1);
    uint32_t sum = 0;
    for (unsigned i = 0; i < CARDEA_ACTIVITY_REFUSALS; i++)
        sum += counts[i];
    assert_int_equal(sum, 4);
    assert_int_equal(cardea_activity_read_refusals(rig.activity, 8, counts), CARDEA_OK);
    for (unsigned i = 0; i < CARDEA_ACTIVITY_REFUSALS; i++)
        assert_int_equal(counts[i], 0);
    assert_int_equal(cardea_activity_read_refusals(rig.activity, FAR, counts), CARDEA_OK); /* no such file */
    activity_map_release(&m);
    /* a file of before there were these: all else works */
    assert_true(activity_path(path, sizeof path, rig.dir, 0));
    assert_int_equal(truncate(path, ACTIVITY_SLOTS_LEN), 0);
    m = (struct activity_map){.dir = strdup(rig.dir)};
    assert_non_null(activity_find(&m, 7, 1));
    activity_denied(&m, 7, CARDEA_EXPIRED);
    assert_int_equal(cardea_activity_read_refusals(rig.activity, 7, counts), CARDEA_OK);
    assert_int_equal(counts[cardea_activity_refusal(CARDEA_EXPIRED)], 0);
    struct cardea_activity_slot slot;
    assert_int_equal(cardea_activity_read(rig.activity, 7, 1, &slot), CARDEA_OK);
    assert_int_equal(slot.denials, 5);
    activity_map_release(&m);
    rig_end(&rig);
}

static void grants_are_counted_by_their_group(void **state)
{
    struct rig rig;
    uint32_t counts[CARDEA_ACTIVITY_GROUPS];
    struct cardea_activity_slot slot;
    char path[128];
    rig_begin(&rig);
    rig_record(&rig);
    struct activity_map m = {.dir = strdup(rig.dir)};
    uint32_t last = CARDEA_ACTIVITY_SEGMENT - 1;
    assert_int_equal(cardea_activity_reserve(rig.activity, last), CARDEA_OK);
    assert_non_null(activity_find(&m, last, 1));
    granted(&m, last, 1, 5);
    granted(&m, last, 15, 5);
    granted(&m, last, 15, 5);
    granted(&m, last, 0, 5);
    granted(&m, last, 2, 6);
    assert_int_equal(cardea_activity_read_groups(rig.activity, last, counts), CARDEA_OK);
    for (unsigned i = 0; i < CARDEA_ACTIVITY_GROUPS; i++)
        assert_int_equal(counts[i], i == 1 || i == 2 ? 1 : i == 15 ? 2 : 0);
    assert_int_equal(cardea_activity_read(rig.activity, last, 1, &slot), CARDEA_OK);
    assert_int_equal(slot.uses, 5);
    assert_int_equal(cardea_activity_read_refusals(rig.activity, last, counts), CARDEA_OK);
    for (unsigned i = 0; i < CARDEA_ACTIVITY_REFUSALS; i++)
        assert_int_equal(counts[i], 0);
    assert_int_equal(cardea_activity_read_groups(rig.activity, FAR, counts), CARDEA_E_NOTFOUND);
    activity_map_release(&m);
    /* a file of before there were these: its keys are counted all the same, and the next start makes room */
    assert_true(activity_path(path, sizeof path, rig.dir, 0));
    assert_int_equal(truncate(path, ACTIVITY_REFUSALS_LEN), 0);
    m = (struct activity_map){.dir = strdup(rig.dir)};
    assert_non_null(activity_find(&m, 7, 1));
    granted(&m, 7, 3, 5);
    activity_map_release(&m);
    assert_int_equal(cardea_activity_read_groups(rig.activity, 7, counts), CARDEA_E_NOTFOUND);
    cardea_activity_free(rig.activity);
    rig_record(&rig);
    m = (struct activity_map){.dir = strdup(rig.dir)};
    assert_non_null(activity_find(&m, 7, 1));
    granted(&m, 7, 3, 5);
    assert_int_equal(cardea_activity_read_groups(rig.activity, 7, counts), CARDEA_OK);
    assert_int_equal(counts[3], 1);
    activity_map_release(&m);
    rig_end(&rig);
}

static void each_counter_has_its_code(void **state)
{
    for (int code = 0; code <= CARDEA_CODE_COUNT; code++) {
        unsigned counter = cardea_activity_refusal((enum cardea_code)code);
        assert_true(counter < CARDEA_ACTIVITY_REFUSALS);
        assert_int_equal(cardea_activity_refusal_code(counter), counter ? code : CARDEA_CODE_COUNT);
    }
    assert_int_equal(cardea_activity_refusal_code(99), CARDEA_CODE_COUNT);
    /* what a file that is there means by them */
    assert_int_equal(cardea_activity_refusal(CARDEA_REVOKED), 1);
    assert_int_equal(cardea_activity_refusal(CARDEA_CREDITS_EXHAUSTED), 13);
}

static void reading_crosses_segments(void **state)
{
    struct rig rig;
    static struct cardea_activity_slot s[1000];
    rig_begin(&rig);
    rig_record(&rig);
    struct activity_map m = {.dir = strdup(rig.dir)};
    uint32_t last = CARDEA_ACTIVITY_SEGMENT - 1;
    assert_int_equal(cardea_activity_reserve(rig.activity, last), CARDEA_OK);
    assert_int_equal(cardea_activity_reserve(rig.activity, last + 1), CARDEA_OK);
    assert_non_null(activity_find(&m, last, 1));
    assert_non_null(activity_find(&m, last + 1, 1));
    granted(&m, last, 0, 1);
    granted(&m, last + 1, 0, 2);
    assert_int_equal(cardea_activity_read(rig.activity, last - 499, 1000, s), CARDEA_OK);
    assert_int_equal(s[499].last_used, 1);
    assert_int_equal(s[500].last_used, 2);
    assert_int_equal(s[498].uses + s[501].uses, 0);
    activity_map_release(&m);
    rig_end(&rig);
}

static void credits_are_never_overdrawn(void **state)
{
    struct rig rig;
    int64_t left;
    rig_begin(&rig);
    rig_record(&rig);
    struct activity_map m = {.dir = strdup(rig.dir)};
    struct activity_line *line = activity_find(&m, 5, 1);
    assert_non_null(line);
    assert_false(activity_draw(&m, 5, 1, &left));
    assert_int_equal(cardea_activity_grant_credits(rig.activity, 5, 5), CARDEA_OK);
    assert_true(activity_draw(&m, 5, 0, &left));
    assert_int_equal(left, 5);
    assert_true(activity_draw(&m, 5, 4, &left));
    assert_int_equal(left, 1);
    assert_false(activity_draw(&m, 5, 2, &left));
    assert_int_equal(left, 1);
    assert_true(activity_draw(&m, 5, 1, &left));
    assert_false(activity_draw(&m, 5, 1, &left));
    /* what somebody scribbled buys nothing */
    line->credits_drawn = INT64_MIN;
    assert_false(activity_draw(&m, 5, 1, &left));
    line->credits_drawn = 0;
    line->credits_granted = 1000000;
    assert_false(activity_draw(&m, 5, 1, &left));
    activity_map_release(&m);
    rig_end(&rig);
}

static void unusable_segments_are_not_mapped(void **state)
{
    struct rig rig;
    char path[128];
    rig_begin(&rig);
    rig_record(&rig);
    struct activity_map m = {.dir = strdup(rig.dir)};
    assert_true(activity_path(path, sizeof path, rig.dir, 0));
    assert_int_equal(truncate(path, ACTIVITY_SLOTS_LEN - 1), 0);
    assert_null(activity_find(&m, 0, 1));
    assert_int_equal(truncate(path, ACTIVITY_FILE_LEN), 0);
    assert_null(activity_find(&m, 0, 2)); /* tried again after a second */
    assert_non_null(activity_find(&m, 0, UINT64_C(2000000000)));
    activity_map_release(&m);
    m = (struct activity_map){.dir = strdup(rig.dir)};
    int fd = open(path, O_RDWR);
    assert_int_equal(pwrite(fd, "x", 1, 0), 1);
    close(fd);
    assert_null(activity_find(&m, 0, 1));
    assert_null(activity_find(&m, UINT32_MAX, 1));
    activity_map_release(&m);
    char small[4];
    assert_false(activity_path(small, sizeof small, rig.dir, 0));
    rig_end(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(segments_are_made_when_reserved),  cmocka_unit_test(counts_cross_over),
        cmocka_unit_test(reading_crosses_segments),         cmocka_unit_test(credits_are_never_overdrawn),
        cmocka_unit_test(unusable_segments_are_not_mapped), cmocka_unit_test(refusals_are_counted_by_their_code),
        cmocka_unit_test(each_counter_has_its_code),        cmocka_unit_test(grants_are_counted_by_their_group),
    };
    return cmocka_run_group_tests_name("activity", tests, NULL, NULL);
}
