#include "http/render_message.h"

#include "base/str.h"
#include "service/messages.h"

static void write_head(struct json_writer *w, const struct store_message *row)
{
    jw_member_id(w, "id", "msg", row->id);
    jw_member_id(w, "account", "acc", row->account_id);
    jw_member_id(w, "from", "agt", row->sender_id);
    jw_member_str_or_null(w, "from_slug", row->sender_slug);
    if (row->recipient_id)
        jw_member_id(w, "to", "agt", row->recipient_id);
    else
        jw_member_str(w, "to", row->address);
    jw_member_str_or_null(w, "to_slug", row->recipient_slug);
    jw_member_str(w, "channel", str_of(service_message_channel_name(row->channel)));
    jw_member_str_or_null(w, "client_id", row->client_id);
    jw_member_str(w, "subject", row->subject);
    jw_member_str(w, "verdict", row->flagged ? STR("flag") : STR("allow"));
    jw_member_bool(w, "redacted", row->redacted);
    jw_member_id(w, "scan_id", "scn", row->scan_id);
    jw_member_str(w, "state", str_of(service_message_state_name(row->state)));
    jw_member_int(w, "attempts", row->attempts);
    jw_member_time(w, "next_attempt_at", row->state == STORE_MESSAGE_QUEUED ? (row->next_at_ms + 999) / 1000 : 0);
    jw_member_str_or_null(w, "error", row->error);
    jw_member_time(w, "created_at", row->made_at_ms / 1000);
    jw_member_time(w, "ended_at", row->ended_at_ms / 1000);
}

void render_message_head(struct json_writer *w, const struct store_message *row)
{
    jw_object_begin(w);
    write_head(w, row);
    jw_object_end(w);
}

void render_message(struct json_writer *w, const struct store_message *row)
{
    jw_object_begin(w);
    write_head(w, row);
    jw_member_str(w, "body", row->body);
    jw_name(w, "attachments");
    jw_raw(w, row->attachments.len ? row->attachments : STR("[]"));
    jw_object_end(w);
}
