/* embed.c - your own program decides by the snapshot that `cardea serve` publishes. Public headers only. */
#include <cardea/cardea.h>
#include <stdio.h>
#include <string.h>

#define S(text) ((struct cardea_str){(text), strlen(text)})

int main(int argc, char **argv)
{
    struct cardea_why why;
    struct cardea_reader *reader;
    struct cardea_decision decision;
    char authorization[CARDEA_KEY_MAX + 8] = "Bearer ", *key = authorization + 7;
    if (argc != 5 || scanf("%256s", key) != 1) {
        fprintf(stderr, "usage: embed RUNTIME PROFILE METHOD PATH   (the key comes on standard input)\n");
        return 2;
    }
    char snapshot[4096];
    snprintf(snapshot, sizeof snapshot, "%s/snapshot", argv[1]);
    /* Once a thread. The activity files carry last use, counts, rate limits and credits. */
    struct cardea_reader_options options = {.path = snapshot, .activity_dir = argv[1]};
    if (cardea_reader_open(&reader, &options, &why) != CARDEA_OK) {
        fprintf(stderr, "embed: %s\n", why.text);
        return 2;
    }
    /* Once a request: no network, no lock, no allocation. */
    struct cardea_request request = {.profile = cardea_reader_profile_named(reader, S(argv[2])),
                                     .method = S(argv[3]),
                                     .target = S(argv[4]),
                                     .authorization = S(authorization),
                                     .now = cardea_time_now()};
    cardea_authorize(reader, &request, &decision);
    cardea_wipe(authorization, sizeof authorization);
    printf("%u %s %.*s\n", cardea_code_status(decision.code), cardea_code_name(decision.code),
           (int)decision.account_slug.len, decision.account_slug.len > 0 ? decision.account_slug.ptr : "");
    cardea_reader_free(reader);
    return decision.code == CARDEA_VALID ? 0 : 1;
}
