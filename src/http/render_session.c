#include "http/render_session.h"

#include "base/str.h"

bool render_session(struct call *c, int status, const struct session_view *view)
{
    struct store_user user;
    struct store_account account;
    struct json_writer w;
    enum store_err err = store_user_get(c->svc.db, &c->arena, view->user_id, &user);
    if (err == STORE_OK)
        err = store_account_get(c->svc.db, &c->arena, view->account_id, &account);
    if (err != STORE_OK) {
        service_store_error(&c->svc, err);
        call_refuse(c);
        return false;
    }
    call_json(c, status, &w);
    jw_object_begin(&w);
    jw_member_id(&w, "id", "ses", view->session_id);
    if (view->jwt.len)
        jw_member_str(&w, "jwt", view->jwt);
    jw_member_bool(&w, "operator", false);
    jw_member_id(&w, "user", "usr", view->user_id);
    jw_member_str_or_null(&w, "email", user.email);
    jw_member_str_or_null(&w, "name", user.name);
    jw_member_id(&w, "account", "acc", view->account_id);
    jw_member_str(&w, "account_slug", account.slug);
    jw_member_str(&w, "account_name", account.name);
    jw_member_str(&w, "profile", account.profile);
    jw_member_str(&w, "role", str_of(cardea_role_name(view->role)));
    jw_member_time(&w, "expires_at", view->expires_at);
    jw_object_end(&w);
    return true;
}

/* Which products there are is said here, since nobody else is to know. */
static void write_products(struct json_writer *w, const struct profile_set *set)
{
    jw_name(w, "products");
    jw_array_begin(w);
    for (size_t i = 0; i < set->count; i++) {
        jw_object_begin(w);
        jw_member_str(w, "name", str_of(set->items[i]->core.name));
        jw_member_str(w, "title", str_of(set->items[i]->title));
        jw_member_str_or_null(w, "color", str_of(set->items[i]->dashboard.color));
        jw_object_end(w);
    }
    jw_array_end(w);
}

void render_operator(struct call *c, int status, int64_t session_id, int64_t expires_at)
{
    static const char *const nothing[] = {"user",         "email",        "name",   "account",
                                          "account_slug", "account_name", "profile"};
    struct json_writer w;
    call_json(c, status, &w);
    jw_object_begin(&w);
    jw_member_id(&w, "id", "ses", session_id);
    jw_member_bool(&w, "operator", true);
    for (size_t i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++) {
        jw_name(&w, nothing[i]);
        jw_null(&w);
    }
    jw_member_str(&w, "role", STR("operator"));
    jw_member_time(&w, "expires_at", expires_at);
    write_products(&w, c->svc.profiles);
    jw_object_end(&w);
}

void render_choices(struct json_writer *w, const struct session_login *login)
{
    jw_array_begin(w);
    for (size_t i = 0; i < login->choice_count; i++) {
        const struct session_choice *choice = &login->choices[i];
        jw_object_begin(w);
        jw_member_id(w, "id", "acc", choice->account.id);
        jw_member_str(w, "slug", choice->account.slug);
        jw_member_str(w, "name", choice->account.name);
        jw_member_str(w, "profile", choice->account.profile);
        jw_member_str(w, "role", str_of(cardea_role_name(choice->role)));
        jw_object_end(w);
    }
    jw_array_end(w);
}
