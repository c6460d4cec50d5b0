/* Where the cache of compiled policies finds them (service/policy_cache.h). */
#include "service/policies_source.h"

#include "base/id.h"
#include "base/str.h"
#include "service/policies.h"

static enum service_err missing(struct service_call *c, enum store_err err)
{
    if (err == STORE_NOTFOUND)
        return service_fail(c, SERVICE_NOTFOUND, "not_found", "There is no such policy.");
    return service_store_error(c, err);
}

static enum service_err find(struct service_call *c, int64_t account_id, struct cardea_str name, bool draft,
                             struct policy_choice *choice)
{
    struct store_policy row;
    int64_t id;
    enum store_err err = STORE_NOTFOUND;
    *choice = (struct policy_choice){0};
    if (str_eq(name, STR(POLICY_BUILTIN_NAME)))
        return draft ? missing(c, STORE_NOTFOUND) : SERVICE_OK;
    if (id_parse(name, "pol", &id))
        err = store_policy_get(c->db, c->arena, id, &row);
    else if (name.len && account_id)
        err = store_policy_find(c->db, c->arena, account_id, name, &row);
    else if (account_id)
        err = store_policy_default(c->db, c->arena, account_id, &row);
    if (err == STORE_OK && account_id && row.account_id != account_id)
        err = STORE_NOTFOUND;
    if (!name.len && !draft && (err == STORE_NOTFOUND || (err == STORE_OK && !row.version)))
        return SERVICE_OK; /* the built-in one applies */
    if (err != STORE_OK)
        return missing(c, err);
    if (!draft && !row.version)
        return service_fail(c, SERVICE_CONFLICT, "policy_unpublished",
                            "The policy has no published version: publish it, or ask for its draft.");
    *choice = (struct policy_choice){
        .id = row.id, .version = draft ? 0 : row.version, .revision = draft ? row.revision : 0};
    return SERVICE_OK;
}

static enum service_err load(struct service_call *c, const struct policy_choice *choice, struct cardea_str *document)
{
    struct store_policy_version version;
    if (!choice->version) {
        enum store_err err = store_policy_draft(c->db, c->arena, choice->id, document);
        return err == STORE_OK ? SERVICE_OK : missing(c, err);
    }
    enum store_err err = store_policy_version_get(c->db, c->arena, choice->id, choice->version, &version);
    *document = version.document;
    return err == STORE_OK ? SERVICE_OK : missing(c, err);
}

const struct policy_source service_policy_source = {find, load};
