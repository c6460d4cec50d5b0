#!/bin/bash
# Runs nginx's own configure, with the packaged options, for its two headers. Usage: configure.sh NGINX_SRC OUT
set -euo pipefail
out=$(realpath "$2")
work=$(mktemp -d "$out/nginx.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$1"
NGX_CONF_FLAGS=(--with-compat --with-threads --with-http_ssl_module --with-http_v2_module)
[ ! -f conf_flags ] || . ./conf_flags
if ! ./configure --builddir="$work" "${NGX_CONF_FLAGS[@]}" >"$work/log" 2>&1; then
    tail -5 "$work/log" >&2
    exit 1
fi
cp "$work/ngx_auto_config.h" "$work/ngx_auto_headers.h" "$out/"
