#include "http/key_body.h"
#include "http/render_key.h"
#include "http/route_keys.h"

/* Whoever holds a key may ask what it is, and end it: one need not be its owner to find it on the street. */

void keys_self(struct call *c)
{
    struct key_view view;
    if (service_key_self(&c->svc, &view) != SERVICE_OK)
        call_refuse(c);
    else
        reply_key(c, 200, &view, NULL);
}

void keys_self_revoke(struct call *c)
{
    struct key_view view;
    struct cardea_str reason;
    if (!key_body_reason(c, &reason) || service_key_self_revoke(&c->svc, reason, &view) != SERVICE_OK)
        call_refuse(c);
    else
        reply_key(c, 200, &view, NULL);
}
