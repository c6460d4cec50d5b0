#include "service/message_text.h"

#include "base/json_write.h"
#include "base/str.h"

/* Between two parts of what is scanned as one text. The character separates records, no part may hold it, and a
 * redaction that runs over it shows by their number. */
#define SEPARATOR      "\n\x1e\n"
#define SEPARATOR_CHAR '\x1e'

/* RFC 5321, 4.5.3.1 */
#define MAIL_MAX   254
#define LOCAL_MAX  64
#define DOMAIN_MAX 253
#define LABEL_MAX  63

static const char local_specials[] = "!#$%&'*+-/=?^_`{|}~"; /* RFC 5322, 3.2.3: atext, without quoting */

/* ---- addresses ---- */

static bool has_scheme(struct cardea_str to)
{
    for (size_t i = 0; i + 2 < to.len; i++)
        if (memcmp(to.ptr + i, "://", 3) == 0)
            return true;
    return false;
}

bool message_is_agent(struct cardea_str to)
{
    return !has_scheme(to) && !str_starts(to, STR("mailto:")) && !(to.len && memchr(to.ptr, '@', to.len));
}

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_local(struct cardea_str local)
{
    bool dot = true; /* none in front, none behind, no two */
    for (size_t i = 0; i < local.len; i++) {
        char ch = local.ptr[i];
        if (ch == '.' ? dot : !is_alnum(ch) && (!ch || !strchr(local_specials, ch)))
            return false;
        dot = ch == '.';
    }
    return local.len && local.len <= LOCAL_MAX && !dot;
}

static bool is_domain(struct cardea_str domain)
{
    struct cardea_str rest = domain, label;
    size_t labels = 0;
    while (str_cut(&rest, '.', &label)) {
        if (!label.len || label.len > LABEL_MAX || label.ptr[0] == '-' || label.ptr[label.len - 1] == '-')
            return false;
        for (size_t i = 0; i < label.len; i++)
            if (!is_alnum(label.ptr[i]) && label.ptr[i] != '-')
                return false;
        labels++;
    }
    return labels >= 2 && domain.len <= DOMAIN_MAX;
}

static bool is_mail(struct cardea_str text)
{
    const char *at = text.len ? memrchr(text.ptr, '@', text.len) : NULL;
    if (!at || text.len > MAIL_MAX)
        return false;
    struct cardea_str local = {text.ptr, (size_t)(at - text.ptr)};
    return is_local(local) && is_domain((struct cardea_str){at + 1, text.len - local.len - 1});
}

/* What net/ will take for a URL it says itself; here no more than what keeps a line a line. */
static bool is_url(struct cardea_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] <= ' ' || (unsigned char)text.ptr[i] >= 0x7f)
            return false;
    struct cardea_str host = message_host(STORE_CHANNEL_PUSH, text);
    return text.len <= MESSAGE_ADDRESS_MAX && host.len && !memchr(text.ptr, '#', text.len) &&
           !memchr(host.ptr, '@', host.len);
}

enum service_err message_address(struct service_call *c, struct cardea_str to, enum store_channel *channel,
                                 struct cardea_str *address)
{
    struct cardea_str prefix = STR("mailto:");
    *address = to;
    if (has_scheme(to)) {
        *channel = STORE_CHANNEL_PUSH;
        if (is_url(to) && (str_starts(to, STR("https://")) || str_starts(to, STR("http://"))))
            return SERVICE_OK;
        return service_invalid(c, "/to", "It is no URL that messages are pushed to.",
                               "Send https://HOST/PATH, in ASCII, without user, password and fragment.");
    }
    *channel = STORE_CHANNEL_SMTP;
    if (str_starts(to, prefix))
        *address = (struct cardea_str){to.ptr + prefix.len, to.len - prefix.len};
    if (is_mail(*address))
        return SERVICE_OK;
    return service_invalid(c, "/to", "It is no e-mail address that mail is sent to.",
                           "Send one address such as ada@example.com, without a name; domains in their ASCII form.");
}

struct cardea_str message_host(enum store_channel channel, struct cardea_str address)
{
    if (channel == STORE_CHANNEL_INBOX)
        return (struct cardea_str){0};
    if (channel == STORE_CHANNEL_SMTP) {
        const char *at = memrchr(address.ptr, '@', address.len);
        return (struct cardea_str){at + 1, (size_t)(address.ptr + address.len - at) - 1};
    }
    const char *from = memmem(address.ptr, address.len, "://", 3);
    struct cardea_str rest = {from + 3, (size_t)(address.ptr + address.len - from) - 3};
    size_t len = 0;
    while (len < rest.len && !strchr("/?#", rest.ptr[len]))
        len++;
    return (struct cardea_str){rest.ptr, len};
}

/* ---- what the parts may be ---- */

static bool is_line(struct cardea_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] < ' ' || text.ptr[i] == 0x7f)
            return false;
    return true;
}

static bool can_be_separated(struct cardea_str text)
{
    return !text.len || !memchr(text.ptr, SEPARATOR_CHAR, text.len);
}

/* RFC 6838, 4.2, and only what is text. */
static bool is_text_type(struct cardea_str type)
{
    static const char *const others[] = {"application/json", "application/xml", "application/yaml"};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        if (str_eq(type, str_of(others[i])))
            return true;
    if (!str_starts(type, STR("text/")) || type.len > 64 || type.len == 5)
        return false;
    for (size_t i = 5; i < type.len; i++)
        if (!is_alnum(type.ptr[i]) && !strchr("!#$&-^_.+", type.ptr[i]))
            return false;
    return true;
}

