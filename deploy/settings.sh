# Read by the programs beside it, not run: where things lie, and the settings as systemd gives them to the services.

root=$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")
home=/opt/safelight
settings=/etc/safelight/environment
units=(safelight.service safelight-worker.service)
# shellcheck disable=SC2034
timers=(safelight-sessions.timer safelight-backup.timer safelight-drill.timer)

fail() {
    printf 'Error: %s\n' "$1" >&2
    exit 1
}

as_root_in_place() {
    [ "$(id -u)" = 0 ] || fail "$0 is for root: sudo $0"
    [ "$root" = "$home" ] || fail "The clone must lie in $home, where the units look for it; this one is $root"
}

# What a line NAME=VALUE of a file means to systemd, for values without line breaks.
load_settings() {
    local line name value
    while IFS= read -r line || [ -n "$line" ]; do
        [[ $line =~ ^[[:space:]]*([A-Za-z_][A-Za-z0-9_]*)=(.*)$ ]] || continue
        name=${BASH_REMATCH[1]} value=${BASH_REMATCH[2]}
        value=${value%"${value##*[![:space:]]}"}
        if [[ $value =~ ^\"(.*)\"$ || $value =~ ^\'(.*)\'$ ]]; then value=${BASH_REMATCH[1]}; fi
        export "$name=$value"
    done < <(
        sed -n 's/^Environment=//p' "$home/deploy/service.conf" | tr ' ' '\n'
        [ ! -e "$settings" ] || cat "$settings"
    )
}

# One of them, as the services have it; empty where it is unset.
setting() { (load_settings && printf %s "${!1:-}"); }

# A file of a unit, which may write into the folders of the settings in place of those that it names.
with_folders() {
    sed -e "s|/var/lib/safelight-site|$(setting DATA_DIR)|g" -e "s|/var/backups/safelight|$(setting BACKUP_DIR)|g" "$1"
}

# A program, with the services' user and settings.
as_safelight() {
    [ -r "$settings" ] || fail "$settings is missing: deploy/install writes it"
    (
        cd "$home"
        load_settings
        umask 0077
        exec setpriv --reuid safelight --regid safelight --init-groups env HOME="$DATA_DIR" "$@"
    )
}
