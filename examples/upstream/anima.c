/* Anima: agents' inboxes. An agent's key reads and writes its own agent's messages alone; a master key any of the
 * account's. */
#include <string.h>

#include "upstream.h"

typedef char inbox_name[ID_MAX + sizeof("anima/messages/")];

/* An agent stands in the path by its slug, which the gateway has matched with the key's agent; an id, of which slugs
 * have no underscore, can be compared here. False when the answer is given. */
static bool open_inbox(struct call *c, inbox_name name)
{
    const char *agent = c->capture[0];
    if (c->who.agent && strchr(agent, '_') && strcmp(c->who.agent, agent) != 0) {
        reply_error(c, 403, "this key is another agent's");
        return false;
    }
    snprintf(name, sizeof(inbox_name), "anima/messages/%s", agent);
    c->collection = name;
    return true;
}

static void messages_list(struct call *c)
{
    inbox_name name;
    if (open_inbox(c, name))
        documents_list(c);
}

static void messages_create(struct call *c)
{
    inbox_name name;
    if (open_inbox(c, name))
        documents_create(c);
}

static void messages_get(struct call *c)
{
    inbox_name name;
    if (open_inbox(c, name))
        documents_get(c);
}

#define MESSAGES "/v1/agents/{agent}/messages"

static const struct route routes[] = {
    {"GET", MESSAGES, messages_list},
    {"POST", MESSAGES, messages_create, .required = "text"},
    {"GET", MESSAGES "/{id}", messages_get},
};

const struct product anima = {"anima", "api.anima.localhost", routes, sizeof(routes) / sizeof(routes[0])};
