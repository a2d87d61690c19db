#!/bin/sh
# apt.sh: fetches packages by name from the Debian mirrors that this system uses, without touching its apt.
#
#   apt.sh unpack PACKAGE DIRECTORY [PATTERN...] the files of a binary package (those that match), unpacked
#   apt.sh package PACKAGE FILE                 a binary package as it is
#   apt.sh source PACKAGE DIRECTORY             the patched source of a package
#   apt.sh depends PACKAGE                      prints the packages that a binary package depends on
#   apt.sh sources DIRECTORY                    the system's lists of Debian's mirrors, for binary packages
#
# Lists, cache and state are private, in build/apt; the sources are the system's own with `deb-src` added.
# Nothing appears in DIRECTORY until all of it is there. One call at a time; the others wait.
set -eu

private=$(cd "$(dirname "$0")/.." && pwd)/build/apt
log=$private/log

# Copies the system's source lists with source packages switched on.
copy_sources()
{
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
        if [ -e "$file" ]; then
            sed -n 's/^deb[[:space:]]/&/p; s/^deb\([[:space:]]\)/deb-src\1/p' "$file" \
                > "$private/sources.list.d/$(basename "$file")"
        fi
    done
    for file in /etc/apt/sources.list.d/*.sources; do
        if [ -e "$file" ]; then
            sed 's/^Types:.*/Types: deb deb-src/' "$file" > "$private/sources.list.d/$(basename "$file")"
        fi
    done
}

write_config()
{
    cat > "$private/apt.conf" <<END
Dir::Etc::SourceList "/dev/null";
Dir::Etc::SourceParts "$private/sources.list.d";
Dir::State "$private/state";
Dir::State::status "/var/lib/dpkg/status";
Dir::Cache "$private/cache";
APT::Architectures { "amd64"; };
APT::Sandbox::User "root";
APT::Get::List-Cleanup "false";
Acquire::Languages "none";
Acquire::Retries "3";
END
}

# A failure of one source (another vendor's, say) is not ours to judge: a package that is then missing is.
prepare()
{
    [ -e "$private/updated" ] && return
    mkdir -p "$private/sources.list.d" "$private/state/lists/partial" "$private/cache/archives/partial"
    copy_sources
    write_config
    apt-get -c "$private/apt.conf" -qq update >> "$log" 2>&1 || true
    touch "$private/updated"
}

# Keeps the log out of sight unless the command fails. A mirror that has moved on since our lists were read
# answers "not found": then the lists are read again, once.
quietly()
{
    "$@" >> "$log" 2>&1 && return
    rm -f "$private/updated"
    prepare
    "$@" >> "$log" 2>&1 && return
    tail -5 "$log" >&2
    echo "apt.sh: $* failed; the whole story is in $log" >&2
    exit 1
}

download() { (cd "$work" && apt-get -c "$private/apt.conf" -q download "$1"); }
source_package() { (cd "$work" && apt-get -c "$private/apt.conf" -q source "$1"); }

mkdir -p "$private"
exec 9> "$private/lock"
flock 9
prepare
work=$(mktemp -d "$private/work.XXXXXX")
trap 'rm -rf "$work"' EXIT
command=$1
package=$2

if [ "$command" = sources ]; then
    mkdir -p "$2"
    grep -lE 'bookworm|debian-archive-keyring' "$private"/sources.list.d/* | while read -r file; do
        sed 's/^Types:.*/Types: deb/; /^deb-src/d' "$file" > "$2/$(basename "$file")"
    done
    exit
fi

if [ "$command" = depends ]; then
    apt-cache -c "$private/apt.conf" depends "$package" | sed -n 's/^ *Depends: //p'
    exit
fi

if [ "$command" = package ]; then
    quietly download "$package"
    mv "$work"/*.deb "$3"
    exit
fi

directory=$3
shift 3
if [ "$command" = unpack ]; then
    quietly download "$package"
    mkdir "$work/tree"
    dpkg-deb --fsys-tarfile "$work"/*.deb | tar -x -C "$work/tree" --wildcards "${@:-*}"
else
    quietly source_package "$package"
    mv "$work"/*/ "$work/tree"
fi
rm -rf "$directory"
mkdir -p "$(dirname "$directory")"
mv "$work/tree" "$directory"
