/* Links from an issuer's subjects to users. */
#include "base/json_write.h"
#include "base/str.h"
#include "service/external.h"
#include "service/users.h"

static enum service_err root_only(struct service_call *c)
{
    if (c->actor.kind == ACTOR_ROOT || c->actor.kind == ACTOR_SYSTEM)
        return SERVICE_OK;
    return service_fail(c, SERVICE_FORBIDDEN, "forbidden", "Only the root key may do this.");
}

/* The log names the issuer alone: a subject may be an address or a number that somebody goes by. */
static enum service_err record(struct service_call *c, const char *action, int64_t user_id, struct cardea_str issuer)
{
    struct buf b;
    struct json_writer w;
    buf_init(&b, 8 * ISSUER_TEXT_MAX);
    jw_init(&w, &b);
    jw_object_begin(&w);
    jw_member_str(&w, "issuer", issuer);
    jw_object_end(&w);
    struct cardea_str detail = arena_str(c->arena, buf_str(&b));
    buf_release(&b);
    return service_record(c, action, "usr", user_id, 0, detail);
}

static bool is_subject(struct cardea_str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] < ' ' || s.ptr[i] == 0x7f)
            return false;
    return s.len >= 1 && s.len <= ISSUER_TEXT_MAX && str_utf8_valid(s);
}

static enum service_err check_pair(struct service_call *c, struct cardea_str issuer, struct cardea_str subject)
{
    enum service_err err = SERVICE_OK;
    if (!c->svc->issuers || !issuers_has(c->svc->issuers, issuer))
        err = service_invalid(c, "/issuer", "This issuer is not configured here.",
                              "Send the `issuer` of an entry of the daemon's file of issuers, to the letter.");
    if (!is_subject(subject))
        err = service_invalid(c, "/subject", "This is no subject.",
                              "Send the `sub` of the person's tokens: 1 to 255 bytes.");
    return err;
}

static enum service_err insert(struct service_call *c, const struct store_identity *row)
{
    struct store_identity links[EXTERNAL_LINKS_MAX];
    size_t count;
    enum store_err stored = store_identity_of_user(c->db, c->arena, row->user_id, EXTERNAL_LINKS_MAX, links, &count);
    if (stored == STORE_OK && count == EXTERNAL_LINKS_MAX)
        return service_fail(c, SERVICE_CONFLICT, "conflict", "The user has %d links already: take one away first.",
                            EXTERNAL_LINKS_MAX);
    if (stored == STORE_OK)
        stored = store_identity_insert(c->db, row);
    return stored == STORE_OK ? record(c, "identity.linked", row->user_id, row->issuer)
                              : service_store_error(c, stored);
}

enum service_err service_identity_link(struct service_call *c, struct cardea_str user, struct cardea_str issuer,
                                       struct cardea_str subject, struct store_identity *out)
{
    struct store_user who;
    enum service_err err = root_only(c);
    if (err == SERVICE_OK)
        err = service_user_get(c, user, &who);
    if (err == SERVICE_OK && who.email.len == 0)
        err = service_fail(c, SERVICE_CONFLICT, "conflict", "This user was erased.");
    if (err == SERVICE_OK)
        err = check_pair(c, issuer, subject);
    if (err != SERVICE_OK)
        return err;
    enum store_err stored = store_identity_get(c->db, c->arena, issuer, subject, out);
    if (stored == STORE_NOTFOUND) {
        *out = (struct store_identity){issuer, subject, who.id, c->now};
        return insert(c, out);
    }
    if (stored != STORE_OK)
        return service_store_error(c, stored);
    return out->user_id == who.id ? SERVICE_OK
                                  : service_fail(c, SERVICE_CONFLICT, "identity_taken",
                                                 "This subject of the issuer is linked to another user.");
}

enum service_err service_identity_unlink(struct service_call *c, struct cardea_str user, struct cardea_str issuer,
                                         struct cardea_str subject)
{
    struct store_user who;
    struct store_identity row;
    enum service_err err = root_only(c);
    if (err == SERVICE_OK)
        err = service_user_get(c, user, &who);
    if (err != SERVICE_OK)
        return err;
    enum store_err stored = store_identity_get(c->db, c->arena, issuer, subject, &row);
    if (stored == STORE_NOTFOUND || (stored == STORE_OK && row.user_id != who.id))
        return service_fail(c, SERVICE_NOTFOUND, "not_found", "The user has no such link.");
    if (stored == STORE_OK)
        stored = store_identity_delete(c->db, issuer, subject);
    return stored == STORE_OK ? record(c, "identity.unlinked", who.id, issuer) : service_store_error(c, stored);
}

enum service_err service_identity_list(struct service_call *c, struct cardea_str user, struct store_identity *out,
                                       size_t *count)
{
    struct store_user who;
    *count = 0;
    enum service_err err = service_user_get(c, user, &who);
    if (err != SERVICE_OK)
        return err;
    enum store_err stored = store_identity_of_user(c->db, c->arena, who.id, EXTERNAL_LINKS_MAX, out, count);
    return stored == STORE_OK ? SERVICE_OK : service_store_error(c, stored);
}
