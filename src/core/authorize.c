/* core/authorize.c - cardea_authorize: a request as it came in. */
#include "core/reader.h"
#include "core/request.h"

/* A route's demands, as a check of the key. */
static void ask_for_route(const struct cardea_route *route, const struct route_match *match, struct cardea_check *check)
{
    check->account = match->tenant;
    check->agent = match->agent;
    check->min_role = (enum cardea_role)route->min_role;
    check->kinds = route->kinds;
}

/* What the server asks of the key beside the route. */
static bool has_demands(const struct cardea_request *req)
{
    return req->scope.len > 0 || req->account.len > 0 || req->account_id != 0 || req->agent.len > 0 ||
           req->agent_id != 0;
}

static enum cardea_code check_demands(const struct cardea_reader *r, const struct cardea_request *req,
                                      struct cardea_decision *out)
{
    const struct cardea_check demands = {.scope = req->scope,
                                         .account = req->account,
                                         .account_id = req->account_id,
                                         .agent = req->agent,
                                         .agent_id = req->agent_id};
    return decide_demands(r, &demands, out);
}

/* What the request itself says of the check; member by member, as in decision_clear. */
static void begin_check(const struct cardea_request *req, int profile, struct cardea_check *check)
{
    static const struct cardea_str empty;
    check->key = empty;
    check->profile = profile;
    check->scope = empty;
    check->account = empty;
    check->account_id = 0;
    check->agent = empty;
    check->agent_id = 0;
    check->min_role = CARDEA_ROLE_NONE;
    check->kinds = 0;
    check->ip = req->ip;
    check->cost = req->look_only ? 0 : 1;
    check->from_browser = req->origin.len > 0 || req->sec_fetch_mode.len > 0;
    check->legacy = false;
    check->now = req->now;
}

/* The same bytes, not the same text: whoever took it ahead keeps them as they are. */
static void take_digest(const struct cardea_request *req, struct cardea_str key, struct cardea_digest *out)
{
    const struct cardea_ahead *ahead = req->ahead;
    if (ahead != NULL && ahead->key.ptr == key.ptr && ahead->key.len == key.len)
        *out = ahead->digest;
    else
        cardea_digest(key, out);
}

void cardea_ahead_begin(const struct cardea_request *req, struct cardea_ahead *out)
{
    bool legacy;
    if (request_credential(req, &out->key, &legacy) == CARDEA_VALID && out->key.len <= CARDEA_KEY_MAX)
        cardea_digest(out->key, &out->digest);
    else
        out->key.len = 0;
}

void cardea_ahead_fetch(const struct cardea_reader *r, const struct cardea_ahead *a)
{
    struct lookup l = {.digest = a->digest};
    if (a->key.len > 0)
        lookup_start(r, &l);
}

void cardea_ahead_follow(struct cardea_reader *r, const struct cardea_ahead *a)
{
    struct lookup l = {.digest = a->digest};
    if (a->key.len == 0)
        return;
    l.home = snapshot_home(&r->s, &l.digest);
    decide_ahead(r, &l);
}

static void decide(struct cardea_reader *r, const struct cardea_request *req, int profile, struct cardea_check *check,
                   struct cardea_decision *out)
{
    decision_clear(out, CARDEA_NO_ROUTE);
    if (profile < 0 || (size_t)profile >= r->profiles.count)
        return;
    const struct cardea_profile *p = &r->profiles.items[profile];
    out->profile = profile;
    begin_check(req, profile, check);
    /* First of all, so that the key's line is on its way while the path is taken apart. */
    struct lookup l;
    enum cardea_code credential = request_credential(req, &check->key, &check->legacy);
    if (credential == CARDEA_VALID && (check->key.len == 0 || check->key.len > CARDEA_KEY_MAX))
        credential = CARDEA_MALFORMED;
    if (credential == CARDEA_VALID) {
        take_digest(req, check->key, &l.digest);
        lookup_start(r, &l);
    }

    struct route_path path;
    struct cardea_str query;
    struct route_match match;
    uint32_t method = request_method(req->method);
    if (method == 0 || !request_path(req->target, r->path_buf, &path, &query))
        return;
    route_table_match(r->profiles.tables[profile], method, &path, &match);
    /* Stands in for the route that is not there: any key, and then the demands. */
    static const struct cardea_route unlisted = {.access = CARDEA_ACCESS_KEY};
    const struct cardea_route *route = &unlisted;
    if (match.route != ROUTE_NONE)
        route = &p->routes[match.route];
    else if (req->scope.len == 0)
        return;
    out->route = match.route;
    r->group = route->group;
    if (route->access == CARDEA_ACCESS_PUBLIC && !has_demands(req)) {
        out->code = CARDEA_VALID;
        return;
    }
    if (query.len > 0 && request_query_has_key(p, query)) {
        credential = CARDEA_MALFORMED;
        out->key_in_query = true;
    }
    if (credential == CARDEA_VALID && reader_is_stale(r, req->now.boot_ns))
        credential = CARDEA_STALE;
    out->code = credential;
    if (credential != CARDEA_VALID)
        return;
    ask_for_route(route, &match, check);
    decide_key(r, check, route->access == CARDEA_ACCESS_SCOPE ? route->scope : SCOPE_NONE, &l, out);
    if (out->code == CARDEA_VALID && has_demands(req))
        out->code = check_demands(r, req, out);
}

void cardea_authorize(struct cardea_reader *r, const struct cardea_request *request, struct cardea_decision *out)
{
    struct cardea_check check;
    int profile = request->profile;
    for (unsigned moves = 0;; moves++) {
        decide(r, request, profile, &check, out);
        enum reader_state state = reader_recheck(r, request->now.boot_ns, moves, &profile);
        if (state == READER_CURRENT) {
            decide_settle(r, &check, out);
            return;
        }
        if (state == READER_LOST)
            break;
    }
    decision_clear(out, CARDEA_STALE);
}
