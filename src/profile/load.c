#include "profile/load.h"

#include "base/str.h"
#include "profile/build.h"

static void build_core(struct build *b)
{
    const struct fields_profile *from = b->from;
    struct profile *p = b->out;
    p->core.name = build_text(from->name);
    p->core.realm = build_text(from->realm ? from->realm : from->name);
    p->core.legacy_header = build_text(from->legacy_header);
    p->title = build_text(from->title);
    if (!from->hosts)
        return;
    const char **hosts = arena_array(b->arena, from->hosts->count, sizeof(*hosts));
    size_t count = 0;
    for (const struct yaml_node *one = from->hosts->first; one; one = one->next)
        hosts[count++] = one->text.ptr;
    p->core.hosts = hosts;
    p->core.host_count = count;
}

const struct profile_source *profile_read(struct arena *a, const char *file, struct cardea_str text,
                                          struct diags *diags)
{
    const struct yaml_node *root = yaml_tree_read(a, text, diags);
    if (!root)
        return NULL;
    struct fields_profile fields = {0};
    schema_read(&fields_schema, a, root, diags, &fields);
    if (root->shape != YAML_SHAPE_MAP)
        return NULL;
    struct profile_source *source = arena_alloc(a, sizeof(*source));
    source->profile.file = file;
    source->hosts = fields.hosts;
    source->docs_hosts = fields.docs ? fields.docs->hosts : NULL;
    source->cli_name = fields.cli ? fields.cli->name : NULL;
    struct build b = {.arena = a, .diags = diags, .from = &fields, .out = &source->profile};
    build_core(&b);
    build_scopes(&b);
    build_kinds(&b);
    build_routes(&b);
    build_denials(&b);
    build_management(&b);
    build_places(&b);
    build_cli(&b);
    return diags->count == 0 ? source : NULL;
}

const struct profile *profile_load(struct arena *a, const char *file, struct cardea_str text, struct buf *errors)
{
    struct diags diags;
    diags_init(&diags, a, arena_cstr(a, str_of(file)));
    const struct profile_source *source = profile_read(a, diags.file, text, &diags);
    diags_write(&diags, errors);
    return source ? &source->profile : NULL;
}

void profile_docs(struct buf *out)
{
    buf_add_cstr(out,
                 "# Profiles\n\n"
                 "A profile is one YAML file that says all in which one product's API keys differ from another's. "
                 "This page is written by the table that reads the files (`profiles docs` prints it); "
                 "`profiles check FILE` names every mistake of a file as `file:line:col: what, and what was meant`.\n\n"
                 "Durations are whole numbers of seconds, or have a unit: `30s`, `15m`, `12h`, `90d`. Plain YAML: "
                 "no anchors, no tags, no key twice.\n");
    schema_docs(&fields_schema, "", out);
}
