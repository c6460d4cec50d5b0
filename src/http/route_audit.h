/* http/route_audit.h - where the audit log's routes are, natively; a profile's own place: route_managed.c. */
#ifndef HTTP_ROUTE_AUDIT_H
#define HTTP_ROUTE_AUDIT_H

#define AUDIT_BASE "/v1/audit"

#endif
