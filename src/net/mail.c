#include "net/mail.h"

#include <cardea/secret.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CONNECT_TIMEOUT_MS 5000L
#define TOTAL_TIMEOUT_MS   30000L
#define HEADER_MAX         8192
#define HEADER_LINE_MAX    76 /* RFC 2047, 2: a line with an encoded word */
#define WORD_BYTES         39 /* so many become 52 of base64, and with `=?UTF-8?B?` and `?=` 64 */

/* ---- headers ---- */

static bool is_plain(const char *text)
{
    size_t n = 0;
    for (; text[n]; n++)
        if (text[n] < ' ' || text[n] > '~')
            return false;
    /* What looks like an encoded word must not be taken for one; what is long must be folded. */
    return n < 60 && !strstr(text, "=?") && !strpbrk(text, "\"<>(),:;@\\[]");
}

static size_t character(const char *at)
{
    size_t n = 1;
    while (((unsigned char)at[n] & 0xc0) == 0x80)
        n++;
    return n;
}

static void add_base64(struct buf *out, const char *bytes, size_t len)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < len; i += 3) {
        uint32_t v = (uint32_t)(unsigned char)bytes[i] << 16;
        v |= i + 1 < len ? (uint32_t)(unsigned char)bytes[i + 1] << 8 : 0;
        v |= i + 2 < len ? (unsigned char)bytes[i + 2] : 0;
        buf_add_char(out, digits[v >> 18]);
        buf_add_char(out, digits[v >> 12 & 63]);
        buf_add_char(out, i + 1 < len ? digits[v >> 6 & 63] : '=');
        buf_add_char(out, i + 2 < len ? digits[v & 63] : '=');
    }
}

bool net_mail_header(struct buf *out, const char *text, size_t used)
{
    for (const char *p = text; *p; p++)
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            return false;
    if (is_plain(text)) {
        buf_add_cstr(out, text);
        return true;
    }
    for (size_t at = 0; text[at];) {
        size_t len = 0;
        while (text[at + len] && len + character(text + at + len) <= WORD_BYTES)
            len += character(text + at + len);
        if (at || used + 12 + 4 * ((len + 2) / 3) > HEADER_LINE_MAX)
            buf_add_cstr(out, "\r\n ");
        buf_add_cstr(out, "=?UTF-8?B?");
        add_base64(out, text + at, len);
        buf_add_cstr(out, "?=");
        at += len;
    }
    return !out->failed;
}

static bool add_header(struct curl_slist **list, const char *name, const char *before, const char *text,
                       const char *after)
{
    struct buf line;
    buf_init(&line, HEADER_MAX);
    buf_printf(&line, "%s: %s", name, before);
    bool ok = net_mail_header(&line, text, line.len);
    buf_add_cstr(&line, after);
    struct curl_slist *longer = ok && !line.failed ? curl_slist_append(*list, line.ptr) : NULL;
    if (longer)
        *list = longer;
    buf_release(&line);
    return longer != NULL;
}

/* Of what is ours: addresses were checked, and hold nothing that needs encoding. */
static bool add_line(struct curl_slist **list, const char *name, const char *value)
{
    struct buf line;
    buf_init(&line, HEADER_MAX);
    buf_printf(&line, "%s: %s", name, value);
    bool ok = !line.failed && !strpbrk(value, "\r\n");
    struct curl_slist *longer = ok ? curl_slist_append(*list, line.ptr) : NULL;
    if (longer)
        *list = longer;
    buf_release(&line);
    return longer != NULL;
}

