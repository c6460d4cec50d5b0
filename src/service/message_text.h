/* service/message_text.h - the parts of a message: what they may be, how they are scanned as one text, and how a
 * redacted text becomes parts again. Pure, but for refusals in the call. */
#ifndef SERVICE_MESSAGE_TEXT_H
#define SERVICE_MESSAGE_TEXT_H

#include "service/messages.h"

/* What is neither an e-mail address nor a URL names an agent. */
bool message_is_agent(struct cardea_str to);
/* An address outside, in the form in which it is kept: without `mailto:`. SERVICE_INVALID at /to. */
enum service_err message_address(struct service_call *c, struct cardea_str to, enum store_channel *channel,
                                 struct cardea_str *address);
/* The host of such an address, borrowed; empty for an inbox. */
struct cardea_str message_host(enum store_channel channel, struct cardea_str address);

/* Sizes and characters of everything but the recipient. */
enum service_err message_check(struct service_call *c, const struct message_send *in);
/* Of what was asked: sets in->row.request's value, however the parts are cut. */
void message_digest(struct arena *a, const struct message_send *in, struct cardea_digest *out);
/* in->text, and the attachments as they are kept in in->row.attachments. */
void message_join(struct arena *a, struct message_send *in);
/* From a text like in->text, with places replaced, into in->row. False when a place reached over the end of a part. */
bool message_split(struct arena *a, struct message_send *in, struct cardea_str redacted);

#endif
