/* A daemon's inside without HTTP, that can be stopped and started again: a SQLite store, a publisher, a reader and
 * activity files in a folder of its own, a clock that the test moves. */
#ifndef TESTS_SERVICE_RIG_H
#define TESTS_SERVICE_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/id.h"
#include "base/str.h"
#include "service/accounts.h"
#include "service/bootstrap.h"
#include "service/publisher.h"
#include "service/session.h"
#include "service/usage.h"
#include "service/users.h"

#define RIG_START INT64_C(1800000000) /* 2027-01-15T08:00:00Z */

struct rig {
    char dir[64], runtime[96];
    struct service svc;
    struct profile_set profiles;
    struct store_conn *db; /* a reader's */
    struct cardea_reader *reader;
    uint8_t deployment_id[16];
    struct arena arena; /* of everything that a test holds on to */
    int64_t now;
    struct actor actor; /* who asks next */
    struct cardea_str source;
    struct service_call call; /* the last one: its refusal */
};
extern struct rig rig;

/* A fresh folder, everything started; and gone without a trace. */
int rig_setup(void **state);
int rig_teardown(void **state);
/* Where bootstrap_root() hands the key over; `arg` a bool that says whether it is taken, NULL: it is. */
bool rig_take_root(void *arg, const struct cardea_secret *root, struct cardea_why *why);
/* Stops and starts on the same folder, as the daemon would. The snapshot and the activity files may be taken away
 * between. */
void rig_stop(void);
void rig_start(void);
/* Opens the reader again: the snapshot's first file may have come and gone. */
void rig_reread(void);
/* The profiles as of `yaml` in place of the `shop` that the rig comes with. */
extern const char rig_shop_yaml[];
void rig_load_profiles(struct profile_set *set, const char *yaml);

/* One unit of work, rolled back when it refuses; what it returned. */
typedef enum service_err (*rig_fn)(struct service_call *c, void *arg);
enum service_err rig_run(rig_fn fn, void *arg);
/* A call on the reader's connection. */
struct service_call *rig_call(void);

void rig_as_root(void);
void rig_as_user(int64_t account_id, int64_t user_id, enum cardea_role role);

int64_t rig_account(const char *profile, const char *slug);
int64_t rig_user(const char *email, struct cardea_str password_hash);
void rig_member(int64_t account_id, int64_t user_id, enum cardea_role role);
struct cardea_str rig_id(const char *prefix, int64_t id);

/* A row straight into the store: `kind` of the account's profile, with `scopes`. Its secret is "<name>-secret". */
struct store_key rig_key(int64_t account_id, int64_t user_id, const char *kind, const char *name, const char *scopes);
void rig_key_update(const struct store_key *row);
/* What a verifier says of that key. */
enum cardea_code rig_decide(const char *name, const char *scope, enum cardea_role min_role, uint32_t cost);
/* Carries what was counted into the store, as the timer does, until a look finds nothing. */
void rig_flush(void);
extern struct cardea_decision rig_decision; /* the last one */

#define assert_done(expression)  assert_int_equal(expression, SERVICE_OK)
#define assert_text(s, expected) assert_true(str_eq(s, str_of(expected)))
#define assert_refused(err, expected_err, expected_code)   \
    do {                                                   \
        assert_int_equal(err, expected_err);               \
        assert_string_equal(rig.call.code, expected_code); \
    } while (0)

#endif
