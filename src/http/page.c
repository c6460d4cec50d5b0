#include "http/page.h"

#include "base/str.h"

static bool read_limit(struct call *c, size_t *out)
{
    struct cardea_str text = call_query(c, "limit");
    bool good = text.len > 0 && text.len <= 3;
    *out = text.ptr ? 0 : PAGE_DEFAULT;
    if (!text.ptr)
        return true;
    for (size_t i = 0; good && i < text.len; i++) {
        good = text.ptr[i] >= '0' && text.ptr[i] <= '9';
        *out = *out * 10 + (size_t)(text.ptr[i] - '0');
    }
    if (good && *out >= 1 && *out <= PAGE_MAX)
        return true;
    service_invalid(&c->svc, "query/limit", "The limit is not a number from 1 to 200.", "Leave it out for 50.");
    return false;
}

bool page_read(struct call *c, const char *prefix, struct page *out)
{
    struct cardea_str cursor = call_query(c, "cursor");
    *out = (struct page){.prefix = prefix};
    bool good = read_limit(c, &out->limit);
    if (cursor.len && !id_parse(cursor, prefix, &out->after)) {
        service_invalid(&c->svc, "query/cursor", "This is no cursor of this list.",
                        "Send `next_cursor` of the page before, or leave it out.");
        good = false;
    }
    return good;
}

void page_begin(struct call *c, struct json_writer *w)
{
    call_json(c, 200, w);
    jw_object_begin(w);
    jw_name(w, "data");
    jw_array_begin(w);
}

void page_end(struct json_writer *w, const struct page *page, size_t count, int64_t last)
{
    jw_array_end(w);
    jw_member_id(w, "next_cursor", page->prefix, count > page->limit ? last : 0);
    jw_object_end(w);
}
