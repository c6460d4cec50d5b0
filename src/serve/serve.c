#include "serve/serve.h"

#include <cardea/fault.h>
#include <errno.h>
#include <event2/event.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "http/routes.h"
#include "http/web.h"
#include "net/get.h"
#include "serve/daemon.h"
#include "serve/demo.h"
#include "serve/front.h"
#include "serve/lock.h"
#include "serve/outgoing.h"
#include "serve/reload.h"
#include "serve/ticker.h"
#include "service/audit_log.h"
#include "service/bootstrap.h"
#include "service/notices.h"
#include "service/policies_source.h"
#include "service/publisher.h"
#include "service/reminders.h"
#include "service/scanning.h"
#include "service/usage.h"
#include "service/webhook_sender.h"

#define DATA_MODE       0710
#define RUNTIME_MODE    0750
#define ACTIVITY_MODE   0660
#define DRAIN_MS        10000
#define STARTUP_ERRORS  (256u << 10)
#define DESCRIPTORS_MAX 65536 /* connections take one each */

static int64_t wall_clock_ms(void *arg)
{
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

static void say(const struct cardea_why *why)
{
    fprintf(stderr, "cardea: %s\n", why->text);
}

/* ---- the process ---- */

static void mask_signals(int how)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    pthread_sigmask(how, &set, NULL);
}

/* Keys pass through this memory: no crash may write it to a disk. */
static void harden_process(void)
{
    struct rlimit files;
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    prctl(PR_SET_DUMPABLE, 0);
    cardea_fault_survive();
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a write past the limit fails instead, as on a full disk */
    /* Until there is something to stop or to reload; one that comes before waits. Inherited by all threads. */
    mask_signals(SIG_BLOCK);
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
        files.rlim_cur = files.rlim_max < DESCRIPTORS_MAX ? files.rlim_max : DESCRIPTORS_MAX;
        setrlimit(RLIMIT_NOFILE, &files);
    }
}

/* ---- opening, in order ---- */

static bool open_folders(struct daemon *d, struct cardea_why *why)
{
    d->data_lock = lock_folder(d->options.data, DATA_MODE, false, why);
    if (d->data_lock < 0)
        return false;
    d->runtime_lock = lock_folder(d->options.runtime, RUNTIME_MODE, true, why);
    return d->runtime_lock >= 0;
}

static void committed(void *arg)
{
    webhooks_committed(arg);
}

static bool open_store(struct daemon *d, struct cardea_why *why)
{
    struct service *svc = &d->svc;
    uint8_t deployment_id[16];
    *svc = (struct service){.runtime_dir = d->options.runtime,
                            .random = cardea_random_system,
                            .now_ms = wall_clock_ms,
                            .session_ttl_sec = d->options.session_ttl_sec,
                            .audit_keep_sec = d->options.audit_keep_sec,
                            .audit_addresses_keep_sec = d->options.audit_addresses_keep_sec,
                            .events_keep_sec = d->options.events_keep_sec,
                            .usage_keep_sec = d->options.usage_keep_sec,
                            .max_staleness_ms = (uint32_t)(d->options.max_staleness_sec * 1000)};
    atomic_store(&svc->profiles, &d->now->profiles);
    struct store_options options = {
        .url = d->options.store, .publish = publisher_apply, .committed = committed, .publish_arg = svc};
    return bootstrap_master_key(svc, d->options.data, d->options.master_key_file, why) &&
           store_open(&svc->store, &options, why) == STORE_OK && bootstrap_identity(svc, deployment_id, why) &&
           audit_log_start(svc, deployment_id, d->options.audit_origin, why);
}

static bool open_snapshot(struct daemon *d, struct cardea_why *why)
{
    struct service *svc = &d->svc;
    struct store_conn *c;
    if (cardea_activity_open(&svc->activity, svc->runtime_dir, ACTIVITY_MODE) != CARDEA_OK) {
        snprintf(why->text, sizeof(why->text), "the folder %s cannot be opened: %s", svc->runtime_dir, strerror(errno));
        return false;
    }
    if (store_reader_open(svc->store, &c, why) != STORE_OK)
        return false;
    bool ok = publisher_open(&svc->publisher, svc, c, why) && service_notices_open(svc, c, ACTIVITY_MODE, why);
    store_reader_free(c);
    service_reminders_open(svc);
    return ok && service_usage_open(svc, why);
}

/* The root key is kept nowhere in clear but in that file, once. A demo writes it always: its demo.json needs it again.
 */
static bool show_root(void *arg, const struct cardea_secret *root, struct cardea_why *why)
{
    struct daemon *d = arg;
    struct cardea_str key = cardea_secret_reveal(root);
    if (isatty(STDOUT_FILENO) && !d->options.demo) {
        printf("Root key (shown only now; keep it safe):\n\n    %.*s\n\n", STR_ARG(key));
        return true;
    }
    struct arena arena = {0};
    const char *path = arena_printf(&arena, "%s/root.key", d->options.data).ptr;
    bool ok = file_write_atomic(path, 0600, arena_printf(&arena, "%.*s\n", STR_ARG(key)));
    if (ok)
        log_info("the root key is in %s", path);
    else
        snprintf(why->text, sizeof(why->text), "the root key cannot be written to %s: %s", path, strerror(errno));
    arena_release(&arena);
    return ok;
}

