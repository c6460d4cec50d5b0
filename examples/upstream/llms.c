/* /llms.txt: the index that a program reads first (llmstxt.org), from the routes themselves. */
#include <event2/buffer.h>

#include "upstream.h"

void page_llms(struct call *c)
{
    struct evbuffer *text = evbuffer_new();
    if (!text ||
        evbuffer_add_printf(text, "# %s\n\n> An API behind an API gateway.\n\n## Paths\n\n", c->product->name) < 0) {
        reply_json(c, 500, NULL);
    } else {
        for (size_t i = 0; i < c->product->count; i++) {
            const struct route *r = &c->product->routes[i];
            evbuffer_add_printf(text, "- `%s %s`%s\n", r->method, r->path, r->open ? " (public)" : "");
        }
        reply_data(c, "text/plain; charset=utf-8", evbuffer_pullup(text, -1), evbuffer_get_length(text));
    }
    if (text)
        evbuffer_free(text);
}
