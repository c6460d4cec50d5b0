/* http/route_policies.h - how policies are shown. */
#ifndef HTTP_ROUTE_POLICIES_H
#define HTTP_ROUTE_POLICIES_H

#include "http/call.h"

/* Its handlers are reached beneath a profile's own path too (route_managed.c): capture 0 is the policy, capture 1 a
 * version. */
#define POLICIES_BASE "/v1/policies"

/* route_policy_trials.c */
void policies_test(struct call *c);
void policies_replay(struct call *c);

/* The query's `account`. */
struct cardea_str policies_account(struct call *c);

#endif
