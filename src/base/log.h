/* base/log.h - one line a message on stderr: `2026-11-21T05:15:00Z level=info msg="…"`.
 *
 * Never pass a key, a digest, a password or a token. The message is escaped (control characters too) and cut at 960
 * bytes. Thread-safe; errno is kept. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <cardea/types.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

void log_set_level(enum log_level level);
bool log_level_parse(struct cardea_str name, enum log_level *out);
void log_msg(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...) log_msg(LOG_ERROR, __VA_ARGS__)
#define log_warn(...)  log_msg(LOG_WARN, __VA_ARGS__)
#define log_info(...)  log_msg(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_msg(LOG_DEBUG, __VA_ARGS__)

#endif
