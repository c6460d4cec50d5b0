#include "serve/reload.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "service/publisher.h"
#include "service/scanning.h"
#include "service/usage_groups.h"

#define ERRORS_MAX (256u << 10)

static bool load_leak_keys(struct generation *g, struct buf *errors)
{
    const char *path = g->options.leak_keys;
    struct cardea_str text;
    struct cardea_why why;
    if (!path)
        return true;
    if (!file_read(&g->arena, path, REPORT_KEYS_TEXT_MAX, &text)) {
        buf_printf(errors, "leak-keys: %s cannot be read: %s\n", path, strerror(errno));
        return false;
    }
    g->leak_keys = report_keys_parse(text, &why);
    if (!g->leak_keys)
        buf_printf(errors, "leak-keys: %s: %s\n", path, why.text);
    return g->leak_keys != NULL;
}

void generation_watch_leaks(struct generation *g, struct daemon *d)
{
    atomic_store(&d->svc.leaks_flag, g->options.leaks_flag);
    atomic_store(&d->svc.leak_keys, g->leak_keys);
}

struct generation *generation_load(int argc, char **argv, struct buf *errors, enum options_result *result)
{
    struct generation *g = calloc(1, sizeof(*g));
    if (!g)
        abort();
    *result = serve_options_load(&g->arena, argc, argv, &g->options, errors);
    if (*result == OPTIONS_OK && !profile_set_load(&g->profiles, g->options.profiles, errors))
        *result = OPTIONS_BAD;
    if (*result == OPTIONS_OK && !profile_set_find(&g->profiles, STR(APP_NATIVE_PROFILE))) {
        buf_add_cstr(errors, "the profile `" APP_NATIVE_PROFILE "` is missing: the native API needs it\n");
        *result = OPTIONS_BAD;
    }
    if (*result == OPTIONS_OK && g->options.issuers &&
        !issuer_list_load(&g->arena, g->options.issuers, &g->issuers, errors))
        *result = OPTIONS_BAD;
    if (*result == OPTIONS_OK && !load_leak_keys(g, errors))
        *result = OPTIONS_BAD;
    if (*result == OPTIONS_OK && !ai_check(&g->options, &g->ai_key, errors))
        *result = OPTIONS_BAD;
    if (*result == OPTIONS_OK)
        return g;
    generation_free(g);
    return NULL;
}

void generation_free(struct generation *g)
{
    while (g) {
        struct generation *older = g->older;
        profile_set_release(&g->profiles);
        report_keys_free(g->leak_keys);
        cardea_wipe(&g->ai_key, sizeof(g->ai_key));
        arena_release(&g->arena);
        free(g);
        g = older;
    }
}

void generation_ask_ai(struct generation *g, struct daemon *d)
{
    ai_configure(d->svc.judge, &g->options, &g->ai_key, &d->ai_key);
    cardea_wipe(&g->ai_key, sizeof(g->ai_key));
}

static void warn_of_fixed(const struct serve_options *was, const struct serve_options *is)
{
    struct buf names;
    buf_init(&names, ERRORS_MAX);
    options_fixed_changes(&serve_option_table, was, is, &names);
    struct cardea_str list = buf_str(&names); /* ", a, b" */
    if (list.len)
        log_warn("not changed until the next start: %.*s", (int)list.len - 2, list.ptr + 2);
    buf_release(&names);
}

struct rebuild {
    struct daemon *daemon;
    struct generation *next;
    struct cardea_why why;
};

static enum store_err rebuild(struct store_conn *c, void *arg)
{
    struct rebuild *r = arg;
    struct service *svc = &r->daemon->svc;
    if (!publisher_rebuild(svc->publisher, &r->next->profiles, &r->why))
        return STORE_UNAVAILABLE;
    atomic_store(&svc->profiles, &r->next->profiles);
    svc->session_ttl_sec = r->next->options.session_ttl_sec; /* sessions start on this thread */
    return STORE_OK;
}

static void log_lines(struct cardea_str text)
{
    struct cardea_str line;
    while (str_cut(&text, '\n', &line))
        if (line.len)
            log_error("not reloaded: %.*s", STR_ARG(line));
}

bool reload(struct daemon *d)
{
    struct buf errors;
    enum options_result result;
    buf_init(&errors, ERRORS_MAX);
    struct generation *next = generation_load(d->argc, d->argv, &errors, &result);
    if (!next) {
        log_lines(buf_str(&errors));
        buf_release(&errors);
        return false;
    }
    buf_release(&errors);
    struct rebuild r = {.daemon = d, .next = next};
    if (!usage_groups_assign(&d->svc, &next->profiles, &r.why) || store_run(d->svc.store, rebuild, &r) != STORE_OK) {
        log_error("not reloaded: %s", r.why.text);
        generation_free(next);
        return false;
    }
    warn_of_fixed(&d->options, &next->options);
    log_set_level(next->options.level);
    atomic_store(&d->app.policy, &next->options.policy);
    issuers_configure(d->svc.issuers, &next->issuers);
    scanning_configure(d->svc.scanning, &next->profiles);
    generation_ask_ai(next, d);
    generation_watch_leaks(next, d);
    next->older = d->now;
    d->now = next;
    log_info("reloaded: %zu profiles, %zu issuers", next->profiles.count, next->issuers.count);
    return true;
}
