/* http/route_billing.h - statements and credits. Reached beneath a profile's own path too (route_managed.c): capture 0
 * is a key. */
#ifndef HTTP_ROUTE_BILLING_H
#define HTTP_ROUTE_BILLING_H

#define BILLING_BASE "/v1/billing"

#endif
