"""The real nginx with the module, an upstream that tells what it got, and the daemon of tests/api behind both."""
