export const en = {
  cancel: "Cancel",
  close: "Close",
  save: "Save",
  copy: "Copy",
  copied: "Copied",
  tryAgain: "Try again",
  loading: "Loading…",
  actions: "Actions",
  copyFailed: "Copying is not allowed here. The text is selected: press Ctrl+C or ⌘C.",
  unreachable: "The server did not answer. Check your connection, then try again.",
  failed: "The server could not do this (status {status}). Try again in a moment.",
  sessionEnded: "Your session has ended. Log in again; what you entered stays here.",
};
