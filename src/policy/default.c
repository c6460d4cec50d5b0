#include "policy/internal.h"

/* What it says of a scan without an AI's answer is cardea_scan_verdict()'s; a test holds them together. */
static const char document[] =
    "{\n"
    "  \"sensitivity\": \"medium\",\n"
    "  \"fail_open\": false,\n"
    "  \"keep_content\": false,\n"
    "  \"rules\": [\n"
    "    {\"id\": \"severe\", \"type\": \"pack\", \"min_severity\": \"high\", \"action\": \"block\", \"priority\": "
    "10,\n"
    "     \"title\": \"A finding of high or critical severity\"},\n"
    "    {\"id\": \"ai-blocked\", \"type\": \"ai\", \"verdicts\": [\"BLOCKED\"], \"action\": \"block\", \"priority\": "
    "20,\n"
    "     \"title\": \"The AI would block it\"},\n"
    "    {\"id\": \"medium\", \"type\": \"pack\", \"min_severity\": \"medium\", \"max_severity\": \"medium\",\n"
    "     \"action\": \"flag\", \"priority\": 30, \"title\": \"A finding of medium severity\"},\n"
    "    {\"id\": \"ai-suspicious\", \"type\": \"ai\", \"verdicts\": [\"SUSPICIOUS\"], \"action\": \"flag\", "
    "\"priority\": 40,\n"
    "     \"title\": \"The AI finds it suspicious\"}\n"
    "  ]\n"
    "}\n";

struct cardea_str policy_default_document(void)
{
    return STR(document);
}
