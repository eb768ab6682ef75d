# srun of Slurm 22.05 and later doesn't take this from sbatch.
export SRUN_CPUS_PER_TASK="${SLURM_CPUS_PER_TASK:-1}"

# Open MPI has one folder for all of a user's jobs on a node, and starts that coincide there fail now and then.
tmp="${OMPI_MCA_orte_tmpdir_base:-${TMPDIR:-/tmp}}"
if [ "${SLURM_JOB_NUM_NODES:-1}" -eq 1 ] && own=$(mktemp -d "$tmp/lenswright-XXXXXX"); then
  export OMPI_MCA_orte_tmpdir_base="$own"; trap 'rm -rf "$own"' EXIT
fi

# The program refuses a task file of another digest, looks at its inputs before the work and at its products after it,
# and ends with 0 only if all of them are complete.
"${launch[@]}" @PROGRAM@ @ARGUMENTS@ --task "$SLURM_ARRAY_TASK_ID" &
step=$!

# Slurm warns this shell alone before the limit: the program is told (if it hasn't just ended), finishes what it has in
# hand, and ends with 75.
warned=no
trap 'warned=yes; kill -USR1 "$step" 2>/dev/null || true' USR1
status=0
wait "$step" || status=$?
while [ "$warned" = yes ]; do # the warning, not the program's end, ended the wait
  warned=no
  status=0
  wait "$step" || status=$?
done
exit "$status"
