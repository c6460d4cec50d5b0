#include "http/render_audit.h"

#include "audit/record.h"
#include "base/base64.h"
#include "base/str.h"

void render_audit_hash(struct json_writer *w, const char *name, const struct cardea_digest *hash)
{
    char text[BASE64_TEXT_LEN(CARDEA_DIGEST_LEN)];
    if (name)
        jw_name(w, name);
    jw_str(w, (struct cardea_str){text, base64_encode(hash->bytes, CARDEA_DIGEST_LEN, text)});
}

/* Address and salt, while they are kept, show that the record's `source` stands for that address. */
static void write_address(struct json_writer *w, const struct store_audit *row)
{
    char salt[BASE64_TEXT_LEN(STORE_AUDIT_SALT_LEN)];
    bool salted = row->source.len && row->has_source_hash;
    jw_member_str_or_null(w, "address", row->source);
    jw_name(w, "address_salt");
    if (salted)
        jw_str(w, (struct cardea_str){salt, base64_encode(row->salt, sizeof(row->salt), salt)});
    else
        jw_null(w);
}

void render_audit(struct json_writer *w, const struct store_audit *row)
{
    char time[RECORD_TIME_LEN];
    record_time(time, row->at_ms);
    jw_object_begin(w);
    jw_member_int(w, "index", row->sequence - 1);
    jw_member_str(w, "time", str_of(time));
    jw_member_str(w, "action", row->action);
    jw_member_str(w, "actor", row->actor);
    jw_member_id(w, "actor_key", "key", row->actor_key);
    jw_member_str(w, "subject", row->subject);
    jw_member_id(w, "account", "acc", row->account_id);
    write_address(w, row);
    if (row->has_source_hash) {
        render_audit_hash(w, "source", &row->source_hash);
    } else {
        jw_name(w, "source");
        jw_null(w);
    }
    jw_name(w, "detail");
    jw_raw(w, row->detail);
    jw_object_end(w);
}
