#include "gateway/options.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/listen.h"
#include "base/str.h"
#include "profile/rules.h"

#define FIELD(name) offsetof(struct gateway_options, name)

static const struct option_def defs[] = {
    {.name = "config",
     .type = OPTION_PATH,
     .offset = FIELD(config),
     .placeholder = "FILE",
     .help = "Configuration file (YAML); the command line wins over it.",
     .env = "CARDEA_GATEWAY_CONFIG",
     .where = OPTION_CLI},
    {.name = "listen",
     .type = OPTION_LIST,
     .offset = FIELD(listen),
     .fallback = "127.0.0.1:8080",
     .placeholder = "ADDR",
     .help = "HOST:PORT for HTTP, with a numeric host.",
     .where = OPTION_ANYWHERE},
    {.name = "tls-listen",
     .type = OPTION_LIST,
     .offset = FIELD(tls_listen),
     .placeholder = "ADDR",
     .help = "HOST:PORT for HTTPS (HTTP/1.1 and HTTP/2). Needs a certificate.",
     .where = OPTION_ANYWHERE},
    {.name = "tls-cert",
     .type = OPTION_PATH,
     .offset = FIELD(tls_cert),
     .placeholder = "FILE",
     .help = "Certificate for all host names, with those that lead to its authority (PEM).",
     .where = OPTION_ANYWHERE},
    {.name = "tls-key",
     .type = OPTION_PATH,
     .offset = FIELD(tls_key),
     .placeholder = "FILE",
     .help = "The certificate's private key (PEM).",
     .where = OPTION_ANYWHERE},
    {.name = "daemon",
     .type = OPTION_STRING,
     .offset = FIELD(daemon),
     .fallback = "unix:/run/cardea/http",
     .placeholder = "ADDR",
     .help = "Where `cardea serve` listens: HOST:PORT or unix:PATH.",
     .where = OPTION_ANYWHERE},
    {.name = "runtime",
     .type = OPTION_PATH,
     .offset = FIELD(runtime),
     .fallback = "/run/cardea",
     .placeholder = "DIR",
     .help = "The daemon's runtime folder, with the snapshot and the activity files.",
     .where = OPTION_ANYWHERE},
    {.name = "dir",
     .type = OPTION_PATH,
     .offset = FIELD(dir),
     .fallback = "/run/cardea-gateway",
     .placeholder = "DIR",
     .help = "nginx's own folder: configuration, log, temporary files; made for its owner alone.",
     .where = OPTION_ANYWHERE},
    {.name = "profiles",
     .type = OPTION_PATH,
     .offset = FIELD(profiles),
     .placeholder = "DIR",
     .help = "Folder of *.yaml profiles beside the compiled-in ones, as the daemon has it.",
     .env = "CARDEA_PROFILES",
     .where = OPTION_ANYWHERE},
    {.name = "upstream",
     .type = OPTION_LIST,
     .offset = FIELD(upstreams),
     .placeholder = "PROFILE=URL",
     .help =
         "Where a product's granted requests go, such as animus=http://127.0.0.1:9000; goes before the profile's own.",
     .where = OPTION_ANYWHERE},
    {.name = "upstream-ca",
     .type = OPTION_PATH,
     .offset = FIELD(upstream_ca),
     .fallback = GATEWAY_UPSTREAM_CA,
     .placeholder = "FILE",
     .help = "Authorities (PEM) that vouch for upstreams of https://.",
     .where = OPTION_ANYWHERE},
    {.name = "admin-hosts",
     .type = OPTION_LIST,
     .offset = FIELD(admin_hosts),
     .placeholder = "HOST",
     .help = "Host names of the native API beside localhost and the loopback addresses, as the daemon has them.",
     .where = OPTION_ANYWHERE},
    {.name = "trusted-proxies",
     .type = OPTION_LIST,
     .offset = FIELD(trusted_proxies),
     .placeholder = "NET",
     .help = "Proxies before this one whose X-Forwarded-* and X-Original-* headers count: addresses or networks.",
     .where = OPTION_ANYWHERE},
    {.name = "user",
     .type = OPTION_STRING,
     .offset = FIELD(user),
     .placeholder = "USER[ GROUP]",
     .help = "What nginx's workers run as when root starts it; the group must be able to read the runtime folder.",
     .where = OPTION_ANYWHERE},
    {.name = "nginx",
     .type = OPTION_PATH,
     .offset = FIELD(nginx),
     .placeholder = "FILE",
     .help = "The nginx program. Default: where the distribution puts it.",
     .where = OPTION_ANYWHERE},
    {.name = "module",
     .type = OPTION_PATH,
     .offset = FIELD(module),
     .placeholder = "FILE",
     .help = "ngx_http_cardea_module.so. Default: beside this program, or where it is installed.",
     .where = OPTION_ANYWHERE},
    {.name = "scan-module",
     .type = OPTION_PATH,
     .offset = FIELD(scan_module),
     .placeholder = "FILE",
     .help =
         "ngx_http_cardea_scan_module.so, loaded where a route says `scan`. Default: beside this program, or where it "
         "is installed.",
     .where = OPTION_ANYWHERE},
    {.name = "scan-key",
     .type = OPTION_PATH,
     .offset = FIELD(scan_key),
     .placeholder = "FILE",
     .help = "A key of the kind `scanner`: what routes have scanned is then judged by the daemon, by each account's "
             "policy. Default: by this gateway alone.",
     .where = OPTION_ANYWHERE},
    {.name = "scan-fallback",
     .type = OPTION_BOOL,
     .offset = FIELD(scan_fallback),
     .help = "While the daemon gives no verdict, this gateway's own counts. Default: nothing goes on that was to be "
             "scanned.",
     .where = OPTION_ANYWHERE},
    {.name = "print",
     .type = OPTION_BOOL,
     .offset = FIELD(print),
     .help = "Print the configuration, and run nothing.",
     .where = OPTION_CLI},
};

