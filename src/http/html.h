/* http/html.h - text on its way into a page: escaped by default, since the only way in is by a template's marks. */
#ifndef HTTP_HTML_H
#define HTTP_HTML_H

#include "base/buf.h"

/* As the content of an element or of a quoted attribute. What is not UTF-8, and control characters but line feeds and
 * tabs, become U+FFFD. */
void html_text(struct buf *b, struct cardea_str text);

/* `tmpl` is ours and goes in as it stands, each '%' in it replaced by the next of the values, escaped. */
void html_fill(struct buf *b, const char *tmpl, const struct cardea_str *values, size_t count);
#define HTML_FILL(b, tmpl, ...)                                  \
    html_fill(b, tmpl, (const struct cardea_str[]){__VA_ARGS__}, \
              sizeof((const struct cardea_str[]){__VA_ARGS__}) / sizeof(struct cardea_str))

#endif
