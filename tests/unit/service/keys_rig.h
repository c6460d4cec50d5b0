/* A daemon's inside without HTTP: a SQLite store, a publisher and activity files in a folder of its own, and a clock
 * that the test moves. One for all tests of an executable; each makes its own accounts. */
#ifndef TESTS_KEYS_RIG_H
#define TESTS_KEYS_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "service/keys.h"

#define RIG_START INT64_C(1800000000) /* 2027-01-15T08:00:00Z */

struct rig {
    char dir[64], runtime[80];
    struct service svc;
    struct profile_set profiles;
    struct store_conn *db;    /* a reader's */
    struct arena arena;       /* of everything that tests hold on to */
    int64_t now;              /* seconds */
    struct actor actor;       /* who asks next */
    struct service_call call; /* the last one: its refusal */
};
extern struct rig rig;

int rig_open(void **state);
int rig_close(void **state);

struct cardea_str rig_slug(void); /* another each time */
int64_t rig_account(const char *profile);
struct cardea_str rig_id(const char *prefix, int64_t id);
int64_t rig_user(int64_t account_id, enum cardea_role role); /* a new one, a member of the account */
int64_t rig_agent(int64_t account_id);

void rig_as_root(void);
void rig_as_user(int64_t account_id, int64_t user_id, enum cardea_role role);
/* With the scopes that the key has, as a decision would give them. */
void rig_as_key(const struct key_view *key);

/* One unit of work, rolled back when it refuses. */
typedef enum service_err (*rig_fn)(struct service_call *c, void *arg);
enum service_err rig_run(rig_fn fn, void *arg);

/* The use cases, each in a unit of its own; `rig_view` and `rig_key` are what the last one gave. */
extern struct key_view rig_view;
extern struct cardea_secret rig_key;
struct key_create rig_asked(int64_t account_id, const char *name, const char *scope); /* scope NULL: not given */
enum service_err rig_create(const struct key_create *in);
enum service_err rig_update(int64_t id, const struct key_input *in);
enum service_err rig_revoke(int64_t id, const char *reason);
enum service_err rig_rotate(int64_t id, int64_t overlap_sec);
enum service_err rig_get(int64_t id);
enum service_err rig_import(int64_t account_id, const char *kind, const struct key_import *items, size_t count,
                            struct key_view *out);
struct key_view rig_made(int64_t account_id, const char *scope); /* a key that must succeed, made by root */

/* What a verifier says now. */
enum cardea_code rig_verify(const struct cardea_secret *key, const char *scope, uint32_t cost);

void rig_assert_ok(enum service_err err, const char *file, int line);
void rig_assert_refused(enum service_err err, enum service_err expected, const char *code, const char *file, int line);
#define assert_done(expression)                    rig_assert_ok(expression, __FILE__, __LINE__)
#define assert_refused(expected, code, expression) rig_assert_refused(expression, expected, code, __FILE__, __LINE__)
#define assert_text(s, expected)                   assert_true(str_eq(s, str_of(expected)))

#endif
