/* Reports of leaked keys, in the shape of GitHub's secret scanning partner programme. */
#include "base/str.h"
#include "http/routes.h"
#include "service/leaks.h"

#define BODY_MAX   (4u << 20) /* some sixteen thousand matches */
#define SLICE      100        /* matches of one unit of work: 10 ms of the writer's, when all are to be revoked */
#define TYPE_MAX   200
#define DIGEST_HEX (2 * CARDEA_DIGEST_LEN)

struct report {
    struct leak *leaks;
    const json_t *matches;
    size_t count, done;
};

/* Both headers once, a key that is known, and its signature over the body as it came. */
static bool is_signed(struct call *c)
{
    unsigned names, signatures;
    struct cardea_str name = call_header(c, "Github-Public-Key-Identifier", &names),
                      signature = call_header(c, "Github-Public-Key-Signature", &signatures);
    enum leak_trust trust = service_leaks_trust(c->svc.svc, name, signature, c->body);
    if (trust == LEAK_NOBODY) {
        call_problem(c, 404, "not_found", "Nobody may report leaked keys here: no public keys are configured.");
        return false;
    }
    if (names == 1 && signatures == 1 && trust == LEAK_SIGNED)
        return true;
    service_leaks_count(c->svc.svc, false, NULL, 0);
    call_problem(c, 401, "unauthenticated",
                 "The report is not signed by a key that is trusted here: it needs Github-Public-Key-Identifier and "
                 "Github-Public-Key-Signature.");
    return false;
}

static void read_leak(const json_t *match, struct leak *out)
{
    *out = (struct leak){.token = json_get_str(match, "token"),
                         .source = json_get_str(match, "source"),
                         .url = json_get_str(match, "url")};
}

/* What they agree on, and nothing more: members may be added by who reports. */
static bool read_matches(struct call *c, struct report *r)
{
    struct json_problem problem;
    c->json = json_read(&c->arena, c->body, &problem);
    r->matches = c->json;
    r->count = json_array_size(c->json);
    r->leaks = arena_array(&c->arena, r->count ? r->count : 1, sizeof(*r->leaks));
    if (!c->json)
        call_problem(c, 400, "invalid_json", "The body is not the JSON that is wanted here.");
    else if (!json_is_array(c->json))
        service_invalid(&c->svc, "", "The body is not a JSON array.", "Send an array of objects with a `token`.");
    for (size_t i = 0; i < r->count; i++) {
        const json_t *match = json_array_get(c->json, i);
        if (!json_is_string(json_object_get(match, "token")))
            service_invalid(&c->svc, arena_printf(&c->arena, "/%zu/token", i).ptr, "The token is missing.",
                            "Send what was found, as a string.");
        read_leak(match, &r->leaks[i]);
    }
    if (c->json && c->svc.err != SERVICE_OK)
        call_refuse(c);
    return c->json && c->svc.err == SERVICE_OK;
}

/* In a unit of work. */
static void take_slice(struct call *c)
{
    struct report *r = c->work;
    c->svc.actor = (struct actor){.kind = ACTOR_SYSTEM, .profile = -1};
    for (size_t i = r->done; i < r->count && i < r->done + SLICE; i++)
        if (service_leak(&c->svc, &r->leaks[i]) != SERVICE_OK) {
            call_refuse(c);
            return;
        }
    c->status = 200;
}

/* By its hash, as the programme allows: the reply repeats no key. */
static void write_verdict(struct json_writer *w, const struct leak *leak, const json_t *match)
{
    static const char hex[] = "0123456789abcdef";
    struct cardea_digest digest;
    char text[DIGEST_HEX];
    struct cardea_str type = json_get_str(match, "type");
    cardea_digest(leak->token, &digest);
    for (size_t i = 0; i < sizeof(digest.bytes); i++) {
        text[2 * i] = hex[digest.bytes[i] >> 4];
        text[2 * i + 1] = hex[digest.bytes[i] & 15];
    }
    jw_object_begin(w);
    jw_member_str(w, "token_hash", (struct cardea_str){text, DIGEST_HEX});
    jw_member_str(w, "token_type", type.len <= TYPE_MAX ? type : STR(""));
    jw_member_str(w, "label", leak->known ? STR("true_positive") : STR("false_positive"));
    jw_object_end(w);
}

static void leaks_report(struct call *c)
{
    struct report r = {0};
    struct json_writer w;
    if (!is_signed(c) || !read_matches(c, &r))
        return;
    c->work = &r;
    for (; r.done < r.count; r.done += SLICE) {
        call_write(c, take_slice);
        if (c->status != 200)
            return; /* what was done stands, and is done once only: the report may come again */
    }
    service_leaks_count(c->svc.svc, true, r.leaks, r.count);
    call_json(c, 200, &w);
    jw_array_begin(&w);
    for (size_t i = 0; i < r.count; i++)
        write_verdict(&w, &r.leaks[i], json_array_get(r.matches, i));
    jw_array_end(&w);
}

/* On threads where no log-in and no scan waits for it. */
static const struct http_route items[] = {
    {.method = CARDEA_POST,
     .pattern = "/v1/leaks",
     .lane = LANE_POLICY,
     .access = ACCESS_PUBLIC,
     .handle = leaks_report,
     .operation = "leaks_report",
     .body_max = BODY_MAX},
};

const struct http_routes routes_leaks = {items, sizeof(items) / sizeof(items[0])};