static bool open_issuers(struct daemon *d, struct cardea_why *why)
{
    struct issuers_options options = issuers_defaults();
    if (!net_start()) {
        snprintf(why->text, sizeof(why->text), "libcurl does not start");
        return false;
    }
    d->svc.issuers = issuers_new(&options);
    issuers_configure(d->svc.issuers, &d->now->issuers);
    return true;
}

/* It is there some seconds later, or at once with what an earlier process compiled. */
static bool open_scanner(struct daemon *d, struct cardea_why *why)
{
    struct scanning_options options = {
        .cache = arena_printf(&d->now->arena, "%s/scanner.cache", d->options.data).ptr,
        .shared = arena_printf(&d->now->arena, "%s/scanner.cache", d->options.runtime).ptr};
    d->svc.scanning = scanning_new(&options);
    d->svc.policies = policy_cache_new();
    d->svc.policy_source = &service_policy_source;
    scanning_configure(d->svc.scanning, &d->now->profiles);
    return true;
}

static bool open_judge(struct daemon *d, struct cardea_why *why)
{
    d->svc.judge = judge_new(&(struct judge_env){0});
    generation_ask_ai(d->now, d);
    generation_watch_leaks(d->now, d);
    return true;
}

static bool open_root(struct daemon *d, struct cardea_why *why)
{
    return bootstrap_root(&d->svc, show_root, d, &d->root, &d->root_made, why);
}

static void add_routes(struct router *r)
{
    const struct http_routes *tables[] = {
        &routes_ops,    &routes_reference, &routes_product,    &routes_client_sessions, &routes_keys,
        &routes_verify, &routes_authorize, &routes_accounts,   &routes_agents,          &routes_policies,
        &routes_users,  &routes_sessions,  &routes_identities, &routes_device,          &routes_events,
        &routes_scan,   &routes_messages,  &routes_audit,      &routes_leaks,           &routes_webhooks,
        &routes_usage,  &routes_billing};
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
        router_add(r, tables[i]);
}

static void tell_waiting(void *arg, int64_t agent_id)
{
    server_news(arg, agent_id);
}

static bool open_server(struct daemon *d, int listen_fd, struct cardea_why *why)
{
    struct app *app = &d->app;
    app->svc = &d->svc;
    app->demo = d->options.demo;
    app->serve_stale = d->options.serve_stale;
    app->snapshot_path = arena_printf(&d->now->arena, "%s/snapshot", d->options.runtime).ptr;
    atomic_store(&app->policy, &d->now->options.policy);
    add_routes(&app->router);
    if (!workers_start(&app->workers, &d->svc, why))
        return false;
    struct server_options options = {.app = app, .listen_fd = dup(listen_fd), .threads = (unsigned)d->options.threads};
    d->svc.inbox_news = tell_waiting;
    if (!server_start(&d->server, &options, why))
        return false;
    atomic_store(&d->svc.news_arg, d->server);
    return true;
}

static bool check_address(struct daemon *d, struct cardea_why *why)
{
    if (!listen_parse(&d->address, d->options.listen, why))
        return false;
    if (d->options.demo && d->address.address.ss_family == AF_UNIX) {
        snprintf(why->text, sizeof(why->text), "--listen %s: a demo needs HOST:PORT", d->options.listen);
        return false;
    }
    if (d->address.local || d->options.listen_public)
        return true;
    snprintf(why->text, sizeof(why->text),
             "%s can be reached from other machines: listen on loopback behind nginx, or say --listen-public",
             d->address.text);
    return false;
}

/* ---- running ---- */

static void on_stop(evutil_socket_t number, short what, void *arg)
{
    event_base_loopbreak(arg);
}

static void on_reload(evutil_socket_t number, short what, void *arg)
{
    struct daemon *d = arg;
    if (reload(d) && d->front)
        front_reload(d->front, d);
}

/* A demo without its front door, or with nothing behind it, is over. */
static void on_second(evutil_socket_t fd, short what, void *arg)
{
    struct daemon *d = arg;
    ticker_tick(d->ticker);
    if (d->front && front_ended(d->front))
        event_base_loopbreak(d->loop);
}

static void announce(const struct daemon *d)
{
    FILE *out = d->options.demo ? stdout : stderr;
    if (!web_built())
        log_info("built without pages: there is no dashboard, but the API and the command line");
    fprintf(out, "cardea: listening on %s\n", d->address.text);
    fflush(out);
}

