#include "cli/webhook_listen.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/listen.h"
#include "base/str.h"

#define REQUEST_MAX ((size_t)1 << 20)
#define READ_MS     5000 /* a sender that says nothing for so long is left */

/* The value of a header, without the white space around it; the last one counts. */
static struct cardea_str header_of(struct cardea_str head, const char *name)
{
    struct cardea_str line, found = {"", 0};
    size_t len = strlen(name);
    while (str_cut(&head, '\n', &line)) {
        if (line.len && line.ptr[line.len - 1] == '\r')
            line.len--;
        if (line.len > len && line.ptr[len] == ':' && strncasecmp(line.ptr, name, len) == 0)
            found = str_trim((struct cardea_str){line.ptr + len + 1, line.len - len - 1});
    }
    return found;
}

/* A product's own signature: any other header that ends so. */
static struct cardea_str own_signature(struct cardea_str head)
{
    struct cardea_str line, found = {"", 0};
    while (str_cut(&head, '\n', &line)) {
        const char *colon = line.len ? memchr(line.ptr, ':', line.len) : NULL;
        size_t len = colon ? (size_t)(colon - line.ptr) : 0;
        if (len < 10 || strncasecmp(colon - 10, "-signature", 10) != 0 ||
            (len == 17 && strncasecmp(line.ptr, "webhook-signature", len) == 0))
            continue;
        struct cardea_str rest = {colon + 1, line.len - len - 1};
        if (rest.len && rest.ptr[rest.len - 1] == '\r')
            rest.len--;
        found = str_trim(rest);
    }
    return found;
}

static bool read_some(int fd, struct buf *b)
{
    char piece[16384];
    struct pollfd p = {.fd = fd, .events = POLLIN};
    if (poll(&p, 1, READ_MS) != 1)
        return false;
    ssize_t n = recv(fd, piece, sizeof(piece), 0);
    if (n > 0)
        buf_add(b, piece, (size_t)n);
    return n > 0 && !b->failed;
}

/* Where the head ends; 0: it does not yet. */
static size_t head_end(const struct buf *b)
{
    const char *end = b->len ? memmem(b->ptr, b->len, "\r\n\r\n", 4) : NULL;
    return end ? (size_t)(end - b->ptr) + 4 : 0;
}

static bool content_length(struct cardea_str head, size_t *out)
{
    struct cardea_str text = header_of(head, "content-length");
    *out = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9' || *out > REQUEST_MAX)
            return false;
        *out = *out * 10 + (size_t)(text.ptr[i] - '0');
    }
    return text.len > 0 && *out <= REQUEST_MAX;
}

/* False: it was no whole POST. The request points into `b`. */
static bool read_request(int fd, struct buf *b, struct webhook_request *out)
{
    size_t end, len;
    while (!(end = head_end(b)))
        if (!read_some(fd, b))
            return false;
    if (end < 5 || memcmp(b->ptr, "POST ", 5) != 0 || !content_length((struct cardea_str){b->ptr, end}, &len))
        return false;
    while (b->len < end + len)
        if (!read_some(fd, b))
            return false;
    struct cardea_str head = {b->ptr, end};
    *out = (struct webhook_request){.id = header_of(head, "webhook-id"),
                                    .timestamp = header_of(head, "webhook-timestamp"),
                                    .signature = header_of(head, "webhook-signature"),
                                    .own_signature = own_signature(head),
                                    .body = {b->ptr + end, len}};
    return true;
}

static void answer(int fd, int status)
{
    char text[128];
    const char *word = status == 204 ? "No Content" : status == 401 ? "Unauthorized" : "Bad Request";
    int len = snprintf(text, sizeof(text), "HTTP/1.1 %d %s\r\nConnection: close\r\n%s\r\n", status, word,
                       status == 204 ? "" : "Content-Length: 0\r\n");
    (void)!send(fd, text, (size_t)len, MSG_NOSIGNAL);
}

/* True: it was a webhook. */
static bool serve_one(int fd, webhook_request_fn on_request, void *arg)
{
    struct buf b;
    struct webhook_request request;
    buf_init(&b, REQUEST_MAX + 65536);
    bool good = read_request(fd, &b, &request);
    answer(fd, good ? on_request(arg, &request) : 400);
    buf_release(&b);
    return good;
}

int webhook_listen(struct cli *cli, const char *address, long count, webhook_request_fn on_request, void *arg)
{
    struct listen_address at;
    struct cardea_why why;
    if (!listen_parse(&at, address, &why)) {
        cli_error(cli, "--listen: %s", why.text);
        return CLI_USAGE;
    }
    if (!at.local) {
        cli_error(cli, "--listen: this is for one machine: name an address of loopback");
        return CLI_USAGE;
    }
    int listener = listen_open(&at, &why);
    if (listener < 0) {
        cli_error(cli, "%s", why.text);
        return CLI_FAILURE;
    }
    cli_note(cli, "Listening on %s", at.text);
    struct pollfd p = {.fd = listener, .events = POLLIN};
    for (long served = 0; count == 0 || served < count;) {
        if (poll(&p, 1, -1) < 0 && errno != EINTR)
            break;
        int fd = accept(listener, NULL, NULL);
        if (fd < 0)
            continue;
        served += serve_one(fd, on_request, arg);
        close(fd);
    }
    close(listener);
    listen_forget(&at);
    return CLI_OK;
}
