/* http/render_message.h - a message as the API shows it. */
#ifndef HTTP_RENDER_MESSAGE_H
#define HTTP_RENDER_MESSAGE_H

#include "base/json_write.h"
#include "store/messages.h"

void render_message(struct json_writer *w, const struct store_message *row);
/* Without body and attachments, as lists hold it. */
void render_message_head(struct json_writer *w, const struct store_message *row);

#endif
