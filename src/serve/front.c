#include "serve/front.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "gateway/authority.h"
#include "gateway/child.h"
#include "gateway/gateway.h"

#define TLS_PORT         8443
#define UPSTREAM_MS      10000
#define UPSTREAM_STOP_MS 3000
#define NAMES_MAX        1024

struct front {
    struct arena arena;
    const char *nginx, *module, *scan_module, *dir, *runtime;
    const char *listen, *tls_listen, *tls_base, *inner;
    const char *upstream_url; /* NULL: there is none */
    struct authority_files tls;
    unsigned tls_port;
    pid_t upstream; /* 0: there is none, or it has ended */
    bool upstream_ended;
    struct gateway *gateway;
};

const char *front_missing(void)
{
    struct arena a = {0};
    const char *missing = !gateway_find_nginx(&a)         ? "nginx"
                          : !gateway_find_module(&a)      ? "ngx_http_cardea_module.so"
                          : !gateway_find_scan_module(&a) ? "ngx_http_cardea_scan_module.so"
                                                          : NULL;
    arena_release(&a);
    return missing;
}

bool front_reserve(struct listen_address *address, struct cardea_why *why)
{
    int fd = listen_open(address, why);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

/* HOST:PORT, as nginx takes it, of an Internet address. */
static const char *plain(struct arena *a, const struct listen_address *address)
{
    return arena_cstr(a, str_of(address->text + strlen("http://")));
}

/* Beside the HTTP address: `port` when nobody has it. */
static bool reserve_tls(struct front *f, const struct daemon *d, unsigned port, struct cardea_why *why)
{
    struct listen_address tls;
    const char *http = plain(&f->arena, &d->address), *colon = strrchr(http, ':');
    for (;; port = 0) {
        const char *text = arena_printf(&f->arena, "%.*s:%u", (int)(colon - http), http, port).ptr;
        if (listen_parse(&tls, text, why) && front_reserve(&tls, why))
            break;
        if (port == 0)
            return false;
    }
    f->tls_listen = plain(&f->arena, &tls);
    f->tls_base = arena_printf(&f->arena, "https://%s", f->tls_listen).ptr;
    f->tls_port = tls.port;
    return true;
}

/* ---- the certificate ---- */

struct names {
    struct arena *arena;
    const char *items[NAMES_MAX];
    size_t count;
};

static void add_name(struct names *n, const char *name)
{
    for (size_t i = 0; i < n->count; i++)
        if (strcmp(n->items[i], name) == 0)
            return;
    if (n->count < NAMES_MAX)
        n->items[n->count++] = name;
}

static bool prepare_tls(struct front *f, const struct daemon *d, struct cardea_why *why)
{
    struct names *n = arena_alloc(&f->arena, sizeof(*n));
    const struct profile_set *set = atomic_load(&d->svc.profiles);
    *n = (struct names){.arena = &f->arena};
    add_name(n, "localhost");
    add_name(n, "127.0.0.1");
    add_name(n, "::1");
    for (size_t i = 0; i < set->count; i++) {
        const struct profile *p = set->items[i];
        add_name(n, arena_printf(&f->arena, "%s.localhost", p->core.name).ptr);
        if (p->docs.summary)
            add_name(n, arena_printf(&f->arena, "docs.%s.localhost", p->core.name).ptr);
        for (size_t k = 0; k < p->core.host_count; k++)
            add_name(n, p->core.hosts[k]);
        for (size_t k = 0; k < p->docs.host_count; k++)
            add_name(n, p->docs.hosts[k]);
    }
    for (size_t i = 0; i < d->now->options.policy.admin_host_count; i++)
        add_name(n, d->now->options.policy.admin_hosts[i]);
    const char *dir = arena_printf(&f->arena, "%s/tls", f->dir).ptr;
    return authority_prepare(&f->arena, dir, n->items, n->count, d->svc.now_ms(d->svc.now_arg) / 1000, &f->tls, why);
}

/* ---- the example products ---- */

static const char *upstream_program(struct arena *a)
{
    char self[4096];
    ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
    char *slash = len > 0 ? memrchr(self, '/', (size_t)len) : NULL;
    if (!slash)
        return NULL;
    const char *path = arena_printf(a, "%.*s/examples/upstream/upstream", (int)(slash - self), self).ptr;
    return access(path, X_OK) == 0 ? path : NULL;
}

/* Its one line says where it is. */
static bool read_line(int fd, char *line, size_t cap)
{
    size_t len = 0;
    for (int waited = 0; waited < UPSTREAM_MS && len + 1 < cap; waited += 100) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (poll(&p, 1, 100) <= 0)
            continue;
        ssize_t n = read(fd, line + len, cap - 1 - len);
        if (n <= 0)
            return false;
        len += (size_t)n;
        line[len] = '\0';
        if (strchr(line, '\n')) {
            *strchr(line, '\n') = '\0';
            return true;
        }
    }
    return false;
}

static bool start_upstream(struct front *f, struct cardea_why *why)
{
    static const char says[] = "listening on ";
    char line[256] = "";
    int pipe_fds[2];
    const char *program = upstream_program(&f->arena);
    if (!program)
        return true; /* an installed program has none beside it: the products answer 502 */
    if (pipe2(pipe_fds, O_CLOEXEC) != 0) {
        snprintf(why->text, sizeof(why->text), "no pipe can be made: %s", strerror(errno));
        return false;
    }
    f->upstream = child_start((const char *const[]){program, "--listen", "127.0.0.1:0", NULL}, pipe_fds[1], why);
    close(pipe_fds[1]);
    bool ok = f->upstream > 0 && read_line(pipe_fds[0], line, sizeof(line)) &&
              strncmp(line, says, sizeof(says) - 1) == 0;
    if (ok)
        f->upstream_url = arena_cstr(&f->arena, str_of(line + sizeof(says) - 1));
    else
        snprintf(why->text, sizeof(why->text), "%s does not start: %.100s", program, line);
    close(pipe_fds[0]);
    return ok;
}

