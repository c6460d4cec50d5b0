/* Publishing: a version is a number and a document that stay together for good. */
#include "service/policies.h"

#include "base/buf.h"
#include "base/json_write.h"
#include "base/str.h"

static enum service_err version_found(struct service_call *c, enum store_err err)
{
    if (err == STORE_NOTFOUND)
        return service_fail(c, SERVICE_NOTFOUND, "not_found", "The policy has no such version.");
    return err == STORE_OK ? SERVICE_OK : service_store_error(c, err);
}

/* What is to be published. */
static enum service_err find_document(struct service_call *c, const struct store_policy *row,
                                      const struct policy_publish *in, struct cardea_str *document)
{
    struct store_policy_version old;
    if (in->revision && in->revision != row->revision)
        return policy_changed(c, row);
    if (!in->version) {
        enum store_err err = store_policy_draft(c->db, c->arena, row->id, document);
        return err == STORE_OK ? SERVICE_OK : service_store_error(c, err);
    }
    enum service_err err = version_found(c, store_policy_version_get(c->db, c->arena, row->id, in->version, &old));
    *document = old.document;
    return err;
}

enum service_err service_policy_prepare(struct service_call *c, struct cardea_str account, struct cardea_str text,
                                        struct policy_publish *in)
{
    struct store_policy row;
    struct cardea_str document = {0};
    enum service_err err = service_policy_get(c, account, text, true, &row);
    if (err == SERVICE_OK && (in->note.len > POLICY_NOTE_MAX || !str_utf8_valid(in->note)))
        err = service_invalid(c, "/note", "The note is longer than 500 bytes.", "Say it in fewer words.");
    if (err == SERVICE_OK)
        err = find_document(c, &row, in, &document);
    if (err == SERVICE_OK)
        err = service_policy_check_text(c, document);
    if (!in->version)
        in->revision = row.revision;
    return err;
}

static enum service_err may_publish(struct service_call *c, const struct store_policy *row,
                                    const struct policy_publish *in, struct cardea_str document)
{
    struct store_policy_version now = {0};
    if (!row->version)
        return SERVICE_OK;
    if (row->version >= POLICY_VERSIONS_MAX)
        return service_fail(c, SERVICE_CONFLICT, "policy_limit_reached",
                            "The policy has %d versions, the most that it may: go on with a new policy.",
                            POLICY_VERSIONS_MAX);
    enum store_err err = store_policy_version_get(c->db, c->arena, row->id, row->version, &now);
    if (err != STORE_OK)
        return service_store_error(c, err);
    if (str_eq(now.document, document))
        return service_fail(c, SERVICE_CONFLICT, "policy_unchanged",
                            "Version %lld is in force already and says just %s.", (long long)row->version,
                            in->version ? "that" : "what the draft says");
    return SERVICE_OK;
}

static struct cardea_str detail(struct service_call *c, const struct store_policy_version *v, int64_t of_version)
{
    struct buf b;
    struct json_writer w;
    buf_init(&b, 8 * POLICY_NOTE_MAX);
    jw_init(&w, &b);
    jw_object_begin(&w);
    jw_member_int(&w, "version", v->version);
    if (of_version)
        jw_member_int(&w, "of_version", of_version);
    jw_member_str_or_null(&w, "note", v->note);
    jw_name(&w, "before");
    jw_object_begin(&w);
    jw_member_int(&w, "version", v->version - 1);
    jw_object_end(&w);
    jw_name(&w, "after");
    jw_object_begin(&w);
    jw_member_int(&w, "version", v->version);
    jw_object_end(&w);
    jw_object_end(&w);
    /* Goes behind other members: without its own opening brace, and the closing one is policy_record()'s. */
    struct cardea_str all = buf_str(&b), more = STR("");
    if (!b.failed)
        more = arena_printf(c->arena, ",%.*s", (int)(all.len - 2), all.ptr + 1);
    buf_release(&b);
    return more;
}

enum service_err service_policy_publish(struct service_call *c, struct cardea_str account, struct cardea_str text,
                                        const struct policy_publish *in, struct store_policy *out,
                                        struct store_policy_version *version)
{
    struct cardea_str document = {0};
    enum service_err err = service_policy_get(c, account, text, true, out);
    if (err == SERVICE_OK)
        err = find_document(c, out, in, &document);
    if (err == SERVICE_OK)
        err = may_publish(c, out, in, document);
    if (err != SERVICE_OK)
        return err;
    bool clean = out->revision == out->published_revision;
    *version = (struct store_policy_version){.policy_id = out->id,
                                             .version = out->version + 1,
                                             .published_at = c->now,
                                             .published_by = service_actor_text(c),
                                             .note = in->note,
                                             .document = document};
    out->version = version->version;
    out->updated_at = c->now;
    /* After a roll-back the draft goes along, unless somebody's unpublished work stands in it. */
    if (in->version && clean) {
        out->draft = document;
        out->revision++;
    }
    if (!in->version || clean)
        out->published_revision = out->revision;
    enum store_err stored = store_policy_version_insert(c->db, version);
    if (stored == STORE_OK)
        stored = store_policy_update(c->db, out);
    if (stored != STORE_OK)
        return service_store_error(c, stored);
    return policy_record(c, out, "policy.published", detail(c, version, in->version));
}

enum service_err service_policy_versions(struct service_call *c, struct cardea_str account, struct cardea_str text,
                                         int64_t before, size_t limit, struct store_policy_version *out, size_t *count)
{
    struct store_policy row;
    enum service_err failed = service_policy_get(c, account, text, false, &row);
    if (failed != SERVICE_OK)
        return failed;
    enum store_err err = store_policy_version_list(c->db, c->arena, row.id, before, limit, out, count);
    return err == STORE_OK ? SERVICE_OK : service_store_error(c, err);
}

enum service_err service_policy_version(struct service_call *c, struct cardea_str account, struct cardea_str text,
                                        int64_t version, struct store_policy_version *out)
{
    struct store_policy row;
    enum service_err err = service_policy_get(c, account, text, false, &row);
    return err == SERVICE_OK ? version_found(c, store_policy_version_get(c->db, c->arena, row.id, version, out)) : err;
}
