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

/* A product whose requests go by the daemon has none that go on. */
static bool scans(const struct gateway_plan *plan, const struct profile *p)
{
    bool any = false;
    for (size_t i = 0; i < p->core.route_count; i++)
        any |= p->core.routes[i].scan != NULL;
    return any && gateway_upstream_of(plan, p) && strcmp(p->core.name, NATIVE) != 0;
}

bool gateway_scans(const struct gateway_plan *plan)
{
    for (size_t i = 0; i < plan->profiles->count; i++)
        if (scans(plan, plan->profiles->items[i]))
            return true;
    return false;
}

/* ---- the parts that all servers share ---- */

static void write_main(const struct gateway_plan *plan, struct buf *out)
{
    buf_add_cstr(out,
                 "# Written by `cardea gateway` from the profiles: change those and its options, not this file.\n\n");
    buf_printf(out, "load_module \"%s\";\n", plan->module);
    if (gateway_scans(plan))
        buf_printf(out, "load_module \"%s\";\n", plan->scan_module);
    if (plan->user)
        buf_printf(out, "user %s;\n", plan->user);
    buf_printf(
        out,
        "worker_processes auto;\nworker_shutdown_timeout 30s;\npid \"%s/nginx.pid\";\nerror_log \"%s/error.log\";\n\n",
        plan->dir, plan->dir);
    /* A request that is passed on holds two of them. */
    buf_add_cstr(out, "worker_rlimit_nofile 20000;\nevents {\n    worker_connections 8192;\n}\n\n");
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
    buf_add_cstr(out, "    map $cardea_trusted:$http_x_forwarded_proto $cardea_scheme {\n"
                      "        default $scheme;\n        1:https https;\n        1:http http;\n    }\n");
}

static void write_problem(struct buf *out, const char *status, const char *code, const char *title, const char *detail)
{
    buf_printf(out,
               "        %-7s '{\"type\":\"/docs/errors/%s\",\"title\":\"%s\",\"status\":$status,"
               "\"detail\":\"%s\",\"code\":\"%s\",\"request_id\":\"$request_id\",\"errors\":[]}';\n",
               status, code, title, detail, code);
}

/* Errors of the daemon and of products are theirs and go by as they are; these are of nginx's own making. */
static void write_problem_map(struct buf *out)
{
    buf_add_cstr(out, "\n    # What nginx itself has to say is said as everything else is.\n"
                      "    map $status $cardea_problem {\n");
    write_problem(out, "default", "bad_request", "Bad request",
                  "The request line, its headers or its body are not HTTP as it is spoken here, or too long.");
    write_problem(out, "404", "not_found", "Not found", "There is nothing here.");
    write_problem(out, "405", "method_not_allowed", "Method not allowed", "This method is not answered.");
    write_problem(out, "413", "body_too_large", "Body too large", "The body is larger than is taken here.");
    write_problem(out, "421", "misdirected_request", "Misdirected request",
                  "No product answers under this host name here.");
    write_problem(out, "500", "internal", "Internal error", "The gateway failed; its log says why.");
    static const char *const away[] = {"502", "504"};
    for (size_t i = 0; i < sizeof(away) / sizeof(away[0]); i++)
        write_problem(out, away[i], "no_upstream", "Bad gateway", "What stands behind this path does not answer.");
    buf_add_cstr(out, "    }\n");
}

/* What the daemon compiled fits here too, as long as both have the same profiles and are of one build. */
static void write_scanner(const struct gateway_plan *plan, struct buf *out)
{
    if (!gateway_scans(plan))
        return;
    buf_printf(out, "    cardea_scan_cache \"%s/scanner.cache\";\n", plan->runtime);
    if (plan->scan_key)
        buf_printf(out, "    cardea_scan_key \"%s\";\n", plan->scan_key);
    buf_add_char(out, '\n');
}

