#include "base/json_read.h"
#include "base/str.h"
#include "cli/commands.h"
#include "cli/product.h"
#include "cli/url.h"

#define NUMBER_MAX 64 /* characters; far more than any number that JSON can hold here */

static int bad_value(struct cli *cli, const char *flag, const char *want)
{
    cli_error(cli, "--%s: %s", flag, want);
    return CLI_USAGE;
}

/* "." and ".." as a segment of a path lead elsewhere, and nothing at all to the list. */
static bool is_segment(const char *word)
{
    return *word && strcmp(word, ".") != 0 && strcmp(word, "..") != 0;
}

/* The profile's path with the arguments in the places of its captures. */
static int fill_path(struct cli *cli, const struct cli_args *args, const char **out)
{
    struct cardea_str rest = str_of(args->command->product->path), segment;
    size_t next = 0;
    struct buf path;
    buf_init(&path, 1 << 16);
    str_cut(&rest, '/', &segment); /* before the first slash stands nothing */
    while (str_cut(&rest, '/', &segment)) {
        buf_add_char(&path, '/');
        if (segment.len < 3 || segment.ptr[0] != '{') {
            buf_add_str(&path, segment);
            continue;
        }
        const char *word = args->words[next++];
        if (!is_segment(word)) {
            cli_error(cli, "\"%s\" cannot be the %.*s", word, (int)segment.len - 2, segment.ptr + 1);
            buf_release(&path);
            return CLI_USAGE;
        }
        buf_add_cstr(&path, cli_url_encode(&cli->arena, word));
    }
    *out = arena_cstr(&cli->arena, buf_str(&path));
    bool failed = path.failed;
    buf_release(&path);
    if (failed)
        cli_error(cli, "the arguments are too long");
    return failed ? CLI_USAGE : CLI_OK;
}

/* As it is written, when it is a number as JSON writes them. */
static json_t *number_of(struct cli *cli, const char *text)
{
    struct json_problem problem;
    if (strlen(text) > NUMBER_MAX || !strchr("-0123456789", *text))
        return NULL;
    json_t *value = json_read(&cli->arena, str_of(text), &problem);
    if (json_is_number(value))
        return value;
    json_decref(value);
    return NULL;
}

/* What a flag gives: NULL with *code when its value is none. */
static json_t *value_of(struct cli *cli, const struct profile_flag *flag, const char *text, int *code)
{
    json_t *value = flag->type == PROFILE_FLAG_SWITCH   ? json_true()
                    : flag->type == PROFILE_FLAG_NUMBER ? number_of(cli, text)
                                                        : json_string(text);
    if (!value)
        *code = bad_value(cli, flag->name,
                          flag->type == PROFILE_FLAG_NUMBER ? "write a number, such as 3 or 0.5" : "it is not UTF-8");
    return value;
}

/* Flags become members of the body where the method has one, else parameters of the query. */
static int fill_flags(struct cli *cli, const struct cli_args *args, json_t *body, const char **path)
{
    const struct profile_command *p = args->command->product;
    int code = CLI_OK;
    for (size_t i = 0; i < p->flag_count && code == CLI_OK; i++) {
        const struct profile_flag *flag = &p->flags[i];
        const char *text = cli_args_get(args, flag->name);
        if (!cli_args_has(args, flag->name))
            continue;
        json_t *value = value_of(cli, flag, text, &code);
        if (body && value)
            json_object_set(body, flag->field, value);
        else if (value)
            *path = arena_printf(&cli->arena, "%s%c%s=%s", *path, strchr(*path, '?') ? '&' : '?',
                                 cli_url_encode(&cli->arena, flag->field),
                                 text ? cli_url_encode(&cli->arena, text) : "true")
                        .ptr;
        json_decref(value);
    }
    return code;
}

static const char *method_name(enum cardea_method method)
{
    switch (method) {
    case CARDEA_POST:
        return "POST";
    case CARDEA_PUT:
        return "PUT";
    case CARDEA_PATCH:
        return "PATCH";
    case CARDEA_DELETE:
        return "DELETE";
    case CARDEA_OPTIONS:
        return "OPTIONS";
    default:
        return "GET";
    }
}

static bool has_body(enum cardea_method method)
{
    return method & (CARDEA_POST | CARDEA_PUT | CARDEA_PATCH);
}

int cmd_product(struct cli *cli, const struct cli_args *args)
{
    const struct profile_command *p = args->command->product;
    struct client c = {0};
    struct transfer t = {.method = method_name(p->method), .content_type = "application/json", .streams = true};
    json_t *body = has_body(p->method) ? json_object() : NULL;
    int code = fill_path(cli, args, &t.path);
    if (code == CLI_OK)
        code = fill_flags(cli, args, body, &t.path);
    if (code == CLI_OK)
        code = client_open(&c, cli);
    if (code == CLI_OK) {
        char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
        t.body = text;
        code = p->to_file ? product_download(&c, args, &t) : product_show(&c, args, &t);
        client_free_json_text(text);
    }
    json_decref(body);
    client_release(&c);
    return code;
}