static bool run(struct daemon *d, const struct listen_address *inner, struct cardea_why *why)
{
    struct event_base *base = event_base_new();
    struct event *term = evsignal_new(base, SIGTERM, on_stop, base),
                 *interrupt = evsignal_new(base, SIGINT, on_stop, base);
    struct event *hangup = evsignal_new(base, SIGHUP, on_reload, d);
    struct event *second = event_new(base, -1, EV_PERSIST, on_second, d);
    event_add(term, NULL);
    event_add(interrupt, NULL);
    event_add(hangup, NULL);
    event_add(second, &(struct timeval){.tv_sec = 1});
    mask_signals(SIG_UNBLOCK);
    d->loop = base;
    bool ok = !d->options.demo || demo_prepare(d, inner, why);
    if (ok) {
        announce(d);
        event_base_dispatch(base);
        log_info("stopping");
        const char *ended = d->front ? front_ended(d->front) : NULL;
        ok = !ended;
        if (!ok)
            snprintf(why->text, sizeof(why->text), "%s ended by itself; nginx's log is %s/gateway/error.log", ended,
                     d->options.data);
    }
    event_free(term);
    event_free(interrupt);
    event_free(hangup);
    event_free(second);
    event_base_free(base);
    return ok;
}

/* ---- closing, in the opposite order; each part may be missing ---- */

static void close_all(struct daemon *d)
{
    struct service *svc = &d->svc;
    front_stop(d->front);
    bool answered = !d->server || server_drain(d->server, DRAIN_MS);
    workers_stop(d->app.workers);
    d->threads_left = !outgoing_close(d);
    if (svc->usage)
        service_usage_close(svc);
    atomic_store(&svc->news_arg, NULL);
    if (answered)
        server_free(d->server);
    else
        log_warn("some calls were not answered in time");
    issuers_free(svc->issuers);
    judge_free(svc->judge);
    d->threads_left |= !answered || !scanning_free(svc->scanning);
    if (answered)
        policy_cache_free(svc->policies);
    if (svc->store)
        audit_log_close(svc);
    store_free(svc->store);
    audit_log_free(svc);
    service_notices_close(svc);
    service_reminders_close(svc);
    publisher_free(svc->publisher);
    if (svc->activity)
        cardea_activity_free(svc->activity);
    ticker_free(d->ticker);
    bootstrap_release(svc);
    router_release(&d->app.router);
    metrics_release(&d->app.metrics);
    cardea_secret_wipe(&d->root);
    cardea_wipe(&d->ai_key, sizeof(d->ai_key));
    if (d->runtime_lock >= 0)
        close(d->runtime_lock);
    if (d->data_lock >= 0)
        close(d->data_lock);
}

/* Opens the address that the daemon itself listens on: the public one, or one behind the gateway of a demo. -1 with the
 * reason. */
static int open_address(struct daemon *d, struct listen_address *inner, struct cardea_why *why)
{
    d->front_missing = d->options.demo ? front_missing() : NULL;
    d->has_front = d->options.demo && !d->front_missing;
    *inner = d->address;
    if (d->has_front && !(front_reserve(&d->address, why) && listen_parse(inner, "127.0.0.1:0", why)))
        return -1;
    int fd = listen_open(inner, why);
    if (!d->has_front)
        d->address = *inner;
    return fd;
}

static bool serve(struct daemon *d)
{
    struct cardea_why why = {.text = ""};
    struct listen_address inner = {0};
    int fd = -1;
    /* The address comes before the store: whose port is taken has not touched a key yet. */
    bool ok = check_address(d, &why) && open_folders(d, &why) && (fd = open_address(d, &inner, &why)) >= 0 &&
              open_store(d, &why) && open_snapshot(d, &why) && open_root(d, &why) && open_issuers(d, &why) &&
              open_scanner(d, &why) && open_judge(d, &why) && outgoing_open(d, &why);
    if (ok) {
        d->ticker = ticker_new(&d->svc);
        ok = open_server(d, fd, &why) && run(d, &inner, &why);
    }
    if (!ok)
        say(&why);
    close_all(d);
    if (fd >= 0) {
        close(fd);
        listen_forget(&inner);
    }
    return ok;
}

int serve_main(int argc, char **argv)
{
    struct daemon d = {.argc = argc, .argv = argv, .data_lock = -1, .runtime_lock = -1};
    struct buf errors;
    enum options_result result;
    harden_process();
    server_init();
    ai_key_take(&d.ai_key);
    buf_init(&errors, STARTUP_ERRORS);
    d.now = generation_load(argc, argv, &errors, &result);
    if (!d.now) {
        if (errors.len)
            fprintf(stderr, "%s", errors.ptr);
        buf_release(&errors);
        return result == OPTIONS_BAD ? 2 : options_print(&serve_option_table, result);
    }
    buf_release(&errors);
    d.options = d.now->options;
    log_set_level(d.options.level);
    bool ok = serve(&d);
    generation_free(d.now);
    if (d.threads_left) { /* exit() would tear down the libraries that its thread is in */
        fflush(NULL);
        _exit(ok ? 0 : 1);
    }
    return ok ? 0 : 1;
}