static void check_attachment(struct service_call *c, const struct message_attachment *a, size_t i)
{
    const char *at = arena_printf(c->arena, "/attachments/%zu", i).ptr;
    if (!a->name.len || a->name.len > MESSAGE_NAME_MAX || !is_line(a->name) || memchr(a->name.ptr, '/', a->name.len) ||
        memchr(a->name.ptr, '\\', a->name.len))
        service_invalid(c, arena_printf(c->arena, "%s/name", at).ptr, "It is no name of a file.",
                        "Send 1 to 200 bytes without slashes and control characters.");
    if (!is_text_type(a->type))
        service_invalid(
            c, arena_printf(c->arena, "%s/type", at).ptr, "Only text is attached, since only text is scanned.",
            "Send text/plain, another type of text, application/json, application/xml or application/yaml.");
    if (!can_be_separated(a->text))
        service_invalid(c, arena_printf(c->arena, "%s/text", at).ptr, "It holds the control character U+001E.",
                        "Leave it out.");
}

enum service_err message_check(struct service_call *c, const struct message_send *in)
{
    size_t total = in->subject.len + in->body.len;
    if (in->subject.len > MESSAGE_SUBJECT_MAX || !is_line(in->subject))
        service_invalid(c, "/subject", "It is longer than 998 bytes, or holds a line break or control character.",
                        "Send one line.");
    if (!can_be_separated(in->body))
        service_invalid(c, "/body", "It holds the control character U+001E.", "Leave it out.");
    if (in->client_id.len > MESSAGE_CLIENT_ID_MAX || !is_line(in->client_id))
        service_invalid(c, "/client_id", "It is longer than 128 bytes, or holds a control character.", "Send a UUID.");
    for (size_t i = 0; i < in->attachment_count; i++) {
        check_attachment(c, &in->attachments[i], i);
        total += in->attachments[i].name.len + in->attachments[i].text.len;
    }
    if (total > MESSAGE_TEXT_MAX)
        service_invalid(c, "/body", "Subject, body and attachments are larger than 1 MiB together.",
                        "Send a link to what is large.");
    return c->err;
}

/* ---- one text of all parts ---- */

/* Lengths stand before what they measure, so that no two messages read the same. */
static void add_part(struct buf *b, struct cardea_str part)
{
    buf_printf(b, "%zu:", part.len);
    buf_add_str(b, part);
}

void message_digest(struct arena *a, const struct message_send *in, struct cardea_digest *out)
{
    struct buf b;
    buf_init(&b, 2 * MESSAGE_TEXT_MAX);
    add_part(&b, in->to);
    add_part(&b, in->subject);
    add_part(&b, in->body);
    for (size_t i = 0; i < in->attachment_count; i++) {
        add_part(&b, in->attachments[i].name);
        add_part(&b, in->attachments[i].type);
        add_part(&b, in->attachments[i].text);
    }
    cardea_digest(buf_str(&b), out);
    buf_release(&b);
}

static struct cardea_str write_attachments(struct arena *a, const struct message_attachment *items, size_t count)
{
    struct buf b;
    struct json_writer w;
    if (!count)
        return (struct cardea_str){0};
    buf_init(&b, 8 * MESSAGE_TEXT_MAX); /* each byte may take six */
    jw_init(&w, &b);
    jw_array_begin(&w);
    for (size_t i = 0; i < count; i++) {
        jw_object_begin(&w);
        jw_member_str(&w, "name", items[i].name);
        jw_member_str(&w, "type", items[i].type);
        jw_member_str(&w, "text", items[i].text);
        jw_object_end(&w);
    }
    jw_array_end(&w);
    struct cardea_str text = arena_str(a, buf_str(&b));
    buf_release(&b);
    return text;
}

void message_join(struct arena *a, struct message_send *in)
{
    struct buf b;
    buf_init(&b, 2 * MESSAGE_TEXT_MAX);
    buf_add_str(&b, in->subject);
    buf_add_cstr(&b, SEPARATOR);
    buf_add_str(&b, in->body);
    for (size_t i = 0; i < in->attachment_count; i++) {
        buf_add_cstr(&b, SEPARATOR);
        buf_add_str(&b, in->attachments[i].name);
        buf_add_cstr(&b, SEPARATOR);
        buf_add_str(&b, in->attachments[i].text);
    }
    in->text = arena_str(a, buf_str(&b));
    buf_release(&b);
    in->row.attachments = write_attachments(a, in->attachments, in->attachment_count);
}

static bool cut_part(struct cardea_str *rest, struct cardea_str *part)
{
    const char *at = rest->len ? memmem(rest->ptr, rest->len, SEPARATOR, sizeof(SEPARATOR) - 1) : NULL;
    size_t len = at ? (size_t)(at - rest->ptr) : rest->len;
    *part = (struct cardea_str){rest->ptr, len};
    size_t skip = at ? len + sizeof(SEPARATOR) - 1 : len;
    *rest = (struct cardea_str){rest->ptr + skip, rest->len - skip};
    return at != NULL;
}

bool message_split(struct arena *a, struct message_send *in, struct cardea_str redacted)
{
    struct cardea_str rest = redacted, subject, body;
    struct message_attachment *items = arena_array(a, in->attachment_count + 1, sizeof(*items));
    bool more = cut_part(&rest, &subject) && (cut_part(&rest, &body), true);
    for (size_t i = 0; more && i < in->attachment_count; i++) {
        more = cut_part(&rest, &items[i].name);
        items[i].type = in->attachments[i].type;
        cut_part(&rest, &items[i].text);
    }
    size_t separators = 0;
    for (size_t i = 0; i < redacted.len; i++)
        separators += redacted.ptr[i] == SEPARATOR_CHAR;
    if (!more || rest.len || separators != 1 + 2 * in->attachment_count)
        return false;
    in->row.subject = subject;
    in->row.body = body;
    in->row.attachments = write_attachments(a, items, in->attachment_count);
    return true;
}
