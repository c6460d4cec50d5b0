/* rig.h - a small world to decide in: two products, five accounts, keys that have names. */
#ifndef TESTS_CORE_RIG_H
#define TESTS_CORE_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cardea/cardea.h>

#define S(text) ((struct cardea_str){(text), strlen(text)})

#define RIG_NOW     1000000
#define RIG_BOOT_NS UINT64_C(5000000000)

enum { RIG_TOKEN, RIG_SERVER, RIG_SINGLE, RIG_FOLLOW, RIG_AGENT, RIG_LEGACY, RIG_ROOT };

struct rig {
    char dir[64];
    char path[96];
    struct cardea_writer *w;
    struct cardea_profile profiles[2]; /* "acme", "other" */
    struct cardea_kind acme_kinds[7], other_kinds[1];
    const struct cardea_profile *list[2];
    struct cardea_activity *activity; /* with rig_record */
};

/* An empty folder and the profiles; no file yet. Everything a test asserts on failure aborts the test. */
void rig_begin(struct rig *rig);
void rig_end(struct rig *rig);
struct cardea_writer_options rig_options(const struct rig *rig);
/* A new writer on rig->path, held in rig->w. */
void rig_write(struct rig *rig);
/* Puts the accounts, people, agents and named keys. */
void rig_fill(struct rig *rig);
void rig_record(struct rig *rig);
struct cardea_reader *rig_reader(const struct rig *rig);

/* The named key's text and entry; fails the test when there is none of that name. Names stand in rig.c. "unknown" and
 * "unknown-agent" are well-formed and in no snapshot. */
void rig_key(const struct rig *rig, const char *name, struct cardea_secret *out);
void rig_entry(const struct rig *rig, const char *name, struct cardea_key_entry *out);

/* A deterministic random function; arg is a uint64_t. */
bool rig_random(void *arg, void *buf, size_t len);

struct cardea_time rig_time(void);
/* Verifies a named key of profile "acme" and returns the code. */
enum cardea_code rig_verify(struct cardea_reader *r, const struct rig *rig, const char *name);

#endif
