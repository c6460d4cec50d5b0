#!/bin/sh
# Installs the Debian packages of a list that are missing; says nothing and asks for no rights when none is. `PACKAGE unless COMMAND`
# is not missing where the command is there, wherever it came from.
set -eu
list=$1
missing=
arch=$(dpkg --print-architecture)
wanted() {
    sed -e 's/#.*//' -e "s/\\[$arch\\]//" -e '/\[/d' "$list" | while read -r package unless command; do
        [ "$unless" = unless ] && command -v "$command" >/dev/null || echo "$package"
    done
}
for package in $(wanted); do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "deps: these Debian packages are missing, and neither root nor sudo is here to install them:$missing" >&2
        exit 1
    fi
    as_root=sudo
fi
echo "deps: installing$missing" >&2
$as_root apt-get update -qq
# Some packages bring services (nginx, caddy, haproxy) that must not start here, now or at the next boot: tests run their own.
# A policy that is there already is its owner's word.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
    $as_root chmod 755 "$policy"
    trap '$as_root rm -f "$policy"' EXIT
fi
# shellcheck disable=SC2086
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $missing >/dev/null
if command -v systemctl >/dev/null; then
    for service in nginx caddy haproxy; do
        case " $missing " in *" $service "*) $as_root systemctl disable --quiet "$service.service" 2>/dev/null || true ;; esac
    done
fi
