# modules-srun.sh: a cluster with environment modules whose Slurm starts MPI programs through PMIx (Open MPI 4 and later).
# Copy it beside your campaign file, set the modules that the programs were built with, and name it there:
#   slurm: {defaults: {site: my-cluster.sh}}
# Lines that start with #SBATCH come before what the campaign file asks for, which overrules them.
#SBATCH --distribution=block:block
module purge
module load gcc openmpi hdf5 fftw cfitsio
export OMP_PROC_BIND=close OMP_PLACES=cores
launch=(srun --mpi=pmix --cpu-bind=cores)
