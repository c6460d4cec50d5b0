/* http/dashboard.h - the dashboard: a page whose paths are the browser's own business, its files, and its API. On a
 * product's host it lies beneath the path that the profile says, on the operator's beneath /dashboard. */
#ifndef HTTP_DASHBOARD_H
#define HTTP_DASHBOARD_H

#include "http/call.h"

enum dashboard_result {
    DASHBOARD_NOT_HERE, /* the path is none of the dashboard's */
    DASHBOARD_API,      /* it is the dashboard's API's: c->path is now what the native API calls it */
    DASHBOARD_FOUND,    /* c->route is set */
    DASHBOARD_REFUSED,  /* the reply is rendered */
};

enum dashboard_result dashboard_find(struct call *c);

#endif