static void write_http(const struct gateway_plan *plan, struct buf *out)
{
    static const char *const temporary[] = {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"};
    buf_printf(out, "    cardea_snapshot \"%s/snapshot\";\n    cardea_activity \"%s\";\n\n", plan->runtime,
               plan->runtime);
    write_scanner(plan, out);
    for (size_t i = 0; i < sizeof(temporary) / sizeof(temporary[0]); i++)
        buf_printf(out, "    %s_temp_path \"%s/%s_temp\";\n", temporary[i], plan->dir, temporary[i]);
    buf_add_cstr(out,
                 "    access_log off;\n"
                 "    server_tokens off;\n"
                 "    server_names_hash_bucket_size 256;\n"
                 "    map_hash_bucket_size 256;\n"
                 "    default_type application/octet-stream;\n"
                 "    tcp_nodelay on;\n"
                 "    client_max_body_size 2m; # of what is kept for the daemon, which takes less\n"
                 "    keepalive_requests 100000;\n"
                 "    ssl_protocols TLSv1.2 TLSv1.3;\n"
                 "    ssl_session_cache shared:tls:10m;\n\n"
                 "    # A path is decided on as it was sent, and goes on as it was sent.\n"
                 "    merge_slashes off;\n\n"
                 "    proxy_http_version 1.1;\n"
                 "    proxy_set_header Host $cardea_host;\n"
                 "    proxy_set_header Connection $cardea_connection;\n"
                 "    proxy_set_header Upgrade $cardea_upgrade;\n"
                 "    proxy_set_header X-Forwarded-For $remote_addr;\n"
                 "    proxy_set_header X-Forwarded-Proto $cardea_scheme;\n"
                 "    proxy_set_header X-Forwarded-Host $cardea_host;\n"
                 "    proxy_set_header X-Original-Method $cardea_original_method;\n"
                 "    proxy_set_header X-Original-URI $cardea_original_uri;\n"
                 "    proxy_set_header X-Forwarded-Method $cardea_forwarded_method;\n"
                 "    proxy_set_header X-Forwarded-Uri $cardea_forwarded_uri;\n"
                 "    proxy_set_header X-Real-IP $remote_addr;\n"
                 "    proxy_set_header Forwarded '';\n\n"
                 "    # What frameworks take for the method or the path would undo what was decided on.\n"
                 "    proxy_set_header X-HTTP-Method-Override '';\n"
                 "    proxy_set_header X-HTTP-Method '';\n"
                 "    proxy_set_header X-Method-Override '';\n"
                 "    proxy_set_header X-Original-URL '';\n"
                 "    proxy_set_header X-Rewrite-URL '';\n"
                 "    proxy_set_header X-Forwarded-Prefix '';\n\n"
                 "    # Where a reply leads to was not decided on.\n"
                 "    proxy_ignore_headers X-Accel-Redirect;\n\n"
                 "    # In a tunnel of HTTP/2 further requests would go by undecided: WebSocket alone may have one.\n"
                 "    map $http_upgrade $cardea_upgrade { ~*^websocket$ websocket; }\n"
                 "    map $cardea_upgrade $cardea_connection { websocket upgrade; }\n\n"
                 "    # As the client sent it, with its port, unless the request line named another host.\n"
                 "    map \"$host $http_host\" $cardea_host {\n"
                 "        default $host;\n"
                 "        \"~*^(?<cardea_name>\\S+) \\k<cardea_name>(:\\d+)?$\" $http_host;\n"
                 "    }\n");
    write_geo(plan, out);
    write_problem_map(out);
}

static void write_group(struct buf *out, const char *name, const char *address, const char *port)
{
    buf_printf(out, "\n    upstream %s {\n        server %s%s;\n        keepalive 64;\n    }\n", name, address, port);
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

static void write_problems(struct buf *out)
{
    buf_add_cstr(out,
                 "        error_page 400 404 405 413 414 421 494 495 496 497 500 501 502 504 505 /_cardea/problem;\n"
                 "        location = /_cardea/problem {\n"
                 "            internal;\n"
                 "            cardea off;\n"
                 "            client_max_body_size 0; # what was wrong was something else\n"
                 "            default_type application/problem+json;\n"
                 "            return 200 $cardea_problem; # with the status that led here\n"
                 "        }\n");
}

/* ---- the daemon's own paths ---- */

static void exactly(struct buf *out, const char *path)
{
    buf_printf(out, "        location = %s { cardea off; proxy_pass http://cardea_daemon; }\n", path);
}

/* A path's beginning as a regular expression; `{tenant}` is one segment. */
static void begin(struct buf *out, const char *path)
{
    struct cardea_str rest = str_of(path), segment;
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
}

static void end(struct buf *out, const char *rest)
{
    buf_printf(out, "%s\" { cardea off; proxy_pass http://cardea_daemon; }\n", rest);
}

/* No prefix location: nginx would answer the path without its last slash by a redirect of its own. */
static void beneath(struct buf *out, const char *path)
{
    begin(out, path);
    end(out, "/");
}

/* As the daemon matches it: the base, one step below it, a slash at the end. */
static void managed(struct buf *out, const char *base)
{
    if (!base)
        return;
    begin(out, base);
    end(out, "(/[^/]*)?/?$");
}

/* The same, and what is beneath an agent. */
static void managed_agents(struct buf *out, const char *base, bool messages)
{
    if (!base || !messages) {
        managed(out, base);
        return;
    }
    begin(out, base);
    end(out, "(/[^/]*(/messages(/[^/]*(/ack)?)?|/push-secret)?)?/?$");
}

/* With what stands beneath a policy, as src/http/route_policies.c lists it. */
static void managed_policies(struct buf *out, const char *base)
{
    if (!base)
        return;
    begin(out, base);
    end(out, "(/[^/]*(/(draft|publish|test|replay|versions(/[^/]*)?))?)?/?$");
}

/* The same beneath a webhook, as src/http/route_webhooks.c lists it. */
static void managed_webhooks(struct buf *out, const char *base)
{
    if (!base)
        return;
    begin(out, base);
    end(out, "(/[^/]*(/(rotate-secret|cut-over|test|replay|deliveries(/[^/]*)?))?)?/?$");
}

/* Beneath the audit log, as src/http/route_audit.c lists it. */
static void managed_logs(struct buf *out, const char *base)
{
    if (!base)
        return;
    begin(out, base);
    end(out, "(/(checkpoint|proof|export))?/?$");
}

/* The statement, and the credits of a key. */
static void managed_billing(struct buf *out, const char *base)
{
    if (!base)
        return;
    begin(out, base);
    end(out, "(/keys/[^/]+)?/?$");
}

static void write_daemon_paths(const struct profile *p, struct buf *out)
{
    buf_add_cstr(out, "        # Answered by the daemon.\n");
    managed(out, p->management.base);
    managed_agents(out, p->management.agents.base, p->management.messages.base != NULL);
    managed(out, p->management.messages.base);
    managed_policies(out, p->management.policies.base);
    managed_webhooks(out, p->management.webhooks.base);
    managed_logs(out, p->management.logs.base);
    managed_billing(out, p->management.billing.base);
    if (p->dashboard.path) {
        begin(out, p->dashboard.path);
        end(out, "(/|$)");
    }
    if (p->docs.summary) {
        exactly(out, PROFILE_DOCS_INDEX);
        beneath(out, PROFILE_DOCS_PAGES);
        beneath(out, PROFILE_DOCS_ERRORS);
    }
    if (p->docs.reference) {
        exactly(out, PROFILE_DOCS_REFERENCE "/");
        exactly(out, PROFILE_DOCS_REFERENCE);
        exactly(out, PROFILE_DOCS_SCHEMA "/");
        exactly(out, PROFILE_DOCS_SCHEMA);
        beneath(out, PROFILE_DOCS_ASSETS);
    }
    if (p->cli.browser_login) {
        beneath(out, PROFILE_LOGIN_OAUTH);
        exactly(out, PROFILE_LOGIN_PAGE);
        exactly(out, PROFILE_LOGIN_PAGE ".css");
    }
}

/* ---- the servers ---- */

static void write_strangers(const struct gateway_plan *plan, struct buf *out)
{
    buf_add_cstr(out, "\n    # Whoever asks for a host that nobody has.\n    server {\n");
    write_listen(plan, true, out);
    buf_add_cstr(out, "        location / { return 421; }\n");
    write_problems(out);
    buf_add_cstr(out, "    }\n");
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
    buf_add_cstr(out, ";\n        client_max_body_size 17m; # imports are larger\n"
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

static bool over_tls(const char *upstream)
{
    return strncmp(upstream, "https:", 6) == 0;
}

/* Routes say which fields. The location is the module's own: it brings credential and body, and nothing of the
 * client's goes there. */
static void write_scan(const struct gateway_plan *plan, const struct profile *p, struct buf *out)
{
    if (!scans(plan, p))
        return;
    buf_add_cstr(out, "        cardea_scan profile;\n");
    if (!plan->scan_key)
        return;
    buf_printf(out,
               "        cardea_scan_daemon /_cardea/scan%s;\n"
               "        location = /_cardea/scan {\n"
               "            internal;\n"
               "            cardea off;\n"
               "            client_max_body_size 0; # bounded where it is read\n"
               "            proxy_set_header Host localhost;\n"
               "            proxy_set_header Connection '';\n"
               "            proxy_read_timeout 10s;\n"
               "            proxy_pass http://cardea_daemon/v1/scan;\n"
               "        }\n",
               plan->scan_fallback ? " optional" : "");
}

/* What stands behind TLS proves its name; nginx by itself would ask for no proof. */
static void write_upstream(const struct gateway_plan *plan, const struct profile *p, const char *upstream,
                           struct buf *out)
{
    const char *name = strstr(upstream, "//") + 2;
    buf_printf(out, "        cardea %s;\n        cardea_session_cookie %s;\n", p->core.name,
               p->dashboard.cookie ? p->dashboard.cookie : PROFILE_COOKIE);
    write_scan(plan, p, out);
    buf_add_cstr(out, "        location / {\n"
                      "            client_max_body_size 0; # the product's own business\n"
                      "            proxy_request_buffering off;\n");
    if (over_tls(upstream))
        buf_printf(out,
                   "            proxy_ssl_server_name on;\n            proxy_ssl_name %.*s;\n"
                   "            proxy_ssl_verify on;\n            proxy_ssl_verify_depth 4;\n"
                   "            proxy_ssl_trusted_certificate \"%s\";\n",
                   (int)strcspn(name, ":"), name, plan->upstream_ca);
    buf_printf(out, "            proxy_pass %s://product_%s;\n        }\n", over_tls(upstream) ? "https" : "http",
               p->core.name);
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
        write_upstream(plan, p, upstream, out);
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
    write_group(out, "cardea_daemon", plan->daemon, "");
    for (size_t i = 0; i < plan->profiles->count; i++) {
        const struct profile *p = plan->profiles->items[i];
        const char *upstream = gateway_upstream_of(plan, p);
        if (!upstream || strcmp(p->core.name, NATIVE) == 0)
            continue;
        snprintf(name, sizeof(name), "product_%s", p->core.name);
        const char *address = strstr(upstream, "//") + 2;
        write_group(out, name, address, over_tls(upstream) && !strchr(address, ':') ? ":443" : "");
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
