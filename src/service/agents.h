/* service/agents.h - agents: what an account runs, each with keys of its own.
 *
 * Who may: the root key all; an owner or admin makes and changes them, any member sees them; a key of the profile
 * `cardea` by agents:read and agents:write; a key of another profile where that profile's management says so; never a
 * key that is bound to an agent. A slug stays what it is, and a
 * deleted agent's is not given again: its keys, its audit trail and its paths keep meaning it alone. */
#ifndef SERVICE_AGENTS_H
#define SERVICE_AGENTS_H

#include "service/service.h"

/* "active", "disabled", "deleted". Static storage. */
const char *service_agent_status_name(const struct store_agent *row);

/* Whether this caller may see (or change) agents at all; which comes later. Reads at most the calling key's row. */
enum service_err service_agent_admit(struct service_call *c, bool write);

/* `account` as service_account_of_call() takes it. CONFLICT "slug_taken". */
enum service_err service_agent_create(struct service_call *c, struct cardea_str account, struct cardea_str slug,
                                      struct cardea_str name, struct store_agent *out);

/* Plain look-up in what the caller's account has, without asking what the caller may. `text` is an id, or a slug in
 * `account`, which may be left out as service_account_of_call() says. */
enum service_err service_agent_find(struct service_call *c, struct cardea_str account, struct cardea_str text,
                                    struct store_agent *out);

/* `text` as above. */
enum service_err service_agent_get(struct service_call *c, struct cardea_str account, struct cardea_str text,
                                   struct store_agent *out);

/* Ascending by id after `after`, deleted ones too. */
enum service_err service_agent_list(struct service_call *c, struct cardea_str account, int64_t after, size_t limit,
                                    struct store_agent *out, size_t *count);

struct agent_patch {
    bool has_name, has_enabled;
    struct cardea_str name;
    bool enabled; /* false stops all its keys with the commit */
};
/* CONFLICT for a deleted one. */
enum service_err service_agent_patch(struct service_call *c, struct cardea_str account, struct cardea_str text,
                                     const struct agent_patch *patch, struct store_agent *out);

/* Revokes its keys. Once more is no error and changes nothing. */
enum service_err service_agent_delete(struct service_call *c, struct cardea_str account, struct cardea_str text,
                                      struct store_agent *out);

#endif