const struct option_table gateway_option_table = {
    .command = "cardea gateway",
    .summary =
        "Runs nginx before the daemon and the products: each request is checked in nginx itself, granted ones go on "
        "to the product's upstream.",
    .defs = defs,
    .count = sizeof(defs) / sizeof(defs[0]),
    .config = "config",
};

/* Nothing that nginx would take for its own syntax. */
static bool is_plain(const char *text)
{
    return !strpbrk(text, "{};\"'$\\ \t\r\n#");
}

static bool check_addresses(const char *option, const struct option_list *list, struct buf *errors)
{
    bool ok = true;
    for (size_t i = 0; i < list->count; i++) {
        struct listen_address address;
        struct cardea_why why;
        if (listen_parse(&address, list->items[i], &why) && strchr(list->items[i], ':') && address.port &&
            is_plain(list->items[i]))
            continue;
        buf_printf(errors, "%s: `%s` is no HOST:PORT with a numeric host\n", option, list->items[i]);
        ok = false;
    }
    return ok;
}

/* HOST:PORT or unix:/PATH. */
static bool check_daemon(const char *daemon, struct buf *errors)
{
    const char *colon = strrchr(daemon, ':');
    char *end = NULL;
    unsigned long port = colon && colon != daemon && colon[1] >= '0' && colon[1] <= '9' ? strtoul(colon + 1, &end, 10)
                                                                                        : 0;
    if (is_plain(daemon) && (strncmp(daemon, "unix:/", 6) == 0 || (end && !*end && port > 0 && port < 65536)))
        return true;
    buf_printf(errors, "daemon: `%s` is no HOST:PORT and no unix:/PATH\n", daemon);
    return false;
}

/* A name that is a product's already would lead to whichever of the two stands first. */
static bool check_admin_hosts(const struct gateway_options *o, const struct profile_set *profiles, struct buf *errors)
{
    bool ok = true;
    for (size_t i = 0; i < o->admin_hosts.count; i++) {
        const char *host = o->admin_hosts.items[i];
        const char *wrong = rule_host(str_of(host));
        for (size_t k = 0; k < profiles->count && !wrong; k++) {
            const struct profile *p = profiles->items[k];
            for (size_t h = 0; h < p->core.host_count; h++)
                wrong = strcmp(p->core.hosts[h], host) == 0 ? "a profile has this host" : wrong;
            for (size_t h = 0; h < p->docs.host_count; h++)
                wrong = strcmp(p->docs.hosts[h], host) == 0 ? "a profile has this host" : wrong;
        }
        if (wrong)
            buf_printf(errors, "admin-hosts: `%s`: %s\n", host, wrong);
        ok &= !wrong;
    }
    return ok;
}

/* An address, or a network such as 10.0.0.0/8. */
static bool check_networks(const struct option_list *list, struct buf *errors)
{
    bool ok = true;
    for (size_t i = 0; i < list->count; i++) {
        struct cardea_str bits = str_of(list->items[i]), address;
        unsigned char bytes[16];
        char text[64];
        str_cut(&bits, '/', &address);
        snprintf(text, sizeof(text), "%.*s", STR_ARG(address));
        int most = inet_pton(AF_INET, text, bytes) == 1 ? 32 : inet_pton(AF_INET6, text, bytes) == 1 ? 128 : -1;
        int length = 0;
        for (size_t k = 0; k < bits.len && length <= 128; k++)
            length = bits.ptr[k] >= '0' && bits.ptr[k] <= '9' ? length * 10 + (bits.ptr[k] - '0') : 1000;
        if (most >= 0 && length <= most && (!bits.ptr || bits.len))
            continue;
        buf_printf(errors, "trusted-proxies: `%s` is no address and no network (10.0.0.0/8)\n", list->items[i]);
        ok = false;
    }
    return ok;
}

