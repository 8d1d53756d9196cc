#!/usr/bin/env bats
# Workers that are killed at random, on both databases; OGIVE_KILL_SECONDS long (make kill-test: ten minutes).

load setup
load postgres

seconds=${OGIVE_KILL_SECONDS:-8}

# kill_workers NAME [STORE]: figures go to the test's output.
kill_workers() {
    tiny data 8 32
    "$tests/kill.py" data "$seconds" ${2+"$2"} >figures || {
        sort errors.txt | uniq -c | tail -n 20
        return 1
    }
    echo "# $1: $(cat figures)" >&3
}

@test "no run is lost or doubled when workers on SQLite are killed" {
    kill_workers SQLite
}

@test "no run is lost or doubled when workers on PostgreSQL are killed" {
    postgres_setup || skip "PostgreSQL's server is not installed"
    kill_workers PostgreSQL "$url"
}

teardown() {
    postgres_teardown
}