/* ---- the gateway ---- */

/* The example plays the products that come with the program; what else has no upstream of its own answers 502. */
static struct gateway_plan plan_of(struct front *f, const struct daemon *d)
{
    const struct profile_set *set = atomic_load(&d->svc.profiles);
    const struct app_policy *policy = &d->now->options.policy;
    struct gateway_upstream *upstreams = arena_array(&f->arena, set->count + 1, sizeof(*upstreams));
    size_t count = 0;
    for (size_t i = 0; f->upstream_url && i < set->count; i++)
        if (!set->items[i]->upstream)
            upstreams[count++] = (struct gateway_upstream){set->items[i]->core.name, f->upstream_url};
    return (struct gateway_plan){
        .profiles = set,
        .runtime = f->runtime,
        .dir = f->dir,
        .module = f->module,
        .scan_module = f->scan_module,
        .daemon = f->inner,
        .user = geteuid() == 0 ? "root" : NULL, /* a demo's folders are its owner's alone */
        .listen = {&f->listen, 1},
        .tls_listen = {&f->tls_listen, 1},
        .tls_cert = f->tls.cert,
        .tls_key = f->tls.key,
        .admin_hosts = {policy->admin_hosts, policy->admin_host_count},
        .upstreams = upstreams,
        .upstream_count = count,
        .upstream_ca = GATEWAY_UPSTREAM_CA,
        .demo = true,
    };
}

static const char *absolute(struct arena *a, const char *path, struct cardea_why *why)
{
    char *full = realpath(path, NULL);
    if (!full) {
        snprintf(why->text, sizeof(why->text), "%s cannot be found: %s", path, strerror(errno));
        return NULL;
    }
    const char *copy = arena_cstr(a, str_of(full));
    free(full);
    return copy;
}

static bool find_places(struct front *f, const struct daemon *d, const struct listen_address *inner,
                        struct cardea_why *why)
{
    const char *data = absolute(&f->arena, d->options.data, why);
    f->runtime = data ? absolute(&f->arena, d->options.runtime, why) : NULL;
    if (!f->runtime)
        return false;
    f->dir = arena_printf(&f->arena, "%s/gateway", data).ptr;
    f->nginx = gateway_find_nginx(&f->arena);
    f->module = gateway_find_module(&f->arena);
    f->scan_module = gateway_find_scan_module(&f->arena);
    f->listen = plain(&f->arena, &d->address);
    f->inner = plain(&f->arena, inner);
    return true;
}

/* Before anything is written into it: whoever owns the folder of a demo that root runs may have put a link there. */
static bool take_folder(struct front *f, struct cardea_why *why)
{
    int fd = file_open_own_dir(f->dir, 0700);
    if (fd < 0)
        snprintf(why->text, sizeof(why->text), "the folder %s cannot be made, or is a link or another user's: %s",
                 f->dir, strerror(errno));
    else
        close(fd);
    return fd >= 0;
}

bool front_start(struct front **out, const struct daemon *d, const struct listen_address *inner, struct cardea_why *why)
{
    struct front *f = calloc(1, sizeof(*f));
    if (!f)
        abort();
    *out = f;
    if (!find_places(f, d, inner, why) || !take_folder(f, why) || !prepare_tls(f, d, why) || !start_upstream(f, why) ||
        !reserve_tls(f, d, TLS_PORT, why))
        return false;
    struct gateway_plan plan = plan_of(f, d);
    if (gateway_start(&f->gateway, f->nginx, &plan, why))
        return true;
    /* Another demo that began at the same time may have the usual port by now. */
    if (f->tls_port != TLS_PORT || !reserve_tls(f, d, 0, why))
        return false;
    plan = plan_of(f, d);
    return gateway_start(&f->gateway, f->nginx, &plan, why);
}

const char *front_ended(struct front *f)
{
    if (f->upstream > 0 && child_ended(f->upstream)) {
        f->upstream = 0;
        f->upstream_ended = true;
    }
    if (!gateway_running(f->gateway))
        return "nginx";
    return f->upstream_ended ? "the example API" : NULL;
}

void front_reload(struct front *f, const struct daemon *d)
{
    struct cardea_why why;
    bool ok = prepare_tls(f, d, &why);
    struct gateway_plan plan = plan_of(f, d);
    if (!ok || !gateway_reload(f->gateway, &plan, &why))
        log_error("the gateway is not reloaded: %s", why.text);
}

void front_stop(struct front *f)
{
    if (!f)
        return;
    gateway_stop(f->gateway);
    child_stop(f->upstream, SIGTERM, UPSTREAM_STOP_MS);
    arena_release(&f->arena);
    free(f);
}

const char *front_tls_base(const struct front *f)
{
    return f->tls_base;
}

const char *front_tls_note(const struct front *f)
{
    return f->tls_port == TLS_PORT ? "" : "   (port 8443 is taken)";
}

unsigned front_tls_port(const struct front *f)
{
    return f->tls_port;
}

const char *front_ca_file(const struct front *f)
{
    return f->tls.ca;
}

bool front_has_upstream(const struct front *f)
{
    return f->upstream_url != NULL;
}