/* "USER" or "USER GROUP". */
static bool check_user(const char *user, struct buf *errors)
{
    struct cardea_str rest = str_of(user), name, group;
    bool ok = !user || (str_cut(&rest, ' ', &name) && !rule_name(name) &&
                        (!rest.ptr || (str_cut(&rest, ' ', &group) && !rule_name(group) && !rest.ptr)));
    if (!ok)
        buf_printf(errors, "user: `%s` is no USER or \"USER GROUP\"\n", user);
    return ok;
}

static bool check_path(const char *option, const char *path, struct buf *errors)
{
    if (!path || (path[0] && !strpbrk(path, "\"$\\\r\n")))
        return true;
    buf_printf(errors, "%s: `%s` holds characters that nginx's configuration would not take as they are\n", option,
               path);
    return false;
}

static bool read_upstreams(struct arena *a, const struct gateway_options *o, const struct profile_set *profiles,
                           struct gateway_plan *out, struct buf *errors)
{
    struct gateway_upstream *list = arena_array(a, o->upstreams.count + 1, sizeof(*list));
    bool ok = true;
    for (size_t i = 0; i < o->upstreams.count; i++) {
        struct cardea_str url = str_of(o->upstreams.items[i]), name;
        str_cut(&url, '=', &name);
        const char *wrong = url.ptr ? rule_upstream(url) : "write PROFILE=URL";
        if (!wrong && !profile_set_find(profiles, name))
            wrong = "there is no such profile";
        if (wrong) {
            buf_printf(errors, "upstream: `%s`: %s\n", o->upstreams.items[i], wrong);
            ok = false;
        } else {
            list[out->upstream_count++] = (struct gateway_upstream){arena_cstr(a, name), arena_cstr(a, url)};
        }
    }
    out->upstreams = list;
    return ok;
}

static bool check_tls(const struct gateway_options *o, struct buf *errors)
{
    if (!o->tls_listen.count == !o->tls_cert && !o->tls_cert == !o->tls_key)
        return true;
    buf_add_cstr(errors, "tls-listen, tls-cert and tls-key belong together: give all three, or none\n");
    return false;
}

bool gateway_options_plan(struct arena *a, const struct gateway_options *o, const struct profile_set *profiles,
                          struct gateway_plan *out, struct buf *errors)
{
    *out = (struct gateway_plan){
        .profiles = profiles,
        .runtime = o->runtime,
        .dir = o->dir,
        .module = o->module,
        .scan_module = o->scan_module,
        .scan_key = o->scan_key,
        .scan_fallback = o->scan_fallback,
        .daemon = o->daemon,
        .user = o->user,
        .listen = o->listen,
        .tls_listen = o->tls_listen,
        .tls_cert = o->tls_cert,
        .tls_key = o->tls_key,
        .admin_hosts = o->admin_hosts,
        .trusted_proxies = o->trusted_proxies,
        .upstream_ca = o->upstream_ca,
    };
    bool ok = check_addresses("listen", &o->listen, errors);
    ok &= check_addresses("tls-listen", &o->tls_listen, errors);
    ok &= check_daemon(o->daemon, errors);
    ok &= check_admin_hosts(o, profiles, errors);
    ok &= check_networks(&o->trusted_proxies, errors);
    ok &= check_path("runtime", o->runtime, errors) & check_path("dir", o->dir, errors) &
          check_path("module", o->module, errors) & check_path("scan-module", o->scan_module, errors) &
          check_path("scan-key", o->scan_key, errors) & check_path("tls-cert", o->tls_cert, errors) &
          check_path("tls-key", o->tls_key, errors) & check_path("upstream-ca", o->upstream_ca, errors);
    ok &= check_user(o->user, errors);
    ok &= read_upstreams(a, o, profiles, out, errors);
    if (!o->scan_module && gateway_scans(out)) {
        buf_add_cstr(errors, "scan-module: ngx_http_cardea_scan_module.so is not here, and a route says `scan`; "
                             "--scan-module says where it is\n");
        ok = false;
    }
    if (o->scan_fallback && !o->scan_key) {
        buf_add_cstr(errors, "scan-fallback: without `scan-key` the daemon is not asked at all\n");
        ok = false;
    }
    return ok & check_tls(o, errors);
}
