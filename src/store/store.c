/* Opening, and the way from store.h to the backend that the URL names. */
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "store/backend.h"
#include "store/runner.h"

static const struct store_backend *const backends[] = {&store_sqlite};

struct store {
    const struct store_backend *backend;
    char *location; /* the URL after "scheme:" */
    struct store_conn *writer;
    struct runner *runner;
};

/* The backend whose "scheme:" the URL begins with; `location` is what follows. */
static const struct store_backend *backend_of(const char *url, const char **location)
{
    for (size_t i = 0; i < sizeof backends / sizeof *backends; i++) {
        size_t n = strlen(backends[i]->scheme);
        if (strncmp(url, backends[i]->scheme, n) == 0 && url[n] == ':' && url[n + 1] != '\0') {
            *location = url + n + 1;
            return backends[i];
        }
    }
    return NULL;
}

enum store_err store_open(struct store **out, const struct store_options *options, struct cardea_why *why)
{
    const char *location = NULL;
    const struct store_backend *backend = backend_of(options->url, &location);
    if (!backend) {
        /* The URL itself is not shown: another backend's may hold a password. */
        snprintf(why->text, sizeof why->text, "the store's URL is not one this program knows: write sqlite:PATH");
        return STORE_UNAVAILABLE;
    }
    struct store *s = calloc(1, sizeof *s);
    if (!s || !(s->location = strdup(location))) {
        free(s);
        snprintf(why->text, sizeof why->text, "out of memory while opening the store");
        return STORE_UNAVAILABLE;
    }
    s->backend = backend;
    enum store_err err = backend->conn->open(str_of(s->location), true, &s->writer, why);
    if (err == STORE_OK && !runner_start(&s->runner, s->writer, options)) {
        snprintf(why->text, sizeof why->text, "cannot start the store's writer thread: raise the limit on threads");
        err = STORE_UNAVAILABLE;
    }
    if (err != STORE_OK) {
        store_free(s);
        return err;
    }
    *out = s;
    return STORE_OK;
}

void store_free(struct store *s)
{
    if (!s) {
        return;
    }
    runner_free(s->runner);
    if (s->writer) {
        s->backend->conn->close(s->writer);
    }
    free(s->location);
    free(s);
}

enum store_err store_reader_open(struct store *s, struct store_conn **out, struct cardea_why *why)
{
    return s->backend->conn->open(str_of(s->location), false, out, why);
}

void store_reader_free(struct store_conn *c)
{
    if (c) {
        c->backend->conn->close(c);
    }
}

bool store_submit(struct store *s, store_work_fn work, store_done_fn done, void *arg)
{
    return runner_submit(s->runner, work, done, arg);
}

bool store_submit_checked(struct store *s, store_work_fn work, store_done_fn done, void *arg)
{
    return runner_submit_checked(s->runner, work, done, arg);
}

enum store_err store_run(struct store *s, store_work_fn work, void *arg)
{
    return runner_run(s->runner, work, arg);
}

const char *store_error_text(const struct store_conn *c)
{
    return c->error;
}

/* ---- for backends ---- */

void store_conn_touch(struct store_conn *c, const struct store_touch *touch)
{
    if (c->touched_count == c->touched_cap) {
        size_t cap = c->touched_cap ? 2 * c->touched_cap : STORE_GROUP_MAX;
        struct store_touch *grown = realloc(c->touched, cap * sizeof *grown);
        if (!grown) {
            abort(); /* as base/arena.h: a change that could not be published must not be committed */
        }
        c->touched = grown;
        c->touched_cap = cap;
    }
    c->touched[c->touched_count++] = *touch;
}

void store_conn_release(struct store_conn *c)
{
    free(c->touched);
    c->touched = NULL;
    c->touched_count = c->touched_cap = 0;
}
