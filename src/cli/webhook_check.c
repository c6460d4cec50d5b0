#include "cli/webhook_check.h"

#include <stdlib.h>

#include "base/str.h"
#include "cli/input.h"

#define SECRET_FILE_MAX ((size_t)1 << 20)

bool webhook_secret_read(struct cli *cli, const struct cli_args *args, struct cli_secret *out)
{
    const char *path = cli_args_get(args, "secret-file"), *text = getenv("CARDEA_WEBHOOK_SECRET");
    struct cardea_str given = str_of(text);
    *out = (struct cli_secret){0};
    if (path && !input_read(cli, path, SECRET_FILE_MAX, &given))
        return false;
    if (!given.len)
        return true;
    bool good = cli_secret_set(out, given);
    if (path)
        cardea_wipe((char *)(uintptr_t)given.ptr, given.len);
    if (!good)
        cli_error(cli, "%s holds no secret: it is one line that begins with whsec_",
                  path ? path : "CARDEA_WEBHOOK_SECRET");
    return good;
}

enum cardea_webhook_result webhook_request_check(const struct webhook_request *r, struct cardea_str secret, int64_t now)
{
    struct cardea_webhook w = {.signature = r->signature, .id = r->id, .timestamp = r->timestamp, .body = r->body};
    enum cardea_webhook_result result = CARDEA_WEBHOOK_NO_SIGNATURE;
    if (r->signature.len)
        result = cardea_webhook_verify(CARDEA_WEBHOOK_STANDARD, &w, secret, now, CARDEA_WEBHOOK_TOLERANCE_SEC);
    if (!r->own_signature.len || (r->signature.len && result != CARDEA_WEBHOOK_VALID))
        return result;
    w.signature = r->own_signature;
    return cardea_webhook_verify(CARDEA_WEBHOOK_BODY, &w, secret, now, CARDEA_WEBHOOK_TOLERANCE_SEC);
}
