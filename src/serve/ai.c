#include "serve/ai.h"

#include <cardea/secret.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "net/send.h"

#define KEY_VARIABLE "OPENAI_API_KEY"

/* A header line takes it as it is: no space, no line end, nothing that is not ASCII. */
static bool set_key(struct ai_key *key, struct cardea_str text)
{
    while (text.len && strchr(" \t\r\n", text.ptr[text.len - 1]))
        text.len--;
    if (!text.len || text.len > sizeof(key->bytes))
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] <= ' ' || text.ptr[i] > '~')
            return false;
    memcpy(key->bytes, text.ptr, text.len);
    key->len = text.len;
    return true;
}

void ai_key_take(struct ai_key *out)
{
    char *text = getenv(KEY_VARIABLE);
    *out = (struct ai_key){0};
    if (!text)
        return;
    if (*text && !set_key(out, str_of(text)))
        log_warn(KEY_VARIABLE " is not used: it is not one word of ASCII");
    cardea_wipe(text, strlen(text));
    unsetenv(KEY_VARIABLE);
}

static bool read_key(const char *path, struct ai_key *key, struct buf *errors)
{
    struct arena arena = {0};
    struct cardea_str text;
    bool ok = false;
    if (!file_read(&arena, path, sizeof(key->bytes), &text))
        buf_printf(errors, "ai-key-file: %s cannot be read: %s\n", path, strerror(errno));
    else if (!(ok = set_key(key, text)))
        buf_printf(errors, "ai-key-file: %s does not hold a key: one word of ASCII is wanted\n", path);
    arena_release(&arena);
    return ok;
}

static bool check_url(const struct serve_options *o, struct buf *errors)
{
    struct net_options options = {.allow_http = o->ai_allow_http, .http_to_loopback = true, .allow_private = true};
    char why[NET_WHY_MAX];
    if (!o->ai_url)
        return true;
    if (strlen(o->ai_url) > JUDGE_URL_MAX || strpbrk(o->ai_url, "?#"))
        buf_printf(errors, "ai-url: it is not the base of an API, to which /chat/completions is added\n");
    else if (!net_url_check(o->ai_url, &options, why))
        buf_printf(errors, "ai-url: %s\n", why);
    else
        return true;
    return false;
}

bool ai_check(const struct serve_options *o, struct ai_key *key, struct buf *errors)
{
    bool ok = check_url(o, errors);
    *key = (struct ai_key){0};
    if (strcmp(o->ai, "on") != 0 && strcmp(o->ai, "off") != 0) {
        buf_printf(errors, "ai: `%s` is neither on nor off\n", o->ai);
        ok = false;
    }
    if (!*o->ai_model || strlen(o->ai_model) >= JUDGE_MODEL_MAX || !str_utf8_valid(str_of(o->ai_model))) {
        buf_printf(errors, "ai-model: it is not the name of a model\n");
        ok = false;
    }
    if (o->ai_ca_file && access(o->ai_ca_file, R_OK) != 0) {
        buf_printf(errors, "ai-ca-file: %s cannot be read: %s\n", o->ai_ca_file, strerror(errno));
        ok = false;
    }
    if (o->ai_key_file && !read_key(o->ai_key_file, key, errors))
        ok = false;
    return ok;
}

void ai_configure(struct judge *judge, const struct serve_options *o, const struct ai_key *from_file,
                  const struct ai_key *from_environment)
{
    const struct ai_key *key = from_file->len ? from_file : from_environment;
    struct judge_settings settings = {
        .url = o->ai_url ? o->ai_url : AI_URL_DEFAULT,
        .model = o->ai_model,
        .key = {key->bytes, key->len},
        .ca_file = o->ai_ca_file,
        .allow_http = o->ai_allow_http,
        .requests_per_min = (unsigned)o->ai_requests_per_minute,
        .timeout_ms = (unsigned)o->ai_timeout_ms,
        /* A server that somebody named may want no key. */
        .configured = strcmp(o->ai, "on") == 0 && (key->len || o->ai_url),
    };
    judge_configure(judge, &settings);
    if (settings.configured)
        log_info("the AI layer asks %s at %s, at most %u times a minute", settings.model, settings.url,
                 settings.requests_per_min);
    else
        log_info("texts are judged by rules alone, without a language model: %s",
                 strcmp(o->ai, "on") == 0 ? "no key for one is set" : "so the options say");
}
