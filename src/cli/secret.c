#include "cli/secret.h"

#include "base/str.h"

bool cli_secret_set(struct cli_secret *s, struct cardea_str text)
{
    cli_secret_wipe(s);
    while (text.len > 0 && strchr(" \t\r\n", text.ptr[0]))
        text.ptr++, text.len--;
    while (text.len > 0 && strchr(" \t\r\n", text.ptr[text.len - 1]))
        text.len--;
    if (text.len == 0 || text.len > sizeof(s->bytes))
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] <= ' ' || text.ptr[i] >= 0x7f)
            return false;
    memcpy(s->bytes, text.ptr, text.len);
    s->len = text.len;
    return true;
}

struct cardea_str cli_secret_reveal(const struct cli_secret *s)
{
    return (struct cardea_str){s->bytes, s->len};
}

void cli_secret_wipe(struct cli_secret *s)
{
    cardea_wipe(s, sizeof(*s));
}

bool cli_secret_is_jwt(const struct cli_secret *s)
{
    size_t dots = 0;
    for (size_t i = 0; i < s->len; i++)
        dots += s->bytes[i] == '.';
    /* "eyJ" is base64url of `{"` */
    return dots == 2 && str_starts(cli_secret_reveal(s), STR("eyJ"));
}

/* Index of the command word "login", or argc: before it only options may stand. */
static int find_login(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "login") == 0)
            return i;
    return argc;
}

bool cli_secret_take_argv(int argc, char **argv, struct cli_secret *out)
{
    bool usable = true;
    for (int i = find_login(argc, argv) + 1; i < argc; i++) {
        char *value = NULL;
        if (str_starts(str_of(argv[i]), STR("--token=")))
            value = argv[i] + strlen("--token=");
        else if (strcmp(argv[i], "--token") == 0 && i + 1 < argc)
            value = argv[++i];
        if (!value || strcmp(value, "-") == 0)
            continue;
        size_t len = strlen(value);
        usable = cli_secret_set(out, (struct cardea_str){value, len});
        cardea_wipe(value, len);
    }
    return usable;
}
