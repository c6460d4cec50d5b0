// What the API says of policies, scans and trials (api/openapi.yaml).

export type Verdict = "allow" | "flag" | "block";
export type Action = Verdict | "redact";
export type Mode = "enforce" | "shadow";
export type Severity = "info" | "low" | "medium" | "high" | "critical";
export type Sensitivity = "low" | "medium" | "high";

export interface Rule {
  id: string;
  type: "regex" | "keyword" | "domain" | "pack" | "ai";
  action: Action;
  mode?: Mode;
  priority?: number;
  severity?: Severity;
  title?: string;
  pattern?: string;
  caseless?: boolean;
  words?: string[];
  signals?: string[];
  min_score?: number;
  min_signals?: number;
  deny?: string[];
  allow?: string[];
  only_allowed?: boolean;
  category?: string;
  min_severity?: Severity;
  max_severity?: Severity;
  rule?: string;
  verdicts?: string[];
}

export interface PolicyException {
  rule?: string;
  text?: string;
  domain?: string;
  reason?: string;
}

export interface PolicyDocument {
  sensitivity?: Sensitivity;
  fail_open?: boolean;
  keep_content?: boolean;
  replacement?: string;
  allow_domains?: string[];
  deny_domains?: string[];
  rules: Rule[];
  exceptions?: PolicyException[];
}

export interface Policy {
  id: string;
  account: string | null;
  name: string;
  default: boolean;
  version: number;
  revision: number;
  unpublished_changes: boolean;
  created_at: string | null;
  updated_at: string | null;
}

export interface PolicyWhole extends Policy {
  document: PolicyDocument | null;
  draft: PolicyDocument | null;
}

export interface PolicyVersion {
  policy: string;
  version: number;
  published_at: string;
  published_by: string | null;
  note: string | null;
  document?: PolicyDocument;
}

export interface ScanReason {
  code: string;
  rule_id: string;
  category: string;
  severity: Severity;
  mode: Mode;
  rule?: string;
  action?: Action;
  span: { start: number; end: number } | null;
}

export interface ScanRule {
  id: string;
  type: Rule["type"];
  action: Action;
  mode: Mode;
  decided: boolean;
  hits: number;
}

export interface Scan {
  scan_id: string;
  verdict: Verdict;
  deliver: "text" | "redacted_text" | "nothing";
  reasons: ScanReason[];
  reason_count: number;
  rules: ScanRule[];
  redacted_text?: string;
  replacement?: string;
  layers: {
    regex: { status: "done" | "failed"; truncated: boolean; limits_reached: string[] };
    ai: { status: "asked" | "cached" | "skipped"; verdict?: "SAFE" | "SUSPICIOUS" | "BLOCKED"; reason: string };
  };
  excepted: number;
  policy: string;
  policy_version: number;
  draft?: true;
  latency_us: number;
}

export interface TestCase {
  name?: string | null;
  text: string;
  expect: Verdict;
}

export interface Tested {
  policy: string;
  policy_version: number;
  draft?: boolean;
  revision?: number;
  cases: {
    index: number;
    name: string | null;
    expected: Verdict;
    verdict: Verdict | null;
    ok: boolean;
    deliver?: Scan["deliver"];
    reasons?: ScanReason[];
  }[];
  summary: { cases: number; passed: number; failed: number; not_run: number };
}

export interface Replayed {
  policy: string;
  revision: number;
  events: number;
  complete: boolean;
  rescanned: number;
  rejudged: number;
  unjudged: number;
  changed: number;
  stricter: number;
  looser: number;
  changes: { flag_to_block: number; flag_to_allow: number; block_to_flag: number; block_to_allow: number };
  examples: {
    event: string;
    scan_id: string;
    created_at: string;
    basis: "content" | "record";
    was: "flag" | "block";
    would_be: Verdict;
    reasons: ScanReason[];
  }[];
}
