#include "http/dashboard.h"

#include "base/str.h"
#include "http/router.h"
#include "http/web.h"

#define OPERATOR_PATH "/dashboard"

/* Without a slash at its end; NULL: this host has none. */
static const char *path_of(const struct call *c)
{
    return c->docs_host ? NULL : c->profile ? c->profile->dashboard.path : OPERATOR_PATH;
}

/* ---- what answers ---- */

static void redirect(struct call *c)
{
    c->status = 302;
    buf_clear(&c->reply);
    call_add_header(c, "Location", arena_printf(&c->arena, "%s/", path_of(c)).ptr);
    call_add_header(c, "Vary", "Accept");
}

/* c->captures[0] is what follows the dashboard's path and its slash. */
static void send_file(struct call *c)
{
    const struct web_file *f = web_find(&c->arena, "dashboard", c->captures[0]);
    if (f)
        web_send(c, f, WEB_HASHED);
    else
        call_problem(c, 404, "not_found", "The dashboard has no such file.");
}

static void send_component(struct call *c)
{
    const struct web_file *f = web_find(&c->arena, "keys", STR("cardea-keys.js"));
    if (!f) {
        web_missing(c);
        return;
    }
    web_send(c, f, WEB_ASKED_AGAIN);
    /* Other sites' pages load it as a module; it is the same for everybody. */
    call_add_header(c, "Access-Control-Allow-Origin", "*");
    call_add_header(c, "Cross-Origin-Resource-Policy", "cross-origin");
}

static void send_page(struct call *c)
{
    const struct web_file *f = web_find(&c->arena, "dashboard", STR("index.html"));
    if (f)
        web_send_page(c, f, arena_printf(&c->arena, "%s/", path_of(c)).ptr, NULL);
    else
        web_missing(c);
}

static const struct http_route redirect_route = {
    .method = CARDEA_GET, .places = PLACE_DASHBOARD, .handle = redirect, .operation = "dashboard"};
static const struct http_route file_route = {
    .method = CARDEA_GET, .places = PLACE_DASHBOARD, .handle = send_file, .operation = "dashboard_file"};
static const struct http_route component_route = {
    .method = CARDEA_GET, .places = PLACE_DASHBOARD, .handle = send_component, .operation = "dashboard_component"};
static const struct http_route page_route = {
    .method = CARDEA_GET, .places = PLACE_DASHBOARD, .handle = send_page, .operation = "dashboard_page"};

/* ---- which of them ---- */

static bool is_escape(const char *at, size_t left, char low, char high)
{
    return left >= 3 && at[0] == '%' && at[1] == low && (at[2] | 0x20) == high;
}

/* The dashboard's paths are words and ids. What others on the way might take for another path is none of them: dots
 * for folders, slashes in disguise. Nothing here opens a file, so this is for them, not for us. */
static bool is_plain(struct cardea_str path)
{
    struct cardea_str rest = path, segment;
    for (size_t i = 0; i < path.len; i++) {
        const char *at = path.ptr + i;
        size_t left = path.len - i;
        if (*at == '\\' || is_escape(at, left, '0', '0') || is_escape(at, left, '2', 'e') ||
            is_escape(at, left, '2', 'f') || is_escape(at, left, '5', 'c'))
            return false;
    }
    while (str_cut(&rest, '/', &segment))
        if (str_eq(segment, STR(".")) || str_eq(segment, STR("..")))
            return false;
    return true;
}

static const struct http_route *route_of(struct call *c, struct cardea_str rest)
{
    c->captures[0] = rest;
    if (str_eq(rest, STR("cardea-keys.js")))
        return &component_route;
    return str_starts(rest, STR("assets/")) ? &file_route : &page_route;
}

static enum dashboard_result found(struct call *c, const struct http_route *route)
{
    if (c->method != CARDEA_GET) {
        router_refuse_method(c, CARDEA_GET);
        return DASHBOARD_REFUSED;
    }
    if (route != &component_route && !web_built()) {
        web_missing(c);
        return DASHBOARD_REFUSED;
    }
    c->route = route;
    c->place = c->profile ? PLACE_DASHBOARD : 0;
    return DASHBOARD_FOUND;
}

/* On the operator's hosts, outside the dashboard's path. A program that asks for `/` is told that there is nothing. */
static enum dashboard_result find_beside(struct call *c)
{
    if (c->profile)
        return DASHBOARD_NOT_HERE;
    if (str_eq(c->path, STR("/cardea-keys.js")))
        return found(c, &component_route);
    struct cardea_str accept = call_header(c, "Accept", NULL), html = STR("text/html");
    bool wants_page = str_eq(c->path, STR("/")) && c->method == CARDEA_GET && web_built() && accept.len &&
                      memmem(accept.ptr, accept.len, html.ptr, html.len);
    return wants_page ? found(c, &redirect_route) : DASHBOARD_NOT_HERE;
}

enum dashboard_result dashboard_find(struct call *c)
{
    struct cardea_str base = str_of(path_of(c)), rest = c->path;
    if (!base.len || !str_starts(c->path, base))
        return find_beside(c);
    rest = (struct cardea_str){c->path.ptr + base.len, c->path.len - base.len};
    if (!rest.len)
        return c->method == CARDEA_GET ? found(c, &redirect_route) : DASHBOARD_NOT_HERE;
    if (rest.ptr[0] != '/')
        return find_beside(c);
    if (str_eq(rest, STR("/v1")) || str_starts(rest, STR("/v1/"))) {
        c->path = rest;
        return DASHBOARD_API;
    }
    rest = (struct cardea_str){rest.ptr + 1, rest.len - 1};
    if (is_plain(rest))
        return found(c, route_of(c, rest));
    call_problem(c, 404, "not_found", "The dashboard has no such path.");
    return DASHBOARD_REFUSED;
}
