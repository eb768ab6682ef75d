# mpirun.sh: a cluster, or a single workstation under Slurm, where srun can't start MPI programs: mpirun of Open MPI does,
# within the job's allocation.
# Copy it beside your campaign file, set the paths, and name it there:
#   slurm: {defaults: {site: my-cluster.sh}}
# Lines that start with #SBATCH come before what the campaign file asks for, which overrules them.
#SBATCH --exclusive
export PATH="/opt/openmpi/bin:$PATH" LD_LIBRARY_PATH="/opt/openmpi/lib:${LD_LIBRARY_PATH:-}"
# One rank per task of the job; interconnects that need it are chosen here, e.g. OMPI_MCA_pml=ucx.
launch=(mpirun --bind-to core --map-by "slot:PE=${SLURM_CPUS_PER_TASK:-1}")
