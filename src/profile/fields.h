/* profile/fields.h - the schema of a profile, and what it fills: the file's words, each still knowing where it stood.
 */
#ifndef PROFILE_FIELDS_H
#define PROFILE_FIELDS_H

#include "base/schema.h"

struct fields_kind_scopes {
    const struct yaml_node *node;
    const struct yaml_node *allowed, *granted;
    int required, selectable;
};

struct fields_kind {
    const struct yaml_node *node;
    const struct yaml_node *title, *format;
    int alphabet;   /* of enum cardea_alphabet */
    unsigned flags; /* of enum cardea_kind_flags */
    const struct fields_kind_scopes *scopes;
    int64_t max_active, default_ttl, max_ttl, rotate_every, overlap;
    int root_only;
};

struct fields_scan {
    const struct yaml_node *node;
    const struct yaml_node *fields;
    int direction; /* 0: request */
};

struct fields_route {
    const struct yaml_node *node;
    unsigned methods; /* of enum cardea_method */
    const struct yaml_node *path;
    int is_public, any_key;
    const struct yaml_node *scope, *kinds;
    int min_role; /* 0: viewer */
    const struct yaml_node *group;
    const struct fields_scan *scan;
};

struct fields_denial {
    const struct yaml_node *node;
    int64_t status;
    const struct yaml_node *body, *content_type;
};

struct fields_action_scopes {
    const struct yaml_node *node;
    const struct yaml_node *list, *create, *update, *revoke;
};

enum fields_action {
    FIELDS_CREATE = 1u << 0,
    FIELDS_UPDATE = 1u << 1,
    FIELDS_REVOKE = 1u << 2,
    FIELDS_SHOW = 1u << 3,
};

struct fields_things {
    const struct yaml_node *node;
    const struct yaml_node *base, *read, *write;
    int by_session, by_key;
};

struct fields_messages {
    const struct yaml_node *node;
    const struct yaml_node *base, *send, *receive, *read;
    int by_session, by_key;
};

struct fields_management {
    const struct yaml_node *node;
    const struct yaml_node *base;
    int by_session, by_key;
    unsigned actions; /* of enum fields_action */
    const struct fields_action_scopes *scopes;
    const struct fields_things *agents, *policies, *webhooks, *logs, *billing;
    const struct fields_messages *messages;
};

struct fields_command_flag {
    const struct yaml_node *node;
    const struct yaml_node *help, *field;
    int type; /* of enum profile_flag_type */
    int required;
};

struct fields_command {
    const struct yaml_node *node;
    const struct yaml_node *words, *summary, *path;
    int method;                /* its bit's index in enum cardea_method */
    struct schema_items flags; /* struct fields_command_flag; names in node->key */
    int to_file;
};

struct fields_cli {
    const struct yaml_node *node;
    const struct yaml_node *name, *env, *api_url_env, *credentials, *keys_noun;
    int browser_login;
    struct schema_items commands; /* struct fields_command */
};

struct fields_webhooks {
    const struct yaml_node *node;
    const struct yaml_node *signature_header;
    int signature_style; /* of enum profile_signature_style */
};

struct fields_dashboard_keys {
    const struct yaml_node *node;
    const struct yaml_node *path, *nav, *title, *noun;
};

struct fields_dashboard {
    const struct yaml_node *node;
    const struct yaml_node *path, *cookie, *color;
    const struct fields_dashboard_keys *keys;
};

struct fields_docs {
    const struct yaml_node *node;
    const struct yaml_node *hosts, *summary;
    int reference;
};

struct fields_profile {
    const struct yaml_node *node;
    const struct yaml_node *name, *title, *realm;
    const struct yaml_node *hosts, *legacy_header;
    const struct yaml_node *scopes;
    struct schema_items kinds; /* struct fields_kind; names in node->key */
    const struct yaml_node *default_kind;
    struct schema_items routes;  /* struct fields_route */
    struct schema_items denials; /* struct fields_denial; codes in node->key */
    const struct fields_management *management;
    const struct yaml_node *upstream;
    const struct fields_webhooks *webhooks;
    const struct fields_dashboard *dashboard;
    const struct fields_docs *docs;
    const struct fields_cli *cli;
};

extern const struct schema fields_schema;

#endif
