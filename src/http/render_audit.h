/* http/render_audit.h - an audit record as the API shows it. */
#ifndef HTTP_RENDER_AUDIT_H
#define HTTP_RENDER_AUDIT_H

#include "base/json_write.h"
#include "store/audit.h"

#define AUDIT_CURSOR "rec" /* prefix of the ids that are cursors */

void render_audit(struct json_writer *w, const struct store_audit *row);
/* In base64; `name` NULL: the value alone. */
void render_audit_hash(struct json_writer *w, const char *name, const struct cardea_digest *hash);

#endif
