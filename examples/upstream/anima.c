/* Anima: what is left to its own servers. Agents, keys, messages and policies are answered by the daemon: behind the
 * gateway nothing of them comes here. */
#include "upstream.h"

#define INVOICES "/v1/billing/invoices"

static const struct route routes[] = {
    {"GET", INVOICES, documents_list, "anima/invoices"},
    {"POST", INVOICES, documents_create, "anima/invoices", "plan"},
    {"GET", INVOICES "/{id}", documents_get, "anima/invoices"},
};

const struct product anima = {"anima", "api.anima.localhost", routes, sizeof(routes) / sizeof(routes[0])};
