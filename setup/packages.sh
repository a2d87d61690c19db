#!/bin/sh
# packages.sh: makes sure that every Debian package in setup/packages is installed.
#
# Silent and quick when nothing is missing. Otherwise installs what is missing when it may (root, or sudo
# without a password); if it may not, prints one line that names the packages, and fails.

list=$(dirname "$0")/packages

wanted=$(sed 's/#.*//' "$list")
installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' $wanted 2>/dev/null |
            sed -n 's/^installed //p')
missing=
for package in $wanted; do
    case " $(echo $installed) " in
    *" $package "*) ;;
    *) missing="$missing $package" ;;
    esac
done
[ -z "$missing" ] && exit 0

if [ "$(id -u)" = 0 ]; then
    as_root=
elif sudo -n true 2>/dev/null; then
    as_root="sudo -n"
else
    echo "missing packages; as root: apt-get install$missing"
    exit 1
fi

echo "installing$missing" >&2
apt_get="$as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y"
install() { $apt_get install --no-install-recommends $missing; }
if ! { install || { $apt_get update && install; }; } </dev/null >/dev/null 2>&1; then
    echo "apt-get could not install what is missing; to see why: apt-get update && apt-get install$missing"
    exit 1
fi
