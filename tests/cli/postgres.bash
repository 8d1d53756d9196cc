# A PostgreSQL server of our own, in a folder that is gone afterwards, on a socket alone: $url names its database.

postgres_start() {
    (cd "$folder" && $as_owner "$bin/pg_ctl" -w -D "$folder/data" -l "$folder/server.log" \
        -o "-c listen_addresses='' -k $folder -c fsync=off" start >>"$folder.log" 2>&1)
}

# postgres_stop MODE
postgres_stop() {
    (cd "$folder" && $as_owner "$bin/pg_ctl" -w -m "$1" -D "$folder/data" stop >>"$folder.log" 2>&1)
}

postgres_setup() {
    bin=$(dirname "$(find /usr/lib/postgresql -name pg_ctl 2>/dev/null | sort | tail -n 1)")
    [ -x "$bin/pg_ctl" ] || return 1
    folder=$(mktemp -d /tmp/ogive-postgres-XXXXXX)
    as_owner=
    if [ "$(id -u)" -eq 0 ]; then # the server refuses to run as root
        chown postgres "$folder"
        as_owner='runuser -u postgres --'
    fi
    export bin folder as_owner url="postgresql:///postgres?host=$folder&user=ogive"
    (cd "$folder" && $as_owner "$bin/initdb" -D "$folder/data" -A trust -U ogive --no-sync >"$folder.log" 2>&1)
    postgres_start
}

postgres_teardown() {
    [ -n "$folder" ] || return 0
    postgres_stop immediate || true
    rm -rf "$folder" "$folder.log"
}
