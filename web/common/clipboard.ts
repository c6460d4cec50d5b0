/** Copies a text. False: the browser did not let us, and the reader has to do it. */
export async function copyText(text: string, from?: HTMLInputElement | HTMLTextAreaElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    from?.focus();
    from?.select();
    // Where there is no Clipboard API (no TLS) or a frame may not use it.
    return Boolean(from) && document.execCommand("copy");
  }
}
