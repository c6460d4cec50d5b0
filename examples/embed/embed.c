/* embed.c - libcardea inside your own program: issue a key, decide by it, revoke it. Public headers only. */
#include <cardea/cardea.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define S(text)     ((struct cardea_str){(text), strlen(text)})
#define CHECK(call) ((call) == CARDEA_OK ? (void)0 : (fprintf(stderr, "%s: %s\n", #call, why.text), exit(1)))

int main(int argc, char **argv)
{
    struct cardea_why why = {""};
    const char *file = argc > 1 ? argv[1] : "embed.snapshot";
    /* A product: one scope, one kind of key, one route under a tenant's name. */
    const char *const scopes[] = {"reports:read"};
    struct cardea_kind kinds[] = {{.name = "key"}};
    const struct cardea_route routes[] = {{CARDEA_GET, "/{tenant}/reports", CARDEA_ACCESS_SCOPE, .scope = 0}};
    CHECK(cardea_key_format_compile(&kinds[0].format, S("demo_{secret:32}{check:6}"), CARDEA_BASE62, &why));
    const struct cardea_profile profile = {.name = "demo",
                                           .scopes = scopes,
                                           .scope_count = 1,
                                           .kinds = kinds,
                                           .kind_count = 1,
                                           .routes = routes,
                                           .route_count = 1};

    struct cardea_writer *writer;
    bool adopted;
    struct cardea_writer_options options = {.path = file,
                                            .profiles = (const struct cardea_profile *[]){&profile},
                                            .profile_count = 1,
                                            .key_capacity = 1000,
                                            .mode = 0640};
    if (!cardea_random_system(NULL, options.seed, sizeof options.seed))
        return 1;
    CHECK(cardea_writer_open(&writer, &options, &adopted, &why));
    CHECK(cardea_writer_put_account(writer, &(struct cardea_account_entry){.id = 1, .slug = S("acme")}));

    struct cardea_secret key; /* shown once; only its digest is kept */
    CHECK(cardea_key_format_mint(&kinds[0].format, cardea_random_system, NULL, &key));
    struct cardea_key_entry entry = {.id = 7, .account_id = 1, .state = CARDEA_KEY_ACTIVE};
    cardea_digest(cardea_secret_reveal(&key), &entry.digest);
    CHECK(cardea_scopes_add(&entry.scopes, &profile, S("reports:*")));
    CHECK(cardea_writer_put_key(writer, &entry));

    /* Any number of processes may do this at the same time. */
    struct cardea_reader *reader;
    CHECK(cardea_reader_open(&reader, &(struct cardea_reader_options){.path = file}, &why));
    char header[CARDEA_KEY_MAX + 8];
    snprintf(header, sizeof header, "Bearer %.*s", (int)key.len, key.bytes);
    struct cardea_request request = {.method = S("GET"),
                                     .target = S("/acme/reports?year=2026"),
                                     .authorization = S(header),
                                     .authorization_count = 1,
                                     .now = cardea_time_now()};
    struct cardea_decision d;
    cardea_authorize(reader, &request, &d);
    printf("%s key %llu of %.*s\n", cardea_code_name(d.code), (unsigned long long)d.key_id, (int)d.account_slug.len,
           d.account_slug.ptr);
    request.target = S("/globex/reports");
    cardea_authorize(reader, &request, &d);
    printf("%s\n", cardea_code_name(d.code));
    entry.state = CARDEA_KEY_REVOKED;
    CHECK(cardea_writer_put_key(writer, &entry));
    request.target = S("/acme/reports");
    cardea_authorize(reader, &request, &d);
    printf("%s\n", cardea_code_name(d.code));

    cardea_secret_wipe(&key);
    cardea_wipe(header, sizeof header);
    cardea_reader_free(reader);
    cardea_writer_free(writer);
    return d.code == CARDEA_REVOKED ? 0 : 1;
}
