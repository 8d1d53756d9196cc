#!/bin/sh
#SBATCH --job-name=ogive-study
#SBATCH --cpus-per-task=8
#SBATCH --time=24:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=B:TERM@120
#
# Begin a study, or go on with it: sbatch examples/slurm-study.sh DATA STUDY [OPTION...]
# This job proposes the runs, trains some itself and writes the report; slurm-workers.sh brings more processes.
#
# Two minutes before its time ends, or when it is preempted, ogive writes a checkpoint and gives its run back; the job then asks
# to be queued again, and goes on from there. Set OGIVE_STORE to a PostgreSQL URL when workers run on other machines:
# SQLite's locks cannot be relied on in network file systems.
set -u

[ $# -ge 2 ] || {
    echo "usage: sbatch $0 DATA STUDY [OPTION...]" >&2
    exit 2
}
data=$1 study=$2
shift 2

# In the background, so that this shell hears the signal too and passes it on.
ogive compare "$data" -o "$study" ${OGIVE_STORE:+--store "$OGIVE_STORE"} \
    --threads "${SLURM_CPUS_PER_TASK:-1}" --quiet "$@" &
process=$!
trap 'kill -TERM "$process"' TERM INT
code=0
wait "$process" || code=$?
while kill -0 "$process" 2>/dev/null; do # a signal ends the first wait, not the process
    code=0
    wait "$process" || code=$?
done

# 130: stopped after a checkpoint.
if [ "$code" -eq 130 ] && [ -n "${SLURM_JOB_ID:-}" ]; then
    exec scontrol requeue "$SLURM_JOB_ID"
fi
exit "$code"
