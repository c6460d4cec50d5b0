/* nginx.conf, written to be read: one server for each product, one for the native API, one that turns strangers away.
 */
#include <string.h>

#include "base/str.h"
#include "gateway/plan.h"

/* The profile of the native API, which the daemon answers by itself. */
#define NATIVE "cardea"

const char *gateway_upstream_of(const struct gateway_plan *plan, const struct profile *p)
{
    for (size_t i = 0; i < plan->upstream_count; i++)
        if (strcmp(plan->upstreams[i].profile, p->core.name) == 0)
            return plan->upstreams[i].url;
    return p->upstream;
}

/* ---- the parts that all servers share ---- */

static void write_main(const struct gateway_plan *plan, struct buf *out)
{
    buf_add_cstr(out,
                 "# Written by `cardea gateway` from the profiles: change those and its options, not this file.\n\n");
    buf_printf(out, "load_module \"%s\";\n", plan->module);
    if (plan->user)
        buf_printf(out, "user %s;\n", plan->user);
    buf_printf(
        out,
        "worker_processes auto;\nworker_shutdown_timeout 30s;\npid \"%s/nginx.pid\";\nerror_log \"%s/error.log\";\n\n",
        plan->dir, plan->dir);
    buf_add_cstr(out, "events {\n    worker_connections 8192;\n}\n\n");
}

/* Forwarded addresses are believed from these peers alone. Not where forward-auth is answered: there the peer is the
 * proxy that asks. */
static void write_trust(const struct gateway_plan *plan, const char *indent, struct buf *out)
{
    if (plan->trusted_proxies.count == 0)
        return;
    for (size_t i = 0; i < plan->trusted_proxies.count; i++)
        buf_printf(out, "%sset_real_ip_from %s;\n", indent, plan->trusted_proxies.items[i]);
    buf_printf(out, "%sreal_ip_header X-Forwarded-For;\n%sreal_ip_recursive on;\n", indent, indent);
}

static void write_geo(const struct gateway_plan *plan, struct buf *out)
{
    buf_add_cstr(
        out, "\n    # What a forward-auth proxy says of the request it asks about, from those that are trusted alone.\n"
             "    geo $realip_remote_addr $cardea_trusted {\n        default 0;\n");
    for (size_t i = 0; i < plan->trusted_proxies.count; i++)
        if (strcmp(plan->trusted_proxies.items[i], "unix:") != 0)
            buf_printf(out, "        %s 1;\n", plan->trusted_proxies.items[i]);
    buf_add_cstr(out, "    }\n");
    static const char *const headers[][2] = {{"original_method", "x_original_method"},
                                             {"original_uri", "x_original_uri"},
                                             {"forwarded_method", "x_forwarded_method"},
                                             {"forwarded_uri", "x_forwarded_uri"}};
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
        buf_printf(out, "    map $cardea_trusted $cardea_%s { 1 $http_%s; }\n", headers[i][0], headers[i][1]);
}

