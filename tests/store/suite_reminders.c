/* Reminders of keys, mails about them, and what was told when. */
#include "suite.h"

#include "store/reminders.h"

struct told {
    int64_t subject, at;
    const char *what;
};

UNIT(key_insert, struct store_key, store_key_insert(c, row))
UNIT(reminder_put, const struct store_reminder, store_reminder_put(c, row))
UNIT(reminder_remove, const int64_t, store_reminder_remove(c, *row))
UNIT(mail_insert, const struct store_reminder_mail, store_reminder_mail_insert(c, row))
UNIT(mail_retry, const struct store_reminder_mail, store_reminder_mail_retry(c, row->id, row->next_at_ms))
UNIT(mail_remove, const int64_t, store_reminder_mail_remove(c, *row))
UNIT(told_put, const struct told, store_told_put(c, row->subject, str_of(row->what), row->at))
UNIT(told_prune, const int64_t, store_told_prune(c, *row, 1))

static int64_t key(void)
{
    struct store_key row = suite_key(suite_account());
    assert_ok(run(key_insert, &row));
    return row.id;
}

static void test_reminders_come_in_their_time(void **state)
{
    (void)state;
    struct store_reminder got, due[4];
    size_t count;
    struct store_reminder late = {key(), 300, 1000, 1, 2000, 2}, soon = {key(), 200, 500, 0, 0, 4},
                          never = {key(), 0, 100, 4, 0, 4}, unknown = {suite_id(), 1, 1, 0, 0, 4};
    int64_t position = suite_position();
    assert_err(STORE_NOTFOUND, store_reminder_get(suite.reader, late.key_id, &got));
    assert_ok(run(reminder_put, &late));
    assert_ok(run(reminder_put, &soon));
    assert_ok(run(reminder_put, &never));
    assert_err(STORE_NOTFOUND, run(reminder_put, &unknown));
    assert_int_equal(suite_position(), position);
    assert_ok(store_reminder_get(suite.reader, late.key_id, &got));
    assert_memory_equal(&got, &late, sizeof(got));
    assert_ok(store_reminder_due(suite.reader, 199, 4, due, &count));
    assert_int_equal(count, 0);
    assert_ok(store_reminder_due(suite.reader, 300, 4, due, &count));
    assert_int_equal(count, 2);
    assert_true(due[0].key_id == soon.key_id && due[1].key_id == late.key_id);
    assert_ok(store_reminder_due(suite.reader, 300, 1, due, &count));
    assert_int_equal(count, 1);
    late.next_at = 400;
    late.expiry_told = 2;
    assert_ok(run(reminder_put, &late));
    assert_ok(run(reminder_remove, &soon.key_id));
    assert_ok(run(reminder_remove, &soon.key_id));
    assert_ok(store_reminder_due(suite.reader, 399, 4, due, &count));
    assert_int_equal(count, 0);
    assert_ok(run(reminder_remove, &late.key_id));
}

static void test_mails_of_one_person_go_together(void **state)
{
    (void)state;
    struct store_reminder_mail rows[4];
    size_t count;
    int64_t first = suite_user(), second = suite_user(), about = key(), next;
    assert_ok(store_reminder_mail_next_due(suite.reader, &next));
    assert_int_equal(next, 0);
    struct store_reminder_mail mail = {.user_id = first, .subject_id = about, .days = 3, .at = 77, .next_at_ms = 200};
    assert_ok(run(mail_insert, &mail));
    mail.next_at_ms = 900;
    mail.purpose = STORE_REMIND_WEBHOOK;
    assert_ok(run(mail_insert, &mail));
    mail.user_id = second;
    mail.next_at_ms = 100;
    assert_ok(run(mail_insert, &mail));
    assert_ok(store_reminder_mail_next_due(suite.reader, &next));
    assert_int_equal(next, 100);
    assert_ok(store_reminder_mail_due(suite.reader, 99, 4, rows, &count));
    assert_int_equal(count, 0);
    assert_ok(store_reminder_mail_due(suite.reader, 300, 4, rows, &count));
    assert_true(count == 1 && rows[0].user_id == second);
    rows[0].next_at_ms = 1000;
    assert_ok(run(mail_retry, &rows[0]));
    assert_ok(store_reminder_mail_due(suite.reader, 300, 4, rows, &count));
    assert_true(count == 2 && rows[0].user_id == first && rows[0].id < rows[1].id);
    assert_true(rows[0].days == 3 && rows[0].at == 77 && rows[0].attempts == 0 && rows[0].subject_id == about);
    assert_true(rows[0].purpose == STORE_REMIND_EXPIRING && rows[1].purpose == STORE_REMIND_WEBHOOK);
    assert_ok(run(mail_remove, &rows[0].id));
    assert_ok(run(mail_remove, &rows[1].id));
    assert_ok(store_reminder_mail_due(suite.reader, 1000, 4, rows, &count));
    assert_true(count == 1 && rows[0].attempts == 1);
    assert_ok(run(mail_remove, &rows[0].id));
}

static void test_what_was_told_when(void **state)
{
    (void)state;
    int64_t at, subject = suite_id(), before = 50;
    assert_err(STORE_NOTFOUND, store_told_get(suite.reader, subject, STR("a"), &at));
    assert_ok(run(told_put, &((struct told){subject, 10, "a"})));
    assert_ok(run(told_put, &((struct told){subject, 20, "b"})));
    assert_ok(run(told_put, &((struct told){subject, 40, "a"})));
    assert_ok(store_told_get(suite.reader, subject, STR("a"), &at));
    assert_int_equal(at, 40);
    assert_ok(run(told_prune, &before)); /* the oldest, since one is the limit */
    assert_err(STORE_NOTFOUND, store_told_get(suite.reader, subject, STR("b"), &at));
    assert_ok(store_told_get(suite.reader, subject, STR("a"), &at));
    before = 40;
    assert_ok(run(told_prune, &before));
    assert_ok(store_told_get(suite.reader, subject, STR("a"), &at));
}

const struct CMUnitTest suite_reminder_tests[] = {
    cmocka_unit_test(test_reminders_come_in_their_time),
    cmocka_unit_test(test_mails_of_one_person_go_together),
    cmocka_unit_test(test_what_was_told_when),
};
const size_t suite_reminder_test_count = sizeof suite_reminder_tests / sizeof *suite_reminder_tests;
