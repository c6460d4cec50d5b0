/* The store test-suite: whatever backend the URL names, the same tests.
 *
 * One store serves all tests, so each makes its own rows and counts relative to what it found. */
#ifndef TESTS_STORE_SUITE_H
#define TESTS_STORE_SUITE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "store/store.h"

#define SUITE_NOW 1700000000

struct suite {
    const char *url;
    struct store *store;
    struct store_conn *reader;
    struct arena arena;
    store_publish_fn publish; /* what the running test wants called, if anything */
    void *publish_arg;
};
extern struct suite suite;

void suite_open(void);
void suite_close(void);

int64_t suite_id(void);                         /* larger each time; safe from any thread */
struct cardea_str suite_slug(void);             /* another each time; in the arena */
int64_t suite_account(void);                    /* inserts one */
int64_t suite_user(void);                       /* inserts one */
struct store_key suite_key(int64_t account_id); /* a row ready to be inserted */
int64_t suite_position(void);                   /* the feed's end, as the reader sees it */

/* A unit of work that is one call on one row. */
#define UNIT(name, type, call)                                  \
    static enum store_err name(struct store_conn *c, void *arg) \
    {                                                           \
        type *row = arg;                                        \
        return call;                                            \
    }
#define run(unit, row) store_run(suite.store, unit, row)

#define assert_err(expected, expression)                                                  \
    do {                                                                                  \
        enum store_err err_ = (expression);                                               \
        if (err_ != (expected)) {                                                         \
            fail_msg("%s: got %d, want %d; reader says: %s", #expression, err_, expected, \
                     store_error_text(suite.reader));                                     \
        }                                                                                 \
    } while (0)
#define assert_ok(expression) assert_err(STORE_OK, expression)
#define assert_str(s, expected)                                                 \
    do {                                                                        \
        struct cardea_str s_ = (s);                                             \
        if (!str_eq(s_, str_of(expected))) {                                    \
            fail_msg("%s is \"%.*s\", want \"%s\"", #s, STR_ARG(s_), expected); \
        }                                                                       \
    } while (0)

/* suite_rows.c, suite_login.c, suite_keys.c, suite_events.c, suite_policies.c, suite_group.c */
extern const struct CMUnitTest suite_row_tests[], suite_login_tests[], suite_key_tests[], suite_event_tests[],
    suite_policy_tests[], suite_group_tests[];
extern const struct CMUnitTest suite_message_tests[];  /* suite_messages.c */
extern const struct CMUnitTest suite_reminder_tests[]; /* suite_reminders.c */
extern const struct CMUnitTest suite_audit_tests[];    /* suite_audit.c */
extern const struct CMUnitTest suite_webhook_tests[];  /* suite_webhooks.c */
extern const size_t suite_message_test_count, suite_reminder_test_count, suite_audit_test_count,
    suite_webhook_test_count;
extern const size_t suite_row_test_count, suite_login_test_count, suite_key_test_count, suite_event_test_count,
    suite_policy_test_count, suite_group_test_count;

#endif
