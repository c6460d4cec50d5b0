/* http/device_page.h - the pages on which a person allows a program to have a key: plain HTML, no script, one style
 * sheet. They are rendered as the whole reply, headers included. */
#ifndef HTTP_DEVICE_PAGE_H
#define HTTP_DEVICE_PAGE_H

#include "http/call.h"
#include "service/device.h"
#include "service/session.h"

/* Asks for the code. `code` fills the field; `error` may be NULL. */
void device_page_code(struct call *c, int status, struct cardea_str code, const char *error);

/* Shows who asks for what, and asks for e-mail and password. */
struct device_question {
    const struct device_view *view;
    struct cardea_str email;           /* fills the field */
    const struct session_login *login; /* its choices are shown; NULL: none */
    const char *error;                 /* NULL: none */
};
void device_page_ask(struct call *c, int status, const struct device_question *q);

enum device_end { DEVICE_END_ALLOWED, DEVICE_END_FULL, DEVICE_END_DENIED };
void device_page_end(struct call *c, const struct device_view *view, enum device_end end);

/* Something that no field mends. */
void device_page_failed(struct call *c, int status, const char *error);

/* GET /device.css */
void device_page_style(struct call *c);

#endif
