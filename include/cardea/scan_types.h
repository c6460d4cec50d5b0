/* cardea/scan_types.h - the words of the scanner: what kinds of rules there are, and where they look. */
#ifndef CARDEA_SCAN_TYPES_H
#define CARDEA_SCAN_TYPES_H

#include <cardea/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The orders are part of the ABI; append only. */

enum cardea_scan_category {
    CARDEA_SCAN_INJECTION, /* text that gives orders to a model */
    CARDEA_SCAN_SECRET,    /* credentials */
    CARDEA_SCAN_PAYLOAD,   /* SQL, shell, script, template; exfiltration by markup */
    CARDEA_SCAN_HIDDEN,    /* characters that hide text from people, or show it otherwise than it is */
    CARDEA_SCAN_DOMAIN,    /* where links lead */
    CARDEA_SCAN_PERSONAL,  /* numbers of cards, accounts, people */
    CARDEA_SCAN_KEYWORD,   /* signals that mean something only together */
    CARDEA_SCAN_CATEGORY_COUNT
};

/* Weakest first, so that `>=` compares them. */
enum cardea_scan_severity {
    CARDEA_SCAN_INFO,
    CARDEA_SCAN_LOW,
    CARDEA_SCAN_MEDIUM,
    CARDEA_SCAN_HIGH,
    CARDEA_SCAN_CRITICAL,
    CARDEA_SCAN_SEVERITY_COUNT
};

/* How much a scan looks for. A rule counts from its own sensitivity upwards. */
enum cardea_scan_sensitivity {
    CARDEA_SCAN_AT_LOW,
    CARDEA_SCAN_AT_MEDIUM,
    CARDEA_SCAN_AT_HIGH,
    CARDEA_SCAN_SENSITIVITY_COUNT
};

/* What a text is read as, each made from the one before it. */
enum cardea_scan_view {
    CARDEA_SCAN_RAW,     /* as it came */
    CARDEA_SCAN_FOLDED,  /* compatibility forms folded, look-alikes too; nothing invisible, no marks, no capitals but
                            ASCII's */
    CARDEA_SCAN_JOINED,  /* folded; `i g n o r e` is `ignore` */
    CARDEA_SCAN_LEET,    /* folded; `1gn0r3` is `ignore` */
    CARDEA_SCAN_DECODED, /* base64, hex, percent, escapes and HTML entities decoded once, then folded */
    CARDEA_SCAN_VIEW_COUNT
};

/* What a keyword is a signal of. Only different ones of one kind together weigh much. */
enum cardea_scan_signal {
    /* of fraud */
    CARDEA_SCAN_FINANCE,
    CARDEA_SCAN_ATTACHMENT,
    CARDEA_SCAN_URGENCY,
    CARDEA_SCAN_SECRECY,
    CARDEA_SCAN_AUTHORITY,
    CARDEA_SCAN_CREDENTIALS,
    CARDEA_SCAN_REWARD,
    CARDEA_SCAN_THREAT,
    CARDEA_SCAN_LINK,
    CARDEA_SCAN_REQUEST,
    /* of a jailbreak: what such texts are put together from */
    CARDEA_SCAN_MODEL,      /* speaks of or to a language model */
    CARDEA_SCAN_PERSONA,    /* gives the reader another identity */
    CARDEA_SCAN_UNBOUND,    /* nothing holds it back */
    CARDEA_SCAN_COMPLIANCE, /* it answers all and refuses nothing */
    CARDEA_SCAN_FORBIDDEN,  /* content that is else refused, by name */
    CARDEA_SCAN_REGIME,     /* how everything is answered from now on */
    CARDEA_SCAN_POLICY,     /* the rules of models */
    CARDEA_SCAN_FICTION,    /* a story, a game, a hypothesis */
    CARDEA_SCAN_METHOD,     /* wants it in detail, step by step */
    CARDEA_SCAN_HARM,       /* weapons, drugs, break-ins, malware */
    CARDEA_SCAN_SIGNAL_COUNT
};

/* What is odd about a host that a text names. */
enum cardea_scan_host_trait {
    CARDEA_SCAN_HOST_IP,       /* an address in plain sight: 192.0.2.1, [2001:db8::1] */
    CARDEA_SCAN_HOST_ODD_IP,   /* an address in disguise: 0x7f.1, 017700000001, 2130706433 */
    CARDEA_SCAN_HOST_PUNYCODE, /* a label begins with xn-- */
    CARDEA_SCAN_HOST_MIXED,    /* a label mixes scripts, or has characters that look like others */
    CARDEA_SCAN_HOST_USERINFO, /* https://bank.example@evil.example/ */
    CARDEA_SCAN_HOST_NESTED,   /* another domain stands before the real one: bank.com.evil.example */
    CARDEA_SCAN_HOST_TRAIT_COUNT
};

#ifdef __cplusplus
}
#endif
#endif