static void write_http(const struct gateway_plan *plan, struct buf *out)
{
    static const char *const temporary[] = {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"};
    buf_printf(out, "    cardea_snapshot \"%s/snapshot\";\n    cardea_activity \"%s\";\n\n", plan->runtime,
               plan->runtime);
    for (size_t i = 0; i < sizeof(temporary) / sizeof(temporary[0]); i++)
        buf_printf(out, "    %s_temp_path \"%s/%s_temp\";\n", temporary[i], plan->dir, temporary[i]);
    buf_add_cstr(out, "    access_log off;\n"
                      "    server_tokens off;\n"
                      "    server_names_hash_bucket_size 256;\n"
                      "    map_hash_bucket_size 256;\n"
                      "    default_type application/octet-stream;\n"
                      "    tcp_nodelay on;\n"
                      "    keepalive_requests 100000;\n"
                      "    ssl_protocols TLSv1.2 TLSv1.3;\n"
                      "    ssl_session_cache shared:tls:10m;\n\n"
                      "    # A path is decided on as it was sent, and goes on as it was sent.\n"
                      "    merge_slashes off;\n\n"
                      "    proxy_http_version 1.1;\n"
                      "    proxy_set_header Host $http_host;\n"
                      "    proxy_set_header Connection $cardea_connection;\n"
                      "    proxy_set_header Upgrade $http_upgrade;\n"
                      "    proxy_set_header X-Forwarded-For $remote_addr;\n"
                      "    proxy_set_header X-Forwarded-Proto $scheme;\n"
                      "    proxy_set_header X-Forwarded-Host $http_host;\n"
                      "    proxy_set_header X-Original-Method $cardea_original_method;\n"
                      "    proxy_set_header X-Original-URI $cardea_original_uri;\n"
                      "    proxy_set_header X-Forwarded-Method $cardea_forwarded_method;\n"
                      "    proxy_set_header X-Forwarded-Uri $cardea_forwarded_uri;\n"
                      "    map $http_upgrade $cardea_connection { default upgrade; '' ''; }\n");
    write_geo(plan, out);
}

static void write_group(struct buf *out, const char *name, const char *address)
{
    buf_printf(out, "\n    upstream %s {\n        server %s;\n        keepalive 64;\n    }\n", name, address);
}

static void write_listen(const struct gateway_plan *plan, bool fallback, struct buf *out)
{
    const char *more = fallback ? " default_server" : "";
    for (size_t i = 0; i < plan->listen.count; i++)
        buf_printf(out, "        listen %s%s;\n", plan->listen.items[i], more);
    for (size_t i = 0; i < plan->tls_listen.count; i++)
        buf_printf(out, "        listen %s ssl http2%s;\n", plan->tls_listen.items[i], more);
    if (plan->tls_listen.count)
        buf_printf(out, "        ssl_certificate \"%s\";\n        ssl_certificate_key \"%s\";\n", plan->tls_cert,
                   plan->tls_key);
}

/* What nginx itself has to say is said as everything else is. */
static void write_problem(struct buf *out, const char *name, const char *match, int status, const char *code,
                          const char *title, const char *detail)
{
    buf_printf(out,
               "        error_page %s @%s;\n"
               "        location @%s {\n"
               "            cardea off;\n"
               "            default_type application/problem+json;\n"
               "            return %d '{\"type\":\"/docs/errors/%s\",\"title\":\"%s\",\"status\":%d,\"detail\":\"%s\","
               "\"code\":\"%s\",\"request_id\":\"$request_id\",\"errors\":[]}';\n"
               "        }\n",
               match, name, name, status, code, title, status, detail, code);
}

static void write_problems(struct buf *out)
{
    write_problem(out, "malformed", "400 414 494", 400, "bad_request", "Bad request",
                  "The request line or its headers are not HTTP, or too long.");
    write_problem(out, "too_large", "413", 413, "body_too_large", "Body too large",
                  "The body is larger than is taken here.");
    write_problem(out, "unreachable", "502 504", 502, "no_upstream", "Bad gateway",
                  "What stands behind this path does not answer.");
}

/* ---- the daemon's own paths ---- */

static void to_daemon(struct buf *out, const char *modifier, const char *path)
{
    buf_printf(out, "        location %s%s%s { cardea off; proxy_pass http://cardea_daemon; }\n", modifier,
               *modifier ? " " : "", path);
}

/* As the daemon matches it: the base, one step below it, a slash at the end. `{tenant}` is one segment. */
static void managed(struct buf *out, const char *base)
{
    struct cardea_str rest = str_of(base), segment;
    if (!base)
        return;
    buf_add_cstr(out, "        location ~ \"^");
    str_cut(&rest, '/', &segment);
    while (str_cut(&rest, '/', &segment)) {
        buf_add_char(out, '/');
        if (segment.len && segment.ptr[0] == '{') {
            buf_add_cstr(out, "[^/]+");
            continue;
        }
        for (size_t i = 0; i < segment.len; i++) {
            if (strchr(".$+()", segment.ptr[i]))
                buf_add_char(out, '\\');
            buf_add_char(out, segment.ptr[i]);
        }
    }
    buf_add_cstr(out, "(/[^/]*)?/?$\" { cardea off; proxy_pass http://cardea_daemon; }\n");
}

static void write_daemon_paths(const struct profile *p, struct buf *out)
{
    char text[512];
    buf_add_cstr(out, "        # Answered by the daemon.\n");
    managed(out, p->management.base);
    managed(out, p->management.agents.base);
    if (p->dashboard.path) {
        snprintf(text, sizeof(text), "%s/", p->dashboard.path);
        to_daemon(out, "^~", text);
    }
    if (p->docs.summary) {
        to_daemon(out, "=", PROFILE_DOCS_INDEX);
        to_daemon(out, "^~", PROFILE_DOCS_PAGES "/");
        to_daemon(out, "^~", PROFILE_DOCS_ERRORS "/");
    }
    if (p->cli.browser_login) {
        to_daemon(out, "^~", PROFILE_LOGIN_OAUTH "/");
        to_daemon(out, "=", PROFILE_LOGIN_PAGE);
        to_daemon(out, "=", PROFILE_LOGIN_PAGE ".css");
    }
}

/* ---- the servers ---- */

static void write_strangers(const struct gateway_plan *plan, struct buf *out)
{
    buf_add_cstr(out, "\n    # Whoever asks for a host that nobody has.\n    server {\n");
    write_listen(plan, true, out);
    buf_add_cstr(out,
                 "        default_type application/problem+json;\n"
                 "        return 421 '{\"type\":\"/docs/errors/misdirected_request\",\"title\":\"Misdirected request\","
                 "\"status\":421,\"detail\":\"No product answers under this host name here.\","
                 "\"code\":\"misdirected_request\",\"request_id\":\"$request_id\",\"errors\":[]}';\n    }\n");
}

static void write_native(const struct gateway_plan *plan, struct buf *out)
{
    buf_add_cstr(out, "\n    # The native API.\n    server {\n");
    write_listen(plan, false, out);
    buf_add_cstr(out, "        server_name localhost 127.0.0.1 [::1]");
    if (plan->demo)
        buf_add_cstr(out, " " NATIVE ".localhost");
    for (size_t i = 0; i < plan->admin_hosts.count; i++)
        buf_printf(out, " %s", plan->admin_hosts.items[i]);
    buf_add_cstr(out, ";\n        client_max_body_size 17m; # the daemon has limits of its own below this\n"
                      "        location / {\n            proxy_pass http://cardea_daemon;\n");
    write_trust(plan, "            ", out);
    buf_add_cstr(out, "        }\n"
                      "        # Decided in this process; what needs explaining goes on to the daemon.\n"
                      "        location = /v1/keys/verify { cardea_verify @daemon; }\n"
                      "        location /v1/authorize/ {\n            cardea_decide;\n"
                      "            error_page 400 404 = @daemon;\n");
    if (plan->trusted_proxies.count) {
        buf_add_cstr(out, "            cardea_trusted_proxy");
        for (size_t i = 0; i < plan->trusted_proxies.count; i++)
            buf_printf(out, " %s", plan->trusted_proxies.items[i]);
        buf_add_cstr(out, ";\n");
    }
    buf_add_cstr(out, "        }\n        location @daemon { proxy_pass http://cardea_daemon; }\n");
    write_problems(out);
    buf_add_cstr(out, "    }\n");
}

/* The names under which the product's API answers; false when it has none. */
static bool write_names(const struct gateway_plan *plan, const struct profile *p, struct buf *out)
{
    char local[80];
    snprintf(local, sizeof(local), "%s.localhost", p->core.name);
    bool has_local = false;
    for (size_t i = 0; i < p->core.host_count; i++)
        has_local |= strcmp(p->core.hosts[i], local) == 0;
    if (p->core.host_count == 0 && !plan->demo)
        return false;
    buf_add_cstr(out, "        server_name");
    if (plan->demo && !has_local)
        buf_printf(out, " %s", local);
    for (size_t i = 0; i < p->core.host_count; i++)
        buf_printf(out, " %s", p->core.hosts[i]);
    buf_add_cstr(out, ";\n");
    return true;
}

static void write_product(const struct gateway_plan *plan, const struct profile *p, struct buf *out)
{
    const char *upstream = gateway_upstream_of(plan, p);
    struct buf names;
    buf_init(&names, 64 << 10);
    if (!write_names(plan, p, &names)) {
        buf_release(&names);
        return;
    }
    buf_printf(out, "\n    # %s\n    server {\n", p->title);
    write_listen(plan, false, out);
    buf_add_str(out, buf_str(&names));
    buf_release(&names);
    write_trust(plan, "        ", out);
    if (upstream)
        buf_printf(out,
                   "        cardea %s;\n        cardea_session_cookie %s;\n        client_max_body_size 0; # the "
                   "product's own business\n"
                   "        location / {\n"
                   "            proxy_request_buffering off;\n"
                   "            proxy_pass %s//product_%s;\n        }\n",
                   p->core.name, p->dashboard.cookie ? p->dashboard.cookie : PROFILE_COOKIE,
                   strncmp(upstream, "https:", 6) == 0 ? "https:" : "http:", p->core.name);
    else
        buf_add_cstr(out, "        # It has no upstream: the daemon decides, and says so.\n"
                          "        location / { proxy_pass http://cardea_daemon; }\n");
    write_daemon_paths(p, out);
    write_problems(out);
    buf_add_cstr(out, "    }\n");
}

static void write_docs(const struct gateway_plan *plan, const struct profile *p, struct buf *out)
{
    if (!p->docs.summary || (p->docs.host_count == 0 && !plan->demo))
        return;
    buf_printf(out, "\n    # %s: documentation\n    server {\n", p->title);
    write_listen(plan, false, out);
    buf_add_cstr(out, "        server_name");
    if (plan->demo)
        buf_printf(out, " docs.%s.localhost", p->core.name);
    for (size_t i = 0; i < p->docs.host_count; i++)
        buf_printf(out, " %s", p->docs.hosts[i]);
    buf_add_cstr(out, ";\n        location / { proxy_pass http://cardea_daemon; }\n");
    write_problems(out);
    buf_add_cstr(out, "    }\n");
}

void gateway_conf_write(const struct gateway_plan *plan, struct buf *out)
{
    char name[80];
    write_main(plan, out);
    buf_add_cstr(out, "http {\n");
    write_http(plan, out);
    write_group(out, "cardea_daemon", plan->daemon);
    for (size_t i = 0; i < plan->profiles->count; i++) {
        const struct profile *p = plan->profiles->items[i];
        const char *upstream = gateway_upstream_of(plan, p);
        if (!upstream || strcmp(p->core.name, NATIVE) == 0)
            continue;
        snprintf(name, sizeof(name), "product_%s", p->core.name);
        write_group(out, name, strstr(upstream, "//") + 2);
    }
    write_strangers(plan, out);
    write_native(plan, out);
    for (size_t i = 0; i < plan->profiles->count; i++) {
        const struct profile *p = plan->profiles->items[i];
        if (strcmp(p->core.name, NATIVE) == 0)
            continue;
        write_product(plan, p, out);
        write_docs(plan, p, out);
    }
    buf_add_cstr(out, "}\n");
}
