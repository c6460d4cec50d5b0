/* service/things.h - who may manage an account's agents, policies and webhooks: one rule for all.
 *
 * The root key all; an owner or admin changes them; a key of the profile `cardea` by the scopes THINGS:read and
 * THINGS:write; a key of another profile where that profile's management says so; never a key that is bound to an
 * agent. */
#ifndef SERVICE_THINGS_H
#define SERVICE_THINGS_H

#include "service/service.h"

struct things {
    const char *name;           /* "policies" */
    enum cardea_role read_role; /* of a session that sees them */
    size_t place;               /* of its struct profile_things in struct profile_management */
};
extern const struct things things_agents, things_policies, things_webhooks, things_billing;

/* Reads at most the calling key's row. */
enum service_err service_things_admit(struct service_call *c, const struct things *t, bool write);

#endif