/* RFC 5322, 3.3, whatever the locale. */
static void date_text(char out[40], int64_t at)
{
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct tm tm;
    time_t t = (time_t)at;
    gmtime_r(&t, &tm);
    snprintf(out, 40, "%s, %02d %s %d %02d:%02d:%02d +0000", days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon],
             tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

static bool write_headers(const struct net_mail *m, struct curl_slist **list)
{
    char date[40], id[512], from[512], to[512];
    date_text(date, m->date);
    snprintf(id, sizeof(id), "<%s>", m->message_id);
    snprintf(from, sizeof(from), " <%s>", m->from);
    snprintf(to, sizeof(to), "<%s>", m->to);
    bool sender = m->from_name && m->from_name[0] ? add_header(list, "From", "", m->from_name, from)
                                                  : add_line(list, "From", from + 1);
    return sender && add_line(list, "To", to) && add_header(list, "Subject", "", m->subject, "") &&
           add_line(list, "Date", date) && add_line(list, "Message-ID", id) &&
           add_line(list, "Auto-Submitted", "auto-generated");
}

/* ---- the relay ---- */

static bool is_here(CURLU *parsed)
{
    char *host = NULL;
    if (curl_url_get(parsed, CURLUPART_HOST, &host, 0) != CURLUE_OK)
        return false;
    bool here = strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0 ||
                (strncmp(host, "127.", 4) == 0 && strspn(host, "0123456789.") == strlen(host));
    curl_free(host);
    return here;
}

static bool parse_relay(CURLU *parsed, const char *url, bool *tls, bool *here)
{
    char *scheme = NULL;
    if (strnlen(url, NET_URL_MAX + 1) > NET_URL_MAX ||
        curl_url_set(parsed, CURLUPART_URL, url, CURLU_DISALLOW_USER) != CURLUE_OK ||
        curl_url_get(parsed, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK)
        return false;
    *tls = strcmp(scheme, "smtps") == 0;
    *here = is_here(parsed);
    bool ok = *tls || strcmp(scheme, "smtp") == 0;
    curl_free(scheme);
    return ok;
}

bool net_relay_check(const char *url, char why[NET_WHY_MAX])
{
    bool tls, here;
    CURLU *parsed = curl_url();
    if (!parsed)
        abort(); /* memory is out */
    bool ok = parse_relay(parsed, url, &tls, &here);
    curl_url_cleanup(parsed);
    snprintf(why, NET_WHY_MAX, "%s",
             ok ? "" : "it is no URL such as smtp://mail.example.com:587, without user and password");
    return ok;
}

static void set_relay(CURL *curl, CURLU *url, const struct net_relay *r, bool tls, bool here)
{
    curl_easy_setopt(curl, CURLOPT_CURLU, url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, tls ? "smtps" : "smtp");
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, r->total_timeout_ms ? r->total_timeout_ms : TOTAL_TIMEOUT_MS);
    curl_easy_setopt(curl, CURLOPT_USE_SSL, (long)(here ? CURLUSESSL_TRY : CURLUSESSL_ALL));
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (r->ca_file)
        curl_easy_setopt(curl, CURLOPT_CAINFO, r->ca_file);
    if (!r->user)
        return;
    char password[512]; /* libcurl wants a NUL, and keeps a copy */
    snprintf(password, sizeof(password), "%.*s", (int)r->password.len, r->password.ptr);
    curl_easy_setopt(curl, CURLOPT_USERNAME, r->user);
    curl_easy_setopt(curl, CURLOPT_PASSWORD, password);
    cardea_wipe(password, sizeof(password));
}

static bool add_part(curl_mime *mime, const char *name, const char *type, struct cardea_str text)
{
    curl_mimepart *part = curl_mime_addpart(mime);
    return part && curl_mime_data(part, text.len ? text.ptr : "", text.len) == CURLE_OK &&
           curl_mime_type(part, type) == CURLE_OK &&
           curl_mime_encoder(part, name ? "base64" : "quoted-printable") == CURLE_OK &&
           (!name || curl_mime_filename(part, name) == CURLE_OK);
}

static bool write_body(const struct net_mail *m, curl_mime *mime)
{
    char type[128];
    bool ok = add_part(mime, NULL, "text/plain; charset=utf-8", m->body);
    for (size_t i = 0; ok && i < m->part_count; i++) {
        snprintf(type, sizeof(type), "%s; charset=utf-8", m->parts[i].type);
        ok = add_part(mime, m->parts[i].name, type, m->parts[i].text);
    }
    return ok;
}

/* One line of ours, as net/send.c writes it. */
static enum net_result explain(struct net_reply *reply, enum net_result result, const char *text)
{
    size_t n = 0;
    for (; text[n] && n < sizeof(reply->why) - 1; n++)
        reply->why[n] = text[n] >= ' ' && text[n] <= '~' ? text[n] : '?';
    reply->why[n] = 0;
    return result;
}

/* Refusals of the recipient come as CURLE_SEND_ERROR, of the text as CURLE_WEIRD_SERVER_REPLY; a refused log-in or TLS
 * is the operator's to mend, and nothing that the mail is to blame for. */
static enum net_result outcome(CURL *curl, CURLcode code, const char *detail, struct net_reply *reply)
{
    long status = 0;
    if (code == CURLE_OK)
        return NET_OK;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    if (code == CURLE_SEND_ERROR || code == CURLE_WEIRD_SERVER_REPLY)
        reply->status = status;
    return explain(reply, code == CURLE_OPERATION_TIMEDOUT ? NET_TIMEOUT : NET_UNREACHABLE,
                   *detail ? detail : curl_easy_strerror(code));
}

static enum net_result perform(CURL *curl, const struct net_mail *m, struct net_reply *reply)
{
    char detail[CURL_ERROR_SIZE] = "", from[512], to[512];
    struct curl_slist *headers = NULL, *recipients;
    snprintf(from, sizeof(from), "<%s>", m->from);
    snprintf(to, sizeof(to), "<%s>", m->to);
    recipients = curl_slist_append(NULL, to);
    curl_mime *mime = curl_mime_init(curl);
    if (!recipients || !mime)
        abort(); /* memory is out */
    enum net_result result;
    if (!write_headers(m, &headers) || !write_body(m, mime)) {
        reply->status = 550; /* no relay is asked what none may take */
        result = explain(reply, NET_UNREACHABLE, "the mail cannot be written: a header holds a control character");
    } else {
        curl_easy_setopt(curl, CURLOPT_MAIL_FROM, from);
        curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, recipients);
        curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
        curl_easy_setopt(curl, CURLOPT_MIMEPOST, mime);
        curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail);
        result = outcome(curl, curl_easy_perform(curl), detail, reply);
    }
    curl_mime_free(mime);
    curl_slist_free_all(recipients);
    curl_slist_free_all(headers);
    return result;
}

enum net_result net_mail_send(const struct net_relay *relay, const struct net_mail *mail, struct net_reply *reply)
{
    bool tls, here;
    *reply = (struct net_reply){0};
    buf_init(&reply->body, 1);
    CURL *curl = curl_easy_init();
    CURLU *parsed = curl_url();
    if (!curl || !parsed)
        abort(); /* memory is out */
    enum net_result result = NET_BAD_URL;
    if (parse_relay(parsed, relay->url, &tls, &here)) {
        set_relay(curl, parsed, relay, tls, here);
        result = perform(curl, mail, reply);
    } else {
        explain(reply, result, "the relay's URL cannot be read");
    }
    curl_easy_cleanup(curl);
    curl_url_cleanup(parsed);
    return result;
}
