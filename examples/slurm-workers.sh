#!/bin/sh
#SBATCH --job-name=ogive-workers
#SBATCH --array=1-8
#SBATCH --cpus-per-task=8
#SBATCH --time=24:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=B:TERM@120
#
# Workers for a study that slurm-study.sh (or 'ogive compare') began: sbatch examples/slurm-workers.sh STUDY
# Every task of the array is one worker; any number may come and go. One that is killed loses at most the work since its last
# checkpoint: another worker goes on from there.
set -u

[ $# -eq 1 ] || {
    echo "usage: sbatch $0 STUDY" >&2
    exit 2
}
study=$1

# The study may still be in the queue.
until [ -e "$study/study.json" ]; do sleep 10; done

ogive worker "$study" --threads "${SLURM_CPUS_PER_TASK:-1}" --quiet &
process=$!
trap 'kill -TERM "$process"' TERM INT
code=0
wait "$process" || code=$?
while kill -0 "$process" 2>/dev/null; do # a signal ends the first wait, not the process
    code=0
    wait "$process" || code=$?
done

# 130: stopped after a checkpoint. A task of an array is queued again by its own name.
if [ "$code" -eq 130 ] && [ -n "${SLURM_ARRAY_JOB_ID:-}" ]; then
    exec scontrol requeue "${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}"
fi
exit "$code"
