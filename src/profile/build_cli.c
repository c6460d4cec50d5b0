#include <string.h>

#include "base/str.h"
#include "profile/build.h"

/* What every program of ours says under these words, whatever its name. */
static const char *const reserved[] = {"login", "logout", "auth", "completion", "version", "help"};

static void build_flags(struct build *b, const struct fields_command *from, struct profile_command *to)
{
    const struct fields_command_flag *fields = from->flags.items;
    struct profile_flag *flags = arena_array(b->arena, from->flags.count, sizeof(*flags));
    for (size_t i = 0; i < from->flags.count; i++) {
        flags[i] = (struct profile_flag){
            .name = fields[i].node->key.ptr,
            .help = build_text(fields[i].help),
            .field = fields[i].field ? build_text(fields[i].field) : fields[i].node->key.ptr,
            .type = fields[i].type < 0 ? PROFILE_FLAG_TEXT : (enum profile_flag_type)fields[i].type,
            .required = fields[i].required == 1,
        };
        if (from->to_file == 1 && strcmp(flags[i].name, "out") == 0)
            diags_add(b->diags, fields[i].node->key_line, fields[i].node->key_col,
                      "`out` says where the file goes; name this flag otherwise");
        for (size_t k = 0; k < i; k++)
            if (flags[i].field && flags[k].field && strcmp(flags[i].field, flags[k].field) == 0)
                diags_add(b->diags, fields[i].node->key_line, fields[i].node->key_col, "`%s` and `%s` both fill `%s`",
                          flags[k].name, flags[i].name, flags[i].field);
    }
    to->flags = flags;
    to->flag_count = from->flags.count;
}

static void check_words(struct build *b, const struct fields_command *from, const struct profile_command *commands,
                        size_t index)
{
    const struct profile_command *c = &commands[index];
    for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
        if (strcmp(c->noun, reserved[i]) == 0)
            build_mistake(b, from->words, "`%s` has a meaning of its own", c->noun);
    if (strcmp(c->noun, b->out->cli.keys_noun) == 0)
        build_mistake(b, from->words, "`%s` is the word for keys", c->noun);
    for (size_t i = 0; i < index; i++)
        if (commands[i].noun && strcmp(commands[i].noun, c->noun) == 0 && strcmp(commands[i].verb, c->verb) == 0)
            build_mistake(b, from->words, "`%s %s` stands here twice", c->noun, c->verb);
}

static void build_commands(struct build *b, const struct fields_cli *from)
{
    const struct fields_command *fields = from->commands.items;
    struct profile_command *commands = arena_array(b->arena, from->commands.count, sizeof(*commands));
    for (size_t i = 0; i < from->commands.count; i++) {
        struct profile_command *c = &commands[i];
        struct cardea_str verb, noun;
        if (!fields[i].words || fields[i].method < 0)
            continue; /* the schema has told */
        verb = fields[i].words->text;
        str_cut(&verb, ' ', &noun);
        *c = (struct profile_command){
            .noun = arena_cstr(b->arena, noun),
            .verb = arena_cstr(b->arena, verb),
            .summary = build_text(fields[i].summary),
            .method = (enum cardea_method)(1u << fields[i].method),
            .path = build_text(fields[i].path),
            .to_file = fields[i].to_file == 1,
        };
        build_flags(b, &fields[i], c);
        check_words(b, &fields[i], commands, i);
    }
    b->out->cli.commands = commands;
    b->out->cli.command_count = from->commands.count;
}

/* What a log-in by the browser makes is a key of the default kind, in the name of a person. */
static void check_browser_login(struct build *b, const struct fields_cli *from)
{
    const struct profile *p = b->out;
    const struct yaml_node *at = yaml_tree_get(from->node, "browser_login");
    if (!p->cli.browser_login || !p->core.kind_count)
        return;
    const struct cardea_kind *kind = &p->core.kinds[p->default_kind];
    if (kind->flags & CARDEA_KIND_AGENT)
        build_mistake(b, at, "`browser_login` makes keys of the kind `%s`, and those are bound to an agent",
                      kind->name);
    if (kind->flags & CARDEA_KIND_LEGACY)
        build_mistake(b, at, "`browser_login` makes keys of the kind `%s`, and no `legacy` key is made anew",
                      kind->name);
    if (p->kinds[p->default_kind].root_only)
        build_mistake(b, at, "`browser_login` makes keys of the kind `%s`, and only the root key makes those",
                      kind->name);
}

void build_cli(struct build *b)
{
    const struct fields_cli *from = b->from->cli;
    if (!from)
        return;
    b->out->cli = (struct profile_cli){
        .name = build_text(from->name),
        .env = build_text(from->env),
        .api_url_env = build_text(from->api_url_env),
        .credentials = build_text(from->credentials),
        .keys_noun = from->keys_noun ? build_text(from->keys_noun) : "api-keys",
        .browser_login = from->browser_login == 1,
    };
    check_browser_login(b, from);
    build_commands(b, from);
}
