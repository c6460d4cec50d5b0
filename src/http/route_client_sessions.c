#include "base/str.h"
#include "http/key_body.h"
#include "http/routes.h"
#include "service/client_session.h"

#define TEXT_MAX 4096

static void render(struct json_writer *w, const struct client_session *s, struct cardea_str token)
{
    jw_object_begin(w);
    jw_member_str(w, "client_secret", token);
    jw_member_id(w, "id", "csn", s->id);
    jw_member_id(w, "account", "acc", s->account_id);
    jw_member_id(w, "user", "usr", s->user_id);
    jw_name(w, "capabilities");
    jw_array_begin(w);
    for (unsigned i = 0; client_capability_name(i); i++)
        if (s->capabilities >> i & 1)
            jw_str(w, str_of(client_capability_name(i)));
    jw_array_end(w);
    jw_name(w, "allowed_origins");
    jw_array_begin(w);
    for (size_t i = 0; i < s->origin_count; i++)
        jw_str(w, s->origins[i]);
    jw_array_end(w);
    jw_member_time(w, "expires_at", s->expires_at);
    jw_object_end(w);
}

static bool read_request(struct call *c, struct client_session_request *out)
{
    static const struct json_field fields[] = {
        {"account", JSON_WANT_STRING, .nullable = true, .max = TEXT_MAX},
        {"user", JSON_WANT_STRING, .nullable = true, .max = TEXT_MAX},
        {"capabilities", JSON_WANT_ARRAY, .required = true, .min = 1, .max = 16},
        {"allowed_origins", JSON_WANT_ARRAY, .required = true, .min = 1, .max = CLIENT_SESSION_ORIGINS_MAX},
    };
    if (!key_body_check(c, c->json, "", fields, sizeof(fields) / sizeof(fields[0])))
        return false;
    *out = (struct client_session_request){.account = json_get_str(c->json, "account"),
                                           .user = json_get_str(c->json, "user")};
    return key_body_strings(c, c->json, "", "capabilities", &out->capabilities, &out->capability_count) &&
           key_body_strings(c, c->json, "", "allowed_origins", &out->origins, &out->origin_count);
}

static void client_sessions_create(struct call *c)
{
    struct client_session_request in;
    struct client_session made;
    struct cardea_str token;
    struct json_writer w;
    if (!read_request(c, &in) || service_client_session_mint(&c->svc, &in, &made, &token) != SERVICE_OK) {
        call_refuse(c);
        return;
    }
    call_json(c, 201, &w);
    render(&w, &made, token);
}

/* What a key may hand on is its own scopes' business, or its profile's: the use case asks. */
static const struct http_route items[] = {
    {.method = CARDEA_POST,
     .pattern = "/v1/client-sessions",
     .lane = LANE_WRITER,
     .access = ACCESS_ROOT | ACCESS_USER | ACCESS_KEY,
     .takes_json = true,
     .handle = client_sessions_create,
     .operation = "client_sessions_create"},
};

const struct http_routes routes_client_sessions = {items, sizeof(items) / sizeof(items[0])};
