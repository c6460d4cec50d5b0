/* profile/rules.h - what single words of a profile must look like (schema_rule_fn). */
#ifndef PROFILE_RULES_H
#define PROFILE_RULES_H

#include <cardea/types.h>

const char *rule_name(struct cardea_str text);   /* of a profile, a command */
const char *rule_kind(struct cardea_str text);   /* of a kind of keys */
const char *rule_title(struct cardea_str text);  /* for people, one line */
const char *rule_realm(struct cardea_str text);  /* stands in a quoted string of a header */
const char *rule_host(struct cardea_str text);   /* lower case, no port */
const char *rule_header(struct cardea_str text); /* of a legacy key */
const char *rule_signature_header(struct cardea_str text);
const char *rule_scope(struct cardea_str text); /* RFC 6749 scope-token, and no wildcard */
const char *rule_code(struct cardea_str text);  /* of a denial */
const char *rule_path(struct cardea_str text);  /* a route's pattern */
const char *rule_group(struct cardea_str text); /* of routes; needs no quoting in CSV */
const char *rule_base(struct cardea_str text);  /* where keys are managed */
const char *rule_dashboard_path(struct cardea_str text);
const char *rule_keys_path(struct cardea_str text); /* of the dashboard's page of keys */
const char *rule_label(struct cardea_str text);     /* in a menu */
const char *rule_noun(struct cardea_str text);
const char *rule_color(struct cardea_str text);
const char *rule_command_path(struct cardea_str text); /* of a command's request */
const char *rule_words(struct cardea_str text);        /* of a command: two of them */
const char *rule_flag(struct cardea_str text);         /* of a command, without the dashes */
const char *rule_member(struct cardea_str text);       /* of a JSON body or a query */
const char *rule_cookie(struct cardea_str text);
const char *rule_summary(struct cardea_str text);  /* for people, several lines */
const char *rule_upstream(struct cardea_str text); /* an origin: scheme, host and port */
const char *rule_body(struct cardea_str text);     /* of an error */
const char *rule_media_type(struct cardea_str text);
const char *rule_env(struct cardea_str text);         /* name of an environment variable */
const char *rule_credentials(struct cardea_str text); /* path of a file */

/* The variable part of `{name}`; false when the segment is none. */
bool rule_capture(struct cardea_str segment, struct cardea_str *name);

#endif
