/* service/policies_source.h - the accounts' own policies, for service/policy_cache.h. */
#ifndef SERVICE_POLICIES_SOURCE_H
#define SERVICE_POLICIES_SOURCE_H

#include "service/policy_cache.h"

/* An account without a default, or whose default was never published, has the built-in policy. Naming an unpublished
 * one: CONFLICT "policy_unpublished". */
extern const struct policy_source service_policy_source;

#endif
